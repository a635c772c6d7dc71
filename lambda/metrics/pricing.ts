import type { Usage } from '../events/usage.ts'
import type { PriceOverrides } from './price-overrides.ts'
import type { UsageRecord } from './record.ts'

/** What a request cost, in the fields of its record. */
export type Cost = Pick<UsageRecord, 'costUsdMicros' | 'costSource' | 'costReason' | 'priceVersion'>
export type CostReason = NonNullable<Cost['costReason']>

/** What decides the cost of an exchange. */
export interface Billable {
  usage: Usage | undefined
  /** Id of the provider that was asked; null if the request went nowhere. */
  provider: string | null
  /** Where the request went, which tells best who bills; null if it went nowhere. */
  baseUrl: string | null
  /** As the client asked, with or without the provider's prefix. */
  model: string | null
  /** As the provider says it served: this one decides, the other stands in where it is unknown. */
  servedModel: string | null
  /** ISO 8601: prices change on days and differ by hour. */
  startedAt: string
  /** The provider did no work: nothing reached it, it answered with an HTTP error, or it only counted tokens. Costs 0. */
  refused: boolean
}

export interface Pricing {
  /** Never rejects: what cannot be priced has the cost null and a reason. */
  price(billable: Billable): Promise<Cost>
}

export interface PricingOptions {
  overrides?: PriceOverrides
}

type PriceCalculation = typeof import('./price-calculation.ts')

/**
 * Prices exchanges. The calculation and the price table are a lazy chunk of 470 KB (25 to 45 ms to load on a full core),
 * imported when the first client of an environment has its last byte.
 */
export function createPricing({ overrides = {} }: PricingOptions = {}): Pricing {
  let loading: Promise<PriceCalculation> | undefined
  const load = () => {
    loading ??= import('./price-calculation.ts').catch((error) => {
      loading = undefined // a failed import is not for ever
      throw error
    })
    return loading
  }
  return {
    async price(billable) {
      // The commonest request without a provider is one without a key, and it need not load the table.
      if (billable.refused && !billable.usage) return notBilled
      const calculation = await load().catch(() => undefined)
      if (!calculation) return unknown('no-price-table')
      return calculation.costOf(billable, { overrides, url: billable.baseUrl ?? undefined })
    },
  }
}

/** A cost nobody can tell. */
export function unknown(costReason: CostReason): Cost {
  return { costUsdMicros: null, costSource: null, costReason, priceVersion: null }
}

/** A cost nobody has asked for yet. */
export const unpriced: Cost = { costUsdMicros: null, costSource: null, costReason: null, priceVersion: null }

export const notBilled: Cost = { ...unknown('not-billed'), costUsdMicros: 0 }
