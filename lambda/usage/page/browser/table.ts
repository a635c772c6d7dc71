/// <reference lib="dom" />
import { type Child, h } from './dom.ts'

export interface Column<Row> {
  title: string
  /** Aligned at its end, figures of equal width. */
  numeric?: boolean
  /** Not on a narrow screen. */
  minor?: boolean
  cell(row: Row): Child
}

export interface TableSpec<Row> {
  /** For those who hear the table; the page's heading says it to the others. */
  caption: string
  /** The first one names the row. */
  columns: readonly Column<Row>[]
  rows: readonly Row[]
}

/** A table that scrolls sideways within itself where it is too wide. */
export function dataTable<Row>(spec: TableSpec<Row>): HTMLElement {
  const table = h(
    'table',
    {},
    h('caption', { class: 'unseen' }, spec.caption),
    h(
      'thead',
      {},
      h('tr', {}, ...spec.columns.map((column) => h('th', { scope: 'col', ...look(column) }, column.title))),
    ),
    h('tbody', {}, ...tableRows(spec)),
  )
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': spec.caption }, table)
}

/** The rows alone, to add to a table. */
export function tableRows<Row>({ columns, rows }: Pick<TableSpec<Row>, 'columns' | 'rows'>): HTMLElement[] {
  return rows.map((row) => h('tr', {}, ...columns.map((column, at) => cellOf(column, row, at === 0))))
}

function cellOf<Row>(column: Column<Row>, row: Row, isName: boolean): HTMLElement {
  const content = column.cell(row)
  return isName ? h('th', { scope: 'row', ...look(column) }, content) : h('td', look(column), content)
}

function look({ numeric, minor }: Pick<Column<never>, 'numeric' | 'minor'>): { class?: string } {
  const names = [...(numeric ? ['number'] : []), ...(minor ? ['minor'] : [])]
  return names.length > 0 ? { class: names.join(' ') } : {}
}
