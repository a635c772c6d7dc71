import { asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Emit } from '../../events/stream-event.ts'
import { type DecodeContext, emitDelta, startBlock } from './decode-item.ts'

/** Spoken output. Its events name no item, so there is one block for all of it, which ends with the response. */
export class AudioDecoder {
  readonly #context: DecodeContext
  #block: number | undefined

  constructor(context: DecodeContext) {
    this.#context = context
  }

  /** Takes `response.audio.*` events; false for any other. */
  push(event: JsonObject, emit: Emit): boolean {
    const text = asString(event.delta) ?? ''
    switch (event.type) {
      case 'response.audio.delta':
        emitDelta(this.#start(emit), { kind: 'audio', base64: text }, emit)
        return true
      case 'response.audio.transcript.delta':
        emitDelta(this.#start(emit), { kind: 'audio', transcript: text }, emit)
        return true
      case 'response.audio.done':
      case 'response.audio.transcript.done':
        return true
      default:
        return false
    }
  }

  end(emit: Emit): void {
    if (this.#block !== undefined) emit({ type: 'block-end', index: this.#block })
  }

  #start(emit: Emit): number {
    this.#block ??= startBlock(this.#context, { kind: 'audio' }, emit)
    return this.#block
  }
}
