import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { main, readArguments, UsageError } from '../tools/cli.ts'
import { type MutationReport, mutationTable, unnoticed } from './table.ts'

const help = `npm run mutation -- <file or folder>... [--tests pattern]... [--static] [--every n] [--minutes n]
npm run mutation -- --table

Changes the code in thousands of small ways (Stryker's mutants) and tells which changes no test notices.
  --tests pattern  of the test files; default: all that run in this process and end the same way every time
  --static         also code that runs once, when its module is loaded, e.g. tables: slow, since each such mutant loads
                   everything again and runs all the tests
  --every n        tries one mutant in n, evenly spread: what a whole codec scores, in a fraction of the time
  --minutes n      when to stop; default 30
  --table          runs nothing: the figures of all runs so far, in Markdown

It runs on one core with the lowest priority.`

/** What a run is to do; paths are absolute. */
export interface Plan {
  root: string
  mutate: string[]
  tests: string[]
  static: boolean
  /** One mutant in so many is tried. */
  every: number
  minutes: number
  /** Where the instrumenter is installed. */
  stryker: string
  /** Files for the mutants, and for what became of them. */
  mutants: string
  results: string
}

const root = new URL('../..', import.meta.url).pathname
const cache = join(root, 'node_modules/.cache/stryker')
const results = join(cache, 'results')

/** Not in package.json, since nobody needs it and its packages to build, test or deploy. */
const version = '10.1.1'

/**
 * Not here: what starts a server or a database, what measures time, and what draws its cases at random, which might
 * notice a mutant in one run and miss it in the next.
 */
const inProcess = [
  'test/{events,formats}/**/*.test.ts',
  'test/conform/{golden,requests,whole-objects,wrong-requests,wrong-types}.test.ts',
  'test/keys/log.test.ts',
  'test/metrics/{aggregate,collector,collector-events,histogram,pace,pricing,usage-report-table}.test.ts',
]
const leftOut = ['**/properties.test.ts', '**/sdk.test.ts', 'test/formats/folds/growth.test.ts']

await main(async () => {
  const { values, positionals } = readArguments(help, {
    tests: { type: 'string', multiple: true, default: inProcess },
    static: { type: 'boolean', default: false },
    every: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '30' },
    table: { type: 'boolean', default: false },
  })
  if (values.table) {
    console.log(mutationTable(readdirSync(results).map((name) => reportIn(join(results, name)))))
    return 0
  }
  const minutes = Number(values.minutes)
  const every = Number(values.every)
  if (positionals.length === 0 || !(minutes > 0 && minutes <= 600) || !(every >= 1)) throw new UsageError(help)
  await install()
  const name = createHash('sha256').update(positionals.join()).digest('hex').slice(0, 16)
  const plan: Plan = {
    root,
    mutate: positionals.flatMap(sourcesIn),
    tests: values.tests
      .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: leftOut }))
      .map((path) => join(root, path)),
    static: values.static,
    every,
    minutes,
    stryker: cache,
    mutants: join(cache, 'mutants.json'),
    results: join(results, `${name}.json`),
  }
  const status = await mutate(plan)
  const report = reportIn(plan.results)
  console.log(`${unnoticed(report)}\n\n${mutationTable([report])}`)
  return status
})

function reportIn(path: string): MutationReport {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function sourcesIn(path: string): string[] {
  const found = statSync(join(root, path), { throwIfNoEntry: false })
  if (!found) throw new UsageError(`There is no ${path}.`)
  const files = found.isDirectory() ? globSync(join(path, '**/*.ts'), { cwd: root }) : [path]
  return files.toSorted().map((file) => join(root, file))
}

async function install(): Promise<void> {
  const installed = join(cache, 'node_modules/@stryker-mutator/instrumenter/package.json')
  mkdirSync(results, { recursive: true })
  if (statSync(installed, { throwIfNoEntry: false }) && JSON.parse(readFileSync(installed, 'utf8')).version === version)
    return
  writeFileSync(join(cache, 'package.json'), '{"private":true}')
  const flags = ['--prefix', cache, '--ignore-scripts', '--no-audit', '--no-fund']
  const status = await run('npm', ['install', ...flags, `@stryker-mutator/instrumenter@${version}`])
  if (status !== 0) throw new Error(`npm could not install the instrumenter ${version}.`)
}

function mutate(plan: Plan): Promise<number> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const config = join(root, 'test/mutation/vitest.config.ts')
  return run('nice', ['-n', '19', process.execPath, vitest, 'run', '--config', config], {
    SLUICE_MUTATION: JSON.stringify(plan),
  })
}

function run(command: string, parameters: string[], variables: Record<string, string> = {}): Promise<number> {
  const child = spawn(command, parameters, { cwd: root, stdio: 'inherit', env: { ...process.env, ...variables } })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
