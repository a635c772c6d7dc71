import { type Results, type Row, verdict } from './report.ts'

/** What README.md says about speed, from the committed results: figures in prose would drift from the file. */

type Rows = readonly Row[]

/** A budget and the rows that are held against it. */
interface BudgetLine {
  figure: string
  budget: string
  rows: RegExp
  /** What is shown of each row, and its unit. */
  show: 'value' | 'ratio'
}

const budgetLines: readonly BudgetLine[] = [
  { figure: 'relay with observer, one frame a chunk', budget: '0.5 µs a frame', rows: /^relay ., 1 a/, show: 'value' },
  { figure: 'conversions, one frame a chunk', budget: '3 µs a frame', rows: /^convert .*, 1 a chunk/, show: 'value' },
  { figure: 'CPU an event, one every 3 ms: relay', budget: '1.25 × the pipe', rows: /paced, relay/, show: 'ratio' },
  { figure: 'the same: conversion', budget: '1.6 × the pipe', rows: /paced, convert/, show: 'ratio' },
  { figure: 'first token, added to the pipe, p50', budget: '0.5 ms', rows: /to pipe ., p50/, show: 'value' },
  { figure: 'first token, added to the pipe, p99', budget: '3 ms', rows: /to pipe ., p99/, show: 'value' },
  {
    figure: 'spawn to the first `/next`',
    budget: '1.25 × an empty handler',
    rows: /full speed, stream/,
    show: 'ratio',
  },
  {
    figure: 'first byte of the first request at the CPU share of 512 MB',
    budget: '1.5 × the pipe',
    rows: /^first request .* 512 MB, (relay|convert)/,
    show: 'ratio',
  },
  { figure: 'time a frame, up to 10⁶ frames', budget: '1.25 × that of 10⁴', rows: /^time a frame/, show: 'ratio' },
  { figure: 'memory held at 10⁶ frames', budget: '1 MB', rows: /^memory held.*10\^6/, show: 'value' },
  { figure: 'peak memory of a relay twice as long', budget: '1.25 ×', rows: /^peak RSS, relay of 100/, show: 'ratio' },
  { figure: 'entry chunk', budget: '100 KB', rows: /^entry chunk/, show: 'value' },
]

export function speedTables(results: Results): string {
  const { rows, machine, node, measuredAt, seconds } = results
  const day = new Date(measuredAt).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
  return [
    `Measured on ${machine}, Node ${node.slice(1)}, ${day}, in ${seconds} seconds.`,
    budgetTable(rows),
    wayTable(rows),
    startTable(rows),
    memoryTable(rows),
  ].join('\n\n')
}

function budgetTable(rows: Rows): string {
  const lines = budgetLines.map((line) => {
    const held = rows.filter((row) => row.budget && line.rows.test(row.name))
    const met = held.filter((row) => verdict(row) === 'ok').length
    const judged = met === held.length ? 'met' : met === 0 ? 'missed' : `met by ${met} of ${held.length}`
    return [line.figure, line.budget, range(held, line.show), held.length === 0 ? '' : judged]
  })
  return table(['figure', 'budget', 'measured', ''], lines)
}

/** The least and the most of some rows. */
function range(rows: Rows, show: BudgetLine['show']): string {
  const shown = rows.map((row) => (show === 'ratio' ? row.ratio : row.value) ?? Number.NaN).sort((a, b) => a - b)
  const [least, most] = [shown[0], shown.at(-1)]
  if (least === undefined || most === undefined) return 'not measured'
  const unit = show === 'ratio' ? '×' : (rows[0]?.unit ?? '')
  return least === most ? `${short(least)} ${unit}` : `${short(least)} to ${short(most)} ${unit}`
}

const ways = [
  { name: 'pipe M', beside: 'direct M' },
  { name: 'relay M', beside: 'direct M' },
  { name: 'convert C←M', beside: 'direct M' },
  { name: 'peer, convert C←M', beside: 'direct M' },
  { name: 'pipe C', beside: 'direct C' },
  { name: 'relay C', beside: 'direct C' },
  { name: 'convert M←C', beside: 'direct C' },
  { name: 'peer, relay C', beside: 'direct C' },
] as const

function wayTable(rows: Rows): string {
  const lines = ways.map(({ name, beside }) => [
    name,
    cell(rows, `first token, ${name} added to ${beside}, p50`),
    cell(rows, `first token, ${name} added to ${beside}, p99`),
    cell(rows, `CPU a request, ${name}`),
    cell(rows, `CPU an event, paced, ${name}`),
    cell(rows, `CPU an event, burst, ${name}`),
    cell(rows, `total, burst, ${name}`),
  ])
  const titles = [
    'way',
    'first token p50',
    'p99',
    'CPU a request',
    'CPU an event, paced',
    'burst',
    'burst, whole answer',
  ]
  return table(titles, lines)
}

const sizes = ['full speed', 'share of 1024 MB', 'share of 512 MB', 'share of 256 MB', 'share of 128 MB'] as const

function startTable(rows: Rows): string {
  const lines = sizes.map((size) => [
    size,
    cell(rows, `spawn to /next, ${size}, stream`),
    cell(rows, `first request to first byte, ${size}, pipe`),
    cell(rows, `first request to first byte, ${size}, relay M`),
    cell(rows, `first request to first byte, ${size}, convert C←M`),
  ])
  const titles = [
    'cold start',
    'spawn to `/next` (× empty)',
    'first byte: pipe',
    'relay M (× pipe)',
    'convert C←M (× pipe)',
  ]
  return table(titles, lines)
}

function memoryTable(rows: Rows): string {
  const shown = rows.filter(({ name }) => /^(RSS|peak RSS), /.test(name))
  return table(
    ['memory', ''],
    shown.map(({ name }) => [name, cell(rows, name)]),
  )
}

function cell(rows: Rows, name: string): string {
  const row = rows.find((each) => each.name === name)
  if (!row) return 'not measured'
  const value = `${short(row.value)} ${row.unit}`
  return row.ratio === undefined ? value : `${value} (${short(row.ratio)} ×)`
}

/** As in the results, without an exponent. */
function short(value: number): string {
  return String(Math.abs(value) < 0.01 ? 0 : value)
}

function table(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = `|${titles.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`
  return [line(titles), rule, ...lines.map(line)].join('\n')
}
