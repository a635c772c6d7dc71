import type { Summary, SummaryRow } from '../../lambda/usage/summary.ts'
import type { Totals } from '../../lambda/usage/totals.ts'
import { alignPoints, textTable } from './text-table.ts'
import { bar, count, dollars, duration, percent } from './usage-figures.ts'

const barWidth = 20
const narrowBarWidth = 8
/** Characters from which a terminal has room for long names and bars. */
const wide = 120

type Row = SummaryRow & { from: string }

interface Column {
  head: string
  /** Columns leave a terminal that is too narrow in this order, those of 1 first; without it they stay. */
  spare?: number
  /** Of sums; rows by status have none but their requests. */
  cell(totals: Totals): string
}

const columns: readonly Column[] = [
  { head: 'REQUESTS', cell: ({ requests }) => count(requests) },
  { head: 'ERRORS', spare: 6, cell: ({ errors, requests }) => percent(errors, requests) },
  { head: 'INPUT', spare: 7, cell: ({ inputTokens }) => count(inputTokens) },
  { head: 'CACHE READ', spare: 4, cell: ({ cacheReadTokens }) => count(cacheReadTokens) },
  {
    head: 'CACHE WRITE',
    spare: 2,
    cell: ({ cacheWriteTokens, cacheWrite1hTokens }) => count(cacheWriteTokens + cacheWrite1hTokens),
  },
  { head: 'OUTPUT', spare: 8, cell: ({ outputTokens }) => count(outputTokens) },
  { head: 'COST', cell: ({ costUsdMicros, unpriced }) => `${dollars(costUsdMicros)}${unpriced > 0 ? ' *' : ''}` },
  { head: 'TTFT P50', spare: 3, cell: ({ ttftMs }) => duration(ttftMs.p50) },
  { head: 'P95', spare: 1, cell: ({ ttftMs }) => duration(ttftMs.p95) },
  { head: 'LATENCY P50', spare: 5, cell: ({ durationMs }) => duration(durationMs.p50) },
  { head: 'P95', spare: 1, cell: ({ durationMs }) => duration(durationMs.p95) },
]

/**
 * A row a group (and slot of time), a line of totals, and what the figures leave open.
 * @param width of the terminal, in characters: what does not fit is shortened or left out. Without it nothing is
 */
export function reportTable(summary: Summary, width = Number.POSITIVE_INFINITY): string {
  const rows = summary.buckets.flatMap(({ from, results }) => results.map((result): Row => ({ ...result, from })))
  if (rows.length === 0) return `No requests from ${summary.from} to ${summary.to}.`
  const shown = columnSets.map((set) => layOut(rows, summary, set, width))
  const fitting = shown.find((table) => widthOf(table) <= width) ?? shown.at(-1) ?? ''
  const left = shown.indexOf(fitting) > 0 ? ['Some columns need a wider terminal; all of them: --csv or --json.'] : []
  return [fitting, ...notes(summary), ...left].join('\n')
}

/** All columns, then fewer and fewer. */
const columnSets = [...new Set([0, ...columns.map(({ spare = 0 }) => spare)])]
  .toSorted((one, other) => one - other)
  .map((left) => columns.filter(({ spare = Number.POSITIVE_INFINITY }) => spare > left))

function layOut(rows: readonly Row[], summary: Summary, set: readonly Column[], width: number): string {
  const names = nameHeads(summary)
  const isNarrow = width < wide
  const most = Math.max(...rows.map((row) => weight(row, summary)))
  const share = (row: Row) => (most > 0 ? weight(row, summary) / most : 0)
  const table = [
    [...names, ...set.map(({ head }) => head), ''],
    ...rows.map((row) => [
      ...nameCells(row, summary).map((name) =>
        shortened(name, isNarrow ? 28 : width === Number.POSITIVE_INFINITY ? width : 48),
      ),
      ...figureCells(row, set),
      bar(share(row), isNarrow ? narrowBarWidth : barWidth),
    ]),
    ['TOTAL', ...names.slice(1).map(() => ''), ...set.map(({ cell }) => cell(summary.totals)), ''],
  ]
  const costs = names.length + set.findIndex(({ head }) => head === 'COST')
  const aligned = alignPoints(table.map((cells) => cells[costs] ?? ''))
  const figures = new Set(set.map((_, at) => names.length + at))
  return textTable(
    table.map((cells, at) => cells.with(costs, aligned[at] ?? '')),
    figures,
  )
}

function widthOf(table: string): number {
  return Math.max(...table.split('\n').map((line) => line.length))
}

/** Shortened in the middle: names of models differ at both ends. */
function shortened(name: string, most: number): string {
  if (name.length <= most) return name
  const end = Math.floor((most - 1) / 2)
  return `${name.slice(0, most - 1 - end)}…${name.slice(-end)}`
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

function figureCells(row: Row, set: readonly Column[]): string[] {
  if ('errors' in row) return set.map(({ cell }) => cell(row))
  return set.map((_, at) => (at === 0 ? count(row.requests) : ''))
}

function notes({ totals, from, to, groupBy }: Summary): string[] {
  const period = `${from.slice(0, 16).replace('T', ' ')} to ${to.slice(0, 16).replace('T', ' ')} UTC`
  return [
    `\n${period}; tokens are disjoint: INPUT was neither read from nor written to a cache.`,
    ...(groupBy.includes('status')
      ? [
          'Statuses are counts within the sums: tokens, cost and times of one are in the records of its requests',
          '(/v1/usage/requests?status=…).',
        ]
      : []),
    ...(totals.unpriced > 0
      ? [`* ${count(totals.unpriced)} requests have no known price and are not in the cost; infra/config.ts: prices.`]
      : []),
    ...(totals.estimated > 0 ? [`The tokens of ${count(totals.estimated)} requests are estimates.`] : []),
  ]
}
