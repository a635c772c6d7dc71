import { constants, createGzip, type Gzip } from 'node:zlib'
import type { ClientResponse } from '../gateway/request.ts'

/** A shorter body hardly shrinks: the head of an answer alone is as long. Bytes. */
const minBytes = 1_000
/** The fastest: higher levels take up to twice the processor time and save a few per cent more. */
const level = 1

interface Head {
  status: number
  headers: Record<string, string>
}

/** How the body of an answer goes out; `held`: its first bytes decide. */
type Body =
  | { state: 'none' }
  | { state: 'held'; head: Head }
  | { state: 'plain' }
  | { state: 'gzip'; gzip: Gzip; out: Buffer[] }

/**
 * A client's answer in gzip, for a client that takes it. Each write is flushed (`Z_SYNC_FLUSH`): what it says has left the
 * compressor when its promise resolves, so no event waits for the next one, and the compressor never holds more than one
 * write and its own quarter of a megabyte. Files, encoded bodies and small ones go out as they are.
 */
export class GzipResponse implements ClientResponse {
  readonly #response: ClientResponse
  #body: Body = { state: 'none' }
  /** Writes go through the compressor one after the other. */
  #before: Promise<void> = Promise.resolve()

  constructor(response: ClientResponse) {
    this.#response = response
    response.left?.addEventListener('abort', () => this.#free(), { once: true })
  }

  get live(): boolean {
    return this.#response.live
  }

  get left(): AbortSignal | undefined {
    return this.#response.left
  }

  get opened(): boolean {
    return this.#body.state === 'held' || this.#response.opened
  }

  open(status: number, headers: Record<string, string>): void {
    this.#free()
    const head = { status, headers: { ...headers, vary: 'accept-encoding' } }
    const type = headers['content-encoding'] ? '' : (headers['content-type'] ?? '')
    if (type.startsWith('text/event-stream')) this.#compress(head)
    else if (/^(text\/|application\/jsonl?\b)/.test(type)) this.#body = { state: 'held', head }
    else this.#passOn(head)
  }

  write(chunk: string | Uint8Array): Promise<void> | undefined {
    if (this.#body.state === 'held') this.#decide(this.#body.head, Buffer.byteLength(chunk))
    if (this.#body.state !== 'gzip') return this.#response.write(chunk)
    if (chunk.length === 0 || this.left?.aborted) return undefined
    const { gzip, out } = this.#body
    return this.#inTurn(out, () => pressed(gzip, chunk))
  }

  abort(): void {
    this.#free()
    this.#response.abort()
  }

  async end(): Promise<void> {
    if (this.#body.state === 'held') this.#passOn(this.#body.head)
    if (this.#body.state === 'gzip') {
      const { gzip, out } = this.#body
      await this.#inTurn(out, () => closed(gzip))
      this.#free()
    }
    await this.#response.end()
  }

  #decide(head: Head, bytes: number): void {
    if (bytes < minBytes) this.#passOn(head)
    else this.#compress(head)
  }

  #passOn({ status, headers }: Head): void {
    this.#body = { state: 'plain' }
    this.#response.open(status, headers)
  }

  #compress({ status, headers }: Head): void {
    const gzip = createGzip({ level, flush: constants.Z_SYNC_FLUSH })
    const out: Buffer[] = []
    gzip.on('data', (piece: Buffer) => out.push(piece))
    gzip.on('error', () => undefined) // the write at fault is told
    this.#body = { state: 'gzip', gzip, out }
    this.#response.open(status, { ...headers, 'content-encoding': 'gzip' })
  }

  /** What the compressor gives goes to the client before anything else is compressed; of one that has left, nowhere. */
  #inTurn(out: Buffer[], press: () => Promise<void>): Promise<void> {
    const taken = this.#before.then(async () => {
      if (this.left?.aborted) return
      try {
        await press()
      } catch (cause) {
        if (!this.left?.aborted) throw cause
      }
      await this.#response.write(Buffer.concat(out.splice(0)))
    })
    this.#before = taken.catch(() => undefined) // whoever wrote that is told
    return taken
  }

  #free(): void {
    if (this.#body.state === 'gzip') this.#body.gzip.destroy()
    this.#body = { state: 'none' }
  }
}

/** Resolves when all of the chunk has come out; rejects when the compressor fails or was freed meanwhile. */
function pressed(gzip: Gzip, chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    gzip.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}

/** Resolves when the trailer has come out too, or never will. */
function closed(gzip: Gzip): Promise<void> {
  return new Promise((resolve) => {
    if (gzip.destroyed) resolve()
    else gzip.once('close', resolve).end()
  })
}
