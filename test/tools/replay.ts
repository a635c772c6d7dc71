import { existsSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { main, readArguments, UsageError } from './cli.ts'
import { chosenFormat, detectedFormat, formatIds } from './formats.ts'
import { runPipeline } from './pipeline.ts'
import { chunksOf, readSplit } from './split.ts'

const help = `npm run replay -- <file.sse> --to <format> [--from <format>] [--split <how>] [--delay <ms>] [--buffer] [--no-usage]

Sends a recording through the gateway's own pipeline and writes what the client gets to stdout; what went wrong, the
usage and the losses go to stderr. Exits with 1 if the client got an error.
Formats: ${formatIds.join(', ')} (or chat, messages, responses). --from is found in the content.

  --split     bytes a network chunk, or random:<seed>, or whole (the default)
  --delay     milliseconds before each chunk (default 0)
  --buffer    the object that a client gets that does not stream
  --no-usage  a chat client that did not ask for usage`

async function run(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    to: { type: 'string' },
    from: { type: 'string' },
    split: { type: 'string', default: 'whole' },
    delay: { type: 'string', default: '0' },
    buffer: { type: 'boolean', default: false },
    'no-usage': { type: 'boolean', default: false },
  })
  const [path] = positionals
  if (path === undefined) throw new UsageError(`Which file?\n\n${help}`)
  if (!existsSync(path)) throw new UsageError(`There is no ${path}.`)
  if (values.to === undefined) throw new UsageError(`--to says what the client speaks: ${formatIds.join(', ')}.`)
  const split = readSplit(values.split)
  if (!split) throw new UsageError('--split takes a number of bytes, random:<seed>, or whole.')
  const delay = Number(values.delay)
  if (!(delay >= 0)) throw new UsageError('--delay takes milliseconds.')
  const bytes = readFileSync(path)
  const from = values.from ? chosenFormat('--from', values.from) : detectedFormat(path, bytes.toString())
  const { error, refused, metrics, losses } = await runPipeline({
    from,
    to: chosenFormat('--to', values.to),
    body: Readable.from(paced(chunksOf(bytes, split), delay)),
    buffered: values.buffer,
    asksForUsage: !values['no-usage'],
    onWrite: (chunk) => process.stdout.write(chunk),
  })
  if (values.buffer && !refused) process.stdout.write('\n')
  const { usage, finish, frames } = metrics
  console.error(JSON.stringify({ frames, finish, usage, losses, ...(error && { error, refused: Boolean(refused) }) }))
  return error ? 1 : 0
}

async function* paced(chunks: Iterable<Buffer>, delayMs: number): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    if (delayMs > 0) await setTimeout(delayMs)
    yield chunk
  }
}

await main(run)
