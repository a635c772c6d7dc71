import { describe, expect, test } from 'vitest'
import {
  duration,
  money,
  percent,
  shortDuration,
  shortMoney,
  spendText,
} from '../../lambda/usage/page/browser/format.ts'
import { spanOf } from '../../lambda/usage/page/browser/range.ts'
import { layersOf } from '../../lambda/usage/page/browser/stack.ts'
import { healthCharts, stackCharts } from '../../lambda/usage/page/browser/time-charts.ts'
import { firstView, readView, writeView } from '../../lambda/usage/page/browser/view.ts'
import { summarize } from '../../lambda/usage/summary.ts'
import type { TableReader } from '../../lambda/usage/table-reader.ts'
import { knownTokensIn } from '../../lambda/usage/token-counts.ts'

describe('figures as texts', () => {
  test.each([
    [money(null), 'unknown'],
    [money(0), '$0.00'],
    [money(12), '$0.000012'],
    [money(123_456), '$0.1235'],
    [money(1_234_567_890), '$1,234.57'],
    [shortMoney(12_300_000_000), '$12.3K'],
    [spendText({ requests: 0, costUsdMicros: null, unpriced: 0 }), '$0.00'],
    [spendText({ requests: 3, costUsdMicros: null, unpriced: 3 }), 'unknown'],
    [spendText({ requests: 3, costUsdMicros: 2_000_000, unpriced: 1 }), '$2.00 + unknown'],
    [duration(null), '–'],
    [duration(999.6), '1.0 s'],
    [duration(59_960), '1 min 0 s'],
    [shortDuration(0), '0 ms'],
    [shortDuration(2_500), '2.5 s'],
    [shortDuration(1_000_000), '16.7 min'],
    [percent(null), '–'],
    [percent(0), '0\u00a0%'],
    [percent(0.0042), '0.42\u00a0%'],
    [percent(0.5), '50\u00a0%'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected)
  })
})

test('what went in is the sum of what was counted, and unknown where nothing was', () => {
  const none = { inputTokens: null, cacheReadTokens: null, cacheWriteTokens: null, cacheWrite1hTokens: null }
  expect(knownTokensIn({ ...none, outputTokens: 7 })).toBe(null)
  expect(knownTokensIn({ ...none, inputTokens: 0, outputTokens: 7 })).toBe(0)
  expect(knownTokensIn({ ...none, inputTokens: 600, cacheReadTokens: 400, outputTokens: 7 })).toBe(1000)
})

describe('ranges', () => {
  const now = Date.UTC(2026, 4, 21, 13, 37)
  test.each([
    ['24h', '', '', '2026-05-20T14:00', '2026-05-21T14:00', 'hour'],
    ['7d', '', '', '2026-05-15T00:00', '2026-05-22T00:00', 'day'],
    ['30d', '', '', '2026-04-22T00:00', '2026-05-22T00:00', 'day'],
    ['month', '', '', '2026-05-01T00:00', '2026-05-22T00:00', 'day'],
    ['custom', '2026-03-01', '2026-03-31', '2026-03-01T00:00', '2026-04-01T00:00', 'day'],
    ['custom', '2026-03-31', '2026-03-30', '2026-03-30T00:00', '2026-04-01T00:00', 'hour'],
    ['custom', '', '', '2026-05-21T00:00', '2026-05-22T00:00', 'hour'],
  ] as const)('%s %s %s is from %s until %s by %s', (range, from, to, start, end, bucket) => {
    const span = spanOf({ range, from, to }, now)
    const text = (at: number) => new Date(at).toISOString().slice(0, 16)
    expect([text(span.from), text(span.to), span.bucket]).toEqual([start, end, bucket])
  })
})

describe('views in the address', () => {
  test.each([
    ['', firstView],
    ['#range=7d&by=key', { ...firstView, range: '7d', by: 'key' }],
    ['#range=forever&by=__proto__&status=fine&from=<b>', firstView],
    ['#model=a%26b%3Dc', { ...firstView, model: 'a&b=c' }],
  ])('%s', (hash, view) => {
    expect(readView(hash)).toEqual(view)
    expect(readView(`#${writeView(readView(hash))}`)).toEqual(view)
  })
})

test('charts of a time without requests have axes that can be read', async () => {
  const empty: TableReader = { get: async () => undefined, query: async () => ({ items: [] }) }
  const span = { from: Date.UTC(2026, 4, 1), to: Date.UTC(2026, 4, 3), bucket: 'day' } as const
  const slots = await summarize(empty, { period: span, width: 'day', groupBy: [], keys: [], shards: {} })
  const figures = { span, slots, stacked: slots, models: slots, keys: slots }
  const charts = [...stackCharts(figures, []), ...healthCharts(figures)]
  expect(charts.map(({ title, axis, emptyTop }) => [title, axis(emptyTop)])).toEqual([
    ['Spend', '$1'],
    ['Tokens', '1'],
    ['Time to first token', '1.0 s'],
    ['Time to whole answer', '1.0 s'],
    ['Requests', '1'],
    ['Error rate', '100\u00a0%'],
  ])
})

describe('layers of a stack', () => {
  /** A table with one aggregate a model: its cost in micro-dollars, null for none. */
  function tableOf(costs: readonly (number | null)[]): TableReader {
    const items = costs.map((cost, at) => ({
      pk: { S: 'USE#k#2026-05' },
      sk: { S: `D#01#openai#m${at}` },
      requests: { N: '2' },
      outputTokens: { N: String(10 + at) },
      ...(cost === null ? { unpriced: { N: '2' } } : { costUsdMicros: { N: String(cost) } }),
    }))
    return { get: async () => undefined, query: async () => ({ items }) }
  }
  const period = { from: Date.UTC(2026, 4, 1), to: Date.UTC(2026, 4, 2) }
  const layers = async (costs: readonly (number | null)[]) => {
    const keys = [{ id: 'k', name: 'K', state: 'active' }] as const
    const question = { period, width: 'day', groupBy: ['model'], keys, shards: {} } as const
    return layersOf(await summarize(tableOf(costs), question), 'model')
  }

  test('the most expensive is first, the unknown behind all that is known', async () => {
    const found = await layers([5, null, 50, 0])
    expect(found.map(({ name, spend }) => [name, spend[0]])).toEqual([
      ['m2', 50],
      ['m0', 5],
      ['m3', 0],
      ['m1', null],
    ])
  })

  test('eight have a place each, the ninth makes the last two one', async () => {
    expect((await layers([8, 7, 6, 5, 4, 3, 2, 1])).at(-1)).toMatchObject({ name: 'm7', spend: [1] })
    const nine = await layers([9, 8, 7, 6, 5, 4, 3, 2, null])
    expect(nine).toHaveLength(8)
    expect(nine.at(-1)).toEqual({ name: '2 others', color: '--series-rest', spend: [2], tokens: [17 + 18] })
  })

  test('no requests, no layers', async () => {
    expect(await layers([])).toEqual([])
  })
})
