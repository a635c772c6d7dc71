import type { FinishReason } from '../../events/finish.ts'
import { asObject, asString, entryOf } from '../../events/json.ts'
import type { StreamLoss } from '../../events/losses.ts'

/** What the output held, since R's `completed` says nothing about why. */
export interface OutputSeen {
  calls: boolean
  refusal: boolean
}

const incompleteReasons: Record<string, FinishReason> = {
  max_output_tokens: 'length',
  // So in a published example of OpenAI's.
  max_tokens: 'length',
  content_filter: 'content-filter',
}

/** Finish of a terminal response object with status `completed` or `incomplete`. */
export function readFinish(
  response: Record<string, unknown>,
  status: 'completed' | 'incomplete',
  seen: OutputSeen,
): { reason: FinishReason; raw: string } {
  if (status === 'incomplete') {
    const raw = asString(asObject(response.incomplete_details)?.reason)
    return { reason: entryOf(incompleteReasons, raw ?? '') ?? 'other', raw: raw ?? status }
  }
  if (seen.calls) return { reason: 'tool-calls', raw: status }
  return { reason: seen.refusal ? 'refusal' : 'stop', raw: status }
}

export type WrittenFinish =
  | { status: 'completed'; loss?: StreamLoss }
  | { status: 'incomplete'; reason: 'max_output_tokens' | 'content_filter'; loss?: StreamLoss }
  | { status: 'failed' }

/** Unfinished must not look finished: what R has no word for is `incomplete`, never `completed`. */
export const finishes = {
  stop: { status: 'completed' },
  'stop-sequence': { status: 'completed', loss: 'stop-sequence' },
  length: { status: 'incomplete', reason: 'max_output_tokens' },
  'context-window': { status: 'incomplete', reason: 'max_output_tokens', loss: 'finish-detail' },
  'tool-calls': { status: 'completed' },
  'content-filter': { status: 'incomplete', reason: 'content_filter' },
  refusal: { status: 'completed' },
  pause: { status: 'incomplete', reason: 'max_output_tokens', loss: 'finish-detail' },
  compaction: { status: 'incomplete', reason: 'max_output_tokens', loss: 'finish-detail' },
  'malformed-tool-call': { status: 'failed' },
  other: { status: 'completed', loss: 'finish-detail' },
} as const satisfies Record<FinishReason, WrittenFinish>
