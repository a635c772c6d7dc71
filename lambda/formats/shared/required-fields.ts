import { invalidRequest } from '../../errors.ts'
import type { JsonObject } from '../../events/request.ts'

// What a request must have even where it is only relayed; everything else is the provider's to judge.

/** @throws GatewayFault invalid_request */
export function requireMessages({ messages }: JsonObject): void {
  if (!Array.isArray(messages)) throw invalidRequest('`messages` must be a list of messages.', 'messages')
}

/** Fields that stand for an input: the conversation is at the provider. */
const storedInput = ['prompt', 'previous_response_id', 'conversation']

/** @throws GatewayFault invalid_request */
export function requireInput(fields: JsonObject): void {
  const { input } = fields
  if (typeof input === 'string' || Array.isArray(input)) return
  const isStored = storedInput.some((field) => fields[field] !== undefined && fields[field] !== null)
  if ((input === undefined || input === null) && isStored) return
  throw invalidRequest('`input` must be a text or a list of items.', 'input')
}
