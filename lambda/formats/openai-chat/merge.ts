import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

/**
 * Lays fragments of `reasoning_details` over those so far: one entry for each `index` and `type` until it is sealed; text
 * appends, everything else overwrites.
 */
export function mergeReasoningDetails(merged: JsonObject[], fragments: readonly unknown[]): void {
  for (const fragment of fragments) {
    const detail = asObject(fragment)
    if (!detail) continue
    const key = asNumber(detail.index) ?? 0
    const earlier = merged.findLast((entry) => (asNumber(entry.index) ?? 0) === key && entry.type === detail.type)
    if (!earlier || isAnother(earlier, detail)) {
      merged.push({ ...detail })
      continue
    }
    for (const [field, value] of Object.entries(detail)) {
      if (value === null) continue
      const isText = field === 'text' || field === 'summary'
      earlier[field] = isText ? (asString(earlier[field]) ?? '') + (asString(value) ?? '') : value
    }
  }
}

/**
 * Is the fragment of another entry though its index is the same? OpenRouter numbers the signature of every Gemini call 0
 * and tells them apart by their ids; and what is signed or encrypted is complete.
 */
function isAnother(earlier: JsonObject, fragment: JsonObject): boolean {
  if (earlier.id && fragment.id && earlier.id !== fragment.id) return true
  const seal = earlier.signature || earlier.data
  if (!seal) return false
  const further = fragment.signature || fragment.data
  return Boolean(fragment.text || fragment.summary || (further && further !== seal))
}

/** Appends parts of Mistral's `content` array; parts of one type that follow each other are one part. */
export function mergeContentParts(merged: JsonObject[], parts: readonly unknown[]): void {
  for (const entry of parts) {
    const part = asObject(entry)
    if (!part) continue
    const last = merged.at(-1)
    if (last && last.type === part.type && part.type === 'text') {
      last.text = (asString(last.text) ?? '') + (asString(part.text) ?? '')
    } else if (last && last.type === part.type && part.type === 'thinking') {
      const thinking = [...(asArray(last.thinking) ?? [])] as JsonObject[]
      mergeContentParts(thinking, asArray(part.thinking) ?? [])
      last.thinking = thinking
    } else {
      merged.push({ ...part })
    }
  }
}

/**
 * Base64 fragments as one string. If every fragment but the last is whole (a multiple of four characters, unpadded) they
 * only need to be put together; else each was encoded by itself.
 */
export function joinBase64(fragments: readonly string[]): string {
  const fitTogether = fragments.slice(0, -1).every((part) => part.length % 4 === 0 && !part.endsWith('='))
  if (fitTogether) return fragments.join('')
  return Buffer.concat(fragments.map((part) => Buffer.from(part, 'base64'))).toString('base64')
}
