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
/** A long answer is timed in so many equal parts, of which the middle one counts: what another program takes is in few. */
const stretches = 10

const longest = { full: 1_000_000, short: 100_000 } as const

/** Time and memory against the number of frames: linear and, where nothing must be kept, flat. */
export async function measureGrowth(plan: keyof typeof longest): Promise<Row[]> {
  const collectGarbage = garbageCollector()
  const rows: Row[] = []
  for (const subject of subjects) {
    await measureReference(subject)
    for (let frames = reference * 10; frames <= longest[plan]; frames *= 10) {
      const long = await measureLong(subject, frames, collectGarbage)
      rows.push(timeRow(subject, frames, long), heldRow(subject, frames, long))
    }
  }
  return rows
}

function sizeOf({ name }: Subject, frames: number): string {
  return `${name}, 10^${Math.log10(frames)} frames`
}

function timeRow(subject: Subject, frames: number, { perFrame, base }: Long): Row {
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

function heldRow(subject: Subject, frames: number, { held }: Long): Row {
  const { heldAtMost } = subject
  return {
    section: 'growth',
    name: `memory held, ${sizeOf(subject, frames)}`,
    value: held,
    unit: 'MB',
    ...(heldAtMost !== undefined && { budget: { of: 'value', atMost: heldAtMost } }),
  }
}

/** Microseconds of processor time a frame. */
async function measureReference(subject: Subject): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < referenceRounds; round++) {
    rounds.push((await processorTime(() => pass(subject, reference))) / reference)
  }
  return median(rounds)
}

interface Long {
  /** Microseconds of processor time, and those of the reference just before. */
  perFrame: number
  base: number
  /** Megabytes on the heap at the end of the content, garbage collected, above those before. */
  held: number
}

async function measureLong(subject: Subject, frames: number, collectGarbage: () => void): Promise<Long> {
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  // Collecting garbage by force makes V8 throw compiled code away. Measuring the reference brings it back.
  const base = await measureReference(subject)
  let held = 0
  const times: number[] = []
  let last = process.cpuUsage()
  await pass(subject, frames, () => {
    const { user, system } = process.cpuUsage(last)
    times.push(((user + system) * stretches) / frames)
    if (times.length === stretches) {
      collectGarbage()
      held = (process.memoryUsage().heapUsed - before) / 1e6
    }
    last = process.cpuUsage()
  })
  return { perFrame: median(times), base, held }
}

/** @param atStretch called at the end of each stretch of the content */
async function pass({ direction, fold }: Subject, frames: number, atStretch = () => {}): Promise<void> {
  await passThrough(chunks(direction.upstream, frames, atStretch), direction, fold)
}

/** The answer a frame at a time, made of few buffers, so that what is held is the gateway's. */
function* chunks(format: FormatId, frames: number, atStretch: () => void): Iterable<Uint8Array> {
  const { opening, delta, closing } = streams[format]
  const deltas = Array.from({ length: 64 }, (_, at) => Buffer.from(delta(at + 1)))
  yield Buffer.from(opening.join(''))
  for (let sent = 1; sent <= frames; sent++) {
    yield deltas[sent % deltas.length] as Buffer
    if ((sent * stretches) % frames === 0) atStretch()
  }
  // R repeats its text at the end; what it says there does not matter here.
  yield Buffer.from(closing(1).join(''))
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
