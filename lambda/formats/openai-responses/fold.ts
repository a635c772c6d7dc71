import { asArray, asNumber, asObject, asString, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { CompleteToolCall, Fold } from '../codec.ts'
import { completeCustomCall, completeFunctionCall } from '../shared/tool-calls.ts'
import { EventOrder } from './event-order.ts'
import { applyToItem } from './fold-item.ts'
import { isItemEvent, itemTypeOf, OutputPlaces } from './output-place.ts'

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
  /** `added`: is its beginning known? `input`: are its arguments or input whole? `done`: is all of it? */
  state: 'startless' | 'added' | 'input' | 'done'
}

/**
 * Responses events → the object that the provider would have answered without streaming: the last lifecycle event's
 * own, unless the stream held more items than it does (some providers end with an empty `output`).
 */
export class ResponsesFold implements Fold {
  #response: JsonObject = {}
  #over = false
  readonly #order = new EventOrder()
  readonly #places = new OutputPlaces()
  readonly #items = new Map<number, FoldedItem>()

  push(frame: Frame): void {
    if (frame.data === '' || this.#over) return
    const event = parseObject(frame.data)
    const type = asString(event?.type)
    if (!event || type === undefined) return
    const sequence = asNumber(event.sequence_number)
    // Whole items and responses are the same whenever they come, and however often; only what is in pieces has to wait.
    if (lifecycle.has(type)) this.#lifecycle(type, event)
    const index = this.#places.of(event)
    if (index !== undefined && isItemEvent(event)) this.#item(index, type, event)
    this.#order.push(sequence, () => this.#piece(index, type, event))
  }

  completeToolCalls(): CompleteToolCall[] {
    const output = asArray(this.#response.output) ?? []
    if (this.#over && output.length >= this.#items.size) return output.flatMap((item) => completeCall(asObject(item)))
    return this.#inOrder().flatMap(({ wire, state }) =>
      state === 'done' || state === 'input' ? completeCall(wire) : [],
    )
  }

  result(): JsonObject {
    this.#order.settle()
    const output = asArray(this.#response.output) ?? []
    if (output.length >= this.#items.size) return this.#response
    return { ...this.#response, output: this.#inOrder().map(finished) }
  }

  #inOrder(): FoldedItem[] {
    return [...this.#items].sort(([left], [right]) => left - right).map(([, item]) => item)
  }

  /** What the object of the last event lacks is as an earlier one said; the event's name tells a missing status. */
  #lifecycle(type: string, event: JsonObject): void {
    const response = asObject(event.response)
    const status = type === 'response.created' ? 'in_progress' : type.slice('response.'.length)
    if (response) this.#response = withLacking(response, { ...this.#response, object: 'response', status })
    this.#over = type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed'
  }

  #item(index: number, type: string, event: JsonObject): void {
    const wire = asObject(event.item)
    if (!wire) return
    const known = this.#items.get(index)
    if (type === 'response.output_item.done') {
      if (known?.state !== 'done') this.#items.set(index, { wire: withLacking(wire, contentOf(known)), state: 'done' })
    } else if (!known) {
      this.#items.set(index, { wire, state: 'added' })
    } else if (known.state === 'startless') {
      this.#items.set(index, { wire: { ...wire, ...known.wire }, state: 'added' })
    }
  }

  #piece(index: number | undefined, type: string, event: JsonObject): void {
    if (index === undefined || isItemEvent(event)) return
    const item = this.#items.get(index) ?? startless(event)
    if (!item || item.state === 'done') return
    this.#items.set(index, item)
    applyToItem(type, event, item.wire)
    const isInput = type === 'response.function_call_arguments.done' || type === 'response.custom_tool_call_input.done'
    if (isInput && item.state === 'added') item.state = 'input'
  }
}

function withLacking(object: JsonObject, earlier: JsonObject): JsonObject {
  const lacking = Object.entries(earlier).filter(([key]) => !(key in object))
  return lacking.length === 0 ? object : { ...object, ...Object.fromEntries(lacking) }
}

/** What was streamed of an item: a few servers leave it out of the item's `done`. */
function contentOf(item: FoldedItem | undefined): JsonObject {
  const { content, summary, arguments: text, input } = item?.wire ?? {}
  const streamed = Object.entries({ content, summary, arguments: text, input })
  return Object.fromEntries(streamed.filter(([, value]) => value !== undefined))
}

/** The item of an event whose beginning never came; undefined if the event does not say what it is. */
function startless(event: JsonObject): FoldedItem | undefined {
  const type = itemTypeOf(event)
  if (type === undefined) return undefined
  return { wire: type === 'message' ? { type, role: 'assistant' } : { type }, state: 'startless' }
}

/** Only what the client itself is to run, and only what was not cut off. */
function completeCall(item: JsonObject | undefined): CompleteToolCall[] {
  if (!item || item.status === 'incomplete') return []
  const id = asString(item.call_id) ?? ''
  const name = asString(item.name) ?? ''
  if (item.type === 'function_call') return [completeFunctionCall(id, name, asString(item.arguments) ?? '')]
  return item.type === 'custom_tool_call' ? [completeCustomCall(id, name, asString(item.input) ?? '')] : []
}

/** An item as it goes into the object: cut off if it has no `done`; a call without arguments has `{}`. */
function finished({ wire, state }: FoldedItem): JsonObject {
  const item: JsonObject = state === 'done' ? wire : { ...wire, status: 'incomplete' }
  return item.type === 'function_call' && !item.arguments ? { ...item, arguments: '{}' } : item
}
