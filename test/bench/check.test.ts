import { expect, test } from 'vitest'
import { findWorse, worse } from './check.ts'
import { type Row, readResults } from './report.ts'

const machine = '2 × core'

function row(name: string, relative: number): Row {
  return { section: 'in-process', name, value: relative, unit: 'µs', ratio: 2 * relative, relative }
}

function growth(ratio: number): Row {
  return { section: 'growth', name: 'growth', value: ratio, unit: 'µs', ratio, budget: { of: 'ratio', atMost: 1.25 } }
}

/** @param runs what each attempt measures; the last one goes on */
function find(runs: Row[][], baseline: Row[], here = machine) {
  let at = 0
  const measure = async () => runs[Math.min(at++, runs.length - 1)] ?? []
  const check = { sections: ['in-process'], measure, baseline: { machine, rows: baseline }, machine: here } as const
  const failed = findWorse({ ...check, say: () => undefined })
  return failed.then((lines) => ({ lines, attempts: at }))
}

test('a figure may be a quarter above its baseline, and no more', () => {
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
  expect(worse([growth(1.25)], [growth(0.7)])).toEqual([])
  expect(worse([growth(1.26)], [growth(0.7)])).toHaveLength(1)
})

test('what is worse once but not again passes', async () => {
  const runs = [
    [row('relay', 0.9), row('convert', 2)],
    [row('relay', 0.4), row('convert', 9)],
  ]
  expect(await find(runs, [row('relay', 0.4), row('convert', 2)])).toEqual({ lines: [], attempts: 2 })
})

test('what is worse in five attempts fails', async () => {
  const { lines, attempts } = await find(
    [[row('relay', 0.56), row('convert', 2)]],
    [row('relay', 0.4), row('convert', 2)],
  )
  expect(lines).toHaveLength(1)
  expect(attempts).toBe(5)
})

test('the committed results fail when one of their rows is 1.3 times as dear', async () => {
  const baseline = readResults().rows.filter(
    ({ section, relative }) => section === 'in-process' && relative !== undefined,
  )
  expect(baseline.length).toBeGreaterThan(0)
  for (const slowed of baseline) {
    const now = baseline.map((each) => (each === slowed ? { ...each, relative: (each.relative ?? 0) * 1.3 } : each))
    expect((await find([now], baseline)).lines).toEqual([expect.stringContaining(slowed.name)])
  }
})

test('on another machine, what makes every figure dearer is the machine’s', async () => {
  const baseline = [row('relay', 0.4), row('convert', 2), row('other', 1)]
  const dearer = [row('relay', 0.56), row('convert', 2.8), row('other', 1.4)]
  expect((await find([dearer], baseline, '4 × another core')).lines).toEqual([])
  expect((await find([dearer], baseline)).lines).toHaveLength(3)
  const oneMore = [row('relay', 0.8), row('convert', 2.8), row('other', 1.4)]
  expect((await find([oneMore], baseline, '4 × another core')).lines).toEqual([expect.stringContaining('relay')])
})
