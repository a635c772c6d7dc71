import { asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

/** Item type by the first words of an event's name, for streams that leave `output_item.added` out. */
const itemTypeOfEvent: ReadonlyArray<readonly [prefix: string, type: string]> = [
  ['response.function_call_arguments.', 'function_call'],
  ['response.custom_tool_call_input.', 'custom_tool_call'],
  ['response.reasoning_', 'reasoning'],
  ['response.content_part.', 'message'],
  ['response.output_text.', 'message'],
  ['response.refusal.', 'message'],
  ['response.mcp_call_arguments.', 'mcp_call'],
  ['response.code_interpreter_call_code.', 'code_interpreter_call'],
]

/** The type of the item that an event adds to; undefined if its name does not say it. */
export function itemTypeOf(event: JsonObject): string | undefined {
  const name = asString(event.type) ?? ''
  return itemTypeOfEvent.find(([prefix]) => name.startsWith(prefix))?.[1]
}

export function isItemEvent({ type }: JsonObject): boolean {
  return type === 'response.output_item.added' || type === 'response.output_item.done'
}

interface Placed {
  type: unknown
  id: string | undefined
  done: boolean
}

/**
 * Where in the output an event belongs: at its `output_index`. For servers that leave that out it is the item with the
 * event's id, else the open item that such an event can mean. Every event of a stream must pass here, in order.
 */
export class OutputPlaces {
  readonly #items = new Map<number, Placed>()

  /** Undefined if the event belongs to no item. */
  of(event: JsonObject): number | undefined {
    const index = asNumber(event.output_index) ?? this.#find(event)
    if (index !== undefined) this.#note(index, event)
    return index
  }

  /** The place behind all others. */
  #next(): number {
    return Math.max(-1, ...this.#items.keys()) + 1
  }

  #find(event: JsonObject): number | undefined {
    const item = asObject(event.item)
    const id = asString(event.item_id) ?? asString(item?.id)
    const known = id ? [...this.#items].find(([, placed]) => placed.id === id)?.[0] : undefined
    if (known !== undefined) return known
    if (event.type === 'response.output_item.added') return this.#next()
    const type = isItemEvent(event) ? item?.type : itemTypeOf(event)
    if (type === undefined) return undefined
    return [...this.#items].findLast(([, placed]) => placed.type === type && !placed.done)?.[0] ?? this.#next()
  }

  #note(index: number, event: JsonObject): void {
    const item = asObject(event.item)
    let placed = this.#items.get(index)
    if (!placed) {
      placed = { type: item?.type ?? itemTypeOf(event), id: undefined, done: false }
      this.#items.set(index, placed)
    }
    placed.id ??= asString(item?.id) || asString(event.item_id) || undefined
    if (event.type === 'response.output_item.done') placed.done = true
  }
}
