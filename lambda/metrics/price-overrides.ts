/**
 * Keys of a price, in the words of the price table: the end names the unit. `_mtok` is US dollars for a million tokens,
 * `_mchars` for a million characters, `_kcount` for a thousand calls, `_hours` for an hour of sound.
 * https://github.com/pydantic/genai-prices/blob/main/prices/units.yml
 */
const priceKeys = [
  'input_mtok',
  'output_mtok',
  'cache_read_mtok',
  'cache_write_mtok',
  'cache_write_1h_mtok',
  'input_audio_mtok',
  'output_audio_mtok',
  'cache_audio_read_mtok',
  'input_image_mtok',
  'output_image_mtok',
  'cache_image_read_mtok',
  'output_reasoning_mtok',
  'input_mchars',
  'audio_hours',
  'input_audio_hours',
  'web_searches_kcount',
  'code_executions_kcount',
  'requests_kcount',
] as const

export type PriceKey = (typeof priceKeys)[number]

/** `base`, or the price of the last tier whose `start` the whole input exceeds; it then holds for the whole request. */
export interface TieredPrice {
  base: number
  tiers: { start: number; price: number }[]
}

/** US dollars by unit. What has no price of its own costs what its whole costs: cache reads without one, input's. */
export type Prices = { [Key in PriceKey]?: number | TieredPrice }

/** Prices of one model; `serviceTiers` holds those of tiers other than the standard one, by the provider's word. */
export type ModelPrices = Prices & { serviceTiers?: Record<string, Prices> }

/** By `provider/model`, `model` or `provider/*`; the first of these that is there decides. */
export type PriceOverrides = Readonly<Record<string, ModelPrices>>

/**
 * 0.01 US dollars a token. Beyond it stands a price of another unit: the dearest model costs 0.0006.
 * https://github.com/maximhq/bifrost/issues/5243 billed millionfold.
 */
const maxPrice = 10_000
/** Below it, but above 0, stands a price of one token where that of a million is expected; the cheapest model costs 0.002. */
const minPrice = 0.001

/**
 * What is wrong with a table of prices, as `path: what`, or an empty list: then the value is a `PriceOverrides`. The
 * same check runs at synth and when a function starts.
 */
export function priceFaults(value: unknown): string[] {
  const models = asRecord(value)
  if (!models) return ['expected an object with a model’s name a key']
  return Object.entries(models).flatMap(([model, prices]) => modelFaults(prices, model))
}

function modelFaults(value: unknown, model: string): string[] {
  const entry = asRecord(value)
  if (!entry) return [`${model}: expected an object of prices`]
  const { serviceTiers = {}, ...prices } = entry
  const tiers = asRecord(serviceTiers)
  if (!tiers) return [`${model}.serviceTiers: expected an object of prices by tier`]
  return [
    ...pricesFaults(prices, model),
    ...Object.entries(tiers).flatMap(([tier, each]) => pricesFaults(each, `${model}.serviceTiers.${tier}`)),
  ]
}

function pricesFaults(value: unknown, path: string): string[] {
  const prices = asRecord(value)
  if (!prices) return [`${path}: expected an object of prices`]
  const entries = Object.entries(prices)
  if (entries.length === 0) return [`${path}: expected at least one of ${priceKeys.join(', ')}`]
  return entries.flatMap(([key, price]) => {
    const known = priceKeys.some((each) => each === key)
    return known ? priceFault(price, `${path}.${key}`) : [`${path}.${key}: expected one of ${priceKeys.join(', ')}`]
  })
}

function priceFault(value: unknown, path: string): string[] {
  const tiered = asRecord(value)
  if (!tiered) return amountFault(value, path)
  const { base, tiers } = tiered
  if (!Array.isArray(tiers)) return [`${path}.tiers: expected a list of { start, price }`]
  return [
    ...amountFault(base, `${path}.base`),
    ...tiers.flatMap((tier: unknown, at) => {
      const { start, price } = asRecord(tier) ?? {}
      const whole = Number.isSafeInteger(start) && Number(start) >= 0
      const startFault = whole ? [] : [`${path}.tiers[${at}].start: expected a whole number of input tokens`]
      return [...startFault, ...amountFault(price, `${path}.tiers[${at}].price`)]
    }),
  ]
}

function amountFault(value: unknown, path: string): string[] {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    return [`${path}: expected US dollars, 0 or more`]
  }
  if (value > maxPrice) {
    return [`${path}: ${value} US dollars are above ${maxPrice} (0.01 a token): is that a price for another unit?`]
  }
  if (value > 0 && value < minPrice) {
    return [`${path}: ${value} US dollars are below ${minPrice}: prices are for a million tokens, not for one`]
  }
  return []
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Record<string, unknown>
}
