import { itemOf, recordOf } from '../../lambda/metrics/item.ts'
import { type ProvisionalRecord, readProvisional } from '../../lambda/metrics/provisional.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'

/** What a line of a log holds. A line that has a record in it, but not one that can be stored, is `unreadable`. */
export interface LogLine {
  records: UsageRecord[]
  /** What was known before an answer was whole: stands for a record that never came. */
  provisional: ProvisionalRecord[]
  unreadable: number
}

/** Nested JSON beyond this is no log of ours: an export has its message as text in a field of an entry of a list. */
const maxDepth = 6

/** As `aws logs filter-log-events` and `get-query-results` print a message, one field a line. */
const fieldLine = /^\s*"(?:@?message|value)":\s*("(?:[^"\\]|\\.)*"),?\s*$/

/**
 * The records in one line of a log: as the gateway wrote it; with a time before it (`aws logs tail`, an export to S3);
 * or as a text in a field `message`, `@message` or `value` of an export, which may be one line or printed over many.
 */
export function readLogLine(line: string): LogLine {
  const found: LogLine = { records: [], provisional: [], unreadable: 0 }
  // What every record has, and hardly any other line.
  if (!line.includes('startedAt')) return found
  collect(jsonIn(line), found, 0)
  // For example a record that is printed over several lines: to be told, not to be passed over.
  if (found.records.length + found.provisional.length === 0) found.unreadable ||= 1
  return found
}

function jsonIn(line: string): string {
  const field = fieldLine.exec(line)?.[1]
  if (field !== undefined) return field
  // A table as CSV doubles quotes; the last one may be on the next line, since a message ends in a line break.
  const cell = /"(\{"".*\})/.exec(line)?.[1]
  if (cell !== undefined) return cell.replaceAll('""', '"')
  // A bracket alone may be the name of a log stream: 2026/05/01/[$LATEST]0123.
  return /^\s*[[{]/.test(line)
    ? line
    : line.slice(Math.max(0, line.indexOf('{"')), line.lastIndexOf('}') + 1 || undefined)
}

/** Looks for records in a value. Text with the marks of a record that does not parse is one that was cut. */
function collect(value: unknown, found: LogLine, depth: number): void {
  if (depth > maxDepth) return
  if (typeof value === 'string') {
    if (!value.includes('startedAt')) return
    const parsed = parse(value)
    if (parsed !== undefined) collect(parsed, found, depth + 1)
    else if (value.includes('requestId')) found.unreadable++
    return
  }
  if (typeof value !== 'object' || value === null) return
  const fields = value as Record<string, unknown>
  if (fields.requestId === undefined || fields.startedAt === undefined) {
    for (const each of Object.values(fields)) collect(each, found, depth + 1)
    return
  }
  const record = readRecord(fields)
  const provisional = record && fields.provisional === true ? readProvisional(record, fields.billable) : undefined
  if (provisional) found.provisional.push(provisional)
  else if (record && fields.provisional !== true) found.records.push(record)
  else found.unreadable++
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller counts it; a parser's message about a line of somebody's log helps nobody.
    return undefined
  }
}

/** The fields of a record, those an older gateway did not write as null; undefined if it has no place in the table. */
function readRecord(fields: Record<string, unknown>): UsageRecord | undefined {
  const { requestId, startedAt, keyId, status, durationMs } = fields
  if (typeof requestId !== 'string' || typeof startedAt !== 'string' || typeof keyId !== 'string') return undefined
  if (!/^[A-Za-z0-9_]{1,64}$/.test(keyId) || !requestId.startsWith(`${keyId}-`)) return undefined
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(startedAt) || Number.isNaN(Date.parse(startedAt)))
    return undefined
  if (typeof status !== 'string' || typeof durationMs !== 'number') return undefined
  return recordOf(itemOf(fields as unknown as UsageRecord, 1))
}
