import type { GatewayError } from '../errors.ts'
import type { FinishReason } from '../events/finish.ts'
import type { Delta, StreamEvent } from '../events/stream-event.ts'
import { mergeUsage, type Usage } from '../events/usage.ts'
import { Pace } from './pace.ts'

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
  /** How the provider's chunks followed one another from its first content on; undefined: there was no stream. */
  pace?: Pace
  /** Did the provider show its reasoning? If not, those tokens were spent before the first content. */
  showsReasoning?: true
  /** Events the provider sent. */
  frames: number
  bytesOut: number
  /** UTF-16 units of text, reasoning and arguments that were decoded; a relay leaves most of an answer unread. */
  contentLength: number
  toolCalls: number
  servedModel?: string
  finish?: { reason: FinishReason; raw?: string }
  /** The last snapshot of each count: what the provider reported, which is the billing truth. */
  usage?: Usage
  /** Was that reported before the content? Then its output is only how the answer began. */
  isEarly?: boolean
  /** What the gateway counted itself, for answers that report nothing. */
  ownCount?: Usage
  /** The stream's own error. */
  error?: GatewayError
}

/**
 * The interface by which every format is metered. It hangs on both sides of an exchange: `event` takes what the provider
 * sent, `clientBytes` what the client got, `metrics()` gives what that shows. A format brings its own reading of raw
 * frames, which is its decoder (`formats/codec.ts`): `decoder.push(frame, (event) => collector.event(event))`. Counting is
 * the same for all of them and lives here: snapshots overwrite, 0 erases nothing, the clock is read once a network chunk.
 * `test/metrics/collector.test.ts` has a whole format in thirty lines.
 */
export class Collector {
  readonly #clock: Clock
  readonly #start: number
  /** What is said once an answer or so. */
  #metrics: Omit<Metrics, 'frames' | 'bytesOut' | 'contentLength' | 'pace'> = { durationMs: 0, toolCalls: 0 }
  // What changes with every chunk: fields of the class, since an object that grows in many ways is slow to write to.
  #frames = 0
  #bytesOut = 0
  #contentLength = 0
  #pace: Pace | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#start = clock()
  }

  /** Another attempt: what the earlier provider sent counts no more, what the client got (keep-alives) does. */
  restart(): void {
    const { ttfbMs } = this.#metrics
    this.#metrics = { durationMs: 0, toolCalls: 0, ...(ttfbMs !== undefined && { ttfbMs }) }
    this.#frames = 0
    this.#contentLength = 0
    this.#pace = undefined
  }

  /** The provider's status and headers are here. */
  upstreamHeaders(): void {
    this.#metrics.upstreamHeadersMs = this.#elapsed()
  }

  /**
   * A network chunk brought something that is no comment and no ping.
   * @param content has the answer's content begun?
   * @returns the time on this collector's clock, so that others need not read it again
   */
  progress(content: boolean): number {
    const now = this.#clock()
    if (this.#pace) this.#pace.chunk(now)
    else if (content) this.#pace = new Pace(now)
    return now
  }

  /** The provider sent events. */
  frames(count: number): void {
    this.#frames += count
  }

  /** What the request alone tells of the usage. */
  counted(usage: Usage): void {
    this.#metrics.ownCount = usage
  }

  /** The client was handed bytes. */
  clientBytes(count: number): void {
    if (this.#bytesOut === 0) this.#metrics.ttfbMs ??= this.#elapsed()
    this.#bytesOut += count
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
        if (event.delta.kind === 'reasoning') this.#metrics.showsReasoning = true
        this.#contentLength += lengthOf(event.delta)
        return
      case 'usage':
        this.#metrics.usage = mergeUsage(this.#metrics.usage ?? {}, event.usage)
        this.#metrics.isEarly = this.#metrics.ttftMs === undefined
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
    const [pace, frames, bytesOut] = [this.#pace, this.#frames, this.#bytesOut]
    return { ...this.#metrics, frames, bytesOut, contentLength: this.#contentLength, ...(pace && { pace }) }
  }

  #elapsed(): number {
    return Math.round((this.#clock() - this.#start) * 1000) / 1000
  }
}

function lengthOf(delta: Delta): number {
  switch (delta.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'arguments':
      return delta.text.length
    default:
      return 0
  }
}
