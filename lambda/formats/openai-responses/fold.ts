import { asArray, asNumber, asObject, asString, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { CompleteToolCall, Fold } from '../codec.ts'
import { completeCustomCall, completeFunctionCall } from '../shared/tool-calls.ts'
import { EventOrder } from './event-order.ts'
import { applyToItem } from './fold-item.ts'

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
  readonly #items = new Map<number, FoldedItem>()

  push(frame: Frame): void {
    if (frame.data === '' || this.#over) return
    const event = parseObject(frame.data)
    const type = asString(event?.type)
    if (!event || type === undefined) return
    const sequence = asNumber(event.sequence_number)
    // Whole items and responses are the same whenever they come, and however often; only what is in pieces has to wait.
    if (lifecycle.has(type)) this.#lifecycle(type, event)
    else if (isItem(type)) this.#item(type, event)
    this.#order.push(sequence, () => this.#piece(type, event))
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

  #lifecycle(type: string, event: JsonObject): void {
    const response = asObject(event.response)
    if (response) this.#response = response
    this.#over = type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed'
  }

  #item(type: string, event: JsonObject): void {
    const index = asNumber(event.output_index)
    const wire = asObject(event.item)
    if (index === undefined || !wire) return
    const known = this.#items.get(index)
    if (type === 'response.output_item.done') {
      if (known?.state !== 'done') this.#items.set(index, { wire, state: 'done' })
    } else if (!known) {
      this.#items.set(index, { wire, state: 'added' })
    } else if (known.state === 'startless') {
      this.#items.set(index, { wire: { ...wire, ...known.wire }, state: 'added' })
    }
  }

  #piece(type: string, event: JsonObject): void {
    const index = asNumber(event.output_index)
    if (index === undefined || isItem(type)) return
    const item = this.#items.get(index) ?? { wire: { type: typeOf(type) }, state: 'startless' }
    if (item.state === 'done') return
    this.#items.set(index, item)
    applyToItem(type, event, item.wire)
    const isInput = type === 'response.function_call_arguments.done' || type === 'response.custom_tool_call_input.done'
    if (isInput && item.state === 'added') item.state = 'input'
  }
}

function isItem(type: string): boolean {
  return type === 'response.output_item.added' || type === 'response.output_item.done'
}

/** Only what the client itself is to run, and only what was not cut off. */
function completeCall(item: JsonObject | undefined): CompleteToolCall[] {
  if (!item || item.status === 'incomplete') return []
  const id = asString(item.call_id) ?? ''
  const name = asString(item.name) ?? ''
  if (item.type === 'function_call') return [completeFunctionCall(id, name, asString(item.arguments) ?? '')]
  return item.type === 'custom_tool_call' ? [completeCustomCall(id, name, asString(item.input) ?? '')] : []
}

function typeOf(event: string): string {
  if (event.startsWith('response.function_call')) return 'function_call'
  if (event.startsWith('response.custom_tool_call')) return 'custom_tool_call'
  if (event.startsWith('response.mcp_call')) return 'mcp_call'
  if (event.startsWith('response.code_interpreter_call')) return 'code_interpreter_call'
  return event.startsWith('response.reasoning') ? 'reasoning' : 'message'
}

/** An item as it goes into the object: cut off if it has no `done`; a call without arguments has `{}`. */
function finished({ wire, state }: FoldedItem): JsonObject {
  const item: JsonObject = state === 'done' ? wire : { ...wire, status: 'incomplete' }
  return item.type === 'function_call' && !item.arguments ? { ...item, arguments: '{}' } : item
}
