import { asArray, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

export interface WrittenMessage extends JsonObject {
  role: 'user' | 'assistant' | 'system'
  content: JsonObject[]
}

/**
 * With a thinking budget Anthropic demands that the last assistant turn, if it calls tools, starts with its thinking; a
 * turn goes over several messages where only tool results stand between them. A prefill it takes from no one who thinks.
 */
export function mayThink(messages: readonly WrittenMessage[]): boolean {
  let at = messages.findLastIndex((message) => message.role === 'assistant')
  if (at >= 0 && at === messages.length - 1) return false
  if (!messages[at]?.content.some((block) => block.type === 'tool_use')) return true
  while (at >= 2 && isOnlyResults(messages[at - 1]) && messages[at - 2]?.role === 'assistant') at -= 2
  return isThinking(messages[at]?.content[0])
}

/** Where the model is not to think, Anthropic refuses a prefill with thinking in it (forgecode #1853). */
export function withoutPrefilledThinking(messages: WrittenMessage[]): WrittenMessage[] {
  const last = messages.at(-1)
  if (last?.role !== 'assistant' || !last.content.some(isThinking)) return messages
  return [...messages.slice(0, -1), { ...last, content: last.content.filter((block) => !isThinking(block)) }]
}

function isThinking(block: JsonObject | undefined): boolean {
  return block?.type === 'thinking' || block?.type === 'redacted_thinking'
}

function isOnlyResults(message: JsonObject | undefined): boolean {
  return (asArray(message?.content) ?? []).every((block) => asObject(block)?.type === 'tool_result')
}
