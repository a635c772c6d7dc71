/** All time here is UTC: a UTC day has 24 hours. */
export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** Milliseconds since 1970; `to` is not part of it. */
export interface Period {
  from: number
  to: number
}

export function floorTo(widthMs: number, at: number): number {
  return Math.floor(at / widthMs) * widthMs
}

export function ceilTo(widthMs: number, at: number): number {
  return Math.ceil(at / widthMs) * widthMs
}

/** `2026-05-01` */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** `2026-05` */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7)
}

/** The beginning of the month after. */
export function nextMonth(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}

/** A period's parts, each within one month. */
export function splitByMonth({ from, to }: Period): Period[] {
  const parts: Period[] = []
  for (let start = from; start < to; start = nextMonth(start)) {
    parts.push({ from: start, to: Math.min(to, nextMonth(start)) })
  }
  return parts
}

/** A period's whole days, and the hours before and after them; each part may be missing. */
export function splitByDay({ from, to }: Period): { head?: Period; days?: Period; tail?: Period } {
  const first = ceilTo(dayMs, from)
  const last = floorTo(dayMs, to)
  if (first > last) return { head: { from, to } }
  return {
    ...(from < first && { head: { from, to: first } }),
    ...(first < last && { days: { from: first, to: last } }),
    ...(last < to && { tail: { from: last, to } }),
  }
}
