import { GatewayFault } from '../errors.ts'
import type { JsonObject } from '../events/request.ts'
import type { Fold, RelayFormat } from '../formats/codec.ts'
import { SseReader } from '../framing/sse.ts'
import { eventStream } from './media-type.ts'
import type { Observer } from './observe.ts'
import type { AnswerResponse } from './request.ts'

/** Where a transfer's output goes: on to the client as it comes, or into the fold that makes one object (or file) of it. */
export interface Outlet {
  /**
   * Looks how far the answer has come; the head goes out with the first content, and what is written after the provider's
   * terminal event makes the answer whole.
   * @throws GatewayFault if the stream has failed while an HTTP status can still say so
   */
  advance(observer: Observer): void
  write(chunk: Uint8Array | string): Promise<void> | undefined
  /** Has any of the answer gone to the client, so that it cannot be tried again? */
  readonly flowing: boolean
  /** Forgets what came so far: another attempt begins. */
  reset(): void
  /** The transfer is over and was not refused; `rest` is what it had left to say. */
  finish(rest: Uint8Array | string): Promise<void>
  /** Nothing more will be written here; stops timers. */
  close(): void
}

/** Bytes that may wait for the first content; beyond it the answer fails with `upstream_too_large`. */
const maxHeldBytes = 64 * 1024 * 1024
/**
 * Characters an object may have, as many as one that comes whole. It is measured whenever half as many bytes of events have
 * come, so that half as much again is kept at most, and events that bring a word each may be as many as they like.
 */
const maxObjectLength = 64 * 1024 * 1024

function tooLarge(): GatewayFault {
  return new GatewayFault({ code: 'upstream_too_large', message: 'The provider’s answer is above 64 MB.' })
}

const eventStreamType = `${eventStream}; charset=utf-8`

/**
 * Streams. Output is held until the provider has said something (law 1), so that a failure before it can still become a
 * status or be tried again. If the client starves for `keepAliveMs` the head goes out and keep-alives follow, but what is
 * held stays held: the few frames before the first content.
 */
export class StreamOutlet implements Outlet {
  readonly #response: AnswerResponse
  readonly #headers: Record<string, string>
  readonly #keepAlive: NodeJS.Timeout | undefined
  #held: Array<Uint8Array | string> = []
  #heldBytes = 0
  #flowing = false
  /** Does the client have its whole answer with what is written next? */
  #whole = false
  /** Did anything go out since the last look? A flag, as setting a timer anew for each frame costs more than the frame. */
  #spoke = false
  /** What the client has got of the stream's beginning: nothing yet, keep-alives only, or some of the answer. */
  #lead: 'nothing' | 'keep-alives' | 'answer' = 'nothing'

  constructor(response: AnswerResponse, headers: Record<string, string>, keepAlive: string, keepAliveMs: number) {
    this.#response = response
    this.#headers = headers
    if (!response.live) return
    this.#keepAlive = setInterval(() => {
      if (!this.#spoke) this.#keepUp(keepAlive)
      this.#spoke = false
    }, keepAliveMs)
  }

  get flowing(): boolean {
    return this.#flowing
  }

  advance(observer: Observer): void {
    if (!this.#flowing) {
      // Content first: what the client gets must not depend on whether an error came in the same network chunk.
      if (observer.started) this.#flow()
      else if (observer.error) throw new GatewayFault(observer.error)
    }
    if (observer.state === 'closed') this.#whole = true
  }

  write(chunk: Uint8Array | string): Promise<void> | undefined {
    if (chunk.length === 0) return undefined
    if (this.#flowing && this.#held.length === 0) return this.#pass(chunk)
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#flowing) return this.#send()
    if (this.#heldBytes > maxHeldBytes) throw tooLarge()
    return undefined
  }

  reset(): void {
    this.#held = []
    this.#heldBytes = 0
    this.#whole = false
  }

  async finish(rest: Uint8Array | string): Promise<void> {
    if (!this.#flowing) this.#flow()
    this.#whole = true
    if (rest.length > 0) this.#held.push(rest)
    await this.#send()
  }

  close(): void {
    clearInterval(this.#keepAlive)
  }

  #open(): void {
    if (this.#response.opened) return
    this.#response.open(200, { 'content-type': eventStreamType, 'cache-control': 'no-cache', ...this.#headers })
  }

  #flow(): void {
    this.#flowing = true
    this.#open()
  }

  #send(): Promise<void> | undefined {
    const [first, ...rest] = this.#held
    if (first === undefined) return undefined
    this.#held = []
    return this.#pass(rest.length === 0 ? first : Buffer.concat([first, ...rest].map(bytesOf)))
  }

  #pass(chunk: Uint8Array | string): Promise<void> | undefined {
    this.#spoke = true
    const output = this.#lead === 'keep-alives' ? withoutMark(chunk) : chunk
    this.#lead = 'answer'
    return this.#whole ? this.#response.writeLast(output) : this.#response.write(output)
  }

  /** Whatever goes wrong here shows at the next write, which has someone to tell. */
  #keepUp(keepAlive: string): void {
    if (this.#response.left.aborted) {
      clearInterval(this.#keepAlive)
      return
    }
    try {
      this.#open()
      if (this.#lead === 'nothing') this.#lead = 'keep-alives'
      this.#response.write(keepAlive)?.catch(() => undefined)
    } catch {
      clearInterval(this.#keepAlive)
    }
  }
}

function bytesOf(chunk: Uint8Array | string): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

/**
 * A byte order mark is one at the very start only; behind a keep-alive it would be a part of the first field's name, and its
 * event lost. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
function withoutMark(chunk: Uint8Array | string): Uint8Array | string {
  const isMarked = typeof chunk !== 'string' && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
  return isMarked ? chunk.subarray(3) : chunk
}

/** Folds: the client gets one JSON object when the stream is over, and an HTTP status for whatever went wrong. */
export class FoldOutlet implements Outlet {
  readonly #response: AnswerResponse
  readonly #headers: Record<string, string>
  readonly #createFold: () => Fold
  readonly flowing = false
  #fold: Fold
  #reader = new SseReader()
  /** Bytes of events since the object was measured. */
  #unmeasured = 0

  /** @param fields the request's, on which the form of the answer may depend */
  constructor(response: AnswerResponse, headers: Record<string, string>, codec: RelayFormat, fields: JsonObject = {}) {
    this.#response = response
    this.#headers = headers
    this.#createFold = () => codec.createFold(fields)
    this.#fold = this.#createFold()
  }

  advance(observer: Observer): void {
    if (observer.error) throw new GatewayFault(observer.error)
  }

  write(chunk: Uint8Array | string): undefined {
    if (this.#response.left.aborted) return // an answer for nobody is read on for its usage, and not kept
    this.#unmeasured += chunk.length
    if (this.#unmeasured > maxObjectLength / 2) this.#measure()
    for (const frame of this.#reader.push(bytesOf(chunk))) {
      if (frame.data !== '') this.#fold.push(frame)
    }
  }

  reset(): void {
    this.#fold = this.#createFold()
    this.#reader = new SseReader()
    this.#unmeasured = 0
  }

  /** @throws GatewayFault upstream_too_large */
  #measure(): void {
    this.#unmeasured = 0
    const { length } = this.#fold.bytes?.()?.body ?? JSON.stringify(this.#fold.result())
    if (length > maxObjectLength) throw tooLarge()
  }

  async finish(rest: Uint8Array | string): Promise<void> {
    if (this.#response.left.aborted) return
    this.write(rest)
    const last = this.#reader.end()
    if (last && last.data !== '') this.#fold.push(last)
    const bytes = this.#fold.bytes?.()
    const contentType = bytes?.contentType ?? 'application/json'
    const calls = this.#fold.completeToolCalls?.() ?? []
    const isMalformed = calls.some((call) => call.malformed)
    const malformed = isMalformed ? (await import('./whole-answer.ts')).malformedInputs(calls) : {}
    this.#response.open(200, { 'content-type': contentType, ...this.#headers, ...malformed })
    await this.#response.writeLast(bytes?.body ?? JSON.stringify(this.#fold.result()))
  }

  close(): void {}
}
