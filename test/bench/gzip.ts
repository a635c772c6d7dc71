import { readFileSync } from 'node:fs'
import type { FormatId } from '../../lambda/formats/codec.ts'
import type { ClientResponse } from '../../lambda/gateway/request.ts'
import { GzipResponse } from '../../lambda/http/gzip-response.ts'
import type { Row } from './report.ts'
import { median, processorTime } from './statistics.ts'
import { letters, streams } from './streams.ts'

/** As long as the answers of the cost page: 30 s of 50 events. */
const deltas = 1_500
const rounds = 5
const formats = ['openai-chat', 'anthropic-messages', 'openai-responses'] as const satisfies FormatId[]
/** Prose in pieces of a token's length: what an answer says compresses worse than its frames do. */
const tokens = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').match(/\s*\S{1,5}/g) ?? []

/** What compressing a stream for its client saves and takes, every frame flushed at once, as none may be held back. */
export async function measureGzip(short: boolean): Promise<Row[]> {
  const rows: Row[] = []
  for (const format of formats) {
    const frames = framesOf(format)
    const plain = frames.reduce((sum, { length }) => sum + length, 0)
    const perFrame: number[] = []
    const first: number[] = []
    let compressed = 0
    for (let round = 0; round < (short ? 1 : rounds) + 1; round++) {
      const used = await processorTime(async () => {
        const answer = await compress(frames)
        compressed = answer.bytes
        if (round > 0) first.push(answer.firstMs)
      })
      if (round > 0) perFrame.push(used / frames.length)
    }
    const beside = { name: 'plain', value: plain / 1000 }
    const [value, ratio] = [compressed / 1000, compressed / plain]
    rows.push(
      { section: 'gzip', name: `an answer, gzip ${letters[format]}`, value, unit: 'KB', beside, ratio },
      { section: 'gzip', name: `CPU a frame, gzip ${letters[format]}`, value: median(perFrame), unit: 'µs' },
      { section: 'gzip', name: `first frame later, gzip ${letters[format]}`, value: median(first), unit: 'ms' },
    )
  }
  return rows
}

/** An answer with the text and the random padding of a real one. */
function framesOf(format: FormatId): Buffer[] {
  const { opening, delta, closing } = streams[format]
  const content = Array.from({ length: deltas }, (_, at) => delta(at + 1, tokens[at % tokens.length]))
  return [...opening, ...content, ...closing(deltas)].map((frame) => Buffer.from(frame.replace('iDOuV7Jz', padding())))
}

/** OpenAI pads its events with up to sixteen random characters, against those who measure encrypted lengths. */
function padding(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(9)))
    .toString('base64')
    .slice(0, 12)
}

interface Compressed {
  /** Of the whole answer. */
  bytes: number
  /** Milliseconds until the first frame came out, the compressor's own start included. */
  firstMs: number
}

/** A client that takes everything at once and counts it. */
class Counter implements ClientResponse {
  readonly live = true
  opened = false
  bytes = 0

  open(): void {
    this.opened = true
  }

  write(chunk: string | Uint8Array): undefined {
    this.bytes += chunk.length
  }

  abort(): void {}

  end(): void {}
}

async function compress(frames: readonly Buffer[]): Promise<Compressed> {
  const start = performance.now()
  const client = new Counter()
  const response = new GzipResponse(client)
  response.open(200, { 'content-type': 'text/event-stream' })
  let firstMs = 0
  for (const frame of frames) {
    await response.write(frame)
    firstMs ||= performance.now() - start
  }
  await response.end()
  return { bytes: client.bytes, firstMs }
}
