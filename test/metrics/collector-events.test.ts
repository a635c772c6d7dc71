import { expect, test } from 'vitest'
import type { Delta, StreamEvent } from '../../lambda/events/stream-event.ts'
import { Collector } from '../../lambda/metrics/collector.ts'

// What the record learns from an exchange, event by event.

/** A collector whose clock shows what it is told. */
function setUp() {
  const time = { ms: 1000 }
  const collector = new Collector(() => time.ms)
  const at = (ms: number) => {
    time.ms = 1000 + ms
    return collector
  }
  return { collector, at }
}

const call: StreamEvent = {
  type: 'block-start',
  index: 0,
  block: { kind: 'tool-call', id: 'call_1', name: 'f', tool: 'function' },
}
const text: StreamEvent = { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'Hi' } }

test('the model that served is the provider’s word', () => {
  const { collector } = setUp()
  collector.event({ type: 'response-start', id: 'x', model: 'm-2026' })
  expect(collector.metrics()).toMatchObject({ servedModel: 'm-2026', toolCalls: 0 })
})

test('a tool call is the first content as soon as it begins, and is counted', () => {
  const { at, collector } = setUp()
  at(5).event(call)
  at(9).event({ type: 'block-delta', index: 0, delta: { kind: 'arguments', text: '{}' } })
  at(11).event({ ...call, index: 1 })
  expect(collector.metrics()).toMatchObject({ toolCalls: 2, ttftMs: 5 })
})

test('content has the length of all that a model writes, whatever it is for', () => {
  const { collector } = setUp()
  const deltas: Delta[] = [
    { kind: 'text', text: 'a' },
    { kind: 'reasoning', text: 'bb', part: 0 },
    { kind: 'refusal', text: 'cccc' },
    { kind: 'arguments', text: '{"x": 1}' },
    { kind: 'image', base64: 'AAAA' },
  ]
  for (const delta of deltas) collector.event({ type: 'block-delta', index: 0, delta })
  expect(collector.metrics().contentLength).toBe(1 + 2 + 4 + 8)
})

test('what the gateway counted itself is kept apart from what the provider reported', () => {
  const { at, collector } = setUp()
  at(3).upstreamHeaders()
  collector.counted({ characters: 9 })
  collector.event({ type: 'usage', usage: { input: 5 } })
  expect(collector.metrics()).toMatchObject({ ownCount: { characters: 9 }, usage: { input: 5 }, upstreamHeadersMs: 3 })
  expect(collector.metrics().usage).not.toHaveProperty('characters')
})

test('the start of a text is no content yet', () => {
  const { at, collector } = setUp()
  at(5).event({ type: 'block-start', index: 0, block: { kind: 'text' } })
  expect(collector.metrics().ttftMs).toBeUndefined()
  at(8).event(text)
  expect(collector.metrics()).toMatchObject({ ttftMs: 8, toolCalls: 0 })
  expect(collector.metrics().showsReasoning).toBeUndefined()
})

test('of several finishes the first is kept, with the provider’s word where it has one', () => {
  const { collector } = setUp()
  collector.event({ type: 'finish', reason: 'length', raw: 'max_tokens' })
  collector.event({ type: 'finish', reason: 'stop', choice: 1 })
  expect(collector.metrics().finish).toStrictEqual({ reason: 'length', raw: 'max_tokens' })
  const other = setUp().collector
  other.event({ type: 'finish', reason: 'stop' })
  expect(other.metrics().finish).toStrictEqual({ reason: 'stop' })
})

test('an error of the stream, or of measuring it, is the last that was', () => {
  const { collector } = setUp()
  collector.event({ type: 'error', error: { code: 'overloaded', message: 'Busy' } })
  expect(collector.metrics().error).toMatchObject({ code: 'overloaded' })
  collector.failed({ code: 'internal', message: 'Why' })
  expect(collector.metrics().error).toMatchObject({ code: 'internal' })
})

test('events that say nothing to the record change nothing', () => {
  const { collector } = setUp()
  const before = structuredClone({ ...collector.metrics() })
  collector.event({ type: 'block-end', index: 0 })
  collector.event({ type: 'response-end' })
  collector.event({ type: 'native', native: {} })
  expect(collector.metrics()).toEqual(before)
})

test('another attempt starts anew, but for what the client has already got', () => {
  const { at, collector } = setUp()
  at(3).upstreamHeaders()
  at(4).clientBytes(7)
  collector.frames(2)
  at(5).event(call)
  collector.event({ type: 'usage', usage: { input: 5 } })
  collector.restart()
  expect({ ...collector.metrics() }).toMatchObject({ bytesOut: 7, ttfbMs: 4, frames: 0, toolCalls: 0 })
  expect(collector.metrics().usage).toBeUndefined()
  expect(collector.metrics().ttftMs).toBeUndefined()
  expect(collector.metrics().upstreamHeadersMs).toBeUndefined()
  at(9).clientBytes(3)
  expect(collector.metrics()).toMatchObject({ bytesOut: 10, ttfbMs: 4 })
  at(12.3456).clientDone()
  expect(collector.metrics().durationMs).toBe(12.346)
})

test('an attempt before the client got anything leaves no trace', () => {
  const { at, collector } = setUp()
  collector.restart()
  expect(collector.metrics().ttfbMs).toBeUndefined()
  at(6).clientBytes(1)
  expect(collector.metrics()).toMatchObject({ bytesOut: 1, ttfbMs: 6 })
})
