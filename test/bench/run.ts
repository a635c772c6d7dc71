import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { writeReadme } from '../tools/readme.ts'
import { measureBundles } from './bundle-analysis.ts'
import { findWorse } from './check.ts'
import { measureColdStart } from './cold-start.ts'
import { comparable, measureApart, measureComparable, measureInProcesses } from './comparable.ts'
import { measureEndToEnd } from './end-to-end.ts'
import { measureGrowth } from './growth.ts'
import { measureGzip } from './gzip.ts'
import { measureMemory } from './memory.ts'
import { startPeer } from './peer.ts'
import {
  createResults,
  formatTable,
  machine,
  type Row,
  readResults,
  resultsFile,
  type SectionName,
  sectionNames,
} from './report.ts'
import { type Stage, startStage } from './stage.ts'

const usage = `node test/bench/run.ts [--short] [--only ${sectionNames.join('|')}] [--check]

  Measures everything, writes results.json, and the tables of README.md that are made of it.

  --short   fewer rounds and no peer, some 40 s; does not write results.json
  --only    one section; may be repeated; does not write results.json either
  --check   instead of all that, measures what can be compared between runs, and fails on a figure that is more than 25 %
            worse than the one in results.json, five times in a row`

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const sections = sectionNames.filter((name) => options.only === undefined || options.only.includes(name))
if (options.help || options.only?.some((name) => !sectionNames.includes(name as SectionName))) {
  console.log(usage)
  process.exit(options.help ? 0 : 2)
}

const notes: string[] = []
const startedAt = performance.now()
if (options.check) await check()
else await run()

async function run(): Promise<void> {
  const rows = await measure()
  const results = createResults(rows, notes, options.short, secondsSince(startedAt))
  console.log(formatTable(results))
  if (options.short || sections.length < sectionNames.length) return
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`)
  const readme = writeReadme()
  console.log(`results.json was written; README.md ${readme}.`)
}

async function check(): Promise<void> {
  const failed = await findWorse({
    sections: comparable,
    measure: measureComparable,
    baseline: readResults(),
    machine: machine(),
    say: console.error,
  })
  const verdict = failed.length === 0 ? 'Nothing is worse than in results.json' : failed.join('\n')
  console.log(`${verdict}; measured in ${secondsSince(startedAt)} s.`)
  if (failed.length > 0) process.exitCode = 1
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 1_000)
}

async function measure(): Promise<Row[]> {
  const rows: Row[] = []
  const { short } = options
  let stage: Stage | undefined
  try {
    for (const name of sections) {
      console.error(`after ${secondsSince(startedAt)} s: ${name} …`)
      if (name === 'in-process') rows.push(...(await (short ? measureApart(name) : measureInProcesses())))
      else if (name === 'growth') rows.push(...(await measureGrowth(short ? 'short' : 'full')))
      else if (name === 'gzip') rows.push(...(await measureGzip(short)))
      else if (name === 'bundle') rows.push(...(await measureBundles(notes)))
      else {
        stage ??= await startStage()
        if (name === 'end-to-end') rows.push(...(await besidePeer(stage)))
        else if (name === 'cold-start') rows.push(...(await measureColdStart(stage, short, notes)))
        else rows.push(...(await measureMemory(stage, short)))
      }
    }
  } catch (cause) {
    throw new Error(`the bench failed; the functions said:\n${stage?.errors.slice(-10).join('\n')}`, { cause })
  } finally {
    await stage?.close()
  }
  return rows
}

async function besidePeer(stage: Stage): Promise<Row[]> {
  const peer = options.short ? undefined : await startPeer(stage.providerUrl)
  if (typeof peer !== 'object') {
    if (peer !== undefined) notes.push(`The peer was not measured: ${peer}.`)
    return measureEndToEnd(stage, undefined, options.short)
  }
  try {
    return await measureEndToEnd(stage, peer, options.short)
  } finally {
    await peer.close()
  }
}
