import type { Writable } from 'node:stream'
import { GatewayFault } from '../errors.ts'
import type { ClientResponse } from '../gateway/request.ts'

/** A client that takes nothing for a minute is gone. */
const maxDrainMs = 60_000
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
  #failure: Error | undefined
  #aborted = false

  /** @param remainingMs until the platform ends the invocation */
  constructor(stream: awslambda.HttpResponseStream, remainingMs: () => number) {
    this.#raw = stream
    this.#remainingMs = remainingMs
  }

  get opened(): boolean {
    return this.#stream !== undefined
  }

  open(status: number, headers: Record<string, string>): void {
    this.#stream = awslambda.HttpResponseStream.from(this.#raw, { statusCode: status, headers })
    this.#stream.once('error', (cause) => {
      this.#failure = cause
    })
    this.#stream.write('')
  }

  write(chunk: string | Uint8Array): Promise<void> | undefined {
    if (!this.#stream || this.#aborted || chunk.length === 0) return undefined
    if (this.#failure) throw clientClosed(this.#failure)
    if (this.#stream.write(chunk)) return undefined
    return drained(this.#stream, Math.min(maxDrainMs, this.#remainingMs() - reserveMs))
  }

  abort(): void {
    this.#aborted = this.opened
  }

  end(): void {
    if (!this.#aborted) (this.#stream ?? this.#raw).end()
  }

  /**
   * Ends an aborted answer, when everything else is done: only a handler that throws makes the platform break the
   * connection. (To destroy the stream instead makes the runtime client reject a promise that nobody awaits yet.)
   */
  throwIfAborted(): void {
    if (this.#aborted)
      throw new Error('the answer was aborted: the provider broke off a body that has no room for errors')
  }
}

function clientClosed(cause: Error): GatewayFault {
  return new GatewayFault({ code: 'client_closed', message: 'The client closed the connection.' }, { cause })
}

/**
 * Resolves when the stream takes more, or has no one to give it to; leaves no listener behind. The platform tells no
 * function that its client has left, so a client that takes nothing for this long counts as gone.
 */
function drained(stream: Writable, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (fault?: GatewayFault) => {
      clearTimeout(timer)
      stream.off('drain', done).off('close', done)
      if (fault) reject(fault)
      else resolve()
    }
    const done = () => settle()
    const timer = setTimeout(() => settle(clientClosed(new Error('nothing was read'))), Math.max(ms, 0))
    stream.on('drain', done).on('close', done)
  })
}
