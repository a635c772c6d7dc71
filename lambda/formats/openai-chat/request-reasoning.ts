import { unseal } from '../../events/envelope.ts'
import { asArray, asNumber, asString } from '../../events/json.ts'
import type { JsonObject, ReasoningItem } from '../../events/request.ts'
import { mergeReasoningDetails } from './merge.ts'
import { encryptsWholeBlocks, issuerOfFormat, reasoningFormatOf } from './reasoning-format.ts'

/**
 * The reasoning in an assistant message of the history. `reasoning_details` says whose it is and carries signatures
 * unchanged; `reasoning_content` alone is text that nobody signed.
 */
export function readReasoning(message: JsonObject): ReasoningItem[] {
  const details: JsonObject[] = []
  mergeReasoningDetails(details, asArray(message.reasoning_details) ?? [])
  const items: Array<ReasoningItem & { key: number }> = []
  for (const detail of details) readDetail(detail, items)
  if (items.length > 0) return items.map(({ key: _, ...item }) => item)
  const text = asString(message.reasoning_content) || asString(message.reasoning)
  return text ? [{ kind: 'reasoning', issuer: 'unknown', parts: [text] }] : []
}

/** A summary and the encrypted content after it are one item; everything else is an item of its own. */
function readDetail(detail: JsonObject, items: Array<ReasoningItem & { key: number }>): void {
  const key = asNumber(detail.index) ?? 0
  const item = { ...itemOf(detail), key }
  const last = items.at(-1)
  const completes =
    last &&
    last.issuer === item.issuer &&
    item.encrypted !== undefined &&
    !item.redacted &&
    item.parts.length === 0 &&
    last.encrypted === undefined
  const isSameBlock = last?.key === key || (item.id !== undefined && last?.id === item.id)
  const continues = isSameBlock && last?.encrypted === undefined && detail.type === 'reasoning.summary'
  if (!last || !(completes || continues)) {
    items.push(item)
    return
  }
  last.parts.push(...item.parts)
  if (item.encrypted !== undefined) last.encrypted = item.encrypted
  if (item.id !== undefined) last.id ??= item.id
}

function itemOf(detail: JsonObject): ReasoningItem {
  const issuer = issuerOfFormat(detail.format) ?? 'unknown'
  const text = asString(detail.type === 'reasoning.summary' ? detail.summary : detail.text) ?? ''
  const id = asString(detail.id)
  const signature = asString(detail.signature) || undefined
  const data = asString(detail.data) || undefined
  const sealed = unsealed(signature ?? data)
  if (sealed) return { ...sealed, parts: sealed.parts.length > 0 || text === '' ? sealed.parts : [text] }
  return {
    kind: 'reasoning',
    issuer,
    ...(id !== undefined && { id }),
    parts: text === '' ? [] : [text],
    ...(signature !== undefined && { signature }),
    ...(data !== undefined && { encrypted: data }),
    ...(data !== undefined && encryptsWholeBlocks(issuer) && { redacted: true as const }),
  }
}

/** What another provider's field carried for its issuer. */
function unsealed(value: string | undefined): ReasoningItem | undefined {
  const envelope = value === undefined ? undefined : unseal(value)
  if (!envelope) return undefined
  const { issuer, id, kind = 'signature' } = envelope
  return {
    kind: 'reasoning',
    issuer,
    ...(id !== undefined && { id }),
    parts: envelope.text ?? [],
    ...(kind === 'signature' ? { signature: envelope.value } : { encrypted: envelope.value }),
    ...(kind === 'redacted' && { redacted: true as const }),
  }
}

/** An item as the `reasoning_details` it came from, for an upstream that takes them back. */
export function writeReasoningDetails(item: ReasoningItem, index: number): JsonObject[] {
  const format = reasoningFormatOf(item.issuer)
  const id = item.id !== undefined && { id: item.id }
  const text = item.parts.join('\n\n')
  const details: JsonObject[] = []
  if (item.signature !== undefined || (text !== '' && item.encrypted === undefined)) {
    const signature = item.signature !== undefined && { signature: item.signature }
    details.push({ type: 'reasoning.text', text, ...signature, ...id, format, index })
  } else if (text !== '') {
    details.push({ type: 'reasoning.summary', summary: text, ...id, format, index })
  }
  if (item.encrypted !== undefined) {
    details.push({ type: 'reasoning.encrypted', data: item.encrypted, ...id, format, index })
  }
  return details
}
