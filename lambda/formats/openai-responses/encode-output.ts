import { clampCallId, derivedId } from '../../events/ids.ts'
import type { Losses } from '../../events/losses.ts'
import type { Delta } from '../../events/stream-event.ts'
import { EventWriter } from './event-writer.ts'

export type ItemStatus = 'completed' | 'incomplete'

/** A block that is open: its deltas and its end, as wire text. */
export interface BlockEncoder {
  delta(delta: Delta): string
  end(): string
}

/** An output item as a JSON object: as it is now. */
export interface ItemEncoder {
  json(status: ItemStatus | 'in_progress'): string
}

/** Where an item's events say they belong. */
export interface ItemPlace {
  id: string
  index: number
  /** JSON members `item_id` and `output_index`. */
  members: string
}

/**
 * The output so far. Items get their dense `output_index` in the order in which they start; `done` keeps each item's
 * JSON exactly as its `output_item.done` had it, for the final response object.
 */
export class Output {
  readonly writer = new EventWriter()
  readonly losses: Losses
  readonly #responseId: string
  readonly #items: Array<{ encoder: ItemEncoder; done?: string }> = []
  readonly #ids = new Set<string>()
  readonly #callIds = new Set<string>()

  constructor(responseId: string, losses: Losses) {
    this.#responseId = responseId
    this.losses = losses
  }

  /**
   * @param prefix of the item's id, with its underscore
   * @param id the upstream's own, kept if it has the prefix and is not in use
   */
  place(prefix: string, id?: string): ItemPlace {
    const index = this.#items.length
    const own = id?.startsWith(prefix) && !this.#ids.has(id) ? id : undefined
    const chosen = own ?? derivedId(prefix, `${this.#responseId} ${index}`)
    return { id: chosen, index, members: `"item_id":${JSON.stringify(chosen)},"output_index":${index}` }
  }

  /** A legal call id that no other call of this response has: clients refuse two calls with one id. */
  callId(id: string): string {
    const legal = clampCallId(id)
    let unique = legal
    for (let copy = 2; this.#callIds.has(unique); copy++) unique = clampCallId(`${legal}_${copy}`)
    this.#callIds.add(unique)
    return unique
  }

  /** `output_item.added`. The place must be the one that was given last. */
  add(place: ItemPlace, encoder: ItemEncoder): string {
    this.#items[place.index] = { encoder }
    this.#ids.add(place.id)
    const item = encoder.json('in_progress')
    return this.writer.event('response.output_item.added', `"output_index":${place.index},"item":${item}`)
  }

  /** `output_item.done`. */
  finish(place: ItemPlace, status: ItemStatus): string {
    const item = this.#items[place.index]
    if (!item || item.done !== undefined) return ''
    item.done = item.encoder.json(status)
    return this.writer.event('response.output_item.done', `"output_index":${place.index},"item":${item.done}`)
  }

  /** Every item as JSON; those that are not done count as cut off. */
  json(): string[] {
    return this.#items.map((item) => item.done ?? item.encoder.json('incomplete'))
  }
}
