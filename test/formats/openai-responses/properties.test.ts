import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { checkStream } from '../../support/grammar/index.ts'
import { readWritten } from '../../support/read/sse-frames.ts'
import { decodeFrames, encode, finalResponse, framesOf, summary } from './support.ts'

type Piece = { block: Block; deltas: Delta[] }

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const texts = fc.array(words, { minLength: 1, maxLength: 5 })
const textBlock = texts.map(
  (parts): Piece => ({ block: { kind: 'text' }, deltas: parts.map((text) => ({ kind: 'text', text })) }),
)
const refusal = texts.map(
  (parts): Piece => ({
    block: { kind: 'refusal' },
    deltas: parts.map((text) => ({ kind: 'refusal', text })),
  }),
)
const reasoning = fc.record({ parts: texts, encrypted: fc.option(words) }).map(({ parts, encrypted }): Piece => {
  const deltas: Delta[] = parts.map((text, part) => ({ kind: 'reasoning', text, part }))
  if (encrypted !== null) deltas.push({ kind: 'encrypted', value: encrypted })
  return { block: { kind: 'reasoning', issuer: 'openai' }, deltas }
})
const call = fc
  .record({ id: fc.uuid(), tool: fc.constantFrom('function' as const, 'custom' as const), parts: texts })
  .map(
    ({ id, tool, parts }): Piece => ({
      block: { kind: 'tool-call', id, name: 'f', tool },
      deltas: parts.map((text) => ({ kind: 'arguments', text })),
    }),
  )
const serverTool = fc.constant<Piece>({
  block: { kind: 'server-tool', name: 'web_search', phase: 'call' },
  deltas: [],
})
const blocks = fc.array(fc.oneof(textBlock, refusal, reasoning, call, serverTool), { maxLength: 6 })
const reasons = fc.constantFrom('stop' as const, 'length' as const, 'content-filter' as const)

/** The blocks' deltas in an order that keeps each block's own; `turns` says whose turn it is. */
function interleaved(list: Piece[], turns: number[]): StreamEvent[] {
  const queues = list.map(({ block, deltas }, index): StreamEvent[] => [
    { type: 'block-start', index, block },
    ...deltas.map((delta): StreamEvent => ({ type: 'block-delta', index, delta })),
    { type: 'block-end', index },
  ])
  const events: StreamEvent[] = []
  let opened = 0
  for (const turn of turns) {
    const index = turn % Math.max(1, Math.min(opened + 1, queues.length))
    const next = queues[index]?.shift()
    if (!next) continue
    events.push(next)
    if (next.type === 'block-start') opened++
  }
  return [...events, ...queues.flat()]
}

const start: StreamEvent = { type: 'response-start', id: 'resp_1', model: 'm' }
const usage: StreamEvent = { type: 'usage', usage: { input: 3, cacheRead: 2, output: 5, reasoning: 1 } }
const streams = fc
  .record({ list: blocks, turns: fc.array(fc.nat(20), { maxLength: 40 }), reason: reasons })
  .map(({ list, turns, reason }) => ({
    list,
    reason,
    body: [start, ...interleaved(list, turns)],
    events: [
      start,
      ...interleaved(list, turns),
      usage,
      { type: 'finish', reason },
      { type: 'response-end' },
    ] as StreamEvent[],
  }))

/** What a client can read, apart from the order of blocks that alternate. */
function content(events: StreamEvent[]): string[] {
  return summary(events)
    .blocks.filter(({ block }) => block.kind !== 'server-tool')
    .map(({ block, text, parts, deltas }) =>
      JSON.stringify([block.kind, 'id' in block && block.kind === 'tool-call' ? block.id : '', text, parts, deltas]),
    )
    .sort()
}

describe('any canonical answer', () => {
  test('becomes a stream by the grammar', () => {
    fc.assert(
      fc.property(streams, ({ events }) => {
        const read = readWritten(encode(events).text)
        expect([...read.problems, ...checkStream.R(read.frames)]).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  test('comes back from its stream as it was', () => {
    fc.assert(
      fc.property(streams, ({ events, reason, list }) => {
        const back = decodeFrames(framesOf(encode(events).text))
        expect(content(back)).toEqual(content(events))
        const calls = list.some(({ block }) => block.kind === 'tool-call')
        const refused = list.some(({ block }) => block.kind === 'refusal')
        const stopped = calls ? 'tool-calls' : refused ? 'refusal' : 'stop'
        expect(summary(back).finish).toBe(reason === 'stop' ? stopped : reason)
        expect(summary(back).usage).toMatchObject({ input: 3, cacheRead: 2, output: 5, reasoning: 1 })
      }),
      { numRuns: 300 },
    )
  })

  test('that is cut anywhere ends in an error by the grammar', () => {
    fc.assert(
      fc.property(streams, fc.nat(60), ({ body }, length) => {
        const error: StreamEvent = { type: 'error', error: { code: 'overloaded', message: 'Busy' } }
        const read = readWritten(encode([...body.slice(0, 1 + length), error]).text)
        expect([...read.problems, ...checkStream.R(read.frames)]).toEqual([])
        expect(read.frames.at(-1)?.event).toBe('response.failed')
      }),
      { numRuns: 200 },
    )
  })

  test('is accepted by the official client', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async ({ events, list }) => {
        const final = await finalResponse(encode(events).text)
        const calls = list.filter(({ block }) => block.kind === 'tool-call').length
        expect(final.output.filter((item) => /_call$/.test(item.type) && item.type !== 'web_search_call')).toHaveLength(
          calls,
        )
      }),
      { numRuns: 60 },
    )
  })
})

test('no bytes make the decoder throw, and it always ends', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.json(), fc.string())), (datas) => {
      const events = decodeFrames(datas.map((data) => ({ event: '', data })))
      expect(['error', 'response-end']).toContain(events.at(-1)?.type)
    }),
  )
})

test('events with members of any type never make the decoder throw', () => {
  const types = fc.constantFrom(
    'response.created',
    'response.output_item.added',
    'response.output_item.done',
    'response.content_part.added',
    'response.content_part.done',
    'response.output_text.delta',
    'response.output_text.done',
    'response.output_text.annotation.added',
    'response.function_call_arguments.delta',
    'response.reasoning_summary_text.delta',
    'response.image_generation_call.partial_image',
    'response.completed',
    'response.failed',
    'error',
  )
  const itemTypes = fc.constantFrom(
    'message',
    'reasoning',
    'function_call',
    'web_search_call',
    'image_generation_call',
    'x',
  )
  const item = fc.record({
    type: itemTypes,
    content: fc.jsonValue(),
    summary: fc.jsonValue(),
    name: fc.jsonValue(),
    action: fc.jsonValue(),
  })
  const event = fc.record(
    {
      type: types,
      output_index: fc.oneof(fc.nat(2), fc.jsonValue()),
      content_index: fc.jsonValue(),
      delta: fc.jsonValue(),
      part: fc.jsonValue(),
      item: fc.oneof(item, fc.jsonValue()),
      annotation: fc.jsonValue(),
      response: fc.oneof(
        fc.record({ output: fc.array(item), usage: fc.jsonValue(), error: fc.jsonValue() }),
        fc.jsonValue(),
      ),
      error: fc.jsonValue(),
    },
    { requiredKeys: ['type'] },
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), (list) => {
      const events = decodeFrames(list.map((value) => ({ event: '', data: JSON.stringify(value) })))
      const starts = events.filter((next) => next.type === 'block-start').map((next) => next.index)
      expect(starts).toEqual(starts.map((_, index) => index))
      expect(['error', 'response-end']).toContain(events.at(-1)?.type)
    }),
    { numRuns: 500 },
  )
})
