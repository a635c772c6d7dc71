import { type Result, runTrials } from '../../faults/run.ts'
import { faultNames, planTrials } from '../../faults/trial.ts'
import type { Services } from '../../support/services.ts'

/** More violations are counted, not shown. */
const maxShown = 40

/** Which part of a round, from 0, of how many. */
export interface Part {
  index: number
  of: number
}

interface SoakOptions {
  seed: number
  /** Milliseconds since the epoch. */
  until: number
  concurrency: number
  part: Part
}

/** Injects every fault for every direction, round after round with other random places, until the time is up; or one part. */
export async function soakFaults(services: Services, { seed, until, concurrency, part }: SoakOptions): Promise<number> {
  const results: Result[] = []
  let planned = 0
  for (let round = 0; Date.now() < until && (round === 0 || part.of === 1); round++) {
    const all = shuffled(planTrials({ seed: seed + round, breadth: 'every' }))
    const trials = all.filter((_, at) => at % part.of === part.index)
    planned += trials.length
    const onResult = (done: number) => {
      if (done % 100 === 0) console.error(`round ${round + 1}: ${done} of ${trials.length} requests`)
    }
    results.push(...(await runTrials(trials, { services, concurrency, until, onResult })))
  }
  console.log(tableOf(results))
  const violations = results.flatMap((each) => each.violations)
  for (const each of violations.slice(0, maxShown)) console.log(each)
  console.log(`${results.length} of ${planned} requests in time, ${violations.length} violations, seed ${seed}`)
  return violations.length > 0 || results.length === 0 ? 1 : 0
}

/** Every fault soon, however short the time: a stride that has no factor in common with the number of trials. */
function shuffled<T>(trials: readonly T[]): T[] {
  const stride = 7919
  if (trials.length % stride === 0) return [...trials]
  return trials.flatMap((_, at) => trials[(at * stride) % trials.length] ?? [])
}

function tableOf(results: readonly Result[]): string {
  const rows = faultNames.map((name) => {
    const mine = results.filter(({ trial }) => trial.name === name)
    const slowest = Math.max(0, ...mine.map(({ ms }) => ms))
    const bad = mine.filter(({ violations }) => violations.length > 0).length
    return `${name.padEnd(32)} ${String(mine.length).padStart(8)} ${slowest.toFixed(0).padStart(10)} ${String(bad).padStart(10)}`
  })
  return [`${'fault'.padEnd(32)} requests slowest ms violations`, ...rows].join('\n')
}
