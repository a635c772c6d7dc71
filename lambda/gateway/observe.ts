import type { GatewayError } from '../errors.ts'
import type { Emit } from '../events/stream-event.ts'
import type { Decoder, RelayFormat } from '../formats/codec.ts'
import type { Frame } from '../framing/sse.ts'
import type { Collector } from '../metrics/collector.ts'

/**
 * Watches the provider's frames: decodes them, feeds the collector, and tells how far the answer has come. In a
 * conversion the canonical events go on to the encoder; in a relay they go nowhere, and frames that only continue known
 * content are not even parsed.
 */
export class Observer {
  readonly #codec: RelayFormat
  readonly #decoder: Decoder
  readonly #collector: Collector
  readonly #forward: Emit | undefined
  #progressed = false
  #started = false
  #error: GatewayError | undefined

  constructor(codec: RelayFormat, decoder: Decoder, collector: Collector, forward?: Emit) {
    this.#codec = codec
    this.#decoder = decoder
    this.#collector = collector
    this.#forward = forward
  }

  get state(): Decoder['state'] {
    return this.#decoder.state
  }

  /** Has the provider said anything that is worth a committed answer: content, or a finish? */
  get started(): boolean {
    return this.#started
  }

  /** The error that ended the provider's stream, or its absence of an end. */
  get error(): GatewayError | undefined {
    return this.#error
  }

  /** Was there progress since the last call? Comments and pings are none. */
  takeProgress(): boolean {
    const progressed = this.#progressed
    this.#progressed = false
    return progressed
  }

  /** @returns whether the frame only continues known content, so that nobody else need look at it either */
  frame(frame: Frame): boolean {
    // First, because for this question most formats need only the event's name, and the data stays unread.
    if (!this.#forward && this.#started && this.#codec.isRoutine(frame)) {
      this.#progressed = true
      return true
    }
    if (frame.data !== '') this.#decoder.push(frame, this.#emit)
    return false
  }

  end(): void {
    this.#decoder.end(this.#emit)
  }

  readonly #emit: Emit = (event) => {
    this.#collector.event(event)
    if (event.type === 'error') this.#error = event.error
    else if (event.type !== 'native' || !event.silent) this.#progressed = true
    if (event.type === 'block-delta' || event.type === 'finish') this.#started = true
    else if (event.type === 'block-start' && event.block.kind === 'tool-call') this.#started = true
    this.#forward?.(event)
  }
}
