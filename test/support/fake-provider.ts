import { isUtf8 } from 'node:buffer'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createGzip, constants as zlib } from 'node:zlib'
import type { Script, SeenRequest, Step } from './upstream/script.ts'

/**
 * A provider that speaks all three formats: it answers each model name with the script registered for it. Runs in
 * vitest's main process; tests talk to it below `/control/` (see `control.ts`).
 */
export interface FakeProvider {
  url: string
  close(): Promise<void>
}

/** `/<provider>/v1/…`, where requests name a model. */
const modelPaths = [
  'chat/completions',
  'messages',
  'messages/count_tokens',
  'responses',
  'completions',
  'embeddings',
  'audio/speech',
  'audio/transcriptions',
  'audio/translations',
  'images/generations',
  'images/edits',
]

/** What some providers list; the others do not know the path. */
const modelLists: Readonly<Record<string, object>> = {
  '/o/v1/models': {
    object: 'list',
    data: [
      { id: 'gpt-fake', object: 'model', created: 1767225600, owned_by: 'openai', context_window: 128000 },
      { id: 'vendor/nested:free', object: 'model', created: 1767225601, owned_by: 'vendor' },
    ],
  },
  '/m/v1/models': {
    data: [
      {
        type: 'model',
        id: 'claude-fake',
        display_name: 'Claude Fake',
        created_at: '2026-01-01T00:00:00Z',
        max_tokens: 64000,
      },
    ],
    has_more: false,
    first_id: 'claude-fake',
    last_id: 'claude-fake',
  },
}

/** What the fake provider and the control endpoints of the run share. */
export interface ControlRoutes {
  /** Answers of further control paths, by name. */
  [name: string]: (query: URLSearchParams) => unknown
}

export async function startFakeProvider(routes: ControlRoutes = {}): Promise<FakeProvider> {
  /** By model, one for each request in order; the last is for all that follow. */
  const scripts = new Map<string, Script[]>()
  const seen = new Map<string, SeenRequest[]>()
  // Longer than any pause between two requests: a client must not find its kept-alive connection closed.
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    handle(request, response).catch((error: Error) => response.destroy(error))
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake')
    const bytes = await readBody(request)
    const body = bytes.toString()
    const list = request.method === 'GET' ? modelLists[url.pathname] : undefined
    if (list) return void response.setHeader('content-type', 'application/json').end(JSON.stringify(list))
    if (url.pathname.startsWith('/control/')) return control(url, body, response)
    const takesModel = modelPaths.some((path) => url.pathname.endsWith(`/v1/${path}`))
    const model = takesModel ? modelOf(body) : undefined
    const record = note(request, bytes)
    const log = seen.get(model ?? '') ?? []
    seen.set(model ?? '', [...log, record])
    const script = scripts.get(model ?? '')?.at(log.length) ?? scripts.get(model ?? '')?.at(-1)
    response.once('close', () => {
      record.closedAt = Date.now()
      record.state = response.writableFinished ? 'done' : 'aborted'
    })
    if (script) await play(script, response, record)
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"no such script"}}')
  }

  function control(url: URL, body: string, response: ServerResponse): void {
    const [, , verb = ''] = url.pathname.split('/')
    const name = url.searchParams.get('name') ?? ''
    if (verb === 'script') scripts.set(name, [JSON.parse(body)].flat() as Script[])
    const answers: ControlRoutes = { script: () => ({}), seen: () => seen.get(name) ?? [], ...routes }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers[verb]?.(url.searchParams) ?? null))
  }

  const url = await listen(server)
  return { url, close: () => close(server) }
}

function note(request: IncomingMessage, body: Buffer): SeenRequest {
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    body: body.toString(),
    ...(!isUtf8(body) && { base64: body.toString('base64') }),
    at: Date.now(),
    state: 'open',
    bytesSent: 0,
  }
}

function modelOf(body: string): string | undefined {
  if (body.startsWith('--')) return /name="model"\r\n\r\n([^\r]*)\r\n/.exec(body)?.[1]
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
  await endings[script.end ?? 'close'](response, send)
}

const endings: Record<NonNullable<Script['end']>, (response: ServerResponse, send: Writer) => unknown> = {
  close: (_, send) => send.end(),
  hang: () => undefined,
  cut: (response) => breakOff(response, (socket) => socket.destroy()),
  reset: (response) => breakOff(response, (socket) => socket.resetAndDestroy()),
  garbage: (response) => breakOff(response, (socket) => socket.write('no chunk\r\n\r\n')),
}

/** Does without the end of the body, once what was written has left. */
async function breakOff({ socket }: ServerResponse, how: (socket: Socket) => unknown): Promise<void> {
  await pause(20)
  if (socket) how(socket)
}

async function* writesOf({ steps, bytesAWrite, everyMs = 0 }: Script): AsyncGenerator<Buffer> {
  if (bytesAWrite !== undefined) {
    const body = Buffer.concat(steps.flatMap((step) => new Array<Buffer>(step.times ?? 1).fill(bytesOf(step))))
    for (let at = 0; at < body.length; at += bytesAWrite) {
      await pause(everyMs)
      yield body.subarray(at, at + bytesAWrite)
    }
    return
  }
  for (const step of steps) {
    const { afterMs = 0, times = 1 } = step
    const bytes = bytesOf(step)
    for (let count = 0; count < times; count++) {
      await pause(afterMs)
      yield bytes
    }
  }
}

function bytesOf({ text, base64 }: Step): Buffer {
  return base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64')
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

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
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
