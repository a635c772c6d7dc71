import { expect, test } from 'vitest'
import { reportTable } from '../../infra/cli/usage-report-table.ts'
import { sumsOf } from '../../lambda/metrics/aggregate.ts'
import type { Summary } from '../../lambda/usage/summary.ts'
import { totalsOf } from '../../lambda/usage/totals.ts'
import { sampleRecord } from './sample-record.ts'

const times = (factor: number, costUsdMicros: number | null) => {
  const record = { ...sampleRecord, inputTokens: 1_234 * factor, cacheReadTokens: 9_876_543, costUsdMicros }
  return totalsOf(sumsOf(record))
}
const from = '2026-05-01T00:00:00.000Z'
const to = '2026-06-01T00:00:00.000Z'
const results = [
  { model: 'gpt-5', ...times(900, 2_260_000) },
  { model: 'a-provider/with-a-name-of-a-model-longer-than-most-terminals-have-room-for:free', ...times(1, 517) },
  { model: 'llama', ...times(20, null) },
]
const summary: Summary = {
  object: 'usage.summary',
  from,
  to,
  bucket: 'none',
  groupBy: ['model'],
  totals: times(921, 2_260_517),
  buckets: [{ from, to, results }],
}
/** The table itself; notes below it are sentences, which a terminal may wrap. */
const tableOf = (width?: number) => reportTable(summary, width).split('\n\n')[0]?.split('\n') ?? []

test.each([60, 80, 100, 120, 160, 200])('a terminal of %d columns shows the table without wrapping a line', (width) => {
  const lines = tableOf(width)
  expect(lines).toHaveLength(5)
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(width)
  expect(lines[0]).toMatch(/MODEL +REQUESTS .*COST/)
})

test('what is left out is said, and only then', () => {
  expect(reportTable(summary, 80)).toContain('Some columns need a wider terminal')
  expect(reportTable(summary, 200)).not.toContain('wider terminal')
})

test('without a terminal nothing is shortened or left out', () => {
  expect(tableOf()[2]).toContain('a-provider/with-a-name-of-a-model-longer-than-most-terminals-have-room-for:free')
  expect(tableOf()[0]).toMatch(/CACHE WRITE .*LATENCY P50 +P95$/)
})

test('decimal points of costs stand below each other', () => {
  const points = [1, 2].map((row) => tableOf(80)[row]?.lastIndexOf('.'))
  expect(points[0]).toBeGreaterThan(0)
  expect(points[1]).toBe(points[0])
})
