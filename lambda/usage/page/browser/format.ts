/** How figures look. Pure: no DOM. */
import type { Totals } from '../../totals.ts'
import { spendOf } from './figures.ts'

/** Shown for what nobody knows, which is not 0. */
export const unknown = 'unknown'
/** Shown where there is nothing to know: no request has such a time. */
export const nothing = '–'

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
/** US dollars with so many digits behind the point at most, and two at least. */
function dollars(maximumFractionDigits: number): Intl.NumberFormat {
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits,
  })
}

const cents = dollars(2)
const hundredthsOfCents = dollars(4)
const micros = dollars(6)
const shortDollars = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  notation: 'compact',
  minimumFractionDigits: 0,
  maximumSignificantDigits: 3,
})

export function count(value: number): string {
  return whole.format(value)
}

/** 1234567 is `1.2M`. */
export function shortCount(value: number): string {
  return short.format(value)
}

/** Micro-dollars, rounded to what one can still compare: `$12.34`, `$0.1234`, `$0.000012`. */
export function money(amount: number | null): string {
  if (amount === null) return unknown
  const size = Math.abs(amount)
  const form = size >= 1_000_000 ? cents : size >= 10_000 ? hundredthsOfCents : micros
  return form.format(amount / 1_000_000)
}

/** Micro-dollars to the last digit, which is what is counted. */
export function exactMoney(amount: number | null): string {
  return amount === null ? unknown : micros.format(amount / 1_000_000)
}

/** What requests cost; says so where the price of some of them is unknown. */
export function spendText(totals: Pick<Totals, 'costUsdMicros' | 'requests' | 'unpriced'>): string {
  const known = spendOf(totals)
  return known === null || totals.unpriced === 0 ? money(known) : `${money(known)} + ${unknown}`
}

export function shortMoney(amount: number): string {
  return shortDollars.format(amount / 1_000_000)
}

/** Milliseconds: `412 ms`, `3.1 s`, `2 min 5 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return nothing
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** As `duration`, where there is little room: `16.7 min`. */
export function shortDuration(ms: number): string {
  return ms < 59_950 ? duration(ms) : `${(ms / 60_000).toFixed(1)} min`
}

/** A share from 0 to 1; null if it is a share of nothing. */
export function percent(share: number | null): string {
  if (share === null) return nothing
  const value = share * 100
  const digits = value === 0 || value >= 10 ? 0 : value < 1 ? 2 : 1
  return `${value.toFixed(digits)}\u00a0%`
}

const day = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' })
const hour = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' })

/** `3 May` */
export function dayText(at: number): string {
  return day.format(at)
}

/** `14:00` */
export function hourText(at: number): string {
  return hour.format(at)
}

/** `2026-05-03 14:05:09` of an ISO time in UTC. */
export function timeText(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}
