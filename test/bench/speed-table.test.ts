import { expect, test } from 'vitest'
import type { Results, Row } from './report.ts'
import { speedTables } from './speed-table.ts'

function relay(letter: string, value: number): Row {
  const budget = { of: 'value', atMost: 0.5 } as const
  return { section: 'in-process', name: `relay ${letter}, 1 a chunk`, value, unit: 'µs', budget }
}

function tablesOf(rows: Row[]): string[] {
  const measuredAt = '2026-11-28T12:00:00.000Z'
  const results: Results = {
    measuredAt,
    node: 'v24.9.0',
    machine: '2 × core',
    short: false,
    seconds: 240,
    rows,
    notes: [],
  }
  return speedTables(results).split('\n')
}

test.each([
  ['met', [0.4, 0.5], '| relay with observer, one frame a chunk | 0.5 µs a frame | 0.4 to 0.5 µs | met |'],
  ['missed', [0.6, 0.7], '| relay with observer, one frame a chunk | 0.5 µs a frame | 0.6 to 0.7 µs | missed |'],
  ['split', [0.6, 0.4], '| relay with observer, one frame a chunk | 0.5 µs a frame | 0.4 to 0.6 µs | met by 1 of 2 |'],
] satisfies [string, [number, number], string][])('a budget that is %s says so', (_, [m, c], line) => {
  expect(tablesOf([relay('M', m), relay('C', c)])).toContain(line)
})

test('what the run did not measure is neither met nor left out', () => {
  expect(tablesOf([])).toContain('| relay with observer, one frame a chunk | 0.5 µs a frame | not measured |  |')
})

test('a figure beside the pipe shows the ratio', () => {
  const beside = { name: 'pipe M', value: 80 }
  const row: Row = {
    section: 'end-to-end',
    name: 'CPU an event, paced, relay M',
    value: 100,
    unit: 'µs',
    beside,
    ratio: 1.25,
  }
  const line = tablesOf([row]).find((each) => each.startsWith('| relay M |'))
  expect(line).toContain('| 100 µs (1.25 ×) |')
})
