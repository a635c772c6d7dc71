import { createParser } from 'eventsource-parser'
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
  /** Of the case it is compared by between machines. */
  plain?: string
  budget?: number
  /** Microseconds a frame, one a round. */
  samples: number[]
}

/** Rounds before the first that counts, and that count. */
const warmup = 8
const rounds = 8

/** Microseconds of processor time a frame for every direction, beside parsing and stringifying the same frames. */
export async function measureInProcess(): Promise<Row[]> {
  const cases = formats.flatMap(casesOf)
  for (let round = 0; round < warmup + rounds; round++) {
    for (const each of cases) {
      const used = await processorTime(each.run)
      if (round >= warmup) each.samples.push(used / each.frames)
    }
  }
  return cases.map((each) => toRow(each, cases))
}

function toRow({ name, samples, besides, plain, budget }: Case, cases: Case[]): Row {
  const value = median(samples)
  const row: Row = { section: 'in-process', name, value, unit: 'µs' }
  const other = (otherName: string) => median(cases.find((each) => each.name === otherName)?.samples ?? [])
  if (besides) {
    row.beside = { name: besides, value: other(besides) }
    row.ratio = value / row.beside.value
  }
  if (plain) row.relative = value / other(plain)
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
  const plain = plainCases(upstream, chunks, frames.length, perChunk)
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
      plain: plain[mode].name,
      ...(perChunk === 1 && { budget: budgets[mode] }),
      samples: [],
    }
  })
  return [...Object.values(plain), ...passes]
}

/**
 * The least a gateway made of libraries would do: decode and parse the events, and for a conversion parse and write their
 * JSON. The same kinds of work as ours, and so what a machine does faster or slower it does so for both.
 */
function plainCases(upstream: FormatId, chunks: Buffer[], frames: number, perChunk: number) {
  const plain = (name: string, take: (data: string) => number): Case => ({
    name: `${name} ${letters[upstream]}, ${perChunk} a chunk`,
    frames,
    run: async () => {
      if ((await parsePlainly(chunks, take)) === 0) throw new Error('nothing was measured')
    },
    samples: [],
  })
  const rewritten = (data: string) => (data === '[DONE]' ? 0 : JSON.stringify(JSON.parse(data)).length)
  return { relay: plain('plain reader', ({ length }) => length), convert: plain('plain rewriter', rewritten) }
}

/** @returns the sum of what `take` says of each event */
async function parsePlainly(chunks: Iterable<Uint8Array>, take: (data: string) => number): Promise<number> {
  let sum = 0
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent: ({ data }) => {
      sum += take(data)
    },
  })
  for await (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }))
  return sum
}

/** Chunks with memory of their own, as a socket hands them out. */
export function cut(frames: string[], perChunk: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < frames.length; at += perChunk) {
    chunks.push(Buffer.from(frames.slice(at, at + perChunk).join('')))
  }
  return chunks
}
