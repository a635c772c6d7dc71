import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { chunk, createdAt, decode, finished, fold, foldedMessage, framesOf, summarize, usageChunk } from './support.ts'

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

test('a text answer is the object the provider would have answered', () => {
  expect(
    fold([
      {
        ...chunk({ role: 'assistant', content: '' }),
        service_tier: 'default',
        system_fingerprint: 'fp',
        obfuscation: 'x',
      },
      { ...chunk({ content: 'Hi' }), service_tier: 'default', system_fingerprint: 'fp', usage: null },
      chunk({ content: ' there' }),
      finished('stop'),
      usageChunk(usage),
      '[DONE]',
    ]),
  ).toEqual({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: createdAt,
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hi there', refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage,
    service_tier: 'default',
    system_fingerprint: 'fp',
  })
})

const messages: Array<{ name: string; chunks: JsonObject[]; expected: JsonObject }> = [
  {
    name: 'content is null if no text came',
    chunks: [chunk({ role: 'assistant', content: '' }), chunk({ refusal: 'No' }), chunk({ refusal: '.' })],
    expected: { content: null, refusal: 'No.' },
  },
  {
    name: 'calls are sorted, lose their index, and have arguments',
    chunks: [
      chunk({ tool_calls: [{ index: 2, id: 'b', type: 'function', function: { name: 'g', arguments: '{"x"' } }] }),
      chunk({ tool_calls: [{ index: 1, id: 'a', function: { name: 'f', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 2, function: { arguments: ':1}' } }] }),
    ],
    expected: {
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
        { id: 'b', type: 'function', function: { name: 'g', arguments: '{"x":1}' } },
      ],
    },
  },
  {
    name: 'calls without index are calls of their own',
    chunks: [
      chunk({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] }),
      chunk({ tool_calls: [{ id: 'b', function: { name: 'f', arguments: '{}' } }] }),
    ],
    expected: { tool_calls: [expect.objectContaining({ id: 'a' }), expect.objectContaining({ id: 'b' })] },
  },
  {
    name: 'arguments that come parsed are JSON text (Ollama)',
    chunks: [chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } }] })],
    expected: { tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }] },
  },
  {
    name: 'a custom call keeps its input',
    chunks: [
      chunk({ tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'p', input: '*** ' } }] }),
      chunk({ tool_calls: [{ index: 0, custom: { input: 'Begin' } }] }),
    ],
    expected: { tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'p', input: '*** Begin' } }] },
  },
  {
    name: 'reasoning appends, its details merge by index and type',
    chunks: [
      chunk({ reasoning_content: 'Let ', reasoning_details: [{ type: 'reasoning.text', text: 'Let ', index: 0 }] }),
      chunk({ reasoning_content: 'me', reasoning_details: [{ type: 'reasoning.text', text: 'me', index: 0 }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'S', index: 0 }] }),
    ],
    expected: {
      reasoning_content: 'Let me',
      reasoning_details: [{ type: 'reasoning.text', text: 'Let me', signature: 'S', index: 0 }],
    },
  },
  {
    name: 'signatures of two calls under one index stay two (OpenRouter for Gemini)',
    chunks: ['AA', 'BB'].map((data) =>
      chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data, id: `tool_${data}`, index: 0 }] }),
    ),
    expected: {
      reasoning_details: [
        { type: 'reasoning.encrypted', data: 'AA', id: 'tool_AA', index: 0 },
        { type: 'reasoning.encrypted', data: 'BB', id: 'tool_BB', index: 0 },
      ],
    },
  },
  {
    name: 'text behind a signature under the same index is another entry',
    chunks: [
      chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'one', index: 0 }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'S1', index: 0 }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'two', index: 0 }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'S2', index: 0 }] }),
    ],
    expected: {
      reasoning_details: [
        { type: 'reasoning.text', text: 'one', signature: 'S1', index: 0 },
        { type: 'reasoning.text', text: 'two', signature: 'S2', index: 0 },
      ],
    },
  },
  {
    name: 'a message that comes whole once more is no second text (MiniMax)',
    chunks: [
      chunk({ role: 'assistant', content: 'Hi' }),
      chunk({ content: ' you' }, { finish_reason: 'stop' }),
      { ...chunk({}), choices: [{ index: 0, message: { content: 'Hi you' }, finish_reason: 'stop' }] },
    ],
    expected: { content: 'Hi you' },
  },
  {
    name: 'content parts stay parts (Mistral)',
    chunks: [
      chunk({ content: '' }),
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'H' }] }] }),
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'm' }] }] }),
      chunk({ content: '4' }),
      chunk({ content: '2' }),
    ],
    expected: {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
        { type: 'text', text: '42' },
      ],
    },
  },
  {
    name: 'audio cut anywhere is put together',
    chunks: [
      chunk({ audio: { id: 'a1', transcript: 'H' } }),
      chunk({ audio: { transcript: 'i', data: 'AAAA' } }),
      chunk({ audio: { data: 'BB==' } }),
      chunk({ audio: { expires_at: 9 } }),
    ],
    expected: { audio: { id: 'a1', transcript: 'Hi', data: 'AAAABB==', expires_at: 9 } },
  },
  {
    name: 'audio encoded piece by piece is decoded piece by piece',
    chunks: [chunk({ audio: { id: 'a1', data: 'AA==' } }), chunk({ audio: { data: 'AQ==' } })],
    expected: { audio: { id: 'a1', transcript: '', data: 'AAE=' } },
  },
  {
    name: 'unknown fields: the last value wins, objects merge',
    chunks: [
      chunk({ mystery: { a: 1, b: 1 }, word: 'x' }),
      chunk({ mystery: { b: 2 }, word: 'x' }),
      chunk({ word: null }),
    ],
    expected: { mystery: { a: 1, b: 2 }, word: 'x' },
  },
]

test.each(messages)('$name', ({ chunks, expected }) => {
  expect(foldedMessage(chunks)).toMatchObject(expected)
})

describe('choices', () => {
  test('are sorted, and interleave', () => {
    const object = fold([
      chunk({ content: 'x' }, {}, 1),
      chunk({ content: 'a' }),
      chunk({ content: 'y' }, { finish_reason: 'length' }, 1),
      chunk({ content: 'b' }, { finish_reason: 'stop' }),
    ])
    expect(object.choices).toMatchObject([
      { index: 0, message: { content: 'ab' }, finish_reason: 'stop' },
      { index: 1, message: { content: 'xy' }, finish_reason: 'length' },
    ])
  })

  test('keep the first finish reason', () => {
    expect(fold([finished('tool_calls'), finished('stop')]).choices).toMatchObject([{ finish_reason: 'tool_calls' }])
  })

  test('without a finish reason ended ordinarily if the stream said [DONE]', () => {
    expect(fold([chunk({ content: 'a' }), '[DONE]']).choices).toMatchObject([{ finish_reason: 'stop' }])
    expect(fold([chunk({ content: 'a' })]).choices).toMatchObject([{ finish_reason: null }])
  })

  test('append their logprobs', () => {
    const token = (text: string) => ({ token: text, logprob: -1, bytes: null, top_logprobs: [] })
    const object = fold([
      chunk({ content: 'a' }, { logprobs: { content: [token('a')], refusal: null } }),
      chunk({ content: 'b' }, { logprobs: { content: [token('b')], refusal: null } }),
    ])
    expect(object.choices).toMatchObject([{ logprobs: { content: [token('a'), token('b')], refusal: null } }])
  })
})

test('usage of zeros does not overwrite a real one', () => {
  const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
  expect(fold([usageChunk(zeros), usageChunk(usage), usageChunk(zeros)]).usage).toEqual(usage)
})

test('an Azure preamble and empty ids on continuations leave id, model and time alone', () => {
  const object = fold([
    { choices: [], created: 0, id: '', model: '', prompt_filter_results: [] },
    chunk({ content: 'a' }),
    { ...chunk({ content: 'b' }), id: '' },
  ])
  expect(object).toMatchObject({ id: 'chatcmpl-1', model: 'm', created: createdAt })
})

test('20,000 deltas fold in time linear in their number', () => {
  const frames = framesOf(Array.from({ length: 20_000 }, (_, index) => chunk({ content: `${index} ` })))
  const fold = codec.createFold()
  const started = performance.now()
  for (const frame of frames) fold.push(frame)
  const object = fold.result() as { choices: Array<{ message: { content: string } }> }
  expect(object.choices[0]?.message.content).toHaveLength(108_890)
  expect(performance.now() - started).toBeLessThan(2000)
})

describe('a whole object', () => {
  const object = {
    id: 'chatcmpl-9',
    object: 'chat.completion',
    created: createdAt,
    model: 'm',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Hi',
          refusal: null,
          annotations: [],
          reasoning_content: 'Hm',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
            { id: 'b', type: 'custom', custom: { name: 'p', input: 'raw' } },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
    usage,
  }

  test('cut into frames and folded is itself', () => {
    const fold = codec.createFold()
    for (const frame of codec.cutObject(object)) fold.push(frame)
    expect(fold.result()).toEqual(object)
  })

  test('cut into frames decodes like a stream', () => {
    expect(summarize(decode(codec.cutObject(object)))).toMatchObject({
      text: { 0: 'Hi' },
      reasoning: { 0: 'Hm' },
      calls: [
        { id: 'a', arguments: '{"x":1}' },
        { id: 'b', tool: 'custom', arguments: 'raw' },
      ],
      finish: { 0: 'tool-calls' },
      usage: { input: 1, output: 2 },
    })
  })

  test('that is an error stays one', () => {
    expect(decode(codec.cutObject({ error: { message: 'No', code: 'rate_limit_exceeded' } }))).toMatchObject([
      { type: 'error', error: { code: 'rate_limit', message: 'No' } },
    ])
  })

  test('that is no answer at all is not a success', () => {
    expect(decode(codec.cutObject({ hello: 'world' })).at(-1)).toMatchObject({ type: 'error' })
  })
})
