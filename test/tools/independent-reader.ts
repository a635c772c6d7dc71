import type { Answer } from './reader/answer.ts'
import { readChatObject, readChatStream } from './reader/chat.ts'
import { type Json, list, object, saidBy, splitEvents, type WireEvent } from './reader/events.ts'
import { readMessagesObject, readMessagesStream } from './reader/messages.ts'
import { readResponsesObject, readResponsesStream } from './reader/responses.ts'

// The judge of every conversion: it must not share a line with what it judges, so nothing here imports the product.

export type { Answer, Finish, ToolCall, Usage } from './reader/answer.ts'
export { type Json, saidBy, splitEvents, type WireEvent } from './reader/events.ts'

export type WireFormat = 'openai-chat' | 'anthropic-messages' | 'openai-responses'

const streams: Record<WireFormat, (events: readonly WireEvent[]) => Answer> = {
  'openai-chat': readChatStream,
  'anthropic-messages': readMessagesStream,
  'openai-responses': readResponsesStream,
}

const objects: Record<WireFormat, (object: Json) => Answer> = {
  'openai-chat': readChatObject,
  'anthropic-messages': readMessagesObject,
  'openai-responses': readResponsesObject,
}

/** What a body of server-sent events says. Reading stops at the first terminal event; what follows is not the answer. */
export function readStream(format: WireFormat, body: string): Answer {
  return streams[format](splitEvents(body))
}

/** What a whole answer says. */
export function readObject(format: WireFormat, object: Json): Answer {
  return objects[format](object)
}

/** The whole answer that a Responses stream ends with, if it has any output; undefined for other formats. */
export function terminalObject(format: WireFormat, body: string): Json | undefined {
  if (format !== 'openai-responses') return undefined
  for (const event of splitEvents(body)) {
    const said = saidBy(event)
    if (said.kind !== 'json') continue
    const { type, response } = said.value
    if (type !== 'response.completed' && type !== 'response.incomplete') continue
    const whole = object(response)
    return list(whole.output).length > 0 ? whole : undefined
  }
  return undefined
}

/** What that object says. It counts more than what was streamed, where the two disagree. */
export function readTerminalObject(format: WireFormat, body: string): Answer | undefined {
  const object = terminalObject(format, body)
  return object && readObject(format, object)
}
