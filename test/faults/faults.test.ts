import { beforeAll, describe, expect, inject, it } from 'vitest'
import { formats } from '../support/upstream/format.ts'
import { goodAnswer, plain, rich } from './good-answer.ts'
import { type Result, runTrials } from './run.ts'
import { faultNames, faultWays, planTrials } from './trial.ts'

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

  it('the long form meets each of them at every event, from every client, in every way', () => {
    const every = planTrials({ seed, breadth: 'every' })
    const boundaries = formats.flatMap((upstream) =>
      [plain, rich].map((reply) => ({ upstream, reply, offsets: [0, ...goodAnswer(upstream, reply).ends] })),
    )
    for (const name of ['cut at an event', 'reset at an event', 'an end at an event', 'silence at an event'] as const) {
      for (const { upstream, reply, offsets } of boundaries) {
        const mine = every.filter(
          (trial) => trial.name === name && trial.upstream === upstream && trial.reply === reply,
        )
        const met = mine.map(({ at, client, way }) => `${Number(/\d+/.exec(at)?.[0])} ${client} ${way}`)
        const expected = offsets.flatMap((offset) =>
          formats.flatMap((client) => faultWays.map((way) => `${offset} ${client} ${way}`)),
        )
        expect(met.sort()).toEqual(expected.sort())
      }
    }
  })

  it('all were tried', () => expect(results).toHaveLength(trials.length))
})
