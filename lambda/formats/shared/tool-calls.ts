import { parseObject } from '../../events/json.ts'
import type { CompleteToolCall } from '../codec.ts'

/** A function's call with its whole arguments: none are `{}`; what is no JSON object is kept as it is, and flagged. */
export function completeFunctionCall(id: string, name: string, text: string): CompleteToolCall {
  const isMalformed = text !== '' && parseObject(text) === undefined
  return { id, name, tool: 'function', arguments: text || '{}', ...(isMalformed && { malformed: true }) }
}

/** A custom tool's input is free text, so it is never malformed. */
export function completeCustomCall(id: string, name: string, input: string): CompleteToolCall {
  return { id, name, tool: 'custom', arguments: input }
}
