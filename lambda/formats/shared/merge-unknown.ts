import { asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

/**
 * Lays a later fragment's unknown fields over the earlier ones: the last value that is not null wins, objects merge one
 * level deep. Text never appends here: an unknown string may be a whole word that is repeated.
 */
export function mergeUnknown(target: JsonObject, key: string, value: unknown): void {
  if (value === null || value === undefined) return
  const earlier = asObject(target[key])
  const later = asObject(value)
  if (!earlier || !later) {
    target[key] = value
    return
  }
  const merged = { ...earlier }
  for (const [inner, innerValue] of Object.entries(later)) if (innerValue !== null) merged[inner] = innerValue
  target[key] = merged
}
