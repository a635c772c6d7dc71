import { calcPrice } from '@pydantic/genai-prices'
import { asProvider } from '../lambda/metrics/price-calculation.ts'
import type { PriceOverrides } from '../lambda/metrics/price-overrides.ts'

/**
 * What the price calculation refuses of prices that are well-formed, as `path: what`: a price for a part (audio, 1-hour
 * cache writes) needs one for its whole. Tried out here, since a function finds it only with its first request.
 */
export function unusablePrices(overrides: PriceOverrides): string[] {
  return Object.entries(overrides).flatMap(([model, { serviceTiers = {}, ...standard }]) =>
    [
      [model, standard] as const,
      ...Object.entries(serviceTiers).map(([t, p]) => [`${model}.serviceTiers.${t}`, p] as const),
    ].flatMap(([path, prices]) => {
      try {
        calcPrice({}, 'own', { provider: asProvider(prices) })
        return []
      } catch (error) {
        return [`${path}: ${error instanceof Error ? error.message : error}`]
      }
    }),
  )
}
