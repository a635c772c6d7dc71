import { unseal } from '../../events/envelope.ts'
import { asArray, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Quirks } from '../../providers/quirks.ts'

/**
 * `messages` of a relayed request without the thinking of a provider that spoke another format: the gateway's own
 * envelopes, which nobody else can read, and for Anthropic, which refuses them, blocks without a signature.
 * @returns the field as it must be sent, or nothing if there is no such thinking
 */
export function withoutForeignReasoning(fields: JsonObject, quirks: Quirks): JsonObject {
  const messages = asArray(fields.messages) ?? []
  const kept = messages.map((message) => withoutForeign(message, quirks))
  if (kept.every((message, at) => message === messages[at])) return {}
  return { messages: kept.filter((message) => message !== undefined) }
}

/** The message itself if all of it may stay, and undefined if nothing is left. */
function withoutForeign(message: unknown, quirks: Quirks): unknown {
  const { content, ...rest } = asObject(message) ?? {}
  const blocks = asArray(content)
  if (rest.role !== 'assistant' || !blocks) return message
  const own = blocks.filter((block) => !isForeign(asObject(block), quirks))
  if (own.length === blocks.length) return message
  return own.length > 0 ? { ...rest, content: own } : undefined
}

function isForeign(block: JsonObject | undefined, { issuer }: Quirks): boolean {
  switch (block?.type) {
    case 'thinking': {
      const signature = asString(block.signature) ?? ''
      return signature === '' ? issuer === 'anthropic' : unseal(signature) !== undefined
    }
    case 'redacted_thinking':
      return unseal(asString(block.data) ?? '') !== undefined
    default:
      return false
  }
}
