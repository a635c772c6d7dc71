import type { SummaryRow } from '../../summary.ts'
import type { Totals } from '../../totals.ts'

/** A group that was not told apart by status: its sums are whole. */
export type WholeRow = SummaryRow & Totals

export function wholeRows(rows: readonly SummaryRow[]): WholeRow[] {
  return rows.filter((row): row is WholeRow => row.status === undefined)
}

/** Null without requests. */
export function errorRate({ errors, requests }: Pick<Totals, 'errors' | 'requests'>): number | null {
  return requests > 0 ? errors / requests : null
}

/** Micro-dollars; null if there are requests and the price of none is known. */
export function spendOf({ costUsdMicros, requests }: Pick<Totals, 'costUsdMicros' | 'requests'>): number | null {
  return requests === 0 ? 0 : costUsdMicros
}

/** What decides which group comes first. */
export interface Rank {
  costUsdMicros: number | null
  tokens: number
  requests: number
}

/** The most expensive first; what nobody knows the price of goes by its tokens, behind all that has a price. */
export function bySpend(a: Rank, b: Rank): number {
  return (b.costUsdMicros ?? -1) - (a.costUsdMicros ?? -1) || b.tokens - a.tokens || b.requests - a.requests
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
