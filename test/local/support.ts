import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { EnvironmentPool } from '../../infra/local/environment-pool.ts'
import type { FunctionSpec, LogLine } from '../../infra/local/function-spec.ts'
import { serveFunctionUrl } from '../../infra/local/function-url.ts'

export const handlersDir = fileURLToPath(new URL('./handlers', import.meta.url))

export function fixtureSpec(overrides: Partial<FunctionSpec> = {}): FunctionSpec {
  return {
    name: 'stream',
    codeDir: handlersDir,
    handler: 'stream.handler',
    env: { FROM_TEMPLATE: 'yes' },
    memoryMb: 256,
    timeoutMs: 10_000,
    invokeMode: 'RESPONSE_STREAM',
    runtime: 'nodejs24.x',
    ...overrides,
  }
}

export interface Fixture {
  url: string
  pool: EnvironmentPool
  lines: LogLine[]
  close(): Promise<void>
}

/** Serves one fixture function; the real runtime, pool and front around it. */
export async function serveFixture(
  spec: FunctionSpec,
  options: { concurrency?: number; idleMs?: number; userEnv?: Record<string, string> } = {},
): Promise<Fixture> {
  const lines: LogLine[] = []
  const log = (line: LogLine) => void lines.push(line)
  const services = {
    region: 'us-east-1',
    dynamodbEndpoint: 'http://127.0.0.1:1',
    secretsEndpoint: 'http://127.0.0.1:2',
  }
  const { concurrency = 10, idleMs = 60_000, userEnv = {} } = options
  const pool = new EnvironmentPool({ spec, services, userEnv, log, concurrency, idleMs })
  const server = await serveFunctionUrl(pool, 0, log)
  const close = async () => {
    await server.close()
    await pool.close()
  }
  return { url: server.url, pool, lines, close }
}

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  /** Chunks with the milliseconds since the request at which they came. */
  chunks: { at: number; text: string }[]
  bytes: Buffer
  /** The connection ended before the body did. */
  cut: boolean
}

/** One request, byte by byte: what `fetch` would hide (cut bodies, arrival times, raw headers). */
export async function call(url: string, options: RequestOptions = {}, body?: string | Buffer): Promise<RawAnswer> {
  const begun = performance.now()
  const outgoing = request(url, { method: body === undefined ? 'GET' : 'POST', ...options })
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: RawAnswer['chunks'] = []
  const buffers: Buffer[] = []
  response.on('data', (chunk: Buffer) => {
    buffers.push(chunk)
    chunks.push({ at: performance.now() - begun, text: chunk.toString('latin1') })
  })
  const cut = await new Promise<boolean>((resolve) => {
    response.once('end', () => resolve(false))
    response.once('error', () => resolve(true))
  })
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    chunks,
    bytes: Buffer.concat(buffers),
    cut,
  }
}

/** Waits until something holds, for at most `ms`. */
export async function until(holds: () => boolean, ms = 3000): Promise<void> {
  const deadline = Date.now() + ms
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
