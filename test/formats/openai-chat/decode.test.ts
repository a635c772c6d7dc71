import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mintId } from '../../../lambda/events/ids.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { SseReader } from '../../../lambda/framing/sse.ts'
import {
  baselineUsage,
  callChunk,
  chunk,
  countingMint,
  type DecodeCase,
  decode,
  decodeChunks,
  detailsChunk,
  done,
  finished,
  framesOf,
  functionNamed,
  summarize,
  usageChunk,
} from './support.ts'

const claude = 'anthropic-claude-v1'

const answers: DecodeCase[] = [
  {
    name: 'text, with usage after the finish',
    chunks: [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'tok0 ' }),
      chunk({ content: 'tok1 ' }),
      finished('stop'),
      usageChunk(baselineUsage),
      done,
    ],
    expected: {
      text: { 0: 'tok0 tok1 ' },
      blocks: ['text'],
      finish: { 0: 'stop' },
      usage: { input: 15, cacheRead: 10, output: 42 },
    },
  },
  {
    name: 'a body that ends after the finish is complete',
    chunks: [chunk({ content: 'a' }), finished('stop')],
    expected: { text: { 0: 'a' }, finish: { 0: 'stop' }, error: undefined },
  },
  {
    name: '[DONE] without any finish is an ordinary end',
    chunks: [chunk({ content: 'a' }), done],
    expected: { text: { 0: 'a' }, finish: { 0: 'stop' }, error: undefined },
  },
  {
    name: '[DONE] without any finish after calls means that tools were called',
    chunks: [callChunk({ index: 0, id: 'c', ...functionNamed('f', '{}') }), done],
    expected: { finish: { 0: 'tool-calls' } },
  },
  {
    name: 'a body that ends before the finish is truncated',
    chunks: [chunk({ content: 'a' })],
    expected: { text: { 0: 'a' }, finish: {}, error: { code: 'upstream_truncated', message: expect.any(String) } },
  },
  {
    name: 'an empty stream is truncated',
    chunks: [],
    expected: { blocks: [], error: { code: 'upstream_truncated', message: expect.any(String) } },
  },
  {
    name: '[DONE] alone is no answer',
    chunks: [done],
    expected: { error: { code: 'upstream_truncated', message: expect.any(String) } },
  },
  {
    name: 'one unfinished choice of two is a truncated answer',
    chunks: [chunk({ content: 'a' }), chunk({ content: 'b' }, {}, 1), finished('stop')],
    expected: { error: { code: 'upstream_truncated', message: expect.any(String) } },
  },
  {
    name: 'interleaved choices keep their texts',
    chunks: [
      chunk({ content: 'a' }),
      chunk({ content: 'x' }, {}, 1),
      chunk({ content: 'b' }),
      chunk({ content: 'y' }, {}, 1),
      chunk({}, { finish_reason: 'stop' }),
      chunk({}, { finish_reason: 'length' }, 1),
      done,
    ],
    expected: { text: { 0: 'ab', 1: 'xy' }, finish: { 0: 'stop', 1: 'length' } },
  },
  {
    name: 'an event that is not JSON ends the answer as malformed',
    chunks: [chunk({ content: 'a' }), '{"choices": [', chunk({ content: 'b' }), done],
    expected: { text: { 0: 'a' }, finish: {}, error: { code: 'upstream_malformed', message: expect.any(String) } },
  },
  {
    name: 'the words [DONE] in a text are text',
    chunks: [chunk({ content: 'data: [DONE]' }), finished('stop'), done],
    expected: { text: { 0: 'data: [DONE]' } },
  },
  {
    name: 'what follows the terminal is ignored',
    chunks: [chunk({ content: 'a' }), finished('stop'), done, chunk({ content: 'b' }), '{'],
    expected: { text: { 0: 'a' }, error: undefined },
  },
]

const finishes: DecodeCase[] = [
  {
    name: 'the first finish counts, repeats are ignored',
    chunks: [
      callChunk({ index: 0, id: 'c', ...functionNamed('f', '{}') }),
      finished('tool_calls'),
      finished('tool_calls'),
      finished('stop'),
      done,
    ],
    expected: { finish: { 0: 'tool-calls' } },
  },
  {
    name: 'an empty finish is none',
    chunks: [
      chunk({ content: 'a' }, { finish_reason: '' }),
      chunk({ content: 'b' }, { finish_reason: '' }),
      finished('stop'),
      done,
    ],
    expected: { text: { 0: 'ab' }, finish: { 0: 'stop' } },
  },
  {
    name: 'stop after calls means that tools were called',
    chunks: [callChunk({ index: 0, id: 'c', ...functionNamed('f', '{}') }), finished('stop'), done],
    expected: { finish: { 0: 'tool-calls' } },
  },
  {
    name: 'the token limit wins over a call',
    chunks: [callChunk({ index: 0, id: 'c', ...functionNamed('f', '{"city":"Zür') }), finished('length'), done],
    expected: { finish: { 0: 'length' }, calls: [expect.objectContaining({ arguments: '{"city":"Zür' })] },
  },
  {
    name: 'stop after a refusal is a refusal',
    chunks: [chunk({ refusal: 'I cannot ' }), chunk({ refusal: 'help.' }), finished('stop'), done],
    expected: { refusal: { 0: 'I cannot help.' }, finish: { 0: 'refusal' }, blocks: ['refusal'] },
  },
  {
    name: 'a content filter is one',
    chunks: [chunk({ content: 'a' }), finished('content_filter'), done],
    expected: { finish: { 0: 'content-filter' } },
  },
  {
    name: 'an unknown reason never breaks the answer',
    chunks: [chunk({ content: 'a' }), finished('eos_token'), done],
    expected: { finish: { 0: 'other' }, error: undefined },
  },
  {
    name: 'an unknown reason after calls means that tools were called',
    chunks: [callChunk({ index: 0, id: 'c', ...functionNamed('f', '{}') }), finished('eos_token'), done],
    expected: { finish: { 0: 'tool-calls' } },
  },
  {
    name: 'an interruption is an error, not an end',
    chunks: [chunk({ content: 'a' }), finished('insufficient_system_resource'), done],
    expected: { finish: {}, error: { code: 'overloaded', message: expect.any(String) } },
  },
]

const errors: DecodeCase[] = [
  {
    name: 'an error object',
    chunks: [chunk({ content: 'a' }), { error: { message: 'Boom', type: 'server_error', code: 'overloaded' } }, done],
    expected: { text: { 0: 'a' }, finish: {}, error: { code: 'overloaded', message: 'Boom' } },
  },
  {
    name: 'an error sentence',
    chunks: [{ error: 'Rate limit reached' }],
    expected: { blocks: [], error: { code: 'internal', message: 'Rate limit reached' } },
  },
  {
    name: 'an error beside choices and usage, with a numeric code (OpenRouter)',
    chunks: [
      chunk({ content: 'a' }),
      {
        ...usageChunk({ prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 }, [
          { index: 0, delta: { content: '' }, finish_reason: 'error' },
        ]),
        error: { code: 429, message: 'Slow down' },
      },
      done,
    ],
    expected: { usage: { input: 5, output: 1 }, error: { code: 'rate_limit', message: 'Slow down' } },
  },
  {
    name: 'finish reason error',
    chunks: [chunk({ content: 'a' }), finished('error'), done],
    expected: { finish: {}, error: { code: 'internal', message: expect.any(String) } },
  },
  {
    name: 'object error (vLLM)',
    chunks: [{ object: 'error', message: 'Bad', type: 'BadRequestError', code: 400 }],
    expected: { error: { code: 'invalid_request', message: 'Bad' } },
  },
]

test.each(answers)('$name', ({ chunks, expected }) => {
  expect(summarize(decodeChunks(chunks))).toMatchObject(expected)
})

test.each(finishes)('$name', ({ chunks, expected }) => {
  expect(summarize(decodeChunks(chunks))).toMatchObject(expected)
})

test.each(errors)('$name', ({ chunks, expected }) => {
  expect(summarize(decodeChunks(chunks))).toMatchObject(expected)
})

describe('the start', () => {
  test('waits for a real id (Azure)', () => {
    const preamble = { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: [{}] }
    const events = decodeChunks([preamble, chunk({ content: 'a' }), finished('stop'), done])
    expect(events.slice(0, 2)).toMatchObject([
      { type: 'response-start', id: 'chatcmpl-1', model: 'm', createdAt: 1767225600 },
      { type: 'native', loss: 'moderation-result' },
    ])
  })

  test('mints an id where there is none', () => {
    const events = decodeChunks([{ choices: [{ index: 0, delta: { content: 'a' } }] }])
    expect(events[0]).toMatchObject({ type: 'response-start', id: 'chatcmpl-1', model: '' })
  })

  test('does not come before an error that is the first event', () => {
    expect(decodeChunks([{ error: { message: 'x' } }]).map(({ type }) => type)).toEqual(['error'])
  })
})

describe('details of events', () => {
  test('event: error is an error whatever its data (Groq)', () => {
    const data =
      '{"error":{"message":"Failed","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}'
    expect(decode([{ event: 'error', data }])).toMatchObject([
      { type: 'error', error: { code: 'invalid_request', message: 'Failed', upstream: { code: 'tool_use_failed' } } },
    ])
  })

  test('a cut event that is not JSON is truncation, not malformation', () => {
    expect(
      decode([...framesOf([chunk({ content: 'a' })]), { event: '', data: '{"id":', cut: true }]).at(-1),
    ).toMatchObject({
      type: 'error',
      error: { code: 'upstream_truncated' },
    })
  })

  test('logprobs go with their delta, alone with an empty one', () => {
    const tokens = [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }]
    const events = decodeChunks([
      chunk({ content: 'a' }, { logprobs: { content: tokens, refusal: null } }),
      chunk({ content: '' }, { logprobs: { content: tokens, refusal: null } }),
      chunk({ refusal: 'no' }, { logprobs: { content: null, refusal: tokens } }),
    ])
    expect(events.flatMap((event) => (event.type === 'block-delta' ? [event.delta] : []))).toEqual([
      { kind: 'text', text: 'a', logprobs: tokens },
      { kind: 'text', text: '', logprobs: tokens },
      { kind: 'refusal', text: 'no', logprobs: tokens },
    ])
  })

  test('audio ends with its expiry', () => {
    const events = decodeChunks([
      chunk({ audio: { id: 'audio_1', transcript: 'Hi' } }),
      chunk({ audio: { data: 'AAAA' } }),
      chunk({ audio: { expires_at: 5 } }),
    ])
    expect(events.slice(1, 6)).toMatchObject([
      { type: 'block-start', block: { kind: 'audio', id: 'audio_1' } },
      { delta: { transcript: 'Hi' } },
      { delta: { base64: 'AAAA' } },
      { delta: { expiresAt: 5 } },
      { type: 'block-end' },
    ])
  })

  test('a thought signature stands on its call', () => {
    const google = { google: { thought_signature: 'sig' } }
    const events = decodeChunks([callChunk({ index: 0, id: 'c', ...functionNamed('f', '{}'), extra_content: google })])
    expect(events[1]).toMatchObject({ block: { kind: 'tool-call', signature: 'sig' } })
  })

  test('reasoning names its issuer: the format, else the provider, else nobody', () => {
    const issuers = [
      decodeChunks([detailsChunk({ type: 'reasoning.text', text: 'a', format: claude, index: 0 })]),
      decodeChunks([chunk({ reasoning_content: 'a' })], { issuer: 'xai' }),
      decodeChunks([chunk({ reasoning_content: 'a' })]),
    ].map((events) => events[1])
    expect(issuers).toMatchObject([
      { block: { issuer: 'anthropic' } },
      { block: { issuer: 'xai' } },
      { block: { issuer: 'unknown' } },
    ])
  })

  test('an unknown key is native, once a stream', () => {
    const events = decodeChunks([chunk({ content: 'a', mystery: 1 }), chunk({ content: 'b', mystery: 2 })])
    expect(events.filter(({ type }) => type === 'native')).toEqual([{ type: 'native', native: { 'delta.mystery': 1 } }])
  })
})

describe('state', () => {
  test('is open, finishing once every choice has finished, closed at the end', () => {
    const decoder = codec.createDecoder({ quirks: {}, mint: countingMint() })
    const states = framesOf([
      chunk({ content: 'a' }),
      finished('stop'),
      chunk({ content: 'b' }, {}, 1),
      chunk({}, { finish_reason: 'stop' }, 1),
      usageChunk(baselineUsage),
      done,
    ]).map((frame) => {
      decoder.push(frame, () => {})
      return decoder.state
    })
    expect(states).toEqual(['open', 'finishing', 'open', 'finishing', 'finishing', 'closed'])
  })

  test('end() while finishing releases the finish', () => {
    const events = decodeChunks([chunk({ content: 'a' }), finished('stop'), usageChunk(baselineUsage)])
    expect(events.slice(-3).map(({ type }) => type)).toEqual(['block-end', 'finish', 'response-end'])
  })
})

describe('bytes', () => {
  const text = '👩‍🚀é漢字𝄞 \n\r\n\u2028\u2029\u0085 data: x\n\nevent: fake'
  const body = Buffer.from(
    `${[
      chunk({ reasoning: text }),
      chunk({ content: text }),
      callChunk({ index: 0, id: 'c', ...functionNamed('f', text) }),
      finished('stop'),
    ]
      .map((part) => `data: ${JSON.stringify(part)}\n\n`)
      .join('')}data: [DONE]\n\n`,
  )

  test('however they are cut, the events are the same', () => {
    const whole = decode(new SseReader().push(body))
    expect(summarize(whole)).toMatchObject({ text: { 0: text }, reasoning: { 0: text }, calls: [{ arguments: text }] })
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const reader = new SseReader()
        const frames = []
        for (let at = 0, turn = 0; at < body.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          frames.push(...reader.push(body.subarray(at, at + size)))
          at += size
        }
        expect(decode(frames)).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })
})

test('a choice that was asked for and has not begun keeps the stream open', () => {
  const decoder = codec.createDecoder({ quirks: {}, mint: mintId, fields: { n: 2 } })
  const chunk = (index: number, delta: object, finish_reason: string | null) =>
    decoder.push(
      { event: '', data: JSON.stringify({ id: 'c', model: 'm', choices: [{ index, delta, finish_reason }] }) },
      () => {},
    )
  chunk(0, { content: 'a' }, null)
  chunk(0, {}, 'stop')
  expect(decoder.state).toBe('open')
  chunk(1, { content: 'b' }, null)
  chunk(1, {}, 'stop')
  expect(decoder.state).toBe('finishing')
})
