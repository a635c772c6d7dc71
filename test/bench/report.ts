import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** One measured figure and what it is held against. */
export interface Row {
  section: SectionName
  name: string
  value: number
  unit: 'µs' | 'ms' | 'KB' | 'MB'
  /** What `value` is measured beside in the same run, in the same unit. */
  beside?: { name: string; value: number }
  /** `value` relative to `beside`: what can be compared between machines. */
  ratio?: number
  /** To work of the same kind by libraries: what `--check` compares where it is there, since machines differ less in it. */
  relative?: number
  budget?: Budget
}

export const sectionNames = ['in-process', 'growth', 'bundle', 'gzip', 'end-to-end', 'cold-start', 'memory'] as const
export type SectionName = (typeof sectionNames)[number]

/** The most a row may have, of its value or of its ratio. */
export type Budget = { of: 'value' | 'ratio'; atMost: number }

export interface Results {
  measuredAt: string
  node: string
  machine: string
  short: boolean
  /** What the run took. */
  seconds: number
  rows: Row[]
  /** What could not be measured here, and why. */
  notes: string[]
}

export const resultsFile = new URL('./results.json', import.meta.url)

/** The committed results, which the README and `--check` are about. */
export function readResults(): Results {
  return JSON.parse(readFileSync(resultsFile, 'utf8')) as Results
}

export function verdict({ value, ratio, budget }: Row): 'ok' | 'OVER' | '' {
  if (!budget) return ''
  const held = budget.of === 'value' ? value : ratio
  return held !== undefined && held <= budget.atMost ? 'ok' : 'OVER'
}

export function machine(): string {
  const [first] = cpus()
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`
}

export function createResults(rows: Row[], notes: string[], short: boolean, seconds: number): Results {
  return {
    measuredAt: new Date().toISOString(),
    node: process.version,
    machine: machine(),
    short,
    seconds,
    rows: rows.map(rounded),
    notes,
  }
}

/** Three significant digits: more would be noise in a committed file. */
function rounded(row: Row): Row {
  const digits = (value: number) => Number(value.toPrecision(3))
  return {
    ...row,
    value: digits(row.value),
    ...(row.beside && { beside: { ...row.beside, value: digits(row.beside.value) } }),
    ...(row.ratio !== undefined && { ratio: digits(row.ratio) }),
    ...(row.relative !== undefined && { relative: digits(row.relative) }),
  }
}

export function formatTable({ rows, notes, seconds, ...run }: Results): string {
  const header = ['', 'value', 'beside', 'ratio', 'budget', '']
  const lines: string[][] = []
  for (const section of sectionNames) {
    const own = rows.filter((row) => row.section === section)
    if (own.length > 0) lines.push([section.toUpperCase(), '', '', '', '', ''], ...own.map(cells))
  }
  const widths = header.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => (line[column] ?? '').length)),
  )
  const text = [header, ...lines].map((line) => line.map((cell, column) => pad(cell, widths[column] ?? 0, column)))
  const lead = `${run.machine}, Node ${run.node}, measured in ${seconds} s`
  return [lead, ...text.map((line) => line.join('  ').trimEnd()), ...notes].join('\n')
}

function cells(row: Row): string[] {
  const { name, value, unit, beside, ratio, budget } = row
  return [
    `  ${name}`,
    `${value} ${unit}`,
    beside ? `${beside.name} ${beside.value} ${unit}` : '',
    ratio === undefined ? '' : `${ratio.toFixed(2)} ×`,
    budget ? `≤ ${budget.atMost} ${budget.of === 'ratio' ? '×' : unit}` : '',
    verdict(row),
  ]
}

/** Names to the left, figures to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 || column === 5 ? cell.padEnd(width) : cell.padStart(width)
}
