import { readFileSync, writeFileSync } from 'node:fs'
import { expect, inject, test, vi } from 'vitest'
import type { Collected } from './collect.ts'
import type { Mutant } from './instrument.ts'
import type { Status } from './table.ts'

// Runs inside Vitest: the tests are loaded once and run many times, each time with one mutant switched on.

/** What Stryker's instrumented code reads and writes: https://github.com/stryker-mutator/stryker-js (instrumenter). */
interface Switch {
  activeMutant?: string
  currentTestId?: string
  hitCount?: number
  hitLimit?: number
  mutantCoverage?: { static: Hits; perTest: Record<string, Hits> }
}
type Hits = Record<string, number>

const shared = globalThis as unknown as { __stryker__?: Switch }
const control: Switch = shared.__stryker__ ?? {}
shared.__stryker__ = control

/** So many times more often than without the mutant is an endless loop. */
const hitFactor = 100
/** A test that waits longer than this waits for something that never comes. */
const testTimeoutMs = 20_000

/** On a busy machine such a test notices what is no fault. */
const measuresTime = /in time linear/

const plan = inject('plan')
const all = JSON.parse(readFileSync(plan.mutants, 'utf8')) as Mutant[]
const mutants = all.filter((_, at) => at % plan.every === 0)
const until = Date.now() + plan.minutes * 60_000

async function load(): Promise<Collected[]> {
  vi.resetModules()
  const { collected } = await import('./collect.ts')
  for (const path of plan.tests) await import(path)
  return collected.filter(({ name }) => !measuresTime.test(name))
}

/** Did the test pass? */
async function passes({ run }: Collected): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), testTimeoutMs)
  })
  try {
    await Promise.race([(async () => run())(), late])
    return true
  } catch {
    return false // which is what a mutant should come to
  } finally {
    clearTimeout(timer)
  }
}

async function firstFailed(tests: readonly Collected[]): Promise<Collected | undefined> {
  for (const each of tests) if (!(await passes(each))) return each
  return undefined
}

/** Tests by mutant, the quickest first, and how often a mutant's place was passed. */
async function cover(tests: readonly Collected[]) {
  const timed: Array<{ test: Collected; hits: Hits; ms: number }> = []
  for (const [at, each] of tests.entries()) {
    control.currentTestId = `${at} ${each.name}`
    const start = performance.now()
    if (!(await passes(each))) {
      console.log(`Left out, since it fails as it is: ${each.name}`)
      continue
    }
    const hits = control.mutantCoverage?.perTest[control.currentTestId] ?? {}
    timed.push({ test: each, hits, ms: performance.now() - start })
  }
  control.currentTestId = undefined
  timed.sort((a, b) => a.ms - b.ms)
  const covering = new Map<string, { tests: Collected[]; hits: number }>()
  for (const { test: each, hits } of timed) {
    for (const [id, count] of Object.entries(hits)) {
      const entry = covering.get(id) ?? { tests: [], hits: 0 }
      entry.tests.push(each)
      entry.hits += count
      covering.set(id, entry)
    }
  }
  return { covering, kept: timed.map(({ test: each }) => each) }
}

async function judge(id: string, tests: readonly Collected[], hits: number): Promise<Status> {
  Object.assign(control, { activeMutant: id, hitCount: 0, hitLimit: hits * hitFactor })
  const failed = await firstFailed(tests)
  const isEndless = (control.hitCount ?? 0) > hits * hitFactor
  control.activeMutant = undefined
  if (isEndless) return 'Timeout'
  return failed ? 'Killed' : 'Survived'
}

/**
 * A mutant in code that runs when its module is loaded needs all modules loaded again.
 * @param kept the places of the tests that pass without a mutant, since names may repeat
 */
async function judgeStatic(id: string, kept: ReadonlySet<number>): Promise<Status> {
  Object.assign(control, { activeMutant: id, hitCount: undefined })
  try {
    const tests = (await load()).filter((_, at) => kept.has(at))
    return (await firstFailed(tests)) ? 'Killed' : 'Survived'
  } catch {
    return 'Killed' // by the loading itself
  } finally {
    control.activeMutant = undefined
  }
}

function write(statuses: ReadonlyMap<string, Status>): void {
  const files: Record<string, { mutants: object[] }> = {}
  for (const mutant of mutants) {
    const file = mutant.fileName.slice(plan.root.length)
    files[file] ??= { mutants: [] }
    files[file].mutants.push({ ...mutant, status: statuses.get(mutant.id) ?? 'Pending' })
  }
  writeFileSync(plan.results, JSON.stringify({ files }))
}

test('mutants', async () => {
  const tests = await load()
  const atLoading = { ...control.mutantCoverage?.static }
  const { kept, covering } = await cover(tests)
  console.log(`${mutants.length} mutants, ${kept.length} tests`)
  const statuses = new Map<string, Status>()
  const places = new Set(kept.map((each) => tests.indexOf(each)))
  let reported = Date.now()
  const isStatic = ({ id }: Mutant) => !covering.has(id) && id in atLoading
  for (const mutant of mutants.toSorted((a, b) => Number(isStatic(a)) - Number(isStatic(b)))) {
    if (Date.now() > until) break
    const { tests: own, hits } = covering.get(mutant.id) ?? { tests: [], hits: 0 }
    if (isStatic(mutant)) statuses.set(mutant.id, plan.static ? await judgeStatic(mutant.id, places) : 'Ignored')
    else statuses.set(mutant.id, own.length > 0 ? await judge(mutant.id, own, hits) : 'NoCoverage')
    if (Date.now() - reported < 10_000) continue
    reported = Date.now()
    console.log(`${statuses.size} of ${mutants.length}`)
    write(statuses)
  }
  write(statuses)
  // Nothing that a mutant did has lasted: else a later one may have been judged wrongly.
  expect((await firstFailed(kept))?.name).toBeUndefined()
})
