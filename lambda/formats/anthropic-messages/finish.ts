import type { FinishReason } from '../../events/finish.ts'
import { entryOf } from '../../events/json.ts'
import type { StreamLoss } from '../../events/losses.ts'

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'context-window',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
  pause_turn: 'pause',
  compaction: 'compaction',
}

/**
 * M `stop_reason` → canonical. A client tool call makes an ordinary or unknown ending into `tool-calls`; the endings
 * after which a call may be incomplete stay what they are.
 */
export function readFinish(word: string, calledTools: boolean): FinishReason {
  const reason = entryOf(reasons, word) ?? 'other'
  return calledTools && (reason === 'stop' || reason === 'other') ? 'tool-calls' : reason
}

/** What M says for a canonical reason. `malformed-tool-call` has no word: it is an error, see the encoder. */
export const stopReasons = {
  stop: { word: 'end_turn' },
  'stop-sequence': { word: 'stop_sequence' },
  length: { word: 'max_tokens' },
  'context-window': { word: 'model_context_window_exceeded' },
  'tool-calls': { word: 'tool_use' },
  'content-filter': { word: 'refusal' },
  // Read back as `content-filter`, since M has one word for both.
  refusal: { word: 'refusal', loss: 'finish-detail' },
  pause: { word: 'pause_turn' },
  compaction: { word: 'compaction' },
  other: { word: 'end_turn', loss: 'finish-detail' },
} as const satisfies Record<
  Exclude<FinishReason, 'malformed-tool-call'>,
  { readonly word: string; readonly loss?: StreamLoss }
>
