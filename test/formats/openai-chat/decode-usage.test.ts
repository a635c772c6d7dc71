import { expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Usage } from '../../../lambda/events/usage.ts'
import {
  baselineUsage,
  chunk,
  type DecodeCase,
  decodeChunks,
  done,
  finished,
  summarize,
  usageChunk,
} from './support.ts'

const usages: DecodeCase[] = [
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
      usageChunk(baselineUsage),
      done,
    ],
    expected: { text: { 0: 'a' }, usage: { input: 15, cacheRead: 10, output: 42 } },
  },
  {
    name: 'usage on a chunk with an empty choice after the finish',
    chunks: [
      chunk({ content: 'a' }),
      finished('stop'),
      usageChunk(baselineUsage, [{ index: 0, delta: {}, finish_reason: null }]),
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
    chunks: [{ ...chunk({ content: 'a' }), service_tier: 'flex' }, finished('stop'), usageChunk(baselineUsage), done],
    expected: { usage: { input: 15, cacheRead: 10, output: 42, serviceTier: 'flex' } },
  },
]

/** A last chunk whose usage is this, and no more counts than these. */
const counted = (name: string, wire: JsonObject, usage: Usage): DecodeCase => ({
  name,
  chunks: [finished('stop'), usageChunk(wire), done],
  expected: { usage },
})

const counts: DecodeCase[] = [
  counted('nothing is unknown, not zero', { prompt_tokens: null, completion_tokens: 'many' }, {}),
  counted(
    'sound and images, on both sides',
    {
      prompt_tokens: 20,
      completion_tokens: 9,
      prompt_tokens_details: { audio_tokens: 7, image_tokens: 5 },
      completion_tokens_details: { audio_tokens: 4, image_tokens: 3 },
    },
    { input: 20, output: 9, audioInput: 7, imageInput: 5, audioOutput: 4, imageOutput: 3 },
  ),
  counted(
    'a prompt that was cached whole is consistent',
    { prompt_tokens: 9, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 9 } },
    { input: 0, cacheRead: 9, output: 1 },
  ),
  counted(
    'what was cached of a prompt nobody counted',
    { completion_tokens: 1, cached_tokens: 9 },
    { cacheRead: 9, output: 1 },
  ),
  counted(
    'reasoning outside the details (Perplexity)',
    { prompt_tokens: 2, completion_tokens: 9, total_tokens: 11, reasoning_tokens: 4 },
    { input: 2, output: 9, reasoning: 4 },
  ),
  counted(
    'reasoning beside the completion of a prompt nobody counted',
    { completion_tokens: 9, total_tokens: 13, reasoning_tokens: 4 },
    { output: 13, reasoning: 4 },
  ),
  counted(
    'no reasoning at all',
    { prompt_tokens: 2, completion_tokens: 9, total_tokens: 11, reasoning_tokens: 0 },
    { input: 2, output: 9, reasoning: 0 },
  ),
  counted('reasoning without an output', { reasoning_tokens: 4, total_tokens: 4 }, { reasoning: 4 }),
  counted('a cost in dollars (OpenRouter)', { prompt_tokens: 2, cost: 0.25 }, { input: 2, cost: 0.25 }),
  counted(
    'a cost in parts (Perplexity), with its searches',
    { prompt_tokens: 2, cost: { input_tokens_cost: 0.1, total_cost: 0.5 }, num_search_queries: 3 },
    { input: 2, cost: 0.5, serverTools: { webSearch: 3 } },
  ),
  counted('no searches', { prompt_tokens: 2, num_search_queries: 0 }, { input: 2 }),
  counted('a cost of nothing', { prompt_tokens: 2, cost_in_usd_ticks: 0 }, { input: 2, cost: 0 }),
  {
    name: 'a chunk with neither choices nor usage says nothing',
    chunks: [finished('stop'), { ...chunk({}), choices: [] }, done],
    expected: { usage: {} },
  },
  {
    name: 'an empty tier is none',
    chunks: [{ ...finished('stop'), service_tier: '' }, usageChunk({ prompt_tokens: 2 }), done],
    expected: { usage: { input: 2 } },
  },
]

test.each(counts)('exactly: $name', ({ chunks, expected }) => {
  expect(summarize(decodeChunks(chunks)).usage).toEqual(expected.usage)
})

test.each(usages)('$name', ({ chunks, expected }) => {
  const { usage, ...rest } = expected
  const summary = summarize(decodeChunks(chunks))
  expect(summary).toMatchObject(rest)
  expect(summary.usage).toEqual(usage)
})
