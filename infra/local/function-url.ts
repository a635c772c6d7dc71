import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { answerError, ClientAnswer, type PlatformIds } from './client-answer.ts'
import type { EnvironmentPool } from './environment-pool.ts'
import { LIMITS, type LogSink } from './function-spec.ts'
import { type Closable, closeServer, listenOnLoopback } from './server.ts'
import { urlEvent } from './url-event.ts'

/** A body larger than any event is read to this size and dropped, so that the client can read its 413. */
const DRAIN_LIMIT = 64 * 1024 * 1024
/** Longer than any client keeps an idle connection, so that it is never the server that closes under a request. */
const KEEP_ALIVE_MS = 120_000

export interface FunctionUrl extends Closable {
  /** `http://127.0.0.1:port` */
  url: string
}

/**
 * Serves one function on loopback as its function URL would (auth type NONE).
 * @param port 0 lets the system choose
 * @throws {PortTakenError}
 */
export async function serveFunctionUrl(pool: EnvironmentPool, port: number, log: LogSink): Promise<FunctionUrl> {
  const server = createServer((request, response) => {
    handle(pool, request, response, log).catch((error: unknown) => {
      const clientLeft = request.destroyed && !request.complete
      if (!clientLeft) log({ source: 'local', text: `request failed in the local runtime: ${String(error)}` })
      response.destroy()
    })
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const { url } = await listenOnLoopback(server, port)
  return { url, close: () => closeServer(server) }
}

async function handle(
  pool: EnvironmentPool,
  request: IncomingMessage,
  response: ServerResponse,
  log: LogSink,
): Promise<void> {
  const { name, invokeMode } = pool.spec
  const say = (text: string) => log({ source: name, text })
  const ids = createIds()
  const body = await readBody(request)
  const payload = body && eventPayload(request, body, ids, name)
  if (!payload || payload.length > LIMITS.requestEvent) return answerError(response, ids, 'tooLarge')
  const sink = new ClientAnswer(response, ids, { buffered: invokeMode === 'BUFFERED', say })
  try {
    const environment = await pool.acquire()
    if (!environment) return answerError(response, ids, 'throttled')
    environment.invoke({ ...ids, payload, sink })
  } catch (error) {
    sink.fail({ kind: 'init', message: (error as Error).message })
  }
}

function createIds(): PlatformIds {
  const seconds = Math.floor(Date.now() / 1000).toString(16)
  return { requestId: randomUUID(), traceId: `Root=1-${seconds}-${randomBytes(12).toString('hex')};Sampled=0` }
}

function eventPayload(request: IncomingMessage, body: Buffer, ids: PlatformIds, apiId: string): Buffer {
  return Buffer.from(JSON.stringify(urlEvent(request, body, { ...ids, apiId, receivedAt: new Date() })))
}

/** @returns undefined when the body alone is larger than an event may be */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  let chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > DRAIN_LIMIT) break
    if (size > LIMITS.requestEvent) chunks = []
    else chunks.push(chunk)
  }
  return size > LIMITS.requestEvent ? undefined : Buffer.concat(chunks)
}
