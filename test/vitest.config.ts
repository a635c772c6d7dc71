import { defineConfig, defineProject } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname

const unit = defineProject({
  test: {
    name: 'unit',
    root,
    include: ['test/**/*.test.ts'],
    exclude: ['test/agents/**', 'test/cases/**', 'test/endpoints/**', 'test/faults/**', 'test/sdk/**', 'test/usage/**'],
    // Two busy cores: whatever takes longer than this hangs.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})

export default defineConfig({
  test: {
    root,
    projects: [unit, 'test/support/vitest.config.ts'],
    reporters: ['default', 'json'],
    outputFile: { json: 'node_modules/.cache/test-results.json' },
  },
})
