import { asArray, asNumber, asObject, asString, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Fold } from '../codec.ts'

const lifecycle = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.completed',
  'response.incomplete',
  'response.failed',
])

interface FoldedItem {
  wire: JsonObject
  done: boolean
}

/**
 * Responses events → the object that the provider would have answered without streaming: the last lifecycle event's
 * own, unless the stream held more items than it does (some providers end with an empty `output`).
 */
export class ResponsesFold implements Fold {
  #response: JsonObject = {}
  #over = false
  #lastSequence = -1
  readonly #items = new Map<number, FoldedItem>()

  push(frame: Frame): void {
    if (frame.data === '' || this.#over) return
    const event = parseObject(frame.data)
    const type = asString(event?.type)
    if (!event || type === undefined) return
    if (lifecycle.has(type)) {
      const response = asObject(event.response)
      if (response) this.#response = response
      this.#over = type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed'
      return
    }
    if (!this.#isRepeat(asNumber(event.sequence_number))) this.#pushItem(type, event)
  }

  result(): JsonObject {
    const output = asArray(this.#response.output) ?? []
    if (output.length >= this.#items.size) return this.#response
    const items = [...this.#items.entries()].sort(([left], [right]) => left - right)
    return { ...this.#response, output: items.map(([, item]) => finished(item)) }
  }

  /** A stream may be folded twice, and providers repeat events; 0 on every event is no number. */
  #isRepeat(sequence: number | undefined): boolean {
    if (!sequence) return false
    if (sequence <= this.#lastSequence) return this.#items.size > 0
    this.#lastSequence = sequence
    return false
  }

  #pushItem(type: string, event: JsonObject): void {
    const index = asNumber(event.output_index)
    if (index === undefined) return
    const known = this.#items.get(index)
    const wire = asObject(event.item)
    if (type === 'response.output_item.done' && wire) {
      if (!known?.done) this.#items.set(index, { wire, done: true })
    } else if (type === 'response.output_item.added' && wire) {
      if (!known) this.#items.set(index, { wire: structuredClone(wire), done: false })
    } else if (!known?.done) {
      const item = known ?? { wire: { type: typeOf(type) }, done: false }
      this.#items.set(index, item)
      apply(type, event, item.wire)
    }
  }
}

function typeOf(event: string): string {
  if (event.startsWith('response.function_call')) return 'function_call'
  if (event.startsWith('response.custom_tool_call')) return 'custom_tool_call'
  return event.startsWith('response.reasoning') ? 'reasoning' : 'message'
}

/** Adds an event to an item that has no `done` yet. A `.done` event's whole text replaces what its deltas gave. */
function apply(type: string, event: JsonObject, item: JsonObject): void {
  const delta = asString(event.delta) ?? ''
  switch (type) {
    case 'response.content_part.added':
    case 'response.content_part.done':
      entries(item, 'content')[asNumber(event.content_index) ?? 0] = structuredClone(event.part)
      return
    case 'response.output_text.delta':
      append(textPart(item, event), 'text', delta)
      return
    case 'response.output_text.done':
      textPart(item, event).text = event.text
      return
    case 'response.output_text.annotation.added':
      entries(textPart(item, event), 'annotations')[asNumber(event.annotation_index) ?? 0] = event.annotation
      return
    case 'response.refusal.delta':
      append(part(item, 'content', event.content_index, { type: 'refusal', refusal: '' }), 'refusal', delta)
      return
    case 'response.refusal.done':
      part(item, 'content', event.content_index, { type: 'refusal' }).refusal = event.refusal
      return
    case 'response.function_call_arguments.delta':
      append(item, 'arguments', delta)
      return
    case 'response.custom_tool_call_input.delta':
      append(item, 'input', delta)
      return
    case 'response.function_call_arguments.done':
      item.arguments = event.arguments
      return
    case 'response.custom_tool_call_input.done':
      item.input = event.input
      return
    default:
      applyReasoning(type, event, item)
  }
}

function applyReasoning(type: string, event: JsonObject, item: JsonObject): void {
  const summary = () => part(item, 'summary', event.summary_index, { type: 'summary_text', text: '' })
  const raw = () => part(item, 'content', event.content_index, { type: 'reasoning_text', text: '' })
  switch (type) {
    case 'response.reasoning_summary_part.added':
    case 'response.reasoning_summary_part.done':
      entries(item, 'summary')[asNumber(event.summary_index) ?? 0] = structuredClone(event.part)
      return
    case 'response.reasoning_summary_text.delta':
      append(summary(), 'text', asString(event.delta) ?? '')
      return
    case 'response.reasoning_summary_text.done':
      summary().text = event.text
      return
    case 'response.reasoning_text.delta':
      append(raw(), 'text', asString(event.delta) ?? '')
      return
    case 'response.reasoning_text.done':
      raw().text = event.text
  }
}

function textPart(item: JsonObject, event: JsonObject): JsonObject {
  return part(item, 'content', event.content_index, { type: 'output_text', text: '', annotations: [], logprobs: [] })
}

function part(item: JsonObject, list: 'content' | 'summary', index: unknown, fresh: JsonObject): JsonObject {
  const parts = entries(item, list)
  const position = asNumber(index) ?? 0
  const known = asObject(parts[position])
  if (known) return known
  parts[position] = fresh
  return fresh
}

function entries(item: JsonObject, list: string): unknown[] {
  const known = asArray(item[list])
  if (known) return known
  const fresh: unknown[] = []
  item[list] = fresh
  return fresh
}

function append(target: JsonObject, field: string, text: string): void {
  target[field] = (asString(target[field]) ?? '') + text
}

/** An item as it goes into the object: cut off if it has no `done`; a call without arguments has `{}`. */
function finished({ wire, done }: FoldedItem): JsonObject {
  const item: JsonObject = done ? wire : { ...wire, status: 'incomplete' }
  return item.type === 'function_call' && !item.arguments ? { ...item, arguments: '{}' } : item
}
