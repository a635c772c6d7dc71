import { writeFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { instrument, mutantsPlugin } from './instrument.ts'
import type { Plan } from './run.ts'

const root = new URL('../..', import.meta.url).pathname
const plan = JSON.parse(process.env.SLUICE_MUTATION ?? '') as Plan
const { mutants, code } = await instrument(plan.stryker, plan.mutate)
writeFileSync(plan.mutants, JSON.stringify(mutants))

declare module 'vitest' {
  interface ProvidedContext {
    plan: Plan
  }
}

export default defineConfig({
  plugins: [mutantsPlugin(root, code)],
  test: {
    root,
    include: ['test/mutation/mutants.ts'],
    provide: { plan },
    pool: 'forks',
    // What is kept from run to run would be the code with other mutants in it.
    fsModuleCache: false,
    // The run has its own bound.
    testTimeout: 0,
    disableConsoleIntercept: true,
    // A mutant may forget to wait for a promise that fails.
    dangerouslyIgnoreUnhandledErrors: true,
  },
})
