import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGzip, constants as zlib } from 'node:zlib'
import type { Script, SeenRequest } from './upstream/script.ts'

/**
 * A provider that speaks all three formats: it answers each model name with the script registered for it. Runs in
 * vitest's main process; tests talk to it below `/control/` (see `control.ts`).
 */
export interface FakeProvider {
  url: string
  close(): Promise<void>
}

const completionPaths = new Set(['/c/v1/chat/completions', '/m/v1/messages', '/r/v1/responses'])

/** What the fake provider and the control endpoints of the run share. */
export interface ControlRoutes {
  /** Answers of further control paths, by name. */
  [name: string]: (query: URLSearchParams) => unknown
}

export async function startFakeProvider(routes: ControlRoutes = {}): Promise<FakeProvider> {
  const scripts = new Map<string, Script>()
  const seen = new Map<string, SeenRequest[]>()
  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => response.destroy(error))
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    const body = await readBody(request)
    if (url.pathname.startsWith('/control/')) return control(url, body, response)
    const model = completionPaths.has(url.pathname) ? modelOf(body) : undefined
    const record = note(request, body)
    const log = seen.get(model ?? '') ?? []
    seen.set(model ?? '', [...log, record])
    const script = scripts.get(model ?? '')
    response.once('close', () => {
      record.state = response.writableFinished ? 'done' : 'aborted'
    })
    if (script) await play(script, response, record)
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"no such script"}}')
  }

  function control(url: URL, body: string, response: ServerResponse): void {
    const [, , verb = ''] = url.pathname.split('/')
    const name = url.searchParams.get('name') ?? ''
    if (verb === 'script') scripts.set(name, JSON.parse(body) as Script)
    const answers: ControlRoutes = { script: () => ({}), seen: () => seen.get(name) ?? [], ...routes }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers[verb]?.(url.searchParams) ?? null))
  }

  const url = await listen(server)
  return { url, close: () => close(server) }
}

function note(request: IncomingMessage, body: string): SeenRequest {
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    body,
    at: Date.now(),
    state: 'open',
    bytesSent: 0,
  }
}

function modelOf(body: string): string | undefined {
  const { model } = JSON.parse(body) as { model?: string }
  return model
}

async function play(script: Script, response: ServerResponse, record: SeenRequest): Promise<void> {
  await pause(script.headAfterMs ?? 0)
  const { socket } = response
  if (!socket || response.destroyed) return
  socket.setNoDelay(true)
  if (script.refuse) {
    socket.resetAndDestroy()
    return
  }
  const encoding = script.gzip ? { 'content-encoding': 'gzip' } : {}
  response.writeHead(script.status ?? 200, { 'content-type': 'text/event-stream', ...encoding, ...script.headers })
  response.flushHeaders()
  const send = script.gzip ? gzipWriter(response) : plainWriter(response)
  for await (const bytes of writesOf(script)) {
    if (response.destroyed) return
    await send.write(bytes)
    record.bytesSent += bytes.length
  }
  if (script.end === 'hang') return
  if (script.end === 'cut') await cutSocket(response)
  else send.end()
}

/** Ends the connection without the end of the body, once what was written has left. */
async function cutSocket(response: ServerResponse): Promise<void> {
  await pause(20)
  response.socket?.destroy()
}

async function* writesOf({ steps, bytesAWrite }: Script): AsyncGenerator<Buffer> {
  if (bytesAWrite !== undefined) {
    const body = Buffer.from(steps.map(({ text, times = 1 }) => text.repeat(times)).join(''))
    for (let at = 0; at < body.length; at += bytesAWrite) yield body.subarray(at, at + bytesAWrite)
    return
  }
  for (const { text, afterMs = 0, times = 1 } of steps) {
    const bytes = Buffer.from(text)
    for (let count = 0; count < times; count++) {
      await pause(afterMs)
      yield bytes
    }
  }
}

interface Writer {
  write(bytes: Buffer): Promise<void>
  end(): void
}

/** Each write leaves on its own: the next waits for a turn of the event loop, and for the reader if that is slow. */
function plainWriter(response: ServerResponse): Writer {
  return {
    async write(bytes) {
      const free = response.write(bytes)
      if (free) await new Promise(setImmediate)
      else await drained(response)
    },
    end: () => response.end(),
  }
}

function gzipWriter(response: ServerResponse): Writer {
  const gzip = createGzip({ flush: zlib.Z_SYNC_FLUSH })
  gzip.pipe(response)
  return {
    async write(bytes) {
      await new Promise<void>((resolve) => gzip.write(bytes, () => resolve()))
    },
    end: () => gzip.end(),
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
}

export function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })
}

export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
