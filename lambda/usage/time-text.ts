import { dayMs, hourMs } from './period.ts'

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: hourMs, d: dayMs, w: 7 * dayMs }

/** After the year 9999 a date has another form. */
const lastTime = Date.UTC(9999, 11, 31)

/**
 * A moment as people and tools write it: `2026-05-01` (midnight UTC), ISO 8601, Unix seconds, or how long ago (`30m`,
 * `24h`, `7d`, `4w`).
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970; undefined if it is none of these
 */
export function readTime(text: string, now: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  if (count !== undefined && unit !== undefined) return Math.max(0, now - Number(count) * (unitMs[unit] ?? 0))
  const at = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : isoTime(text)
  return at !== undefined && at >= 0 && at <= lastTime ? at : undefined
}

/** Without a zone it is UTC, as everything here. */
function isoTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) return undefined
  // The parser takes the 30th of February for the 2nd of March.
  const day = text.slice(0, 10)
  const midnight = Date.parse(day)
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined
  const zoned = text.length <= 10 || /(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`
  const at = Date.parse(zoned)
  return Number.isNaN(at) ? undefined : at
}
