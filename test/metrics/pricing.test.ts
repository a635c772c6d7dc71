import { readFileSync } from 'node:fs'
import { calcPrice } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Usage } from '../../lambda/events/usage.ts'
import { micros, tableVersion } from '../../lambda/metrics/price-calculation.ts'
import type { ModelPrices, PriceOverrides } from '../../lambda/metrics/price-overrides.ts'
import { type Billable, createPricing } from '../../lambda/metrics/pricing.ts'

const listed: ModelPrices = {
  input_mtok: 3,
  output_mtok: 15,
  cache_read_mtok: 0.3,
  cache_write_mtok: 3.75,
  cache_write_1h_mtok: 7.5,
}
const tiered = (base: number, price: number) => ({ base, tiers: [{ start: 200_000, price }] })
const longContext = { input_mtok: tiered(3, 6), output_mtok: tiered(15, 22.5) }

function billable(usage: Usage | undefined, more: Partial<Billable> = {}): Billable {
  const startedAt = '2026-11-01T12:00:00.000Z'
  return { usage, provider: 'p', baseUrl: null, model: 'p/m', servedModel: 'm', startedAt, refused: false, ...more }
}

const price = (usage: Usage | undefined, more: Partial<Billable> = {}, overrides: PriceOverrides = {}) =>
  createPricing({ overrides }).price(billable(usage, more))

describe('a price list by the operator', () => {
  const amounts: [situation: string, prices: ModelPrices, usage: Usage, micros: number][] = [
    [
      'cache reads and writes each have their price',
      listed,
      { input: 300, cacheRead: 1500, cacheWrite5m: 200, output: 500 },
      9_600,
    ],
    [
      'writes for an hour cost more',
      listed,
      { input: 1000, cacheWrite5m: 400, cacheWrite1h: 600, output: 500 },
      16_500,
    ],
    [
      'most of the prompt was cached',
      listed,
      { input: 1500, cacheRead: 3000, cacheWrite5m: 500, output: 1000 },
      22_275,
    ],
    [
      'without a cache price the input price applies',
      { input_mtok: 5, output_mtok: 15 },
      { input: 600, cacheRead: 400, output: 500 },
      12_500,
    ],
    [
      'all of the prompt was read from the cache',
      { ...listed, input_mtok: 5, cache_read_mtok: 0.5 },
      { input: 0, cacheRead: 1000, output: 0 },
      500,
    ],
    [
      'a cache write of 159,217 tokens, rounded to the micro-dollar',
      { input_mtok: 5, cache_write_mtok: 6.25, output_mtok: 25 },
      { input: 6, cacheWrite5m: 159_217, output: 2745 },
      1_063_761,
    ],
    ['a prompt below the threshold', longContext, { input: 180_000, output: 30_000 }, 990_000],
    ['a prompt at the threshold is below it', longContext, { input: 200_000, output: 1000 }, 615_000],
    [
      'a prompt above it costs more as a whole, its answer too',
      longContext,
      { input: 200_001, output: 1000 },
      1_222_506,
    ],
    ['the threshold counts cached tokens', longContext, { input: 1, cacheRead: 200_000, output: 1000 }, 1_222_506],
    [
      'web searches',
      { ...listed, web_searches_kcount: 10 },
      { input: 1000, output: 500, serverTools: { webSearch: 3 } },
      40_500,
    ],
    ['web fetches are free', listed, { input: 1000, output: 500, serverTools: { webFetch: 3 } }, 10_500],
    [
      'transcription: sound in, text out',
      { input_mtok: 5, input_audio_mtok: 10, output_mtok: 15 },
      { input: 2000, audioInput: 1500, output: 500 },
      25_000,
    ],
    [
      'speech: text in, sound out',
      { input_mtok: 1, output_mtok: 50, output_audio_mtok: 100 },
      { input: 200, output: 100, audioOutput: 60 },
      8_200,
    ],
    [
      'images in and out',
      { input_mtok: 5, input_image_mtok: 10, output_mtok: 20, output_image_mtok: 40 },
      { input: 1000, imageInput: 800, output: 500, imageOutput: 500 },
      29_000,
    ],
    ['reasoning is inside the output and priced once', listed, { input: 0, output: 500, reasoning: 320 }, 7_500],
    ['a price of 0 costs 0', { input_mtok: 0, output_mtok: 0 }, { input: 1000, output: 500 }, 0],
    ['speech by the character', { input_mchars: 15 }, { characters: 1000 }, 15_000],
    ['transcription by the second', { audio_hours: 0.36, input_audio_hours: 0.36 }, { seconds: 90 }, 9_000],
    ['an embedding has no output', { input_mtok: 0.02 }, { input: 1_000_000 }, 20_000],
    [
      'sound and cached text in one prompt',
      { input_mtok: 1, cache_read_mtok: 0.1, input_audio_mtok: 10, cache_audio_read_mtok: 0.1, output_mtok: 1 },
      { input: 600, cacheRead: 400, audioInput: 100, output: 0 },
      1_540,
    ],
    [
      'sound of which some was cached, as was all of the text',
      {
        input_mtok: 1,
        cache_read_mtok: 0.1,
        input_audio_mtok: 10,
        cache_audio_read_mtok: 0.1,
        output_mtok: 1,
      },
      { input: 500, cacheRead: 400, cacheWrite5m: 100, audioInput: 700, output: 0 },
      5_140,
    ],
    ['seconds beside tokens, which are what is billed', listed, { input: 1000, output: 0, seconds: 4 }, 3_000],
    ['images whose tokens were counted', listed, { input: 1000, output: 100, images: 2 }, 4_500],
    ['a cost below nothing is no report', listed, { input: 1000, cost: -1 }, 3_000],
  ]
  test.each(amounts)('%s', async (_situation, prices, usage, expected) => {
    expect(await price(usage, {}, { m: prices })).toEqual({
      costUsdMicros: expected,
      costSource: 'override',
      costReason: null,
      priceVersion: expect.stringMatching(/^config:[0-9a-f]{8}$/),
    })
  })

  test('stands under provider and model, the model, or all of a provider, in this order', async () => {
    const at = (dollars: number) => ({ input_mtok: dollars, output_mtok: 0 })
    const overrides = { 'p/m': at(1), m: at(2), 'p/*': at(3) }
    const cost = async (more: Partial<Billable>) => (await price({ input: 1_000_000 }, more, overrides)).costUsdMicros
    expect(await cost({})).toBe(1_000_000)
    expect(await cost({ provider: 'q', model: 'q/m' })).toBe(2_000_000)
    expect(await cost({ model: 'p/other', servedModel: 'other' })).toBe(3_000_000)
    expect(await cost({ provider: 'q', model: 'q/other', servedModel: 'other' })).toBeNull()
  })

  test('holds for the snapshots of a model and beats the table', async () => {
    const overrides = { 'gpt-4o': { input_mtok: 7, output_mtok: 7 } }
    const served = { provider: 'openai', model: 'gpt-4o', servedModel: 'gpt-4o-2024-08-06' }
    expect(await price({ input: 1_000_000 }, served, overrides)).toMatchObject({ costUsdMicros: 7_000_000 })
  })

  test('prices another service tier only if it says so', async () => {
    const m = { input_mtok: 1, output_mtok: 1, serviceTiers: { priority: { input_mtok: 2, output_mtok: 2 } } }
    const cost = (serviceTier: string) => price({ input: 1_000_000, serviceTier }, {}, { m })
    expect(await cost('default')).toMatchObject({ costUsdMicros: 1_000_000 })
    expect(await cost('priority')).toMatchObject({ costUsdMicros: 2_000_000 })
    expect(await cost('flex')).toMatchObject({ costUsdMicros: null, costReason: 'unknown-tier' })
    expect(await cost('toString')).toMatchObject({ costUsdMicros: null, costReason: 'unknown-tier' })
  })
})

describe('the price table', () => {
  const claude = { provider: 'anthropic', model: 'claude-sonnet-4-5', servedModel: 'claude-sonnet-4-5-20250929' }
  const openai = { provider: 'openai', model: 'openai/gpt-4o', servedModel: 'gpt-4o-2024-08-06' }

  test('its version in the records is the installed one', () => {
    const manifest = new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url)
    expect(tableVersion).toBe(JSON.parse(readFileSync(manifest, 'utf8')).version)
  })

  const amounts: [situation: string, more: Partial<Billable>, usage: Usage, micros: number][] = [
    [
      'prices what served, not what was asked for',
      { ...claude, servedModel: 'claude-haiku-4-5-20251001' },
      { input: 1000, output: 1000 },
      6_000,
    ],
    [
      'prices what was asked for where it does not know what served',
      { ...openai, servedModel: 'model-of-the-day' },
      { input: 1000, output: 1000 },
      12_500,
    ],
    [
      'prices a stream that broke before it named its model',
      { ...claude, servedModel: null },
      { input: 1000, output: 1000 },
      18_000,
    ],
    [
      'knows cache prices',
      claude,
      { input: 1000, cacheRead: 1000, cacheWrite5m: 1000, cacheWrite1h: 1000, output: 0 },
      13_050,
    ],
    ['knows the price of web searches', claude, { input: 0, output: 0, serverTools: { webSearch: 2 } }, 20_000],
    [
      'halves tokens, not tools, of the flex tier',
      { provider: 'openai', model: 'gpt-5', servedModel: 'gpt-5' },
      { input: 1000, output: 1000, serverTools: { webSearch: 1 }, serviceTier: 'flex' },
      15_625,
    ],
    ['halves the batches of Anthropic', claude, { input: 1000, output: 1000, serviceTier: 'batch' }, 9_000],
    [
      'knows a tier in capitals',
      { provider: 'openai', model: 'gpt-5', servedModel: 'gpt-5' },
      { input: 1000, output: 1000, serviceTier: 'FLEX' },
      5_625,
    ],
    [
      'goes by the name of the provider where nobody knows its address',
      {
        provider: 'groq',
        model: 'groq/llama-3.3-70b-versatile',
        servedModel: null,
        baseUrl: 'https://proxy.example/v1',
      },
      { input: 1_000_000, output: 0 },
      590_000,
    ],
    [
      'prices what was counted of a request that was refused in the end',
      { ...claude, refused: true },
      { input: 1000, output: 1000 },
      18_000,
    ],
    [
      'takes the standard tier for the list price',
      claude,
      { input: 1000, output: 1000, serviceTier: 'standard' },
      18_000,
    ],
    [
      'knows closed models behind a provider it does not know',
      { provider: 'proxy', model: 'proxy/gpt-4o', servedModel: null },
      { input: 1000, output: 1000 },
      12_500,
    ],
  ]
  test.each(amounts)('%s', async (_situation, more, usage, expected) => {
    expect(await price(usage, more)).toEqual({
      costUsdMicros: expected,
      costSource: 'genai-prices',
      costReason: null,
      priceVersion: `genai-prices@${tableVersion}`,
    })
  })

  test('goes by where the request went before it goes by the name of the provider', async () => {
    const asked = { provider: 'openai', model: 'openai/llama-3.3-70b-versatile', servedModel: null }
    const usage = { input: 1_000_000, output: 0 }
    expect(await price(usage, asked)).toMatchObject({ costUsdMicros: null })
    const placed = { ...asked, baseUrl: 'https://api.groq.com/openai/v1' }
    expect(await price(usage, placed)).toMatchObject({ costUsdMicros: 590_000 })
  })

  test('takes the price of the day', async () => {
    const usage = { input: 250_000, output: 0 }
    const [first, last] = ['2026-02-10T00:00:00.000Z', '2026-11-01T00:00:00.000Z']
    const asked = { provider: 'anthropic', model: 'claude-opus-4-6', servedModel: null }
    const cost = async (startedAt: string) => (await price(usage, { ...asked, startedAt })).costUsdMicros
    expect([await cost(first), await cost(last)]).toEqual([2_500_000, 1_250_000])
  })

  test('sums what was billed one by one, each at its own model’s price, and the tools once', async () => {
    const usage: Usage = {
      input: 612,
      output: 2819,
      serverTools: { webSearch: 1 },
      iterations: [
        { type: 'compaction', usage: { input: 60_385, output: 522 } },
        { type: 'message', usage: { input: 612, output: 2819 } },
        { type: 'advisor_message', model: 'claude-haiku-4-5', usage: { input: 1000, output: 100 } },
      ],
    }
    const tokens = 60_385 * 3 + 522 * 15 + 612 * 3 + 2819 * 15 + 1000 * 1 + 100 * 5
    expect(await price(usage, claude)).toMatchObject({ costUsdMicros: tokens + 10_000 })
    const [first] = usage.iterations ?? []
    const foreign = {
      ...usage,
      iterations: [{ ...first, type: 'message', model: 'nobody-knows', usage: { input: 1 } }],
    }
    expect(await price(foreign, claude)).toMatchObject({ costUsdMicros: null, costReason: 'unknown-model' })
    const [, , advisor] = usage.iterations ?? []
    const counted = { iterations: [advisor, { type: 'message', usage: {} }] } as Usage
    const unpriced = { ...claude, model: 'nobody-knows', servedModel: null }
    expect(await price({ input: 1000, output: 100, ...counted }, unpriced)).toMatchObject({ costUsdMicros: 1500 })
  })
})

describe('what the provider reports', () => {
  test('beats every list', async () => {
    const cost = await price({ input: 1000, output: 5, cost: 0.000172125 }, {}, { m: listed })
    expect(cost).toEqual({ costUsdMicros: 172, costSource: 'provider', costReason: null, priceVersion: null })
  })

  test('0 is a price', async () => {
    expect(await price({ input: 1000, output: 5, cost: 0 })).toMatchObject({ costUsdMicros: 0, costSource: 'provider' })
  })
})

describe('Anthropic’s fast mode', () => {
  test.each([
    ['claude-opus-4-6', 6],
    ['claude-opus-4-6-20260205', 6],
    ['claude-opus-4-7', 6],
    ['claude-opus-4-8', 2],
  ])('%s costs %d times as much, cache included, searches excluded', async (model, factor) => {
    const asked = { provider: 'anthropic', model, servedModel: model }
    const tokens = { input: 1_000, cacheRead: 2_000, cacheWrite5m: 3_000, output: 4_000 }
    const standard = (await price(tokens, asked)).costUsdMicros ?? 0
    expect(standard).toBe(5_000 + 1_000 + 18_750 + 100_000)
    const fast = { ...tokens, serviceTier: 'fast' }
    expect(await price(fast, asked)).toMatchObject({ costUsdMicros: standard * factor, costSource: 'genai-prices' })
    const searching = { ...fast, serverTools: { webSearch: 2 } }
    expect((await price(searching, asked)).costUsdMicros).toBe(standard * factor + 20_000)
  })
})

describe('a cost nobody knows is null, with its reason', () => {
  const overrides = { m: listed }
  const unknowns: [situation: string, reason: string, usage: Usage | undefined, more?: Partial<Billable>][] = [
    ['no price for the model', 'unknown-model', { input: 1, output: 1 }, { model: 'p/x', servedModel: 'x' }],
    [
      'an open model behind an unknown provider',
      'unknown-model',
      { input: 1 },
      { model: 'deepseek-chat', servedModel: null },
    ],
    [
      'no price for the model of an empty answer',
      'unknown-model',
      { input: 0, output: 0 },
      { model: 'p/x', servedModel: 'x' },
    ],
    [
      'a tier of a provider that has none',
      'unknown-tier',
      { input: 1, output: 1, serviceTier: 'flex' },
      { provider: 'mistral', model: 'mistral-large-latest', servedModel: null },
    ],
    [
      'a fast answer of another maker',
      'unknown-tier',
      { input: 1, output: 1, serviceTier: 'fast' },
      { provider: 'openai', model: 'gpt-5', servedModel: 'gpt-5' },
    ],
    [
      'a tier by the name of what every object has',
      'unknown-tier',
      { input: 1, output: 1, serviceTier: 'toString' },
      { provider: 'openai', model: 'gpt-5', servedModel: 'gpt-5' },
    ],
    ['no usage', 'unknown-usage', undefined],
    ['a usage without a count', 'unknown-usage', { serviceTier: 'default' }],
    ['more cached than read', 'contradictory-usage', { input: 0, cacheRead: 10, output: 1, inconsistent: true }],
    ['a tier without a price', 'unknown-tier', { input: 1, output: 1, serviceTier: 'priority' }],
    [
      'a fast answer of a model without a price for it',
      'unknown-tier',
      { input: 1, output: 1, serviceTier: 'fast' },
      { provider: 'anthropic', model: 'claude-opus-4-5', servedModel: 'claude-opus-4-5' },
    ],
    ['searches without a price', 'unknown-unit', { input: 1, output: 1, serverTools: { webSearch: 1 } }],
    ['images whose tokens nobody counted', 'unknown-unit', { images: 2 }],
    ['seconds where tokens have a price', 'unknown-unit', { seconds: 4 }],
    [
      'sound of a model of which the table has the text’s price alone',
      'unknown-unit',
      { input: 300, output: 200, audioInput: 100, audioOutput: 150 },
      { provider: 'openai', model: 'gpt-4o-audio-preview', servedModel: 'gpt-4o-audio-preview-2024-12-17' },
    ],
  ]
  test.each(unknowns)('%s', async (_situation, costReason, usage, more) => {
    expect(await price(usage, more, overrides)).toEqual({
      costUsdMicros: null,
      costSource: null,
      costReason,
      priceVersion: null,
    })
  })

  test('more sound than input', async () => {
    const m = { input_mtok: 1, input_audio_mtok: 10, output_mtok: 1 }
    const cost = await price({ input: 10, audioInput: 20, output: 1 }, {}, { m })
    expect(cost).toMatchObject({ costUsdMicros: null, costReason: 'contradictory-usage' })
  })

  test('a request the provider refused costs 0, whatever it is', async () => {
    expect(await price(undefined, { refused: true, provider: null, model: null, servedModel: null })).toEqual({
      costUsdMicros: 0,
      costSource: null,
      costReason: 'not-billed',
      priceVersion: null,
    })
  })
})

describe('rounding', () => {
  test.each([
    [0.0000005, 1],
    [0.00000049999, 0],
    [0.0000015, 2],
    [1.06376125, 1_063_761],
    [0.1 + 0.2, 300_000],
    [1.0000005, 1_000_001],
    [12_345.678901, 12_345_678_901],
  ])('%d dollars are %d micro-dollars', (usd, expected) => {
    expect(micros(usd)).toBe(expected)
  })

  /** Exact: prices in ten-thousandths of a dollar for a million tokens, so sums are in ten-thousandths of a micro-dollar. */
  const halfUp = (tenThousandths: bigint) => Number((tenThousandths + 5_000n) / 10_000n)

  test('is that of exact decimals, whatever the prices and counts', async () => {
    const amount = fc.integer({ min: 10, max: 6_000_000 })
    const count = fc.integer({ min: 0, max: 300_000 })
    const property = fc.asyncProperty(
      fc.array(amount, { minLength: 5, maxLength: 5 }),
      fc.array(count, { minLength: 5, maxLength: 5 }),
      async (prices, counts) => {
        const [input = 0, output = 0, read = 0, write = 0, write1h = 0] = prices.map((each) => each / 10_000)
        const m = {
          input_mtok: input,
          output_mtok: output,
          cache_read_mtok: read,
          cache_write_mtok: write,
          cache_write_1h_mtok: write1h,
        }
        const [i = 0, o = 0, r = 0, w = 0, h = 0] = counts
        const usage = { input: i, output: o, cacheRead: r, cacheWrite5m: w, cacheWrite1h: h }
        const exact = prices.reduce((sum, each, at) => sum + BigInt(each) * BigInt(counts[at] ?? 0), 0n)
        expect((await price(usage, {}, { m })).costUsdMicros).toBe(halfUp(exact))
      },
    )
    await fc.assert(property, { numRuns: 500 })
  })

  test('agrees with the price table’s own sum', async () => {
    const usage = { input: 1234, output: 567, cacheRead: 890 }
    for (const [providerId, model] of [
      ['openai', 'gpt-4.1-mini'],
      ['openai', 'gpt-5'],
      ['anthropic', 'claude-opus-4-5'],
    ] as const) {
      const own = await price(usage, { provider: providerId, model, servedModel: model })
      const units = { input_tokens: 1234 + 890, output_tokens: 567, cache_read_tokens: 890 }
      expect(own.costUsdMicros).toBe(micros(calcPrice(units, model, { providerId })?.total_price ?? Number.NaN))
    }
  })
})
