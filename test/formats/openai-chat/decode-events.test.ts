import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import {
  blockEvents,
  callChunk,
  chunk,
  countingMint,
  decode,
  decodeChunks,
  detailsChunk,
  done,
  finished,
  framesOf,
  functionNamed,
  googleSigned,
  summarize,
  usageChunk,
} from './support.ts'

// What an answer is read to, event by event.

const natives = (events: StreamEvent[]) => events.filter(({ type }) => type === 'native')

describe('sound', () => {
  test('ends the text before it, and an expiry beside data ends nothing', () => {
    const events = decodeChunks([
      chunk({ content: 'a' }),
      chunk({ audio: { id: 'audio_1', data: 'AAAA', expires_at: 5 } }),
      chunk({ audio: { transcript: 'Hi', expires_at: 5 } }),
      chunk({ audio: { data: 'BBBB' } }),
      chunk({ audio: {} }),
    ])
    expect(blockEvents(events)).toEqual([
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'a' } },
      { type: 'block-end', index: 0 },
      { type: 'block-start', index: 1, block: { kind: 'audio', id: 'audio_1' } },
      { type: 'block-delta', index: 1, delta: { kind: 'audio', base64: 'AAAA', expiresAt: 5 } },
      { type: 'block-delta', index: 1, delta: { kind: 'audio', transcript: 'Hi', expiresAt: 5 } },
      { type: 'block-delta', index: 1, delta: { kind: 'audio', base64: 'BBBB' } },
    ])
  })
})

describe('Google’s signature of a message', () => {
  const signature = { kind: 'signature', value: 'sig', issuer: 'google' }

  test('is of the reasoning that is open', () => {
    const events = decodeChunks([chunk({ reasoning_content: 'Hm' }), chunk(googleSigned('sig'))])
    expect(blockEvents(events).slice(1)).toEqual([
      { type: 'block-delta', index: 0, delta: { kind: 'reasoning', text: 'Hm', part: 0 } },
      { type: 'block-delta', index: 0, delta: signature },
    ])
  })

  test('is reasoning of its own behind a text', () => {
    const events = decodeChunks([chunk({ content: '4' }), chunk({ content: '', ...googleSigned('sig') })])
    expect(blockEvents(events).slice(2)).toEqual([
      { type: 'block-end', index: 0 },
      { type: 'block-start', index: 1, block: { kind: 'reasoning', issuer: 'google' } },
      { type: 'block-delta', index: 1, delta: signature },
    ])
  })
})

describe('reasoning whose details name another issuer than the provider', () => {
  test.each<[detail: JsonObject, delta: JsonObject]>([
    [
      { type: 'reasoning.text', signature: 'S', id: 'r', format: 'anthropic-claude-v1' },
      { kind: 'signature', value: 'S', issuer: 'anthropic' },
    ],
    [
      { type: 'reasoning.encrypted', data: 'g', id: 'rs_1', format: 'openai-responses-v1' },
      { kind: 'encrypted', value: 'g', issuer: 'openai', id: 'rs_1' },
    ],
    [
      { type: 'reasoning.encrypted', data: 'g', format: 'xai-responses-v1' },
      { kind: 'encrypted', value: 'g' },
    ],
    [
      { type: 'reasoning.encrypted', data: 'g' },
      { kind: 'encrypted', value: 'g' },
    ],
  ])('%j', (detail, delta) => {
    const events = decodeChunks([chunk({ reasoning_content: 'Hm' }), detailsChunk(detail)], { issuer: 'xai' })
    expect(blockEvents(events).slice(2)).toStrictEqual([{ type: 'block-delta', index: 0, delta }])
  })

  test('what Bedrock encrypts is redacted', () => {
    const events = decodeChunks([detailsChunk({ type: 'reasoning.encrypted', data: 'ER==' })], { issuer: 'bedrock' })
    expect(events[1]).toMatchObject({ block: { kind: 'reasoning', issuer: 'bedrock', redacted: true } })
  })
})

describe('a message that comes whole at the end counts only if there was no delta', () => {
  test.each<[what: string, said: JsonObject]>([
    ['text', { content: 'Hi' }],
    ['reasoning', { reasoning_content: 'Hm' }],
    ['a refusal', { refusal: 'No' }],
    ['calls', { tool_calls: [{ index: 0, id: 'a', ...functionNamed('f', '{}') }] }],
    ['sound', { audio: { id: 'a', data: 'AAAA' } }],
    ['pictures', { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }],
  ])('%s', (_what, said) => {
    const whole = { ...chunk({}), choices: [{ index: 0, message: said, finish_reason: 'stop' }] }
    const once = blockEvents(decodeChunks([chunk(said), finished('stop')]))
    expect(blockEvents(decodeChunks([chunk(said), whole]))).toEqual(once)
    expect(blockEvents(decodeChunks([whole]))).toEqual(once)
  })
})

describe('what nobody knows is told', () => {
  test.each<[chunk: JsonObject, native: JsonObject[]]>([
    [
      chunk({}, { content_filter_results: { hate: { filtered: false } } }),
      [{ native: { content_filter_results: { hate: { filtered: false } } }, loss: 'moderation-result' }],
    ],
    [
      chunk({ images: [{ image_url: { url: 'https://example.org/a.png' } }] }),
      [{ native: { 'delta.images': { image_url: { url: 'https://example.org/a.png' } } } }],
    ],
    [
      chunk({ content: [{ type: 'reference', reference_ids: [1] }] }),
      [{ native: { 'delta.content.reference': { type: 'reference', reference_ids: [1] } } }],
    ],
    [{ ...chunk({ mystery: null }), mystery: null }, []],
    [{ ...chunk({}), mystery: 1 }, [{ native: { mystery: 1 } }]],
    [{ ...chunk({}, {}, 1), mystery: 1 }, [{ native: { mystery: 1 } }]],
  ])('%j', (odd, expected) => {
    const told = natives(decodeChunks([chunk({ content: 'a' }), odd, finished('stop'), done]))
    expect(told).toEqual(expected.map((each) => ({ type: 'native', ...each })))
  })

  test.each(['7', '"ping"', '[]'])('an event that is %s', (data) => {
    const events = decodeChunks([chunk({ content: 'a' }), data, finished('stop'), done])
    expect(natives(events)).toEqual([{ type: 'native', native: JSON.parse(data) }])
    expect(summarize(events)).toMatchObject({ text: { 0: 'a' }, finish: { 0: 'stop' } })
  })

  test('a call that never had a name', () => {
    const events = decodeChunks([
      callChunk({ index: 0, id: 'a', function: { arguments: '{' } }),
      finished('stop'),
      done,
    ])
    expect(natives(events)).toEqual([{ type: 'native', native: { id: 'a', arguments: '{' } }])
  })
})

test('a tier on every chunk is told once, and once more when it changes', () => {
  const tiers = ['default', 'default', undefined, 'flex', 'flex']
  const events = decodeChunks([
    ...tiers.map((service_tier) => ({ ...chunk({ content: 'a' }), service_tier })),
    usageChunk({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }),
  ])
  expect(events.filter(({ type }) => type === 'usage')).toEqual([
    { type: 'usage', usage: { serviceTier: 'default' } },
    { type: 'usage', usage: { serviceTier: 'flex' } },
    { type: 'usage', usage: expect.objectContaining({ input: 1, output: 2, serviceTier: 'flex' }) },
  ])
})

test('every event of another choice says which', () => {
  const events = decodeChunks([chunk({ content: 'a' }, {}, 1), chunk({}, { finish_reason: 'stop' }, 1), done])
  expect(events.slice(1, -1)).toEqual([
    { type: 'block-start', index: 0, choice: 1, block: { kind: 'text' } },
    { type: 'block-delta', index: 0, choice: 1, delta: { kind: 'text', text: 'a' } },
    { type: 'block-end', index: 0, choice: 1 },
    { type: 'finish', choice: 1, reason: 'stop', raw: 'stop' },
  ])
})

test('probabilities of a refusal may come alone', () => {
  const tokens = [{ token: 'No', logprob: -1, bytes: null, top_logprobs: [] }]
  const logprobs = { content: null, refusal: tokens }
  const events = blockEvents(decodeChunks([chunk({ refusal: 'No' }, { logprobs }), chunk({}, { logprobs })]))
  const texts = events.flatMap((event) => (event.type === 'block-delta' ? [event.delta] : []))
  expect(texts).toMatchObject([
    { kind: 'refusal', text: 'No', logprobs: [{ token: 'No' }] },
    { kind: 'refusal', text: '', logprobs: [{ token: 'No' }] },
  ])
})

test('a picture by data that is no picture’s address is none', () => {
  const frames = framesOf([chunk({ images: [null, { image_url: {} }] }), finished('stop')])
  expect(blockEvents(decode(frames))).toEqual([])
})

test('an empty part of the content is a text of which nothing is said', () => {
  const events = blockEvents(decodeChunks([chunk({ content: [{ type: 'text', text: '' }] })]))
  expect(events).toEqual([{ type: 'block-start', index: 0, block: { kind: 'text' } }])
})

test('before its first event a stream is open', () => {
  expect(codec.createDecoder({ quirks: {}, mint: countingMint() }).state).toBe('open')
})
