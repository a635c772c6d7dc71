import { expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Usage } from '../../../lambda/events/usage.ts'
import { addUsage } from '../../../lambda/formats/openai-images/add-usage.ts'
import { readTokenUsage } from '../../../lambda/formats/shared/openai-token-usage.ts'

test.each<[situation: string, wire: JsonObject, expected: Usage]>([
  [
    'images: details in the plural',
    {
      input_tokens: 50,
      input_tokens_details: { text_tokens: 10, image_tokens: 40, cached_tokens: 30 },
      output_tokens: 9,
      output_tokens_details: { image_tokens: 8, reasoning_tokens: 1 },
    },
    { input: 20, cacheRead: 30, output: 9, reasoning: 1, imageInput: 40, imageOutput: 8 },
  ],
  [
    'sound: details in the singular',
    {
      input_tokens: 14,
      input_token_details: { text_tokens: 0, audio_tokens: 14 },
      output_tokens: 5,
      output_token_details: { audio_tokens: 4 },
    },
    { input: 14, output: 5, audioInput: 14, audioOutput: 4 },
  ],
  ['all from the cache', { input_tokens: 3, input_tokens_details: { cached_tokens: 3 } }, { input: 0, cacheRead: 3 }],
  [
    'more from the cache than there was',
    { input_tokens: 3, input_tokens_details: { cached_tokens: 4 } },
    { input: 0, cacheRead: 4, inconsistent: true },
  ],
  ['nothing from the cache', { input_tokens: 3, output_tokens: 0 }, { input: 3, output: 0 }],
  [
    'no count of the input',
    { input_tokens_details: { cached_tokens: 4 }, output_tokens: 2 },
    { cacheRead: 4, output: 2 },
  ],
  ['nothing that is a count', { input_tokens: null, output_tokens: '7' }, {}],
])('OpenAI’s token counts: %s', (_situation, wire, expected) => {
  expect(readTokenUsage(wire)).toStrictEqual(expected)
})

test.each<[situation: string, total: JsonObject | undefined, more: JsonObject | undefined, expected: unknown]>([
  ['nothing to nothing', undefined, undefined, undefined],
  ['the first image', undefined, { total_tokens: 3 }, { total_tokens: 3 }],
  ['an image that tells nothing', { total_tokens: 3 }, undefined, { total_tokens: 3 }],
  ['counts that are new', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
  [
    'detail by detail',
    { total_tokens: 3, input_tokens_details: { text_tokens: 1 } },
    {
      total_tokens: 4,
      input_tokens_details: { text_tokens: 5, image_tokens: 6 },
      output_tokens_details: { image_tokens: 7 },
    },
    {
      total_tokens: 7,
      input_tokens_details: { text_tokens: 6, image_tokens: 6 },
      output_tokens_details: { image_tokens: 7 },
    },
  ],
  [
    'what is no count stays as it was first',
    { kind: 'a', none: null },
    { kind: 'b', other: 'c' },
    { kind: 'a', none: null, other: 'c' },
  ],
])('the usage of one more image: %s', (_situation, total, more, expected) => {
  expect(addUsage(total, more)).toEqual(expected)
})
