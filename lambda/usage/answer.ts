/** A request to the usage URL that may be answered. */
export interface Question {
  /** Without `?`. */
  query: string
  /** What follows the route's path, decoded; '' where the route is the whole path. */
  rest: string
}

/** An answer of the usage URL. */
export interface UsageAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

export function jsonAnswer(body: unknown, headers: Record<string, string> = {}): UsageAnswer {
  return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** How a list can be had: one JSON object, a line an entry, or a table for a spreadsheet. */
export const listFormats = ['json', 'jsonl', 'csv'] as const

type Row = Readonly<Record<string, unknown>>

/** A list as a file; the cursor, for which a file has no place, goes into a header. */
export function fileAnswer(format: 'jsonl' | 'csv', rows: readonly Row[], name: string, cursor?: string): UsageAnswer {
  return {
    status: 200,
    headers: {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl; charset=utf-8',
      'content-disposition': `attachment; filename="${name}.${format}"`,
      ...(cursor !== undefined && { 'x-sluice-next-cursor': cursor }),
    },
    body: format === 'csv' ? writeCsv(rows) : writeLines(rows),
  }
}

export function writeLines(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

/** RFC 4180 with the columns of the first row (all rows have the same); an empty list is an empty file. */
export function writeCsv(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {})
  if (columns.length === 0) return ''
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))]
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('')
}

/**
 * Null is an empty cell. Spreadsheets run a text that begins like a formula, and a model name is whatever a client
 * wrote, so such a text gets an apostrophe: https://owasp.org/www-community/attacks/CSV_Injection
 */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const harmless = /^([=+@\t\r]|-.)/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
