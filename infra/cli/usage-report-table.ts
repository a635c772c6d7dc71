import type { Summary, SummaryRow } from '../../lambda/usage/summary.ts'
import type { Totals } from '../../lambda/usage/totals.ts'
import { textTable } from './text-table.ts'
import { bar, count, dollars, duration, percent } from './usage-figures.ts'

const barWidth = 20

type Row = SummaryRow & { from: string }

interface Column {
  head: string
  /** Of sums; rows by status have none but their requests. */
  cell(totals: Totals): string
}

const columns: readonly Column[] = [
  { head: 'REQUESTS', cell: ({ requests }) => count(requests) },
  { head: 'ERRORS', cell: ({ errors, requests }) => percent(errors, requests) },
  { head: 'INPUT', cell: ({ inputTokens }) => count(inputTokens) },
  { head: 'CACHE READ', cell: ({ cacheReadTokens }) => count(cacheReadTokens) },
  {
    head: 'CACHE WRITE',
    cell: ({ cacheWriteTokens, cacheWrite1hTokens }) => count(cacheWriteTokens + cacheWrite1hTokens),
  },
  { head: 'OUTPUT', cell: ({ outputTokens }) => count(outputTokens) },
  { head: 'COST', cell: ({ costUsdMicros, unpriced }) => `${dollars(costUsdMicros)}${unpriced > 0 ? ' *' : ''}` },
  { head: 'TTFT P50', cell: ({ ttftMs }) => duration(ttftMs.p50) },
  { head: 'P95', cell: ({ ttftMs }) => duration(ttftMs.p95) },
  { head: 'LATENCY P50', cell: ({ durationMs }) => duration(durationMs.p50) },
  { head: 'P95', cell: ({ durationMs }) => duration(durationMs.p95) },
]

/** A row a group (and slot of time), a line of totals, and what the figures leave open. */
export function reportTable(summary: Summary): string {
  const rows = summary.buckets.flatMap(({ from, results }) => results.map((result): Row => ({ ...result, from })))
  if (rows.length === 0) return `No requests from ${summary.from} to ${summary.to}.`
  const names = nameHeads(summary)
  const most = Math.max(...rows.map((row) => weight(row, summary)))
  const table = [
    [...names, ...columns.map(({ head }) => head), ''],
    ...rows.map((row) => [
      ...nameCells(row, summary),
      ...figureCells(row),
      bar(most > 0 ? weight(row, summary) / most : 0, barWidth),
    ]),
    ['TOTAL', ...names.slice(1).map(() => ''), ...columns.map(({ cell }) => cell(summary.totals)), ''],
  ]
  const figures = new Set(columns.map((_, at) => names.length + at))
  return [textTable(table, figures), ...notes(summary)].join('\n')
}

/** What the bars show: cost where there is any, else requests. */
function weight(row: Row, { totals }: Summary): number {
  return totals.costUsdMicros && 'costUsdMicros' in row ? (row.costUsdMicros ?? 0) : row.requests
}

function nameHeads({ bucket, groupBy }: Summary): string[] {
  const heads = [...(bucket === 'none' ? [] : [bucket.toUpperCase()]), ...groupBy.map((name) => name.toUpperCase())]
  return heads.length > 0 ? heads : ['']
}

function nameCells(row: Row, { bucket, groupBy }: Summary): string[] {
  const time = { none: [], day: [row.from.slice(0, 10)], hour: [row.from.slice(0, 16).replace('T', ' ')] }[bucket]
  const names = groupBy.map((dimension) => (dimension === 'key' ? keyCell(row) : (row[dimension] ?? '-')))
  const cells = [...time, ...names.map(printable)]
  return cells.length > 0 ? cells : ['all']
}

function keyCell({ key = '-', keyName }: Row): string {
  return keyName && keyName !== key ? `${keyName} (${key})` : key
}

/** Model names are whatever a client wrote: no control character of theirs may reach the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?')
}

function figureCells(row: Row): string[] {
  if ('errors' in row) return columns.map(({ cell }) => cell(row))
  return columns.map((_, at) => (at === 0 ? count(row.requests) : ''))
}

function notes({ totals, from, to }: Summary): string[] {
  const period = `${from.slice(0, 16).replace('T', ' ')} to ${to.slice(0, 16).replace('T', ' ')} UTC`
  return [
    `\n${period}; tokens are disjoint: INPUT was neither read from nor written to a cache.`,
    ...(totals.unpriced > 0
      ? [`* ${count(totals.unpriced)} requests have no known price and are not in the cost; infra/config.ts: prices.`]
      : []),
    ...(totals.estimated > 0 ? [`The tokens of ${count(totals.estimated)} requests are estimates.`] : []),
  ]
}
