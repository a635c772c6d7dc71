import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Plugin } from 'vitest/config'

/** A small change of the code; its id switches it on. */
export interface Mutant {
  id: string
  fileName: string
  mutatorName: string
  replacement: string
  location: { start: { line: number; column: number }; end: { line: number; column: number } }
}

interface Instrumenter {
  instrument(
    files: Array<{ name: string; content: string; mutate: true }>,
    options: { plugins: null; excludedMutations: string[]; ignorers: [] },
  ): Promise<{ files: Array<{ name: string; content: string }>; mutants: Mutant[] }>
}

/** Puts every mutant of these files, all switched off, into their code: https://stryker-mutator.io/docs/mutation-testing-elements/mutant-states-and-metrics */
export async function instrument(stryker: string, paths: readonly string[]) {
  const { Instrumenter } = (await import(
    join(stryker, 'node_modules/@stryker-mutator/instrumenter/dist/src/index.js')
  )) as {
    Instrumenter: new (logger: object) => Instrumenter
  }
  const silent = () => undefined
  const logger = { isDebugEnabled: () => false, debug: silent, info: silent, warn: console.warn, error: console.error }
  const files = paths.map((name) => ({ name, content: readFileSync(name, 'utf8'), mutate: true as const }))
  const result = await new Instrumenter(logger).instrument(files, {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
  })
  return { mutants: result.mutants, code: new Map(result.files.map(({ name, content }) => [name, content])) }
}

/** Gives Vite the code with the mutants in it, and test files `collect.ts` in place of Vitest. */
export function mutantsPlugin(root: string, code: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'mutants',
    enforce: 'pre',
    resolveId(source, importer) {
      const inTests = importer !== undefined && /^test\/(?!mutation\/)/.test(relative(root, importer))
      return source === 'vitest' && inTests ? join(root, 'test/mutation/collect.ts') : undefined
    },
    load: (id) => code.get(id),
  }
}
