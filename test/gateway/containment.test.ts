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

test.each(['client', 'fold'] as const)(
  'a delta that is no JSON is an error on record, whoever reads it: %s',
  (sink) => {
    const stream = [
      'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"m","content":[],"usage":{}}}\n\n',
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}  \n\n',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","te\n\n',
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\n',
    ]
    const decoder = messages.createDecoder({ quirks: {}, mint: (prefix) => prefix })
    const collector = new Collector(() => 0)
    const observer = new Observer(messages, decoder, collector, undefined, sink)
    const reader = new SseReader()
    const errors = stream.map((event) => {
      for (const frame of reader.push(Buffer.from(event))) observer.frame(frame)
      return observer.error?.code
    })
    expect(errors).toEqual([undefined, undefined, undefined, 'upstream_malformed', 'upstream_malformed'])
    // The fold's answer has failed by then, and nobody reads on.
    expect(collector.metrics().usage?.output).toBe(sink === 'client' ? 2 : undefined)
  },
)

test('an event that is no JSON costs a relay neither its measures nor its rest', () => {
  const spoilt = ['data: {"id":"1","choices":[{"index":0,"delta":{"tool_ca\n\n', 'data: upstream hiccup\n\n']
  const [role = '', content = '', finish = ''] = wire.split(/(?<=\n\n)/)
  const usage = 'data: {"id":"1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n'
  const collector = new Collector(() => 0)
  const decoder = codec.createDecoder({ quirks: {}, mint: (prefix) => prefix })
  const observer = new Observer(codec, decoder, collector)
  const relay = new Relay(codec, observer, false, 'id')
  const reader = new SseReader()
  const sent = [role, content, ...spoilt, content, finish, usage, 'data: [DONE]\n\n']
  const out = sent.flatMap((event) => {
    const bytes = relay.push(reader.push(Buffer.from(event)))
    if (spoilt.includes(event)) expect(observer.state).toBe('open')
    return bytes
  })
  expect(Buffer.concat([...out, relay.end(reader.end())]).toString()).toBe(sent.join(''))
  expect(collector.metrics()).toMatchObject({ error: { code: 'upstream_malformed' }, usage: { input: 3, output: 2 } })
})

test('a relay that goes on unwatched counts whatever comes as progress', () => {
  const observer = new Observer(codec, new FaultyDecoder(0), new Collector(() => 0))
  observer.frame({ event: '', data: '{}' })
  observer.takeProgress()
  observer.frame({ event: '', data: '{}' })
  expect(observer.takeProgress()).toBe(true)
})
