import { dayMs, dayOf, floorTo, hourMs } from '../../period.ts'

/** The times one can choose. */
export const ranges = {
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
  month: 'This month',
  custom: 'Custom',
} as const
export type RangeName = keyof typeof ranges

/** A period of whole slots: every question about it sums the same requests. */
export interface TimeSpan {
  /** Milliseconds since 1970; `to` is not part of it. */
  from: number
  to: number
  bucket: 'hour' | 'day'
}

/** Custom times up to this many days are shown by hour: 72 bars. */
const hourlyDays = 3

/** @param now milliseconds since 1970; the running hour or day is part of every range but `custom` */
export function spanOf({ range, from, to }: { range: RangeName; from: string; to: string }, now: number): TimeSpan {
  const tomorrow = floorTo(dayMs, now) + dayMs
  switch (range) {
    case '24h': {
      const end = floorTo(hourMs, now) + hourMs
      return { from: end - 24 * hourMs, to: end, bucket: 'hour' }
    }
    case '7d':
      return { from: tomorrow - 7 * dayMs, to: tomorrow, bucket: 'day' }
    case '30d':
      return { from: tomorrow - 30 * dayMs, to: tomorrow, bucket: 'day' }
    case 'month': {
      const date = new Date(now)
      return { from: Date.UTC(date.getUTCFullYear(), date.getUTCMonth()), to: tomorrow, bucket: 'day' }
    }
    case 'custom':
      return customSpan(dayAt(from) ?? dayAt(to) ?? tomorrow - dayMs, dayAt(to) ?? tomorrow - dayMs)
  }
}

/** The first and the last day of a span, as `custom` has them. */
export function daysOf({ from, to }: TimeSpan): { from: string; to: string } {
  return { from: dayOf(from), to: dayOf(to - 1) }
}

/** Two days in either order. */
function customSpan(one: number, other: number): TimeSpan {
  const from = Math.min(one, other)
  const to = Math.max(one, other) + dayMs
  return { from, to, bucket: to - from <= hourlyDays * dayMs ? 'hour' : 'day' }
}

function dayAt(text: string): number | undefined {
  const at = Date.parse(`${text}T00:00Z`)
  return Number.isNaN(at) ? undefined : at
}
