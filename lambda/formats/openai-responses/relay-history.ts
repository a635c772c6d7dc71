import { unseal } from '../../events/envelope.ts'
import { asArray, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Quirks } from '../../providers/quirks.ts'

/**
 * `input` of a relayed request without the reasoning of a provider that spoke another format, for which this one would
 * refuse the whole request: the gateway's own envelopes, and for OpenAI, which looks up what is not encrypted among the
 * answers it stored, unencrypted reasoning of a client that lets nothing be stored.
 * @returns the field as it must be sent, or nothing if there is no such reasoning
 */
export function withoutForeignReasoning(fields: JsonObject, { issuer }: Quirks): JsonObject {
  const input = asArray(fields.input) ?? []
  const needsEncrypted = issuer === 'openai' && fields.store === false
  const own = input.filter((item) => !isForeign(asObject(item), needsEncrypted))
  return own.length === input.length ? {} : { input: own }
}

function isForeign(item: JsonObject | undefined, needsEncrypted: boolean): boolean {
  if (item?.type !== 'reasoning') return false
  const encrypted = asString(item.encrypted_content) ?? ''
  return encrypted === '' ? needsEncrypted : unseal(encrypted) !== undefined
}
