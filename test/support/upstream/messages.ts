import { baselineCounts, type Counts, type Finish, finishOf, type Part, type Reply } from './reply.ts'
import type { WireEvent } from './sse-text.ts'

/** Messages events, each in one line. */

/** The prompt side of B-M. */
export const messagesCounts: Counts = { ...baselineCounts, cacheWrite: 4 }

export function messageStart(usage: object = startUsage(messagesCounts), more: object = {}): WireEvent {
  const message = { id: 'msg_fake1', type: 'message', role: 'assistant', model: 'fake-model', content: [] }
  return { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage, ...more } }
}

export function startUsage({ input, cacheRead, cacheWrite }: Counts): object {
  return {
    input_tokens: input,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: 1,
  }
}

export const ping: WireEvent = { type: 'ping' }
export const messageStop: WireEvent = { type: 'message_stop' }

export function blockStart(index: number, content_block: object): WireEvent {
  return { type: 'content_block_start', index, content_block }
}

export function blockDelta(index: number, delta: object): WireEvent {
  return { type: 'content_block_delta', index, delta }
}

export function blockStop(index: number): WireEvent {
  return { type: 'content_block_stop', index }
}

export function block(index: number, start: object, ...deltas: object[]): WireEvent[] {
  return [blockStart(index, start), ...deltas.map((delta) => blockDelta(index, delta)), blockStop(index)]
}

export function textBlock(index: number, ...deltas: string[]): WireEvent[] {
  return block(index, { type: 'text', text: '' }, ...deltas.map((text) => ({ type: 'text_delta', text })))
}

export function messageDelta(
  stop_reason: string | null,
  usage: object = { output_tokens: 42 },
  more: object = {},
): WireEvent {
  return { type: 'message_delta', delta: { stop_reason, stop_sequence: null, ...more }, usage }
}

const finishWords: Record<Finish, string> = {
  natural: 'end_turn',
  tools: 'tool_use',
  limit: 'max_tokens',
  filter: 'refusal',
}

export function messagesEvents(reply: Reply): WireEvent[] {
  const counts = reply.usage ?? messagesCounts
  const blocks = reply.parts.flatMap((part, index) => partEvents(part, index))
  const usage = {
    output_tokens: counts.output,
    ...(counts.reasoning !== undefined && { output_tokens_details: { thinking_tokens: counts.reasoning } }),
  }
  const [first, ...rest] = blocks
  return [
    messageStart(reply.usage === null ? {} : startUsage(counts)),
    ...(first ? [first, ping] : []),
    ...rest,
    messageDelta(finishWords[finishOf(reply)], reply.usage === null ? {} : usage),
    messageStop,
  ]
}

function partEvents(part: Part, index: number): WireEvent[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return textBlock(index, ...part.deltas)
    case 'thinking': {
      const deltas: object[] = part.deltas.map((thinking) => ({ type: 'thinking_delta', thinking }))
      if (part.signature !== undefined) deltas.push({ type: 'signature_delta', signature: part.signature })
      return block(index, { type: 'thinking', thinking: '', signature: '' }, ...deltas)
    }
    case 'call':
      return block(
        index,
        { type: 'tool_use', id: part.id, name: part.name, input: {} },
        { type: 'input_json_delta', partial_json: '' },
        ...part.pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      )
  }
}
