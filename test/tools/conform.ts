import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { main, readArguments, UsageError } from './cli.ts'
import { judge, type Verdict } from './conform/engine.ts'
import { loadRecording, recordingsBelow, type Skipped } from './conform/recording.ts'
import { printReport } from './conform/report.ts'

const help = `npm run conform -- <folder or file.sse> [--seed <number>] [--json] [--all]

Sends every recorded stream below the folder to clients of every format, as the gateway would, and checks each answer:
byte equality of relays, independence of how the bytes are cut, the grammar of written streams, what they say compared
with an independent reader, the official clients, buffered answers, and round trips. The format is found in the content.
Exits with 1 if any rule is broken, with 2 if there is nothing to check.

  --seed   of the random splits (default: of the time; it is printed)
  --all    a line for every file, not only for those that break a rule
  --json   the verdicts as JSON`

async function run(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    seed: { type: 'string' },
    json: { type: 'boolean' },
    all: { type: 'boolean' },
  })
  const [path] = positionals
  if (path === undefined) throw new UsageError(`Which folder?\n\n${help}`)
  if (!existsSync(path)) throw new UsageError(`There is no ${path}. Give a folder with recorded .sse files.`)
  const seed = Number(values.seed ?? Date.now() % 100_000)
  if (!Number.isSafeInteger(seed)) throw new UsageError('--seed must be a whole number.')
  const paths = recordingsBelow(path)
  const verdicts: Verdict[] = []
  const skipped: Skipped[] = []
  const progress = showProgress(paths.length)
  for (const [at, file] of paths.entries()) {
    progress(at, file)
    const recording = loadRecording(file)
    if ('reason' in recording) skipped.push(recording)
    else verdicts.push(...(await judge(recording, seed)))
  }
  progress(paths.length, '')
  if (values.json) console.log(JSON.stringify({ seed, verdicts, skipped }, null, 2))
  else printReport({ verdicts, skipped, seed, root: path, all: values.all ?? false })
  if (verdicts.length === 0) throw new UsageError(`There is no stream to check below ${path}.`)
  return verdicts.some(({ violations }) => violations.length > 0) ? 1 : 0
}

/** On stderr, once a second has passed; nothing for short runs. */
function showProgress(total: number): (at: number, file: string) => void {
  const start = Date.now()
  let shown = start
  return (at, file) => {
    if (Date.now() - shown < 1000) return
    shown = Date.now()
    console.error(`${at}/${total} ${file && relative('.', file)}`)
  }
}

await main(run)
