import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { type Direction, passThrough } from './exchange-parts.ts'
import type { Row } from './report.ts'
import { median, processorTime } from './statistics.ts'
import { streams } from './streams.ts'

interface Subject {
  name: string
  direction: Direction
  fold?: true
  /** Megabytes that may be held when the last content has come; what grows with the answer by its nature has none. */
  heldAtMost?: number
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

/** Below it the figure is the compiler's. Measured several times, since a short run is noisier than a long one. */
const reference = 10_000
const referenceRounds = 9
/** A frame of the longest answer may cost this much more than one of the reference: more is not linear. */
const linear = 1.25

const plans = {
  full: { longest: 1_000_000, memory: true },
  short: { longest: 100_000, memory: true },
  check: { longest: 100_000, memory: false },
} as const

/** Time and memory against the number of frames: linear and, where nothing must be kept, flat. */
export async function measureGrowth(plan: keyof typeof plans): Promise<Row[]> {
  const { longest, memory } = plans[plan]
  const collectGarbage = garbageCollector()
  const rows: Row[] = []
  for (const subject of subjects) {
    await measureReference(subject)
    const base = await measureReference(subject)
    for (let frames = reference * 10; frames <= longest; frames *= 10) {
      rows.push(timeRow(subject, frames, await measureTime(subject, frames), base))
      if (memory) rows.push(heldRow(subject, frames, await measureHeld(subject, frames, collectGarbage)))
    }
  }
  return rows
}

function sizeOf({ name }: Subject, frames: number): string {
  return `${name}, 10^${Math.log10(frames)} frames`
}

/** @param base microseconds of processor time a frame of the reference */
function timeRow(subject: Subject, frames: number, perFrame: number, base: number): Row {
  return {
    section: 'growth',
    name: `time a frame, ${sizeOf(subject, frames)}`,
    value: perFrame,
    unit: 'µs',
    beside: { name: '10^4', value: base },
    ratio: perFrame / base,
    budget: { of: 'ratio', atMost: linear },
  }
}

function heldRow(subject: Subject, frames: number, held: number): Row {
  const { heldAtMost } = subject
  return {
    section: 'growth',
    name: `memory held, ${sizeOf(subject, frames)}`,
    value: held,
    unit: 'MB',
    ...(heldAtMost !== undefined && { budget: { of: 'value', atMost: heldAtMost } }),
  }
}

async function measureReference(subject: Subject): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < referenceRounds; round++) rounds.push(await measureTime(subject, reference))
  return median(rounds)
}

/** Microseconds of processor time a frame. */
async function measureTime({ direction, fold }: Subject, frames: number): Promise<number> {
  const answer = chunks(direction.upstream, frames, () => {})
  return (await processorTime(() => passThrough(answer, direction, fold))) / frames
}

/**
 * Megabytes on the heap at the end of the content, garbage collected, above those before. Apart from the time, because
 * collecting garbage by force makes V8 throw compiled code away.
 */
async function measureHeld({ direction, fold }: Subject, frames: number, collectGarbage: () => void): Promise<number> {
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  let held = 0
  const atEnd = () => {
    collectGarbage()
    held = (process.memoryUsage().heapUsed - before) / 1e6
  }
  await passThrough(chunks(direction.upstream, frames, atEnd), direction, fold)
  return held
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
