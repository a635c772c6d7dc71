import type { Recording } from './recording.ts'
import type { AnswerResponse, ClientResponse } from './request.ts'

/**
 * A client response that tells the recording what went through it, and settles the record before the answer is whole: a
 * function may be killed the moment its client has everything, and then only what is in the log by that time is left.
 */
export class MeteredResponse implements AnswerResponse {
  readonly #response: ClientResponse
  readonly #recording: Recording
  readonly #onSettled: () => void
  readonly #leaving = new AbortController()
  readonly left = this.#leaving.signal
  #settled = false
  /** Writes that wait for the client to take them. */
  #untaken = 0

  /** @param onSettled called once, when what is on record is all but the price and the last byte's time */
  constructor(response: ClientResponse, recording: Recording, onSettled: () => void) {
    this.#response = response
    this.#recording = recording
    this.#onSettled = onSettled
    const { left } = response
    if (left?.aborted) this.#leave(left)
    else left?.addEventListener('abort', () => this.#leave(left), { once: true })
  }

  get live(): boolean {
    return this.#response.live
  }

  get opened(): boolean {
    return this.#response.opened
  }

  open(status: number, headers: Record<string, string>): void {
    if (!this.left.aborted) this.#recording.note({ httpStatus: status })
    this.#response.open(status, headers)
  }

  write(chunk: string | Uint8Array): Promise<void> | undefined {
    if (this.left.aborted) return undefined
    this.#count(chunk)
    return this.#handOn(chunk)
  }

  writeLast(chunk: string | Uint8Array): Promise<void> | undefined {
    if (this.left.aborted) return undefined
    this.#count(chunk)
    this.settle()
    return this.#handOn(chunk)
  }

  /** Nothing that could change the record is to come, as far as anyone can tell. */
  settle(): void {
    if (this.#settled) return
    this.#settled = true
    this.#recording.clientDone()
    this.#onSettled()
  }

  abort(): void {
    this.#response.abort()
  }

  end(): Promise<void> | void {
    return this.#response.end()
  }

  #handOn(chunk: string | Uint8Array): Promise<void> | undefined {
    const taken = this.#response.write(chunk)
    if (!taken) return undefined
    this.#untaken++
    return taken.finally(() => this.#untaken--)
  }

  #leave({ reason }: AbortSignal): void {
    const hasAll = this.#settled && this.#untaken === 0
    if (!hasAll) this.#leaving.abort(reason)
  }

  #count(chunk: string | Uint8Array): void {
    this.#recording.clientBytes(typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length)
  }
}
