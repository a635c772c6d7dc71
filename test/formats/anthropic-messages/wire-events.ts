import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { plain } from './support.ts'

// Builders of M's wire events, and what a test looks at in the events they decode to.

export const start = (usage: JsonObject = { input_tokens: 5, output_tokens: 1 }, id = 'msg_1'): JsonObject => ({
  type: 'message_start',
  message: { id, type: 'message', role: 'assistant', model: 'claude-x', content: [], stop_reason: null, usage },
})
export const blockStart = (index: number, content_block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block,
})
export const delta = (index: number, delta: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta })
export const textDelta = (index: number, text: string) => delta(index, { type: 'text_delta', text })
export const json = (index: number, partial_json: string) => delta(index, { type: 'input_json_delta', partial_json })
export const stop = (index: number): JsonObject => ({ type: 'content_block_stop', index })
export const end = (
  stop_reason: string | null,
  usage: JsonObject = { output_tokens: 3 },
  more: JsonObject = {},
): JsonObject => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null, ...more },
  usage,
})
export const messageStop: JsonObject = { type: 'message_stop' }
export const ping: JsonObject = { type: 'ping' }
export const textBlock = (index: number, text: string) => [
  blockStart(index, { type: 'text', text: '' }),
  textDelta(index, text),
  stop(index),
]

/** Events of the content only: what stands between response-start and finish, without usage. */
export const content = (events: StreamEvent[]) =>
  plain(events).filter((event) => (event as StreamEvent).type.startsWith('block-'))
export const last = (events: StreamEvent[]) => plain(events).at(-1)
export const finishOf = (events: StreamEvent[]) =>
  plain(events).find((event) => (event as StreamEvent).type === 'finish') as Extract<StreamEvent, { type: 'finish' }>

export const block = (index: number, block: object, ...deltas: object[]) => [
  { type: 'block-start', index, block },
  ...deltas.map((delta) => ({ type: 'block-delta', index, delta })),
  { type: 'block-end', index },
]
