import { defineProject } from 'vitest/config'

/** Tests that run against the real gateway: its processes start once, before the first of these files. */
export default defineProject({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    name: 'acceptance',
    include: ['test/cases/**/*.test.ts', 'test/sdk/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxConcurrency: 4,
  },
})
