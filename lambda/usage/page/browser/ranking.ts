/// <reference lib="dom" />
import type { Summary } from '../../summary.ts'
import { tokensOf } from '../../token-counts.ts'
import { button, type Child, h } from './dom.ts'
import { bySpend, errorRate, spendOf, sum, type WholeRow, wholeRows } from './figures.ts'
import { count, duration, percent, shortCount, spendText } from './format.ts'
import { isFilter, nameOf } from './names.ts'
import { type Column, dataTable } from './table.ts'

/** Rows that are there without asking for more. */
const firstRows = 8

/** Called with the row whose name was pressed. */
type Choose = (row: WholeRow) => void

/** The models that cost most. */
export function showModels(place: HTMLElement, summary: Summary, choose: Choose): void {
  const name = (row: WholeRow) => nameCell(nameOf('model', row), isFilter(row.model) && (() => choose(row)))
  const columns: Column<WholeRow>[] = [
    { title: 'Model', cell: name },
    { title: 'Provider', minor: true, cell: (row) => nameOf('provider', row) },
    ...figureColumns(summary),
  ]
  showRanking(place, 'Models, the most expensive first', summary, columns)
}

/** The keys that spent most. */
export function showKeys(place: HTMLElement, summary: Summary, choose: Choose): void {
  const name = (row: WholeRow) => nameCell(nameOf('key', row), isFilter(row.key) && (() => choose(row)))
  showRanking(place, 'Keys, the most expensive first', summary, [
    { title: 'Key', cell: name },
    ...figureColumns(summary),
  ])
}

function showRanking(place: HTMLElement, caption: string, summary: Summary, columns: Column<WholeRow>[]): void {
  const all = summary.buckets
    .flatMap(({ results }) => wholeRows(results))
    .map((row) => ({ row, rank: { ...row, tokens: tokensOf(row) } }))
    .sort((a, b) => bySpend(a.rank, b.rank))
    .map(({ row }) => row)
  const show = (rows: readonly WholeRow[]) => {
    const hidden = all.length - rows.length
    const table = dataTable({ caption, columns, rows })
    const more = hidden > 0 ? button(`Show ${hidden} more`, () => show(all).focus()) : null
    place.replaceChildren(table, ...(more ? [more] : []))
    return table
  }
  if (all.length === 0) place.replaceChildren(h('p', { class: 'note' }, 'No requests in this time.'))
  else show(all.slice(0, firstRows))
}

function nameCell(name: string, press: (() => void) | false): Child {
  return press
    ? button(name, press, { class: 'link name', title: 'Show this only' })
    : h('span', { class: 'name' }, name)
}

function figureColumns(summary: Summary): Column<WholeRow>[] {
  const spent = sum(summary.buckets.flatMap(({ results }) => wholeRows(results).map((row) => spendOf(row) ?? 0)))
  return [
    { title: 'Spend', numeric: true, cell: (row) => spendCell(row, spent) },
    { title: 'Tokens', numeric: true, cell: (row) => shortCount(tokensOf(row)) },
    { title: 'Requests', numeric: true, cell: ({ requests }) => count(requests) },
    { title: 'Errors', numeric: true, cell: (row) => percent(errorRate(row)) },
    { title: 'First token 95 %', numeric: true, minor: true, cell: ({ ttftMs }) => duration(ttftMs.p95) },
  ]
}

/** The amount over its share of the whole. */
function spendCell(row: WholeRow, spent: number): HTMLElement {
  const share = h('span', { class: 'share', 'aria-hidden': 'true' })
  share.style.width = `${spent > 0 ? ((spendOf(row) ?? 0) / spent) * 100 : 0}%`
  return h('div', { class: 'spend' }, spendText(row), share)
}
