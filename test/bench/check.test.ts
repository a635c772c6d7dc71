import { expect, test } from 'vitest'
import { findWorse, worse } from './check.ts'
import type { Row } from './report.ts'

function row(name: string, ratio: number): Row {
  return { section: 'in-process', name, value: ratio, unit: 'µs', ratio }
}

test('a ratio may be a quarter above its baseline, and no more', () => {
  const baseline = [row('relay', 0.4), row('convert', 2)]
  expect(worse([row('relay', 0.5), row('convert', 2.5)], baseline)).toEqual([])
  expect(worse([row('relay', 0.51), row('convert', 2.4)], baseline)).toEqual([
    'in-process: relay: 0.51 ×, the baseline has 0.40 ×',
  ])
})

test('a row the baseline does not have fails nothing', () => {
  expect(worse([row('new', 9)], [row('relay', 0.4)])).toEqual([])
})

test('what is within the budget of its ratio is not worse than a lucky baseline', () => {
  const growth = (ratio: number): Row => ({ ...row('growth', ratio), budget: { of: 'ratio', atMost: 1.25 } })
  expect(worse([growth(1.25)], [growth(0.7)])).toEqual([])
  expect(worse([growth(1.26)], [growth(0.7)])).toHaveLength(1)
})

test('what is worse once but not again passes', async () => {
  const runs = [
    [row('relay', 0.9), row('convert', 2)],
    [row('relay', 0.4), row('convert', 9)],
  ]
  let at = 0
  expect(await findWorse(async () => runs[at++] ?? [], [row('relay', 0.4), row('convert', 2)])).toEqual([])
  expect(at).toBe(2)
})

test('what is worse three times fails', async () => {
  let measured = 0
  const measure = async () => {
    measured++
    return [row('relay', 0.56), row('convert', 2)]
  }
  expect(await findWorse(measure, [row('relay', 0.4), row('convert', 2)])).toHaveLength(1)
  expect(measured).toBe(3)
})
