import { describe, expect, test } from 'vitest'
import { cacheWriteTokens, mergeUsage, promptTokens, type Usage } from '../../lambda/events/usage.ts'

describe('a later report over an earlier one', () => {
  const merged: [situation: string, earlier: Usage, later: Usage, expected: Usage][] = [
    ['a count overwrites and is never added', { output: 3 }, { output: 5 }, { output: 5 }],
    ['a smaller one too', { output: 5 }, { output: 3 }, { output: 3 }],
    [
      'zero overwrites nothing but zero',
      { output: 5, reasoning: 0 },
      { output: 0, reasoning: 0 },
      { output: 5, reasoning: 0 },
    ],
    ['a zero is known where nothing was', {}, { output: 0, input: 0 }, { output: 0, input: 0 }],
    ['what is not reported stays', { input: 1, output: 2, images: 3 }, {}, { input: 1, output: 2, images: 3 }],
    [
      'every count by itself',
      { audioInput: 1, audioOutput: 1, imageInput: 1, imageOutput: 1, characters: 1, seconds: 1, images: 1 },
      { audioInput: 2, audioOutput: 3, imageInput: 4, imageOutput: 5, characters: 6, seconds: 7.5, images: 8 },
      { audioInput: 2, audioOutput: 3, imageInput: 4, imageOutput: 5, characters: 6, seconds: 7.5, images: 8 },
    ],
    [
      'zeros of a prompt that has any count are meant',
      { input: 9, cacheRead: 8, cacheWrite5m: 7, cacheWrite1h: 6 },
      { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 1 },
      { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 1 },
    ],
    [
      'zeros of a prompt without any are not',
      { input: 9, cacheRead: 8, cacheWrite5m: 7, cacheWrite1h: 6 },
      { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 4 },
      { input: 9, cacheRead: 8, cacheWrite5m: 7, cacheWrite1h: 6, output: 4 },
    ],
    ['a prompt count that is left out stays', { input: 9, cacheRead: 8 }, { input: 1 }, { input: 1, cacheRead: 8 }],
    [
      'server tools tool by tool',
      { serverTools: { webSearch: 2, webFetch: 1 } },
      { serverTools: { webSearch: 3 } },
      { serverTools: { webSearch: 3, webFetch: 1 } },
    ],
    ['the last tier', { serviceTier: 'auto' }, { serviceTier: 'flex' }, { serviceTier: 'flex' }],
    ['the tier of before', { serviceTier: 'flex' }, { output: 1 }, { serviceTier: 'flex', output: 1 }],
    ['the last cost, even nothing', { cost: 2 }, { cost: 0 }, { cost: 0 }],
    ['the cost of before', { cost: 2 }, { output: 1 }, { cost: 2, output: 1 }],
    ['a contradiction is not forgotten', { inconsistent: true }, { input: 1 }, { inconsistent: true, input: 1 }],
    ['a contradiction is noticed', { input: 1 }, { inconsistent: true }, { inconsistent: true, input: 1 }],
    [
      'the last list of iterations',
      { iterations: [{ type: 'message', usage: { input: 1 } }] },
      { iterations: [{ type: 'compaction', usage: { input: 2 } }] },
      { iterations: [{ type: 'compaction', usage: { input: 2 } }] },
    ],
  ]
  test.each(merged)('%s', (_situation, earlier, later, expected) => {
    const before = structuredClone(earlier)
    // Strictly: a key that holds undefined would hide a count where reports are laid over one another.
    expect(mergeUsage(earlier, later)).toStrictEqual(expected)
    expect(earlier).toEqual(before)
  })
})

test('a prompt is what was read and what was written, of either lifetime', () => {
  const usage = { input: 1, cacheRead: 20, cacheWrite5m: 300, cacheWrite1h: 4000, output: 50_000 }
  expect(promptTokens(usage)).toBe(4321)
  expect(cacheWriteTokens(usage)).toBe(4300)
  expect(promptTokens({})).toBe(0)
  expect(cacheWriteTokens({})).toBe(0)
})
