import type { GatewayError } from '../errors.ts'
import type { FinishReason } from '../events/finish.ts'
import type { StreamEvent } from '../events/stream-event.ts'
import { mergeUsage, type Usage } from '../events/usage.ts'

/** Milliseconds on any clock that only goes forward; injected, so that tests own the time. */
export type Clock = () => number

/** What one exchange showed. Times are milliseconds since the request was received; undefined: it never happened. */
export interface Metrics {
  upstreamHeadersMs?: number
  /** First byte handed to the client. */
  ttfbMs?: number
  /** First content (text, reasoning, a tool call, audio, an image) that the provider sent. */
  ttftMs?: number
  /** Until the client's last byte. */
  durationMs: number
  /** Events the provider sent. */
  frames: number
  bytesOut: number
  toolCalls: number
  servedModel?: string
  finish?: { reason: FinishReason; raw?: string }
  /** The last snapshot of each count: what the provider reported, which is the billing truth. */
  usage?: Usage
  /** What the gateway counted itself, for answers that report nothing. */
  ownCount?: Usage
  /** The stream's own error. */
  error?: GatewayError
}

/**
 * Hangs on both sides of an exchange: what the provider sent, in canonical events, and what the client got, in bytes.
 * A format brings its own reading of frames (its decoder); counting is the same for all of them and lives here.
 */
export class Collector {
  readonly #clock: Clock
  readonly #start: number
  #metrics: Metrics = { durationMs: 0, frames: 0, bytesOut: 0, toolCalls: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
    this.#start = clock()
  }

  /** Another attempt: what the earlier provider sent counts no more, what the client got (keep-alives) does. */
  restart(): void {
    const { bytesOut, ttfbMs } = this.#metrics
    this.#metrics = { durationMs: 0, frames: 0, bytesOut, toolCalls: 0, ...(ttfbMs !== undefined && { ttfbMs }) }
  }

  /** The provider's status and headers are here. */
  upstreamHeaders(): void {
    this.#metrics.upstreamHeadersMs = this.#elapsed()
  }

  /** The provider sent events. */
  frames(count: number): void {
    this.#metrics.frames += count
  }

  /** What the request alone tells of the usage. */
  counted(usage: Usage): void {
    this.#metrics.ownCount = usage
  }

  /** The client was handed bytes. */
  clientBytes(count: number): void {
    this.#metrics.ttfbMs ??= this.#elapsed()
    this.#metrics.bytesOut += count
  }

  /** The client has its last byte. */
  clientDone(): void {
    this.#metrics.durationMs = this.#elapsed()
  }

  /** Measuring itself failed. */
  failed(error: GatewayError): void {
    this.#metrics.error = error
  }

  event(event: StreamEvent): void {
    switch (event.type) {
      case 'response-start':
        this.#metrics.servedModel = event.model
        return
      case 'block-start':
        if (event.block.kind === 'tool-call') {
          this.#metrics.toolCalls++
          this.#metrics.ttftMs ??= this.#elapsed()
        }
        return
      case 'block-delta':
        this.#metrics.ttftMs ??= this.#elapsed()
        return
      case 'usage':
        this.#metrics.usage = mergeUsage(this.#metrics.usage ?? {}, event.usage)
        return
      case 'finish':
        // Several choices finish each for itself; the record names the first.
        this.#metrics.finish ??= { reason: event.reason, ...(event.raw !== undefined && { raw: event.raw }) }
        return
      case 'error':
        this.#metrics.error = event.error
        return
      case 'block-end':
      case 'response-end':
      case 'native':
    }
  }

  metrics(): Readonly<Metrics> {
    return this.#metrics
  }

  #elapsed(): number {
    return Math.round((this.#clock() - this.#start) * 1000) / 1000
  }
}
