import { monotonicMs } from '../clock.ts'
import type { GatewayError } from '../errors.ts'
import type { Emit } from '../events/stream-event.ts'
import type { Decoder, RelayFormat } from '../formats/codec.ts'
import { Mould } from '../framing/mould.ts'
import type { Frame } from '../framing/sse.ts'
import { describeError } from '../log.ts'
import type { Collector } from '../metrics/collector.ts'

/**
 * Who reads a relay's frames. A client sees for itself that an event is no JSON, and a look at the event's end tells the
 * record of nearly all such events; a fold would leave it out and the answer would look whole, so there routine events are
 * parsed too.
 */
type Sink = 'client' | 'fold'

const notJson: GatewayError = { code: 'upstream_malformed', message: 'The provider sent an event that is not JSON.' }

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * Watches the provider's frames: decodes them, feeds the collector, and tells how far the answer has come. In a
 * conversion the canonical events go on to the encoder; in a relay they go nowhere, and frames that only continue known
 * content are not even parsed.
 */
export class Observer {
  readonly #codec: RelayFormat
  readonly #decoder: Decoder
  readonly #mould = new Mould()
  readonly #collector: Collector
  readonly #forward: Emit | undefined
  readonly #sink: Sink
  #progressed = false
  #started = false
  #error: GatewayError | undefined
  /** Something that looks on threw: nothing is asked any more. */
  #blind = false

  constructor(codec: RelayFormat, decoder: Decoder, collector: Collector, forward?: Emit, sink: Sink = 'client') {
    this.#codec = codec
    this.#sink = sink
    this.#decoder = decoder
    this.#collector = collector
    this.#forward = forward
  }

  /** Did watching fail, so that nothing is known of the rest of the answer? */
  get blind(): boolean {
    return this.#blind
  }

  get state(): Decoder['state'] {
    return this.#blind ? 'open' : this.#decoder.state
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
    if (this.#blind) {
      // Nobody can tell pings any more, so that whatever comes keeps the relay alive.
      this.#progressed = true
      return false
    }
    try {
      return this.#look(frame)
    } catch (cause) {
      this.#failed(cause)
      return false
    }
  }

  end(): void {
    if (!this.#blind) this.contained(() => this.#decoder.end(this.#emit))
  }

  /** A network chunk brought this many events, comments among them. */
  came(frames: number): void {
    try {
      this.#collector.frames(frames)
    } catch (cause) {
      this.#failed(cause)
    }
  }

  /** Notes when a network chunk with progress came. @returns that time, by `monotonicMs` */
  keepPace(): number {
    try {
      return this.#collector.progress(this.#started)
    } catch (cause) {
      this.#failed(cause)
      return monotonicMs()
    }
  }

  /**
   * What only serves to look on: an exception of our own may end a conversion, but never a relay. That goes on unwatched,
   * and the record says so.
   */
  contained<Result>(look: () => Result): Result | undefined {
    try {
      return look()
    } catch (cause) {
      this.#failed(cause)
      return undefined
    }
  }

  #look(frame: Frame): boolean {
    // However the bytes were cut, nothing behind the error counts: the fold's answer has failed.
    if (this.#sink === 'fold' && this.#error) return false
    // First, because for this question most formats need only the event's name, and the data stays unread.
    if (!this.#forward && this.#started && this.#codec.isRoutine(frame, this.#mould)) {
      this.#progressed = true
      const seemsWhole = this.#sink === 'client' && frame.endsInBrace
      if (!seemsWhole && !isJson(frame.data)) this.#emit({ type: 'error', error: notJson })
      return true
    }
    // A decoder of a conversion may know the event without reading its data, and ignores comments itself.
    if (!this.#forward && frame.data === '') return false
    if (!this.#forward && this.#isSpoilt(frame)) this.#emit({ type: 'error', error: notJson })
    else this.#decoder.push(frame, this.#emit)
    return false
  }

  /**
   * An event that is no JSON, which would end the decoder's work but not that of a relay whose client reads on: it is left
   * out of what is decoded.
   */
  #isSpoilt(frame: Frame): boolean {
    if (this.#sink === 'fold' || !this.#started || this.#decoder.state === 'closed') return false
    if (frame.endsInBrace || frame.cut) return false
    const text = frame.data.trim()
    return text !== '' && text !== '[DONE]' && !isJson(text)
  }

  #failed(cause: unknown): void {
    if (this.#forward) throw cause
    this.#blind = true
    this.#started = true
    this.#collector.failed({ code: 'internal', message: describeError(cause) })
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
