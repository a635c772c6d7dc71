import type { ErrorCode } from '../../errors.ts'
import type { FinishReason } from '../../events/finish.ts'
import { entryOf } from '../../events/json.ts'
import type { StreamLoss } from '../../events/losses.ts'

/** `finish_reason` → canonical; any other word is `other`. */
const read: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  // Mistral: https://docs.mistral.ai/api/#tag/chat
  model_length: 'context-window',
  // Z.ai: https://github.com/earendil-works/pi/issues/129
  model_context_window_exceeded: 'context-window',
  // Servers that pass on Anthropic's word for it: unfinished must not look finished.
  max_tokens: 'length',
  // Zhipu: https://docs.z.ai/api-reference/llm/chat-completion
  sensitive: 'content-filter',
}

/** Words that are an interruption, not an end: calling them a finish would fake success. */
const readAsError: Readonly<Record<string, ErrorCode>> = {
  // OpenRouter: https://openrouter.ai/docs/api-reference/errors
  error: 'internal',
  // DeepSeek: https://api-docs.deepseek.com/api/create-chat-completion
  insufficient_system_resource: 'overloaded',
  // Zhipu: https://docs.z.ai/api-reference/llm/chat-completion
  network_error: 'internal',
}

/** The error a finish word stands for, if it stands for one. */
export function finishError(word: string): ErrorCode | undefined {
  return entryOf(readAsError, word)
}

/**
 * Canonical reason of a choice.
 * @param word the provider's, or undefined where it ended the stream without any
 */
export function readFinish(word: string | undefined, seen: { call: boolean; refusal: boolean }): FinishReason {
  const reason = word === undefined ? 'stop' : (entryOf(read, word) ?? 'other')
  if (reason !== 'stop' && reason !== 'other') return reason
  if (seen.call) return 'tool-calls'
  return seen.refusal && reason === 'stop' ? 'refusal' : reason
}

interface WrittenFinish {
  word: 'stop' | 'length' | 'tool_calls' | 'content_filter'
  loss?: StreamLoss
}

/** Canonical → `finish_reason`. What did not finish must not look finished, hence `length`. */
export const writtenFinish = {
  stop: { word: 'stop' },
  'stop-sequence': { word: 'stop', loss: 'stop-sequence' },
  length: { word: 'length' },
  'context-window': { word: 'length', loss: 'finish-detail' },
  'tool-calls': { word: 'tool_calls' },
  'content-filter': { word: 'content_filter' },
  refusal: { word: 'stop' },
  pause: { word: 'length', loss: 'finish-detail' },
  compaction: { word: 'length', loss: 'finish-detail' },
  other: { word: 'stop', loss: 'finish-detail' },
} satisfies Record<Exclude<FinishReason, 'malformed-tool-call'>, WrittenFinish> as Record<
  Exclude<FinishReason, 'malformed-tool-call'>,
  WrittenFinish
>
