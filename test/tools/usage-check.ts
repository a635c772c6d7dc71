import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { codecs } from '../support/codecs.ts'
import { main, readArguments, UsageError } from './cli.ts'
import { loadRecording, type Recording, recordingOf, recordingsBelow } from './conform/recording.ts'
import { type Json, readObject } from './independent-reader.ts'
import { type Account, checkUsage, type Verdict } from './usage-check/passages.ts'

const help = `npm run usage-check -- <folder or file.sse> [--all]

Sends every recorded stream below the folder to clients of every format, streamed (asking for usage or not) and
buffered, and compares the tokens and the cost that would be recorded with those of a reader of its own: all must be
equal, to the token and the micro-dollar. A provider's whole answer beside a recording (.json) is checked the same way.
Exits with 1 if any differ, with 2 if there is nothing to check.

  --all    a line for every recording, not only for those that differ`

interface Row {
  path: string
  verdict: Verdict
}

async function run(): Promise<number> {
  const { values, positionals } = readArguments(help, { all: { type: 'boolean' } })
  const [root] = positionals
  if (root === undefined) throw new UsageError(`Which folder?\n\n${help}`)
  if (!existsSync(root)) throw new UsageError(`There is no ${root}. Give a folder with recorded .sse files.`)
  const rows: Row[] = []
  let skipped = 0
  for (const path of recordingsBelow(root)) {
    const recording = loadRecording(path)
    if ('reason' in recording) {
      console.log(`skipped  ${relative(root, path) || path}: ${recording.reason}`)
      skipped++
      continue
    }
    for (const each of [recording, ...wholeOf(recording)]) {
      rows.push({ path: relative(root, each.path) || each.path, verdict: await checkUsage(each) })
    }
  }
  if (rows.length === 0) throw new UsageError(`There is no stream to check below ${root}.`)
  for (const row of rows) if (values.all || row.verdict.differences.length > 0) print(row)
  return summarize(rows, skipped)
}

/** The whole answer beside a stream, as the events it is cut into for a client that wants them. */
function wholeOf({ whole, format, path }: Recording): Recording[] {
  if (!whole) return []
  const frames = codecs[format].cutObject(whole as Json)
  const body = frames.map(({ event, data }) => `${event && `event: ${event}\n`}data: ${data}\n\n`).join('')
  const cut = recordingOf(path.replace(/\.sse$/, '.json'), Buffer.from(body), format)
  return [{ ...cut, expected: readObject(format, whole) }]
}

function print({ path, verdict: { bill, expected, differences } }: Row): void {
  console.log(
    `${differences.length === 0 ? 'equal ' : 'DIFFER'}  ${path}  ${bill.provider ?? '-'} ${bill.model || '-'}`,
  )
  console.log(`        reader: ${written(expected)}`)
  for (const { way, found, reason } of differences) {
    console.log(`        ${way}: ${written(found)}${reason ? ` (${reason})` : ''}`)
  }
}

function written({ usage, micros }: Account): string {
  const tokens = usage ? Object.entries(usage).map(([name, value]) => `${name} ${value}`) : ['no usage']
  return `${tokens.join(', ')}, ${micros === null ? 'cost unknown' : `${micros} micro-dollars`}`
}

function summarize(rows: readonly Row[], skipped: number): number {
  const differing = rows.filter(({ verdict }) => verdict.differences.length > 0).length
  const ways = rows.reduce((sum, { verdict }) => sum + verdict.ways, 0)
  const priced = rows.filter(({ verdict }) => verdict.expected.micros !== null).length
  const counted = rows.filter(({ verdict }) => verdict.expected.usage !== null).length
  console.log(
    `\n${rows.length} answers (${counted} with usage, ${priced} with a price), ${ways} ways: ` +
      (differing === 0 ? 'all equal to the reader' : `${differing} differ`) +
      (skipped > 0 ? `; ${skipped} files skipped` : ''),
  )
  return differing > 0 ? 1 : 0
}

await main(run)
