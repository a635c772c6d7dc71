import { asArray, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

export interface WrittenMessage extends JsonObject {
  role: 'user' | 'assistant' | 'system'
  content: JsonObject[]
}

/**
 * With a thinking budget Anthropic demands that the last assistant turn, if it calls tools or is a prefill, starts with
 * its thinking. A turn goes over several messages where only tool results stand between them.
 */
export function startsWithThinking(messages: readonly WrittenMessage[]): boolean {
  let at = messages.findLastIndex((message) => message.role === 'assistant')
  const isPrefill = at >= 0 && at === messages.length - 1
  if (!isPrefill && !messages[at]?.content.some((block) => block.type === 'tool_use')) return true
  while (at >= 2 && isOnlyResults(messages[at - 1]) && messages[at - 2]?.role === 'assistant') at -= 2
  const first = messages[at]?.content[0]?.type
  return first === 'thinking' || first === 'redacted_thinking'
}

function isOnlyResults(message: JsonObject | undefined): boolean {
  return (asArray(message?.content) ?? []).every((block) => asObject(block)?.type === 'tool_result')
}
