import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { EntryDeps } from '../deps.ts'
import { clientClosed } from '../errors.ts'
import { exchange } from '../gateway/exchange.ts'
import type { ClientResponse } from '../gateway/request.ts'
import { describeError } from '../log.ts'
import { drained, maxDrainMs } from './drained.ts'

/** As long as Lambda lets a function run: whatever takes longer gets its timeout here too. */
const maxRequestMs = 900_000
/**
 * As much as Lambda takes. What lies beyond is read and thrown away, for as long as node's `requestTimeout` lets it (5
 * minutes), so that the client gets to read its 413; one byte of it is kept, by which the core knows.
 */
const maxBodyBytes = 6 * 1024 * 1024

/** Proxies may send a whole URL, and a server takes it (RFC 9112, 3.2.2). */
const origin = /^https?:\/\/[^/?]*/i

/** Serves exchanges from a plain HTTP server. Nothing it does is thrown. */
export function createListener(deps: EntryDeps): RequestListener {
  return (incoming, outgoing) => {
    serveRequest(incoming, outgoing, deps).catch((cause: unknown) => {
      deps.logger.log('error', 'a request could not be served', { error: describeError(cause) })
      outgoing.destroy()
    })
  }
}

async function serveRequest(incoming: IncomingMessage, outgoing: ServerResponse, deps: EntryDeps): Promise<void> {
  const endsAt = deps.clock() + maxRequestMs
  const response = new ServerAnswer(outgoing)
  const body = await readBody(incoming)
  if (!body) return
  const [path = '', ...query] = (incoming.url ?? '').replace(origin, '').split('?')
  const request = {
    method: incoming.method ?? 'GET',
    path: path || '/',
    query: query.join('?'),
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    body,
    remainingMs: () => endsAt - deps.clock(),
  }
  await exchange(request, await deps.compress(request, response), deps)
}

/** @returns undefined if the client left before its request was whole, of which there is nothing to record */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let room = maxBodyBytes + 1
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      if (room > 0) chunks.push(chunk.subarray(0, room))
      room -= chunk.length
    }
  } catch (cause) {
    if (incoming.complete) throw cause
    return undefined
  }
  return Buffer.concat(chunks)
}

/** The answer to one request. A socket tells at once that its client has left, also while nothing is being written. */
export class ServerAnswer implements ClientResponse {
  readonly live = true
  readonly #outgoing: ServerResponse
  readonly #leaving = new AbortController()
  #aborted = false

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing
    outgoing.on('error', (cause) => this.#leaving.abort(clientClosed(cause)))
    // An answer that waits for those before it (pipelining) has no socket yet, and would not see it close.
    const { socket } = outgoing.req
    const onClose = () => {
      socket.off('close', onClose)
      if (!this.#aborted && !outgoing.writableFinished) this.#leaving.abort(clientClosed())
    }
    socket.once('close', onClose)
    outgoing.once('close', onClose)
  }

  get left(): AbortSignal {
    return this.#leaving.signal
  }

  get opened(): boolean {
    return this.#outgoing.headersSent
  }

  open(status: number, headers: Record<string, string>): void {
    this.#outgoing.writeHead(status, headers)
  }

  write(chunk: string | Uint8Array): Promise<void> | undefined {
    if (this.left.aborted || this.#outgoing.destroyed || chunk.length === 0) return undefined
    if (this.#outgoing.write(chunk)) return undefined
    return drained(this.#outgoing, maxDrainMs, this.#leaving)
  }

  abort(): void {
    this.#aborted = this.opened
    if (this.#aborted) this.#outgoing.destroy()
  }

  end(): void {
    // Whoever takes nothing would keep a proper end waiting for ever.
    if (this.left.aborted) this.#outgoing.destroy()
    else if (!this.#aborted) this.#outgoing.end()
  }
}
