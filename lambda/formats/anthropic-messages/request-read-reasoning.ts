import { unseal } from '../../events/envelope.ts'
import { asString } from '../../events/json.ts'
import type { JsonObject, ReasoningItem } from '../../events/request.ts'

/**
 * A `thinking` block of the history. Its signature is Claude's own, an envelope around another provider's value, or
 * empty: then nobody can use the block but a provider that wants the text.
 */
export function readThinking(block: JsonObject): ReasoningItem {
  const text = asString(block.thinking) ?? ''
  const parts = text === '' ? [] : [text]
  const signature = asString(block.signature) ?? ''
  if (signature === '') return { kind: 'reasoning', issuer: 'unknown', parts }
  const sealed = unseal(signature)
  if (!sealed) return { kind: 'reasoning', issuer: 'anthropic', parts, signature }
  const { issuer, value, id, kind, text: original } = sealed
  return {
    kind: 'reasoning',
    issuer,
    ...(id !== undefined && { id }),
    parts: original ?? parts,
    ...(kind === 'encrypted' ? { encrypted: value } : { signature: value }),
  }
}

/** A `redacted_thinking` block: Claude's own data, or an envelope. */
export function readRedacted(block: JsonObject): ReasoningItem {
  const data = asString(block.data) ?? ''
  const sealed = unseal(data)
  return {
    kind: 'reasoning',
    issuer: sealed?.issuer ?? 'anthropic',
    ...(sealed?.id !== undefined && { id: sealed.id }),
    parts: [],
    encrypted: sealed?.value ?? data,
    redacted: true,
  }
}

/** The thought signature in an empty `thinking` block, if Google made it. */
export function googleSignature(block: JsonObject): string | undefined {
  if (block.thinking) return undefined
  const sealed = unseal(asString(block.signature) ?? '')
  return sealed?.issuer === 'google' ? sealed.value : undefined
}
