import type { Recording } from './recording.ts'
import type { ClientResponse } from './request.ts'

/** A client response that tells the recording what went through it. */
export class MeteredResponse implements ClientResponse {
  readonly #response: ClientResponse
  readonly #recording: Recording

  constructor(response: ClientResponse, recording: Recording) {
    this.#response = response
    this.#recording = recording
  }

  get live(): boolean {
    return this.#response.live
  }

  get opened(): boolean {
    return this.#response.opened
  }

  open(status: number, headers: Record<string, string>): void {
    this.#recording.note({ httpStatus: status })
    this.#response.open(status, headers)
  }

  write(chunk: string | Uint8Array): Promise<void> | undefined {
    this.#recording.collector.clientBytes(typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length)
    return this.#response.write(chunk)
  }

  abort(): void {
    this.#response.abort()
  }

  end(): void {
    this.#response.end()
  }
}
