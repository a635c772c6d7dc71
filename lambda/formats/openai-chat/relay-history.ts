import { asArray, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Quirks } from '../../providers/quirks.ts'
import { issuerOfFormat } from './reasoning-format.ts'

/**
 * `messages` of a relayed request without the reasoning that says it is another provider's, which only OpenRouter takes:
 * Groq and others refuse fields of a message that they do not know (janhq/jan #8136). Reasoning that does not say whose it
 * is came from a provider of this format, and stays.
 * @returns the field as it must be sent, or nothing if there is no such reasoning
 */
export function withoutForeignReasoning(fields: JsonObject, quirks: Quirks): JsonObject {
  if (quirks.replayReasoningDetails) return {}
  const messages = asArray(fields.messages) ?? []
  const kept = messages.map((message) => withoutForeign(message, quirks))
  if (kept.every((message, at) => message === messages[at])) return {}
  return { messages: kept.filter((message) => message !== undefined) }
}

/** The message itself if all of it may stay, and undefined if nothing is left. */
function withoutForeign(message: unknown, { issuer, replayReasoning }: Quirks): unknown {
  const { reasoning_details, ...rest } = asObject(message) ?? {}
  const issuers = (asArray(reasoning_details) ?? []).map((detail) => issuerOfFormat(asObject(detail)?.format))
  if (!issuers.some((other) => other !== undefined && other !== issuer)) return message
  if (replayReasoning) return rest
  const { reasoning_content: _, reasoning: __, ...said } = rest
  return said.content || said.tool_calls || said.refusal ? said : undefined
}
