import { monotonicMs } from '../clock.ts'
import type { DebugAspect } from '../config.ts'
import type { Emit, StreamEvent } from '../events/stream-event.ts'
import type { Decoder, RelayFormat } from '../formats/codec.ts'
import type { Frame } from '../framing/sse.ts'
import type { LogFields } from '../log.ts'
import type { Target } from './route.ts'

/** What to tell: of each event of the provider, of each canonical event, of the moments of an answer. */
export type Aspects = ReadonlySet<DebugAspect>
export type Say = (message: string, fields: LogFields) => void

/** An event's name is the provider's; what is longer is none. */
const maxName = 100

/**
 * The target with a decoder that tells what goes through it: names, kinds, sizes and times, never content. Every event is
 * decoded then, also those that a relay would pass on unread.
 */
export function watched(target: Target, aspects: Aspects, say: Say): Target {
  return target.mode === 'relay'
    ? { ...target, codec: watchedFormat(target.codec, aspects, say) }
    : { ...target, codec: watchedFormat(target.codec, aspects, say) }
}

function watchedFormat<Format extends RelayFormat>(format: Format, aspects: Aspects, say: Say): Format {
  return {
    ...format,
    isRoutine: () => false,
    createDecoder: (options) => new WatchedDecoder(format.createDecoder(options), aspects, say),
  }
}

class WatchedDecoder implements Decoder {
  readonly #decoder: Decoder
  readonly #aspects: Aspects
  readonly #say: Say
  /** The provider is about to be asked. */
  readonly #start = monotonicMs()
  readonly #passed = new Set<string>()
  #frames = 0

  constructor(decoder: Decoder, aspects: Aspects, say: Say) {
    this.#decoder = decoder
    this.#aspects = aspects
    this.#say = say
  }

  get state(): Decoder['state'] {
    return this.#decoder.state
  }

  push(frame: Frame, emit: Emit): void {
    this.#passes('first event')
    const index = this.#frames++
    if (this.#aspects.has('frames')) {
      const event = frame.event.slice(0, maxName) || 'unnamed'
      this.#say('provider event', { event, bytes: frame.bytes?.length ?? frame.data.length, index })
    }
    this.#decoder.push(frame, this.#watching(emit))
  }

  end(emit: Emit): void {
    this.#decoder.end(this.#watching(emit))
    this.#passes('end')
  }

  #watching(emit: Emit): Emit {
    return (event) => {
      if (event.type === 'block-delta') this.#passes('first content')
      if (this.#aspects.has('events')) this.#say('canonical event', describe(event))
      emit(event)
    }
  }

  #passes(moment: 'first event' | 'first content' | 'end'): void {
    if (!this.#aspects.has('timing') || this.#passed.has(moment)) return
    this.#passed.add(moment)
    this.#say('moment', { event: moment, durationMs: Math.round(monotonicMs() - this.#start) })
  }
}

function describe(event: StreamEvent): LogFields {
  switch (event.type) {
    case 'block-start':
      return { event: `block-start ${event.block.kind}`, index: event.index }
    case 'block-delta':
      return { event: `block-delta ${event.delta.kind}`, index: event.index }
    case 'block-end':
      return { event: 'block-end', index: event.index }
    case 'finish':
      return { event: `finish ${event.reason}` }
    case 'error':
      return { event: `error ${event.error.code}` }
    default:
      return { event: event.type }
  }
}
