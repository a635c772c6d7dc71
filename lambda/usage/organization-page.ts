import { invalidRequest } from '../errors.ts'
import type { Parameters } from './parameters.ts'
import { ceilTo, floorTo, type Period } from './period.ts'

/** Widths of a bucket in OpenAI's words: milliseconds, and how many buckets a page has. */
export type Widths = Readonly<Record<string, { ms: number; byDefault: number; max: number }>>

export const pageParameters = [
  'start_time',
  'end_time',
  'bucket_width',
  'group_by',
  'api_key_ids',
  'limit',
  'page',
] as const

/** A page in question: some whole buckets of a longer time. */
export interface Page {
  period: Period
  widthMs: number
  /** `page` of the next one. */
  next?: string
}

/** Buckets begin at full hours and days (UTC), so a start within one is that one's start. */
export function readPage(parameters: Parameters, widths: Widths, now: number): Page {
  const { ms: widthMs, byDefault, max } = readWidth(parameters, widths)
  const start = readSeconds(parameters, 'start_time')
  if (start === undefined) throw invalidRequest('start_time is needed: Unix seconds.', 'start_time')
  const limit = parameters.integer('limit', byDefault, 1, max)
  const end = ceilTo(widthMs, readSeconds(parameters, 'end_time') ?? now)
  const from = Math.max(floorTo(widthMs, start), readCursor(parameters, widthMs) ?? 0)
  const to = Math.max(from, Math.min(end, from + limit * widthMs))
  return { period: { from, to }, widthMs, ...(to < end && { next: writeCursor(to) }) }
}

function readWidth(parameters: Parameters, widths: Widths) {
  const text = parameters.text('bucket_width')
  if (text === '1m' && widths['1h']) {
    const message = 'Minutes are not kept here; the finest is 1h, and single requests are at /v1/usage/requests.'
    throw invalidRequest(message, 'bucket_width')
  }
  const name = parameters.oneOf('bucket_width', Object.keys(widths)) ?? '1d'
  const width = widths[name]
  if (!width) throw invalidRequest(`bucket_width is one of ${Object.keys(widths).join(', ')}.`, 'bucket_width')
  return width
}

/** Milliseconds of a parameter in Unix seconds. */
function readSeconds(parameters: Parameters, name: string): number | undefined {
  const latest = 253_402_300_799 // the end of the year 9999
  return parameters.text(name) === undefined ? undefined : parameters.integer(name, 0, 0, latest) * 1000
}

/** Where the next page starts, in a form that nobody takes for a time. */
function writeCursor(at: number): string {
  return `page_${Buffer.from(String(at)).toString('base64url')}`
}

function readCursor(parameters: Parameters, widthMs: number): number | undefined {
  const text = parameters.text('page')
  if (text === undefined) return undefined
  const digits = Buffer.from(text.replace(/^page_/, ''), 'base64url').toString('latin1')
  if (text.startsWith('page_') && /^\d{1,15}$/.test(digits) && Number(digits) % widthMs === 0) return Number(digits)
  throw invalidRequest('page is not one that this gateway gave out for this bucket_width.', 'page')
}

/** OpenAI's page object. @param results what is in the bucket that begins then */
export function bucketsOf({ period, widthMs, next }: Page, results: (at: number) => object[]): object {
  const data: object[] = []
  for (let at = period.from; at < period.to; at += widthMs) {
    data.push({ object: 'bucket', start_time: at / 1000, end_time: (at + widthMs) / 1000, results: results(at) })
  }
  return { object: 'page', data, has_more: next !== undefined, next_page: next ?? null }
}
