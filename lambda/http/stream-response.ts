import type { Writable } from 'node:stream'
import { clientClosed } from '../errors.ts'
import type { ClientResponse } from '../gateway/request.ts'
import { drained, maxDrainMs } from './drained.ts'

/** Of the invocation, for the record: waiting for a client must not use it up. */
const reserveMs = 3_000

/**
 * The answer of a RESPONSE_STREAM function. The platform sends status and headers with the first write and loses them
 * if there is none, so opening writes once, without bytes.
 */
export class StreamResponse implements ClientResponse {
  readonly live = true
  readonly #raw: awslambda.HttpResponseStream
  readonly #remainingMs: () => number
  #stream: Writable | undefined
  readonly #leaving = new AbortController()
  #aborted = false

  /** @param remainingMs until the platform ends the invocation */
  constructor(stream: awslambda.HttpResponseStream, remainingMs: () => number) {
    this.#raw = stream
    this.#remainingMs = remainingMs
  }

  get left(): AbortSignal {
    return this.#leaving.signal
  }

  get opened(): boolean {
    return this.#stream !== undefined
  }

  open(status: number, headers: Record<string, string>): void {
    const stream = awslambda.HttpResponseStream.from(this.#raw, { statusCode: status, headers })
    stream.on('error', (cause) => this.#leaving.abort(clientClosed(cause)))
    stream.once('close', () => stream.writableEnded || this.#leaving.abort(clientClosed()))
    stream.write('')
    this.#stream = stream
  }

  write(chunk: string | Uint8Array): Promise<void> | undefined {
    if (!this.#stream || this.#aborted || this.left.aborted || chunk.length === 0) return undefined
    if (this.#stream.write(chunk)) return undefined
    return drained(this.#stream, Math.min(maxDrainMs, this.#remainingMs() - reserveMs), this.#leaving)
  }

  abort(): void {
    this.#aborted = this.opened
  }

  /** A proper end would wait for a client that takes nothing, and the runtime for that end: until the function's timeout. */
  end(): void {
    if (!this.#aborted && !this.left.aborted) (this.#stream ?? this.#raw).end()
  }

  /**
   * Breaks off an answer that has no proper end, when everything else is done.
   * @throws for an answer that was aborted: only a handler that throws makes the platform break a connection that is read
   */
  breakOff(): void {
    if (this.#aborted)
      throw new Error('the answer was aborted: the provider broke off a body that has no room for errors')
    if (this.left.aborted) this.#stream?.destroy(new Error('the client has left'))
  }
}
