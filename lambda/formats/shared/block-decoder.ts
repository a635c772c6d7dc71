import type { GatewayError } from '../../errors.ts'
import { asNumber, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Block, Delta, Emit } from '../../events/stream-event.ts'
import type { Usage } from '../../events/usage.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Decoder } from '../codec.ts'
import { readEvent, truncated } from './openai-event.ts'

/** What one event says. */
export interface Reading {
  delta?: Delta
  /** A snapshot of everything so far. */
  usage?: Usage
  /** Is the answer whole? `if-done`: if the provider says `[DONE]` now; more may come otherwise. */
  whole?: 'yes' | 'if-done'
}

/** Reads an event of one answer; undefined for an event it does not know. */
export type ReadBlockEvent = (event: JsonObject) => Reading | undefined

/**
 * Decodes the formats whose answer is one block of content (speech, a transcript, images, embeddings) told in events
 * that have a `type`. The format brings the reading of one event; what holds for every stream is here.
 */
export class BlockDecoder implements Decoder {
  state: Decoder['state'] = 'open'
  readonly #block: Block
  readonly #read: ReadBlockEvent
  #started = false
  #whole: Reading['whole']

  /** @param read of this answer alone, since it may count */
  constructor(block: Block, read: ReadBlockEvent) {
    this.#block = block
    this.#read = read
  }

  push(frame: Frame, emit: Emit): void {
    if (this.state === 'closed') return
    const event = readEvent(frame)
    switch (event.kind) {
      case 'nothing':
        return
      case 'error':
        this.#fail(event.error, emit)
        return
      case 'done':
        if (this.#whole) this.#finish(emit)
        return
      case 'object':
        this.#object(event.object, emit)
    }
  }

  end(emit: Emit): void {
    if (this.state !== 'closed') this.#fail(truncated, emit)
  }

  #object(object: JsonObject, emit: Emit): void {
    const reading = this.#read(object)
    if (!this.#started) this.#start(object, emit)
    if (!reading) {
      emit({ type: 'native', native: object })
      return
    }
    if (reading.delta) emit({ type: 'block-delta', index: 0, delta: reading.delta })
    if (reading.usage) emit({ type: 'usage', usage: reading.usage })
    this.#whole = reading.whole ?? this.#whole
    if (this.#whole === 'yes') this.#finish(emit)
  }

  #start(object: JsonObject, emit: Emit): void {
    this.#started = true
    const createdAt = asNumber(object.created) ?? asNumber(object.created_at)
    const model = asString(object.model) ?? ''
    emit({ type: 'response-start', id: asString(object.id) ?? '', model, ...(createdAt && { createdAt }) })
    emit({ type: 'block-start', index: 0, block: this.#block })
  }

  #finish(emit: Emit): void {
    this.state = 'closed'
    emit({ type: 'block-end', index: 0 })
    emit({ type: 'finish', reason: 'stop' })
    emit({ type: 'response-end' })
  }

  #fail(error: GatewayError, emit: Emit): void {
    this.state = 'closed'
    emit({ type: 'error', error })
  }
}
