import { expect, test } from 'vitest'
import { codec as messages } from '../../lambda/formats/anthropic-messages/index.ts'
import type { Decoder } from '../../lambda/formats/codec.ts'
import { codec } from '../../lambda/formats/openai-chat/index.ts'
import { SseReader } from '../../lambda/framing/sse.ts'
import { Observer } from '../../lambda/gateway/observe.ts'
import { Relay } from '../../lambda/gateway/relay.ts'
import { Collector } from '../../lambda/metrics/collector.ts'

/** A decoder with a bug: it throws at its n-th frame. */
class FaultyDecoder implements Decoder {
  readonly state = 'open'
  #left: number

  constructor(frames: number) {
    this.#left = frames
  }

  push(): void {
    if (this.#left-- <= 0) throw new TypeError('a bug')
  }

  end(): void {
    throw new TypeError('another bug')
  }
}

const wire = [
  'data: {"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n',
  'data: {"id":"1","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n',
  'data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
  'data: [DONE]\n\n',
].join('')

test.each([0, 1, 3, 100])('a decoder that throws at frame %i costs a relay nothing but its measures', (frames) => {
  const collector = new Collector(() => 0)
  const observer = new Observer(codec, new FaultyDecoder(frames), collector)
  const relay = new Relay(codec, observer, false, 'id')
  const reader = new SseReader()
  const out = [relay.push(reader.push(Buffer.from(wire))), relay.end(reader.end())]
  expect(Buffer.concat(out).toString()).toBe(wire)
  expect(observer.error).toBeUndefined()
  expect(observer.started).toBe(true)
  expect(collector.metrics().error).toEqual({ code: 'internal', message: expect.stringMatching(/^TypeError/) })
})

test('in a conversion the exception is thrown, so that the client is told', () => {
  const observer = new Observer(codec, new FaultyDecoder(0), new Collector(() => 0), () => undefined)
  expect(() => observer.frame({ event: '', data: '{}' })).toThrow('a bug')
})

test.each([
  ['client', undefined],
  ['fold', 'upstream_malformed'],
] as const)(
  'a delta that is no JSON is for a client to see, and an error where a fold would lose it: %s',
  (sink, code) => {
    const stream = [
      'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"m","content":[],"usage":{}}}\n\n',
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","te\n\n',
    ].join('')
    const decoder = messages.createDecoder({ quirks: {}, mint: (prefix) => prefix })
    const observer = new Observer(messages, decoder, new Collector(() => 0), undefined, sink)
    for (const frame of new SseReader().push(Buffer.from(stream))) observer.frame(frame)
    expect(observer.started).toBe(true)
    expect(observer.error?.code).toBe(code)
  },
)
