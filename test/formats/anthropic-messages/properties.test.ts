import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { checkMessagesStream } from '../../support/grammar/messages-grammar.ts'
import { decode, encode, foldOf, framesOf, officialMessage, wire } from './support.ts'
import { blockStart, delta, end, json, messageStop, start, stop, textDelta } from './wire-events.ts'

// Any valid canonical stream must become a valid M stream, and come back from it but for what M cannot say.

interface Planned {
  block: Block
  deltas: Delta[]
}

const piece = fc.string({
  unit: fc.constantFrom('a', ' ', '"', '\\', '\n', '👩‍🚀', 'é', '{', '}', '\u2028'),
  maxLength: 6,
})
const pieces = fc.array(piece, { maxLength: 4 })
const inputs = fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })

/** Text cut at arbitrary places, surrogate pairs included. */
function cut(text: string, at: number): string[] {
  return [text.slice(0, at % (text.length + 1)), text.slice(at % (text.length + 1))]
}

const planned: fc.Arbitrary<Planned> = fc.oneof(
  pieces.map((texts) => ({
    block: { kind: 'text' as const },
    deltas: texts.map((text) => ({ kind: 'text' as const, text })),
  })),
  fc
    .tuple(
      pieces,
      fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }),
      fc.constantFrom('anthropic', 'openai', 'unknown'),
    )
    .map(([texts, signature, issuer]) => ({
      block: { kind: 'reasoning' as const, issuer: issuer as 'anthropic' | 'openai' | 'unknown' },
      deltas: [
        ...texts.map((text) => ({ kind: 'reasoning' as const, text, part: 0 })),
        ...(signature === undefined ? [] : [{ kind: 'signature' as const, value: signature }]),
      ],
    })),
  fc.tuple(fc.uuid(), inputs, fc.nat(), fc.boolean()).map(([id, input, at, none]) => ({
    block: { kind: 'tool-call' as const, id, name: 'f', tool: 'function' as const },
    deltas: none ? [] : cut(JSON.stringify(input), at).map((text) => ({ kind: 'arguments' as const, text })),
  })),
  fc.constantFrom<Planned>(
    { block: { kind: 'server-tool', name: 'web_search', phase: 'call' }, deltas: [{ kind: 'arguments', text: '{}' }] },
    { block: { kind: 'native', native: {} }, deltas: [] },
  ),
)

/** The blocks one after the other or interleaved, in start order. */
function streamOf(blocks: Planned[], order: number[]): StreamEvent[] {
  const events: StreamEvent[] = [{ type: 'response-start', id: 'msg_1', model: 'm' }]
  const queues = blocks.map(({ block, deltas }, index): StreamEvent[] => [
    { type: 'block-start', index, block },
    ...deltas.map((delta): StreamEvent => ({ type: 'block-delta', index, delta })),
    { type: 'block-end', index },
  ])
  let started = 0
  for (let turn = 0; queues.some((queue) => queue.length > 0); turn++) {
    const choice = (order[turn % order.length] ?? 0) % (started + 1)
    const open = queues.slice(0, started).filter((queue) => queue.length > 0)
    const queue = open[choice] ?? queues[started++] ?? open[0]
    const event = queue?.shift()
    if (event) events.push(event)
  }
  return events
}

const ending: StreamEvent[] = [
  { type: 'usage', usage: { input: 10, cacheRead: 3, cacheWrite5m: 2, cacheWrite1h: 0, output: 5, reasoning: 1 } },
  { type: 'finish', reason: 'length' },
  { type: 'response-end' },
]
const stream = fc
  .tuple(fc.array(planned, { maxLength: 6 }), fc.array(fc.nat(5), { minLength: 1, maxLength: 20 }))
  .map(([blocks, order]) => ({ blocks, events: [...streamOf(blocks, order), ...ending] }))

/** What a reader of the stream has in hand: kind, text and opaque value of each block that says anything. */
function summary(events: readonly StreamEvent[]): unknown[] {
  const blocks = new Map<number, { kind: string; id?: string; text: string; signature?: string }>()
  for (const event of events) {
    if (event.type === 'block-start') {
      const id = event.block.kind === 'tool-call' ? { id: event.block.id } : {}
      blocks.set(event.index, { kind: event.block.kind, ...id, text: '' })
    }
    if (event.type !== 'block-delta') continue
    const block = blocks.get(event.index)
    if (!block) continue
    if ('text' in event.delta) block.text += event.delta.text
    else if (event.delta.kind === 'signature') block.signature = event.delta.value
  }
  const kept = [...blocks.values()].filter(({ kind }) => kind !== 'server-tool' && kind !== 'native')
  return kept
    .filter(({ kind, text, signature }) => kind === 'tool-call' || text !== '' || signature !== undefined)
    .map(({ kind, id, text, signature }) => ({ kind, id, text, signed: signature !== undefined }))
}

test('any canonical stream becomes a valid M stream that says the same', () => {
  fc.assert(
    fc.property(stream, ({ events }) => {
      const { text } = encode(events)
      expect(checkMessagesStream(framesOf(text))).toEqual([])
      const decoded = decode(framesOf(text))
      expect(summary(decoded)).toEqual(summary(events))
      expect(decoded.at(-1)).toEqual({ type: 'response-end' })
    }),
    { numRuns: 300 },
  )
})

test('the official client and the fold agree on any stream', async () => {
  await fc.assert(
    fc.asyncProperty(stream, async ({ events }) => {
      const { text } = encode(events)
      expect(foldOf(text)).toEqual(await officialMessage(text))
    }),
    { numRuns: 50 },
  )
})

test('a stream that breaks off anywhere ends in exactly one error', () => {
  fc.assert(
    fc.property(stream, fc.nat(), ({ events }, at) => {
      const cutAt = 1 + (at % (events.length - 3))
      const error: StreamEvent = { type: 'error', error: { code: 'upstream_truncated', message: 'Cut.' } }
      const { text } = encode([...events.slice(0, cutAt), error])
      expect(checkMessagesStream(framesOf(text))).toEqual([])
      expect(text.match(/event: error\n/g)).toHaveLength(1)
      expect(text).not.toContain('event: message_stop')
    }),
    { numRuns: 100 },
  )
})

test('the decoder never throws, and ends once, whatever it reads', () => {
  const names = [
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
    'error',
    'x',
  ]
  const junk = fc.record({
    type: fc.constantFrom<unknown>(...names, 7, null),
    index: fc.oneof(fc.nat(2), fc.constant(undefined)),
    message: fc.jsonValue(),
    delta: fc.oneof(
      fc.jsonValue(),
      fc.record({ type: fc.constantFrom('text_delta', 'input_json_delta'), text: fc.jsonValue() }),
    ),
    content_block: fc.oneof(
      fc.jsonValue(),
      fc.record({ type: fc.constantFrom('text', 'tool_use', 'thinking'), input: fc.jsonValue() }),
    ),
    usage: fc.jsonValue(),
    error: fc.jsonValue(),
  })
  fc.assert(
    fc.property(fc.array(junk, { maxLength: 8 }), (events) => {
      const decoded = decode(events.map((event) => ({ event: '', data: JSON.stringify(event) })))
      const ends = decoded.filter((event) => event.type === 'error' || event.type === 'response-end')
      expect(ends).toHaveLength(1)
      expect(decoded.indexOf(ends[0] as StreamEvent)).toBe(decoded.length - 1)
    }),
    { numRuns: 300 },
  )
})

/** What a provider may send of blocks, under numbers that come again, with starts or ends missing. */
const blockEvent = fc
  .tuple(
    fc.nat(1),
    fc.constantFrom<(index: number) => JsonObject>(
      (index) => blockStart(index, { type: 'text', text: '' }),
      (index) => blockStart(index, { type: 'thinking', thinking: '', signature: '' }),
      (index) => blockStart(index, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      (index) => blockStart(index, { type: 'tool_use', id: 'b', name: 'f', input: { a: 1 } }),
      (index) => textDelta(index, 'x'),
      (index) => delta(index, { type: 'thinking_delta', thinking: 'y' }),
      (index) => delta(index, { type: 'signature_delta', signature: 'Eq==' }),
      (index) => json(index, '[1'),
      (index) => stop(index),
    ),
  )
  .map(([index, made]) => made(index))

test('the object holds the blocks that the decoder reads, whatever number they have', () => {
  fc.assert(
    fc.property(fc.array(blockEvent, { maxLength: 9 }), (events) => {
      const text = wire(start(), ...events, end('end_turn'), messageStop)
      const decoded = decode(framesOf(text))
      // A delta that does not fit its block is nothing that both could agree on.
      fc.pre(!decoded.some((event) => event.type === 'block-delta' && event.delta.kind === 'native'))
      const read = foldOf(encode(decoded).text).content as JsonObject[]
      const folded = foldOf(text).content as JsonObject[]
      const said = (blocks: JsonObject[]) =>
        blocks.map(({ text, thinking, signature, id, input }) => JSON.stringify([text, thinking, signature, id, input]))
      const isEmpty = ({ text, thinking, signature }: JsonObject) =>
        text === '' || (thinking === '' && signature === '')
      expect(said(folded.filter((block) => !isEmpty(block))).sort()).toEqual(said(read).sort())
    }),
    { numRuns: 300 },
  )
})
