import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Readable, Transform } from 'node:stream'
import type { Gunzip } from 'node:zlib'
import { monotonicMs } from '../clock.ts'
import { GatewayFault } from '../errors.ts'
import { entryOf } from '../events/json.ts'

export interface UpstreamRequest {
  url: string
  headers: Record<string, string>
  /** What is POSTed; without it the request is a GET. */
  body?: string | Buffer
  /** For messages: which provider. */
  provider: string
  /** Milliseconds for DNS, TCP and TLS. */
  connectMs: number
}

export interface UpstreamResponse {
  status: number
  /** Lower-case names, several values joined with a comma; `content-encoding` only if the body still has it. */
  headers: Record<string, string>
  /** Without any content encoding that is known. Iterating throws what `abort` was given, or the socket's own error. */
  body: Readable
}

export interface UpstreamCall {
  /** Rejects with GatewayFault upstream_unreachable, or with what `abort` was given. */
  response: Promise<UpstreamResponse>
  /** Ends the call now; with a reason, whoever waits gets it thrown, without one the body just ends. */
  abort(reason?: GatewayFault): void
}

// `node:https` with a kept-alive agent: at Lambda's CPU share global fetch costs 150 ms more on the first request.
const agentOptions = {
  keepAlive: true,
  noDelay: true,
  maxSockets: Number.POSITIVE_INFINITY,
  scheduling: 'lifo',
} as const
const agents = { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) }

type Zlib = typeof import('node:zlib')

const decoders: Record<string, (zlib: Zlib) => Transform & Pick<Gunzip, 'flush'>> = {
  gzip: (zlib) => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  'x-gzip': (zlib) => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  deflate: (zlib) => zlib.createInflate({ flush: zlib.constants.Z_SYNC_FLUSH }),
  br: (zlib) => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  zstd: (zlib) => zlib.createZstdDecompress({ flush: zlib.constants.ZSTD_e_flush }),
}

/** Sends one request to a provider. */
export function callUpstream(request: UpstreamRequest): UpstreamCall {
  let outgoing: ClientRequest | undefined
  let body: Readable | undefined
  let ended: { reason: GatewayFault | undefined } | undefined
  const response = new Promise<UpstreamResponse>((resolve, reject) => {
    const send = () => {
      const sent = open(request)
      const sentAt = monotonicMs()
      outgoing = sent
      sent.once('response', (incoming) => {
        body = decoded(incoming)
        resolve({ status: incoming.statusCode ?? 502, headers: flat(incoming.headers), body })
      })
      const fail = (cause?: Error) => reject(ended?.reason ?? unreachable(request.provider, cause))
      sent.once('error', (cause) => {
        if (!ended && !body && monotonicMs() - sentAt < maxStaleMs && wasStale(sent, cause)) send()
        else fail(cause)
      })
      // Of a status 101, for which nobody asked, Node tells neither as an answer nor as an error.
      sent.once('close', () => sent === outgoing && fail())
      sent.end(request.body)
    }
    send()
  })
  return {
    response,
    abort(reason) {
      ended ??= { reason }
      body?.destroy(reason)
      outgoing?.destroy(reason)
    },
  }
}

function open(request: UpstreamRequest): ClientRequest {
  const url = new URL(request.url)
  const secure = url.protocol !== 'http:'
  const length = request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }
  const outgoing = (secure ? https : http).request(url, {
    method: request.body === undefined ? 'GET' : 'POST',
    agent: secure ? agents.https : agents.http,
    headers: { ...request.headers, ...length },
  })
  limitConnect(outgoing, request, secure ? 'secureConnect' : 'connect')
  return outgoing
}

/** A round trip, generously: a socket that breaks later had a request on it that the provider was at work on. */
const maxStaleMs = 1_000

/**
 * Did the provider close a kept-alive socket before our request reached it? Then it was never asked, and asking anew
 * is no retry. Common behind a freeze of the environment, which hides the closing. Each such socket leaves the pool, so
 * this ends with a new one at the latest. https://nodejs.org/api/http.html#requestreusedsocket
 */
function wasStale({ reusedSocket }: ClientRequest, { code }: NodeJS.ErrnoException): boolean {
  return reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')
}

/** Bounds the time to a usable socket; a kept-alive one is usable at once. */
function limitConnect(outgoing: ClientRequest, { connectMs, provider }: UpstreamRequest, ready: string): void {
  outgoing.once('socket', (socket: Socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(() => outgoing.destroy(new Error(`no connection to ${provider}`)), connectMs)
    const done = () => clearTimeout(timer)
    socket.once(ready, done)
    outgoing.once('close', done)
  })
}

/** Undoes a content encoding that came although `identity` was asked for: so rare that zlib is not loaded before. */
function decoded(incoming: IncomingMessage): Readable {
  const create = entryOf(decoders, incoming.headers['content-encoding']?.toLowerCase() ?? '')
  if (!create) return incoming
  delete incoming.headers['content-encoding']
  const plain = create(process.getBuiltinModule('node:zlib'))
  // Whoever reads it is told. Until someone does, Node would end the process.
  plain.on('error', () => undefined)
  // No `pipeline`: it would throw away what is being decoded when the connection breaks. Ended instead, the decoder gives
  // all of it and then fails for what is missing. Flushed before, since the last piece would be lost with that failure.
  incoming.once('error', () => plain.flush(() => plain.end()))
  return incoming.pipe(plain)
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ])
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** Names the system's or TLS's code (`ENOTFOUND`, `ECONNREFUSED`, `CERT_HAS_EXPIRED`): it tells what there is to mend. */
function unreachable(provider: string, cause?: NodeJS.ErrnoException): GatewayFault {
  const why = cause?.code ? ` (${cause.code})` : ''
  const message = `The provider "${provider}" could not be reached${why}.`
  return new GatewayFault({ code: 'upstream_unreachable', message }, { cause })
}
