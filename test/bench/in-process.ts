import type { FormatId } from '../../lambda/formats/codec.ts'
import { type Direction, passThrough } from './exchange-parts.ts'
import type { Row } from './report.ts'
import { median, processorTime } from './statistics.ts'
import { letters, streamFrames } from './streams.ts'

const formats = ['openai-chat', 'anthropic-messages', 'openai-responses'] as const satisfies FormatId[]
const deltas = 5_000
const framesPerChunk = [1, 16]
/** Budgets hold for one frame a chunk, the dearest way an answer can come. Microseconds a frame. */
const budgets = { relay: 0.5, convert: 3 }

interface Case {
  name: string
  frames: number
  run(): Promise<void> | void
  /** Of the case this one is measured beside. */
  besides?: string
  budget?: number
  /** Microseconds a frame, one a round. */
  samples: number[]
}

/** Rounds before the first that counts, and that count. */
const plans = {
  full: { warmup: 6, rounds: 25 },
  /** As warm as the full one, so that their medians can be compared. */
  check: { warmup: 6, rounds: 9 },
  short: { warmup: 3, rounds: 7 },
} as const

/** Microseconds of processor time a frame for every direction, beside parsing and stringifying the same frames. */
export async function measureInProcess(plan: keyof typeof plans): Promise<Row[]> {
  const cases = formats.flatMap(casesOf)
  const { warmup, rounds } = plans[plan]
  for (let round = 0; round < warmup + rounds; round++) {
    for (const each of cases) {
      const used = await processorTime(each.run)
      if (round >= warmup) each.samples.push(used / each.frames)
    }
  }
  return cases.map((each) => toRow(each, cases))
}

function toRow({ name, samples, besides, budget }: Case, cases: Case[]): Row {
  const value = median(samples)
  const floor = cases.find((each) => each.name === besides)
  const row: Row = { section: 'in-process', name, value, unit: 'µs' }
  if (floor) {
    row.beside = { name: floor.name, value: median(floor.samples) }
    row.ratio = value / row.beside.value
  }
  if (budget !== undefined) row.budget = { of: 'value', atMost: budget }
  return row
}

function casesOf(upstream: FormatId): Case[] {
  const frames = streamFrames(upstream, deltas)
  const floor = jsonFloor(upstream, frames)
  return [floor, ...framesPerChunk.flatMap((perChunk) => chunkedCases(upstream, frames, perChunk, floor.name))]
}

/** What no converter that parses and writes JSON can go below. */
function jsonFloor(upstream: FormatId, frames: string[]): Case {
  const data = frames.map((frame) => frame.slice(frame.indexOf('data: ') + 6, -2)).filter((json) => json !== '[DONE]')
  const run = () => {
    let length = 0
    for (const json of data) length += JSON.stringify(JSON.parse(json)).length
    if (length === 0) throw new Error('nothing was measured')
  }
  return { name: `JSON ${letters[upstream]}`, frames: data.length, run, samples: [] }
}

function chunkedCases(upstream: FormatId, frames: string[], perChunk: number, floor: string): Case[] {
  const chunks = cut(frames, perChunk)
  const loop: Case = {
    name: `empty loop ${letters[upstream]}, ${perChunk} a chunk`,
    frames: frames.length,
    run: () => countBytes(chunks),
    samples: [],
  }
  const passes = formats.map((client): Case => {
    const direction: Direction = { upstream, client }
    const mode = upstream === client ? 'relay' : 'convert'
    const way = mode === 'relay' ? letters[client] : `${letters[client]}←${letters[upstream]}`
    const expected = frames.length
    return {
      name: `${mode} ${way}, ${perChunk} a chunk`,
      frames: expected,
      run: async () => {
        const passed = await passThrough(chunks, direction)
        if (passed.frames !== expected) throw new Error(`${passed.frames} frames of ${expected}`)
      },
      besides: floor,
      ...(perChunk === 1 && { budget: budgets[mode] }),
      samples: [],
    }
  })
  return [loop, ...passes]
}

async function countBytes(chunks: Iterable<Uint8Array>): Promise<void> {
  let bytes = 0
  for await (const chunk of chunks) bytes += chunk.length
  if (bytes === 0) throw new Error('nothing was measured')
}

/** Chunks with memory of their own, as a socket hands them out. */
export function cut(frames: string[], perChunk: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < frames.length; at += perChunk) {
    chunks.push(Buffer.from(frames.slice(at, at + perChunk).join('')))
  }
  return chunks
}
