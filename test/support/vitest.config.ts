import { defineProject } from 'vitest/config'

/** Tests that run against the real gateway: its processes start once, before the first of these files. */
export default defineProject({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    name: 'acceptance',
    include: ['agents', 'cases', 'endpoints', 'faults', 'sdk', 'usage'].map((folder) => `test/${folder}/**/*.test.ts`),
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most of them wait for a clock, not for a core.
    maxConcurrency: 12,
  },
})
