import { asNumber, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

/**
 * Adds the usage of one more completed image, detail by detail. Counts are added nowhere else: a completed event tells
 * its own image's share, not the stream's so far.
 */
export function addUsage(total: JsonObject | undefined, more: JsonObject | undefined): JsonObject | undefined {
  if (!total || !more) return more ?? total
  const sum: JsonObject = { ...total }
  for (const [key, value] of Object.entries(more)) {
    const count = asNumber(value)
    const details = asObject(value)
    if (count !== undefined) sum[key] = (asNumber(sum[key]) ?? 0) + count
    else if (details) sum[key] = addUsage(asObject(sum[key]), details)
    else sum[key] ??= value
  }
  return sum
}
