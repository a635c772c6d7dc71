import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { SseReader } from '../../../lambda/framing/sse.ts'
import { chunk, countingMint, decode, decodeChunks, finished, framesOf, summarize, usageChunk } from './support.ts'

const done = '[DONE]'
const usage = {
  prompt_tokens: 25,
  completion_tokens: 42,
  total_tokens: 67,
  prompt_tokens_details: { cached_tokens: 10 },
}
const call = (entry: JsonObject) => chunk({ tool_calls: [entry] })
const fn = (name: string, text?: string | null) => ({ type: 'function', function: { name, arguments: text } })

/** Chunks and what the answer they make must be. */
interface Case {
  name: string
  chunks: Array<JsonObject | string>
  expected: Partial<ReturnType<typeof summarize>>
}

const answers: Case[] = [
  {
    name: 'text, with usage after the finish',
    chunks: [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'tok0 ' }),
      chunk({ content: 'tok1 ' }),
      finished('stop'),
      usageChunk(usage),
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
    chunks: [call({ index: 0, id: 'c', ...fn('f', '{}') }), done],
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

const finishes: Case[] = [
  {
    name: 'the first finish counts, repeats are ignored',
    chunks: [
      call({ index: 0, id: 'c', ...fn('f', '{}') }),
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
    chunks: [call({ index: 0, id: 'c', ...fn('f', '{}') }), finished('stop'), done],
    expected: { finish: { 0: 'tool-calls' } },
  },
  {
    name: 'the token limit wins over a call',
    chunks: [call({ index: 0, id: 'c', ...fn('f', '{"city":"Zür') }), finished('length'), done],
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
    chunks: [call({ index: 0, id: 'c', ...fn('f', '{}') }), finished('eos_token'), done],
    expected: { finish: { 0: 'tool-calls' } },
  },
  {
    name: 'an interruption is an error, not an end',
    chunks: [chunk({ content: 'a' }), finished('insufficient_system_resource'), done],
    expected: { finish: {}, error: { code: 'overloaded', message: expect.any(String) } },
  },
]

const usages: Case[] = [
  {
    name: 'usage on every chunk is replaced, never added',
    chunks: [
      { ...chunk({ content: 'a' }), usage: { prompt_tokens: 25, completion_tokens: 1, total_tokens: 26 } },
      { ...chunk({ content: 'b' }), usage: { prompt_tokens: 25, completion_tokens: 2, total_tokens: 27 } },
      { ...finished('stop'), usage: { prompt_tokens: 25, completion_tokens: 3, total_tokens: 28 } },
      done,
    ],
    expected: { text: { 0: 'ab' }, usage: { input: 25, output: 3 } },
  },
  {
    name: 'usage before the first content',
    chunks: [
      usageChunk({ prompt_tokens: 25, completion_tokens: 0, total_tokens: 25 }),
      chunk({ content: 'a' }),
      finished('stop'),
      usageChunk(usage),
      done,
    ],
    expected: { text: { 0: 'a' }, usage: { input: 15, cacheRead: 10, output: 42 } },
  },
  {
    name: 'usage on a chunk with an empty choice after the finish',
    chunks: [
      chunk({ content: 'a' }),
      finished('stop'),
      usageChunk(usage, [{ index: 0, delta: {}, finish_reason: null }]),
      done,
    ],
    expected: { finish: { 0: 'stop' }, usage: { input: 15, cacheRead: 10, output: 42 }, error: undefined },
  },
  {
    name: 'zeros on every chunk do not hide the real usage',
    chunks: [
      { ...chunk({ content: 'a' }), usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } },
      { ...finished('stop'), usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } },
      usageChunk({ prompt_tokens: 25, completion_tokens: 42, total_tokens: 67 }),
      done,
    ],
    expected: { usage: { input: 25, output: 42 } },
  },
  {
    name: 'reasoning inside the completion (OpenAI)',
    chunks: [
      finished('stop'),
      usageChunk({
        prompt_tokens: 10,
        completion_tokens: 20,
        total_tokens: 30,
        completion_tokens_details: { reasoning_tokens: 7 },
      }),
      done,
    ],
    expected: { usage: { input: 10, output: 20, reasoning: 7 } },
  },
  {
    name: 'reasoning beside the completion (xAI), with the cost in ticks',
    chunks: [
      finished('stop'),
      usageChunk({
        prompt_tokens: 12,
        completion_tokens: 2,
        total_tokens: 354,
        completion_tokens_details: { reasoning_tokens: 340 },
        cost_in_usd_ticks: 1721250,
      }),
      done,
    ],
    expected: { usage: { input: 12, output: 342, reasoning: 340, cost: 0.000172125 } },
  },
  {
    name: 'usage of Groq, in x_groq',
    chunks: [
      {
        ...finished('stop'),
        x_groq: { id: 'req', usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } },
      },
      done,
    ],
    expected: { usage: { input: 3, output: 4 } },
  },
  {
    name: 'usage of Moonshot, on the choice',
    chunks: [
      chunk({}, { finish_reason: 'stop', usage: { prompt_tokens: 3, completion_tokens: 4, cached_tokens: 1 } }),
      done,
    ],
    expected: { usage: { input: 2, cacheRead: 1, output: 4 } },
  },
  {
    name: 'cache hits of DeepSeek',
    chunks: [
      {
        ...finished('stop'),
        usage: { prompt_tokens: 10, completion_tokens: 4, prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 },
      },
      done,
    ],
    expected: { usage: { input: 4, cacheRead: 6, output: 4 } },
  },
  {
    name: 'what was written to the cache is part of the prompt',
    chunks: [
      finished('stop'),
      usageChunk({
        prompt_tokens: 4020,
        completion_tokens: 5,
        prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 4012 },
      }),
      done,
    ],
    expected: { usage: { input: 5, cacheRead: 3, cacheWrite5m: 4012, output: 5 } },
  },
  {
    name: 'more cached than read is clamped and marked',
    chunks: [
      finished('stop'),
      usageChunk({ prompt_tokens: 4, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 9 } }),
      done,
    ],
    expected: { usage: { input: 0, cacheRead: 9, output: 5, inconsistent: true } },
  },
  {
    name: 'the service tier belongs to usage',
    chunks: [{ ...chunk({ content: 'a' }), service_tier: 'flex' }, finished('stop'), usageChunk(usage), done],
    expected: { usage: { input: 15, cacheRead: 10, output: 42, serviceTier: 'flex' } },
  },
]

const tools: Case[] = [
  {
    name: 'arguments beside the name, then in pieces, the last one on the finish chunk',
    chunks: [
      call({ index: 0, id: 'c', ...fn('f', '{"a"') }),
      call({ index: 0, function: { arguments: ':1' } }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '}' } }] }, { finish_reason: 'tool_calls' }),
      done,
    ],
    expected: { calls: [{ id: 'c', name: 'f', tool: 'function', arguments: '{"a":1}', choice: 0 }] },
  },
  {
    name: 'id and name on every delta are one call',
    chunks: [
      call({ index: 0, id: 'c', ...fn('f', '{') }),
      call({ index: 0, id: 'c', ...fn('f', '}') }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ name: 'f', arguments: '{}' })] },
  },
  {
    name: 'pieces of two calls alternate',
    chunks: [
      call({ index: 0, id: 'a', ...fn('f', '') }),
      call({ index: 1, id: 'b', ...fn('g', '') }),
      call({ index: 0, function: { arguments: '{"a":{},' } }),
      call({ index: 1, function: { arguments: '{}' } }),
      call({ index: 0, function: { arguments: '{}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ id: 'a', arguments: '{"a":{},{}' }),
        expect.objectContaining({ id: 'b', arguments: '{}' }),
      ],
    },
  },
  {
    name: 'arguments that are null or absent with the name',
    chunks: [
      call({ index: 1, id: 'c', ...fn('f', null) }),
      call({ index: 1, function: { arguments: '{}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ arguments: '{}' })] },
  },
  {
    name: 'a name that comes after the arguments',
    chunks: [
      call({ index: 0, id: 'c', function: { arguments: '{"a"' } }),
      call({ index: 0, function: { name: 'f', arguments: ':1}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ id: 'c', name: 'f', arguments: '{"a":1}' })] },
  },
  {
    name: 'an empty name is no name, a missing id is minted',
    chunks: [call({ index: 0, ...fn('f', '') }), call({ index: 0, ...fn('', '{}') }), finished('tool_calls'), done],
    expected: { calls: [{ id: 'call_1', name: 'f', tool: 'function', arguments: '{}', choice: 0 }] },
  },
  {
    name: 'whole calls without index and type (Mistral)',
    chunks: [
      chunk(
        {
          content: null,
          tool_calls: [
            { id: 'gSIMJiOkT', function: { name: 'f', arguments: '{"a":1}' } },
            { id: 'hSIMJiOkT', function: { name: 'g', arguments: '{"b":2}' } },
          ],
        },
        { finish_reason: 'tool_calls' },
      ),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ id: 'gSIMJiOkT', arguments: '{"a":1}' }),
        expect.objectContaining({ id: 'hSIMJiOkT', arguments: '{"b":2}' }),
      ],
    },
  },
  {
    name: 'another id and name on an index in use is another call',
    chunks: [
      call({ index: 0, id: 'a', ...fn('f', '{}') }),
      call({ index: 0, id: 'b', ...fn('g', '{"x":1}') }),
      finished('tool_calls'),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ id: 'a', arguments: '{}' }),
        expect.objectContaining({ id: 'b', arguments: '{"x":1}' }),
      ],
    },
  },
  {
    name: 'arguments as an object (Ollama) are their JSON',
    chunks: [call({ index: 0, id: 'c', function: { name: 'f', arguments: { a: 1 } } }), finished('stop'), done],
    expected: { calls: [expect.objectContaining({ arguments: '{"a":1}' })] },
  },
  {
    name: 'a custom call has its input',
    chunks: [
      call({ index: 0, id: 'c', type: 'custom', custom: { name: 'patch', input: '' } }),
      call({ index: 0, custom: { input: '*** Begin' } }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ tool: 'custom', arguments: '*** Begin' })] },
  },
  {
    name: 'the deprecated function_call is a call',
    chunks: [
      chunk({ function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{}' } }),
      finished('function_call'),
      done,
    ],
    expected: {
      calls: [expect.objectContaining({ name: 'f', arguments: '{}' })],
      finish: { 0: 'tool-calls' },
    },
  },
  {
    name: 'text after calls is a new block',
    chunks: [
      chunk({ content: 'a' }),
      call({ index: 0, id: 'c', ...fn('f', '{}') }),
      chunk({ content: 'b' }),
      finished('tool_calls'),
      done,
    ],
    expected: { blocks: ['text', 'tool-call', 'text'], text: { 0: 'ab' } },
  },
  {
    name: 'null tool calls and roles are absent (Azure-hosted DeepSeek)',
    chunks: [chunk({ role: null, content: 'a', tool_calls: null, reasoning_content: null }), finished('stop'), done],
    expected: { blocks: ['text'], text: { 0: 'a' } },
  },
]

const details = (...entries: JsonObject[]) => chunk({ reasoning_details: entries })
const claude = 'anthropic-claude-v1'

const reasonings: Case[] = [
  {
    name: 'reasoning_content, then text',
    chunks: [
      chunk({ reasoning_content: 'Let me ' }),
      chunk({ reasoning_content: 'add.', content: null }),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: { reasoning: { 0: 'Let me add.' }, text: { 0: '4' }, blocks: ['reasoning', 'text'], sealed: [] },
  },
  {
    name: 'reasoning (Groq, OpenRouter, vLLM)',
    chunks: [chunk({ reasoning: 'Hm', channel: 'analysis' }), chunk({ content: '4' }), finished('stop'), done],
    expected: { reasoning: { 0: 'Hm' }, text: { 0: '4' } },
  },
  {
    name: 'thinking parts of a content array (Mistral)',
    chunks: [
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }),
      chunk({ content: [{ type: 'text', text: '4' }] }),
      chunk({ content: '!' }),
      finished('stop'),
      done,
    ],
    expected: { reasoning: { 0: 'Hm' }, text: { 0: '4!' }, blocks: ['reasoning', 'text'] },
  },
  {
    name: 'details as fragments win over the plain field that repeats them (OpenRouter)',
    chunks: [
      chunk({
        reasoning: 'Let ',
        reasoning_details: [{ type: 'reasoning.text', text: 'Let ', format: claude, index: 0 }],
      }),
      chunk({ reasoning: 'me', reasoning_details: [{ type: 'reasoning.text', text: 'me', format: claude, index: 0 }] }),
      details({ type: 'reasoning.text', signature: 'EqAB', format: claude, index: 0 }),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: {
      reasoning: { 0: 'Let me' },
      sealed: [{ kind: 'signature', value: 'EqAB' }],
      blocks: ['reasoning', 'text'],
    },
  },
  {
    name: 'details that repeat the whole text at its end bring only the signature',
    chunks: [
      chunk({ reasoning_content: 'Let ' }),
      chunk({ reasoning_content: 'me' }),
      details({ type: 'reasoning.text', text: 'Let me', signature: 'S1', format: claude, index: 0 }),
      chunk({ reasoning_content: 'Again' }),
      details({ type: 'reasoning.text', text: 'Again', signature: 'S2', format: claude, index: 1 }),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: {
      reasoning: { 0: 'Let meAgain' },
      sealed: [
        { kind: 'signature', value: 'S1' },
        { kind: 'signature', value: 'S2' },
      ],
      blocks: ['reasoning', 'reasoning', 'text'],
    },
  },
  {
    name: 'a summary and its encrypted content are one block',
    chunks: [
      details({ type: 'reasoning.summary', summary: 'Sum', format: 'openai-responses-v1', index: 0 }),
      details({ type: 'reasoning.encrypted', data: 'gAAA', id: 'rs_1', format: 'openai-responses-v1', index: 0 }),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: {
      reasoning: { 0: 'Sum' },
      sealed: [{ kind: 'encrypted', value: 'gAAA' }],
      blocks: ['reasoning', 'text'],
    },
  },
  {
    name: 'redacted reasoning is a block of its own',
    chunks: [
      details({ type: 'reasoning.text', text: 'a', signature: 'S', format: claude, index: 0 }),
      details({ type: 'reasoning.encrypted', data: 'ER==', format: claude, index: 1 }),
      finished('stop'),
      done,
    ],
    expected: {
      blocks: ['reasoning', 'reasoning'],
      sealed: [
        { kind: 'signature', value: 'S' },
        { kind: 'encrypted', value: 'ER==' },
      ],
    },
  },
]

const link = (start: number, end: number) => ({
  type: 'url_citation',
  url_citation: { url: 'https://example.org', title: 'E', start_index: start, end_index: end },
})

const citations: Case[] = [
  {
    name: 'annotations belong to the text that is open',
    chunks: [chunk({ content: 'Paris' }), chunk({ annotations: [link(0, 5)] }), finished('stop'), done],
    expected: { annotations: [{ type: 'url', url: 'https://example.org', title: 'E', start: 0, end: 5 } as never] },
  },
  {
    name: 'annotations before any text wait for it',
    chunks: [chunk({ annotations: [link(0, 5)] }), chunk({ content: 'Paris' }), finished('stop'), done],
    expected: { text: { 0: 'Paris' }, blocks: ['text'], annotations: [expect.objectContaining({ end: 5 })] },
  },
  {
    name: 'offsets count from the start of their own block',
    chunks: [
      chunk({ content: 'abc' }),
      chunk({ reasoning: 'hm' }),
      chunk({ content: 'Paris' }),
      chunk({ annotations: [link(3, 8)] }),
      finished('stop'),
      done,
    ],
    expected: { annotations: [expect.objectContaining({ start: 0, end: 5 })] },
  },
  {
    name: 'citations on every chunk count once (Perplexity)',
    chunks: [
      {
        ...chunk({ content: 'a' }),
        citations: ['https://example.org'],
        search_results: [{ url: 'https://example.org', title: 'T' }],
      },
      { ...chunk({ content: 'b' }), citations: ['https://example.org'] },
      { ...finished('stop'), object: 'chat.completion.done', citations: ['https://example.org'] },
      done,
    ],
    expected: { text: { 0: 'ab' }, annotations: [{ type: 'url', url: 'https://example.org', title: 'T' } as never] },
  },
]

const errors: Case[] = [
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

describe.each([
  { topic: 'answers', cases: answers },
  { topic: 'finish', cases: finishes },
  { topic: 'usage', cases: usages },
  { topic: 'tools', cases: tools },
  { topic: 'reasoning', cases: reasonings },
  { topic: 'citations', cases: citations },
  { topic: 'errors', cases: errors },
])('$topic', ({ cases }) => {
  test.each(cases)('$name', ({ chunks, expected }) => {
    expect(summarize(decodeChunks(chunks))).toMatchObject(expected)
  })
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
    const events = decodeChunks([call({ index: 0, id: 'c', ...fn('f', '{}'), extra_content: google })])
    expect(events[1]).toMatchObject({ block: { kind: 'tool-call', signature: 'sig' } })
  })

  test('reasoning names its issuer: the format, else the provider, else nobody', () => {
    const issuers = [
      decodeChunks([details({ type: 'reasoning.text', text: 'a', format: claude, index: 0 })]),
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
      usageChunk(usage),
      done,
    ]).map((frame) => {
      decoder.push(frame, () => {})
      return decoder.state
    })
    expect(states).toEqual(['open', 'finishing', 'open', 'finishing', 'finishing', 'closed'])
  })

  test('end() while finishing releases the finish', () => {
    const events = decodeChunks([chunk({ content: 'a' }), finished('stop'), usageChunk(usage)])
    expect(events.slice(-3).map(({ type }) => type)).toEqual(['block-end', 'finish', 'response-end'])
  })
})

describe('bytes', () => {
  const text = '👩‍🚀é漢字𝄞 \n\r\n\u2028\u2029\u0085 data: x\n\nevent: fake'
  const body = Buffer.from(
    [
      chunk({ reasoning: text }),
      chunk({ content: text }),
      call({ index: 0, id: 'c', ...fn('f', text) }),
      finished('stop'),
    ]
      .map((part) => `data: ${JSON.stringify(part)}\n\n`)
      .join('') + 'data: [DONE]\n\n',
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
