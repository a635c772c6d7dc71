import { countedFields, histogramIn, type Sums, type Timed } from '../metrics/aggregate.ts'
import { quantileMs } from '../metrics/histogram.ts'
import type { RecordStatus } from '../metrics/record.ts'

export const statuses = [
  'success',
  'error',
  'truncated',
  'rejected',
  'timeout',
  'client_closed',
] as const satisfies readonly RecordStatus[]

/** Not whole through the provider's or the gateway's fault; a rejected request is the client's, as is one it left. */
const failures: readonly RecordStatus[] = ['error', 'truncated', 'timeout']

/** Milliseconds, known to 19 % (`metrics/histogram.ts`); null if no request has such a time. */
export interface Times {
  mean: number | null
  p50: number | null
  p95: number | null
  p99: number | null
}

type Counted = Exclude<(typeof countedFields)[number], 'costUsdMicros'>

/** Sums of some requests, in the words of the record. */
export interface Totals extends Record<Counted, number> {
  requests: number
  /** Of them: error, truncated or timeout. */
  errors: number
  byStatus: Partial<Record<RecordStatus, number>>
  streamed: number
  /** Requests whose counts are estimates. */
  estimated: number
  /** Millionths of a US dollar, of the requests with a known price; null if none has one. */
  costUsdMicros: number | null
  /** Requests whose price nobody knows: what they cost is not in `costUsdMicros`. */
  unpriced: number
  /** Of audio heard. */
  seconds: number
  serverToolCounts: Record<string, number>
  ttftMs: Times
  durationMs: Times
}

export function totalsOf(sums: Sums): Totals {
  const of = (name: string) => sums[name] ?? 0
  const counted = Object.fromEntries(countedFields.map((field) => [field, of(field)])) as Record<Counted, number>
  return {
    requests: of('requests'),
    errors: failures.reduce((sum, status) => sum + of(`status_${status}`), 0),
    byStatus: Object.fromEntries(statuses.flatMap((status) => namedCount(status, of(`status_${status}`)))),
    streamed: of('streamed'),
    estimated: of('estimated'),
    ...counted,
    costUsdMicros: of('requests') > of('unpriced') ? of('costUsdMicros') : null,
    unpriced: of('unpriced'),
    seconds: of('soundMs') / 1000,
    serverToolCounts: Object.fromEntries(
      Object.entries(sums).flatMap(([name, count]) => (name.startsWith('tool_') ? [[name.slice(5), count]] : [])),
    ),
    ttftMs: timesOf(sums, 'ttft', of('ttftMs')),
    durationMs: timesOf(sums, 'duration', of('durationMs')),
  }
}

function namedCount(name: string, count: number): [string, number][] {
  return count > 0 ? [[name, count]] : []
}

function timesOf(sums: Sums, timed: Timed, sumMs: number): Times {
  const histogram = histogramIn(sums, timed)
  const count = [...histogram.values()].reduce((sum, each) => sum + each, 0)
  const quantile = (share: number) => rounded(quantileMs(histogram, share))
  return {
    mean: count > 0 ? rounded(sumMs / count) : null,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  }
}

/** A tenth of a millisecond is far below what is known. */
function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10
}
