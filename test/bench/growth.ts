import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { type Direction, passThrough } from './exchange-parts.ts'
import type { Row } from './report.ts'
import { streams } from './streams.ts'

interface Subject {
  name: string
  direction: Direction
  fold?: true
  /** Megabytes that may be held when the last content has come; what grows with the answer by its nature has none. */
  heldAtMost?: number
}

interface Growth {
  /** Microseconds a frame. */
  perFrame: number
  /** Megabytes on the heap at the end of the content, garbage collected, above those before. */
  held: number
}

const C = 'openai-chat'
const M = 'anthropic-messages'
const R = 'openai-responses'
const subjects: Subject[] = [
  { name: 'relay M', direction: { upstream: M, client: M }, heldAtMost: 1 },
  { name: 'relay C', direction: { upstream: C, client: C }, heldAtMost: 1 },
  { name: 'convert C←M', direction: { upstream: M, client: C }, heldAtMost: 1 },
  { name: 'convert M←C', direction: { upstream: C, client: M }, heldAtMost: 1 },
  { name: 'convert R←M', direction: { upstream: M, client: R } },
  { name: 'buffer M', direction: { upstream: M, client: M }, fold: true },
]

/** Below it the JIT is not warm and the figure is the compiler's. */
const reference = 10_000
/** A frame of the longest answer may cost this much more than one of the reference: more is not linear. */
const linear = 1.25

/** Time and memory against the number of frames: linear and, where nothing must be kept, flat. */
export async function measureGrowth(short: boolean): Promise<Row[]> {
  const collectGarbage = garbageCollector()
  const longest = short ? 100_000 : 1_000_000
  const rows: Row[] = []
  for (const subject of subjects) {
    await measure(subject, reference, collectGarbage)
    const base = await measure(subject, reference, collectGarbage)
    for (let frames = reference * 10; frames <= longest; frames *= 10) {
      rows.push(...toRows(subject, frames, await measure(subject, frames, collectGarbage), base))
    }
  }
  return rows
}

function toRows({ name, heldAtMost }: Subject, frames: number, growth: Growth, base: Growth): Row[] {
  const size = `${name}, 10^${Math.log10(frames)} frames`
  return [
    {
      section: 'growth',
      name: `time a frame, ${size}`,
      value: growth.perFrame,
      unit: 'µs',
      beside: { name: '10^4', value: base.perFrame },
      ratio: growth.perFrame / base.perFrame,
      budget: { of: 'ratio', atMost: linear },
    },
    {
      section: 'growth',
      name: `memory held, ${size}`,
      value: growth.held,
      unit: 'MB',
      ...(heldAtMost !== undefined && { budget: { of: 'value', atMost: heldAtMost } }),
    },
  ]
}

async function measure({ direction, fold }: Subject, frames: number, collectGarbage: () => void): Promise<Growth> {
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  let held = 0
  let paused = 0
  const atEnd = () => {
    const from = performance.now()
    collectGarbage()
    held = (process.memoryUsage().heapUsed - before) / 1e6
    paused = performance.now() - from
  }
  const start = performance.now()
  await passThrough(chunks(direction.upstream, frames, atEnd), direction, fold)
  return { perFrame: ((performance.now() - start - paused) * 1_000) / frames, held }
}

/** The answer a frame at a time, made of few buffers, so that what is held is the gateway's. */
function* chunks(format: FormatId, frames: number, atEnd: () => void): Iterable<Uint8Array> {
  const { opening, delta, closing } = streams[format]
  const deltas = Array.from({ length: 64 }, (_, at) => Buffer.from(delta(at + 1)))
  yield Buffer.from(opening.join(''))
  for (let sent = 0; sent < frames; sent++) yield deltas[sent % deltas.length] as Buffer
  atEnd()
  // R repeats its text at the end; what it says there does not matter here.
  yield Buffer.from(closing(1).join(''))
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
