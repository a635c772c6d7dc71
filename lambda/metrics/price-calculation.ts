import { createHash } from 'node:crypto'
import { calcPrice, findProvider } from '@pydantic/genai-prices'
import { countsAnything, isCovered, tokenUnitsOf, toolUnitsOf, type Units } from './billable-units.ts'
import type { ModelPrices, PriceOverrides, Prices } from './price-overrides.ts'
import { type Billable, type Cost, type CostReason, notBilled, unknown } from './pricing.ts'
import { isStandardTier, tierFactor } from './service-tiers.ts'

/** The price table's own version, which the package does not export; a test compares it with what is installed. */
export const tableVersion = '0.1.8'

/** What a cost is made from, beside the exchange itself. */
export interface PriceSources {
  overrides: PriceOverrides
  /** Where the request went. */
  url: string | undefined
}

/** What an exchange cost: as the provider reports it, else by the overrides, else by the price table. */
export function costOf(billable: Billable, sources: PriceSources): Cost {
  const { usage, refused } = billable
  if (usage?.cost !== undefined && usage.cost >= 0) return cost(micros(usage.cost), 'provider', null)
  if (usage?.inconsistent) return unknown('contradictory-usage')
  // No price is by the image: their tokens are what is billed.
  if (usage?.images && !countsAnything({ ...usage, images: undefined })) return unknown('unknown-unit')
  if (!usage || !countsAnything(usage)) return refused ? notBilled : unknown('unknown-usage')
  const amount = priceParts(billable, sources)
  if (typeof amount === 'string') return unknown(amount)
  const version = amount.source === 'override' ? overridesVersion(sources.overrides) : `genai-prices@${tableVersion}`
  return cost(micros(amount.usd), amount.source, version)
}

function cost(costUsdMicros: number, costSource: NonNullable<Cost['costSource']>, priceVersion: string | null): Cost {
  return { costUsdMicros, costSource, costReason: null, priceVersion }
}

/** Changes with any price of the operator's. */
function overridesVersion(overrides: PriceOverrides): string {
  return `config:${createHash('sha256').update(JSON.stringify(overrides)).digest('hex').slice(0, 8)}`
}

/**
 * US dollars to whole micro-dollars, half up. Prices are decimals and sums of them in floating point are off by some
 * 1e-15 of their value, which would push an exact half either way; 14 digits drop that noise and keep every digit that
 * prices have (a request of 1,000 dollars to 0.0001 micro-dollars).
 */
export function micros(usd: number): number {
  return Math.round(Number((usd * 1e6).toPrecision(14)))
}

interface Amount {
  usd: number
  source: 'override' | 'genai-prices'
}

/** An exchange is one part, or several where the provider reports what it billed one by one, each at its own model's price. */
function priceParts(billable: Billable, sources: PriceSources): Amount | CostReason {
  const usage = billable.usage ?? {}
  const iterations = usage.iterations ?? []
  const own = modelNames(billable.servedModel, billable.model, billable.provider)
  const parts =
    iterations.length === 0
      ? [{ names: own, units: { ...tokenUnitsOf(usage), ...toolUnitsOf(usage) } }]
      : [
          ...iterations.map(({ model, usage: used }) => ({
            names: model === undefined ? own : modelNames(model, null, billable.provider),
            units: tokenUnitsOf(used),
          })),
          { names: own, units: toolUnitsOf(usage) },
        ]
  let sum: Amount = { usd: 0, source: 'genai-prices' }
  for (const { names, units } of parts) {
    if (Object.values(units).every((count) => count === 0) && parts.length > 1) continue
    const amount = pricePart(names, units, billable, sources)
    if (typeof amount === 'string') return amount
    sum = { usd: sum.usd + amount.usd, source: amount.source === 'override' ? 'override' : sum.source }
  }
  return sum
}

const snapshotDate = /[-@]20\d{2}-?\d{2}-?\d{2}$/

/** The names a price may stand under: as served, which decides, then as asked; each also without its snapshot's date. */
function modelNames(served: string | null, asked: string | null, provider: string | null): string[][] {
  const prefix = `${provider}/`
  return [served, asked].flatMap((name) => {
    if (!name) return []
    const own = name.startsWith(prefix) ? name.slice(prefix.length) : name
    return [[own, own.replace(snapshotDate, '')]]
  })
}

function pricePart(names: string[][], units: Units, billable: Billable, sources: PriceSources): Amount | CostReason {
  const provider = billable.provider ?? ''
  const tier = billable.usage?.serviceTier
  const timestamp = new Date(billable.startedAt)
  for (const forms of names) {
    const own = forms.map((name) => findOverride(sources.overrides, provider, name)).find(Boolean)
    if (own) return byOverride(own, units, tier)
    for (const name of forms) {
      const found = byTable(name, units, { tier, timestamp, provider, sources })
      if (found) return found
    }
  }
  return 'unknown-model'
}

function findOverride(overrides: PriceOverrides, provider: string, model: string): ModelPrices | undefined {
  const key = [`${provider}/${model}`, model, `${provider}/*`].find((each) => Object.hasOwn(overrides, each))
  return key === undefined ? undefined : overrides[key]
}

function byOverride(prices: ModelPrices, units: Units, tier: string | undefined) {
  const { serviceTiers = {}, ...standard } = prices
  const ofTier = tier !== undefined && Object.hasOwn(serviceTiers, tier) ? serviceTiers[tier] : undefined
  if (!ofTier && !isStandardTier(tier)) return 'unknown-tier'
  return calculate(units, 1, 'override', () => calcPrice(units, 'own', { provider: asProvider(ofTier ?? standard) }))
}

/** The price table's form of one model's prices. */
export function asProvider(prices: Prices) {
  return {
    id: 'own',
    name: 'own',
    api_pattern: 'own',
    models: [{ id: 'own', match: { equals: 'own' }, prices: prices as Record<string, number> }],
  }
}

interface TableQuery {
  tier: string | undefined
  timestamp: Date
  provider: string
  sources: PriceSources
}

/**
 * Models only their maker sells: a provider the table does not know can only pass them on, and its price is taken to be
 * the maker's. Open models cost what whoever runs them wants.
 */
const closedModels: ReadonlyArray<readonly [name: RegExp, maker: string]> = [
  [/^claude-/, 'anthropic'],
  [/^(gpt-(?!oss)|chatgpt-|codex-|o\d)/, 'openai'],
  [/^gemini-/, 'google'],
  [/^grok-/, 'x-ai'],
]

/**
 * Models whose sound costs a multiple of their text (https://platform.openai.com/docs/pricing). Of some the table has the
 * text's price alone, by which it would price sound, too.
 */
const dearSound = /\bgpt-(4o-(mini-)?)?audio\b/

/** Undefined: the table does not know the model. */
function byTable(model: string, units: Units, { tier, timestamp, provider, sources }: TableQuery) {
  const { url } = sources
  const biller =
    (url !== undefined && findProvider({ providerApiUrl: url })?.id) ||
    findProvider({ providerId: provider })?.id ||
    closedModels.find(([name]) => name.test(model))?.[1]
  if (!biller) return undefined
  const options = { providerId: biller, timestamp }
  // Asked with nothing to price, which tells whether the model is known without judging the counts.
  const known = calcPrice({}, model, options)
  if (!known) return undefined
  const hasSound = units.input_audio_tokens || units.output_audio_tokens
  if (hasSound && dearSound.test(model) && !known.model_price.input_audio_mtok) return 'unknown-unit'
  const factor = tierFactor(biller, model, tier)
  if (factor === undefined) return 'unknown-tier'
  return calculate(units, factor, 'genai-prices', () => calcPrice(units, model, options))
}

function calculate(
  units: Units,
  factor: number,
  source: Amount['source'],
  run: () => ReturnType<typeof calcPrice>,
): Amount | CostReason {
  try {
    const result = run()
    if (!result) return 'unknown-model'
    if (!isCovered(units, result.model_price)) return 'unknown-unit'
    const tokens = result.input_price + result.output_price
    return { usd: tokens * factor + (result.total_price - tokens), source }
  } catch {
    // The only thing it throws for prices that were checked: parts of a count that are more than the whole.
    return 'contradictory-usage'
  }
}
