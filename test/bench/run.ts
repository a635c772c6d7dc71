import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureColdStart } from './cold-start.ts'
import { measureEndToEnd } from './end-to-end.ts'
import { measureGrowth } from './growth.ts'
import { measureInProcess } from './in-process.ts'
import { measureMemory } from './memory.ts'
import { startPeer } from './peer.ts'
import { createResults, formatTable, type Results, type Row, type SectionName, sectionNames, worse } from './report.ts'
import { type Stage, startStage } from './stage.ts'

const usage = `node test/bench/run.ts [--short] [--only ${sectionNames.join('|')}] [--check]

  --short   fewer rounds, some 40 s; does not write results.json
  --only    one section; may be repeated
  --check   compare with results.json instead of writing it; fails on a ratio that is more than 25 % worse`

const resultsFile = new URL('./results.json', import.meta.url)

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
const results = createResults(await measure(), notes, options.short)
console.log(formatTable(results))
if (options.check) check(JSON.parse(readFileSync(resultsFile, 'utf8')) as Results)
else if (!options.short && sections.length === sectionNames.length) {
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`)
}

async function measure(): Promise<Row[]> {
  const rows: Row[] = []
  const { short } = options
  let stage: Stage | undefined
  try {
    for (const name of sections) {
      console.error(`${new Date().toISOString().slice(11, 19)} ${name} …`)
      if (name === 'in-process') rows.push(...(await measureInProcess(short)))
      else if (name === 'growth') rows.push(...(await measureGrowth(short)))
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

/** A short run does without the peer: what it is compared with has nothing of it. */
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

function check(baseline: Results): void {
  const failed = worse(results.rows, baseline.rows)
  for (const line of failed) console.error(line)
  if (failed.length > 0) process.exitCode = 1
}
