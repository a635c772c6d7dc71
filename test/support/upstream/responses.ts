import { baselineCounts, type Counts, type Finish, finishOf, type Part, type Reply } from './reply.ts'
import { type Script, whole } from './script.ts'
import { sseText, type WireEvent } from './sse-text.ts'

/** Responses events, each in one line; `numbered` gives them their sequence numbers. */

export function numbered(events: readonly WireEvent[]): WireEvent[] {
  let next = 0
  return events.map((event) => ('verbatim' in event ? event : { ...event, sequence_number: next++ }))
}

export function responseObject(status: string, more: object = {}): object {
  return {
    id: 'resp_fake1',
    object: 'response',
    created_at: 1767225600,
    status,
    model: 'fake-model',
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    output: [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: null,
    ...more,
  }
}

export const responseBegin: WireEvent[] = [
  { type: 'response.created', response: responseObject('in_progress') },
  { type: 'response.in_progress', response: responseObject('in_progress') },
]

export function responsesCounts({ input, cacheRead, cacheWrite, output, reasoning }: Counts): object {
  const prompt = input + cacheRead + cacheWrite
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cacheRead, ...(cacheWrite > 0 && { cache_write_tokens: cacheWrite }) },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning ?? 0 },
    total_tokens: prompt + output,
  }
}

export function itemAdded(output_index: number, item: object): WireEvent {
  return { type: 'response.output_item.added', output_index, item }
}

export function itemDone(output_index: number, item: object): WireEvent {
  return { type: 'response.output_item.done', output_index, item }
}

/** An event of an item; `type` without `response.`. */
export function itemEvent(type: string, output_index: number, item_id: string, fields: object): WireEvent {
  return { type: `response.${type}`, item_id, output_index, ...fields }
}

export function outputText(text: string, annotations: object[] = []): object {
  return { type: 'output_text', text, annotations, logprobs: [] }
}

export function messageItem(id: string, status: string, ...content: object[]): object {
  return { id, type: 'message', status, role: 'assistant', content }
}

/** The seven or more events of one message item with one text part. */
export function textItem(output: number, id: string, ...deltas: string[]): WireEvent[] {
  const part = { content_index: 0 }
  const text = deltas.join('')
  return [
    itemAdded(output, messageItem(id, 'in_progress')),
    itemEvent('content_part.added', output, id, { ...part, part: outputText('') }),
    ...deltas.map((delta) => itemEvent('output_text.delta', output, id, { ...part, delta, logprobs: [] })),
    itemEvent('output_text.done', output, id, { ...part, text, logprobs: [] }),
    itemEvent('content_part.done', output, id, { ...part, part: outputText(text) }),
    itemDone(output, messageItem(id, 'completed', outputText(text))),
  ]
}

function refusalItem(output: number, id: string, deltas: string[]): WireEvent[] {
  const part = { content_index: 0 }
  const refusal = deltas.join('')
  return [
    itemAdded(output, messageItem(id, 'in_progress')),
    itemEvent('content_part.added', output, id, { ...part, part: { type: 'refusal', refusal: '' } }),
    ...deltas.map((delta) => itemEvent('refusal.delta', output, id, { ...part, delta })),
    itemEvent('refusal.done', output, id, { ...part, refusal }),
    itemEvent('content_part.done', output, id, { ...part, part: { type: 'refusal', refusal } }),
    itemDone(output, messageItem(id, 'completed', { type: 'refusal', refusal })),
  ]
}

function reasoningItem(output: number, id: string, deltas: string[], encrypted: string | undefined): WireEvent[] {
  const part = { summary_index: 0 }
  const summary = { type: 'summary_text', text: deltas.join('') }
  const kept = encrypted === undefined ? {} : { encrypted_content: encrypted }
  const summaryEvents = [
    itemEvent('reasoning_summary_part.added', output, id, { ...part, part: { type: 'summary_text', text: '' } }),
    ...deltas.map((delta) => itemEvent('reasoning_summary_text.delta', output, id, { ...part, delta })),
    itemEvent('reasoning_summary_text.done', output, id, { ...part, text: summary.text }),
    itemEvent('reasoning_summary_part.done', output, id, { ...part, part: summary }),
  ]
  return [
    itemAdded(output, { id, type: 'reasoning', summary: [] }),
    ...(deltas.length > 0 ? summaryEvents : []),
    itemDone(output, { id, type: 'reasoning', summary: deltas.length > 0 ? [summary] : [], ...kept }),
  ]
}

export function callItem(output: number, id: string, callId: string, name: string, pieces: string[]): WireEvent[] {
  const item = { id, type: 'function_call', call_id: callId, name }
  const args = pieces.join('')
  return [
    itemAdded(output, { ...item, status: 'in_progress', arguments: '' }),
    ...pieces.map((delta) => itemEvent('function_call_arguments.delta', output, id, { delta })),
    itemEvent('function_call_arguments.done', output, id, { name, arguments: args }),
    itemDone(output, { ...item, status: 'completed', arguments: args }),
  ]
}

function partEvents(part: Part, output: number): WireEvent[] {
  switch (part.kind) {
    case 'text':
      return textItem(output, `msg_fake${output}`, ...part.deltas)
    case 'refusal':
      return refusalItem(output, `msg_fake${output}`, part.deltas)
    case 'thinking':
      return reasoningItem(output, `rs_fake${output}`, part.deltas, part.signature)
    case 'call':
      return callItem(output, `fc_fake${output}`, part.id, part.name, part.pieces)
  }
}

const doneType = 'response.output_item.done'
type DoneEvent = WireEvent & { output_index: number; item: object }

const incompleteReasons: Partial<Record<Finish, string>> = { limit: 'max_output_tokens', filter: 'content_filter' }

/** `response.completed` or `.incomplete` with the items that `events` finished. */
export function responseEnd(events: readonly WireEvent[], finish: Finish, usage: Counts | null): WireEvent {
  const reason = incompleteReasons[finish]
  const status = reason ? 'incomplete' : 'completed'
  const done = events.filter((event): event is DoneEvent => 'type' in event && event.type === doneType)
  const output = done.sort((one, other) => one.output_index - other.output_index).map(({ item }) => item)
  const more = {
    output,
    usage: usage && responsesCounts(usage),
    ...(reason && { incomplete_details: { reason } }),
  }
  return { type: `response.${status}`, response: responseObject(status, more) }
}

export function responsesEvents(reply: Reply): WireEvent[] {
  const items = reply.parts.flatMap(partEvents)
  const usage = reply.usage === undefined ? baselineCounts : reply.usage
  return numbered([...responseBegin, ...items, responseEnd(items, finishOf(reply), usage)])
}

/** A whole answer around the events of some items. */
export function responsesScript(...items: WireEvent[]): Script {
  return whole(sseText(numbered([...responseBegin, ...items, responseEnd(items, 'natural', baselineCounts)])))
}
