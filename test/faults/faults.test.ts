import { beforeAll, describe, expect, inject, it } from 'vitest'
import { type Result, runTrials } from './run.ts'
import { faultNames, planTrials } from './trial.ts'

// A provider that goes wrong in any way leads to a defined outcome and one record, never to a fake success and never to a
// hang. `npm run soak` does the same for longer.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? Date.now() % 1_000_000)

describe(`a provider’s fault has its defined outcome and one record (SLUICE_FAULT_SEED=${seed})`, () => {
  const trials = planTrials({ seed, breadth: 'turns' })
  let results: Result[] = []

  beforeAll(async () => {
    results = await runTrials(trials, { services: inject('services'), concurrency: 12 })
  })

  it.each(faultNames)('%s', (name) => {
    const mine = results.filter(({ trial }) => trial.name === name)
    expect(mine.length).toBeGreaterThan(0)
    expect(mine.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('all were tried', () => expect(results).toHaveLength(trials.length))
})
