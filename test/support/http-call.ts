import { Agent, type IncomingMessage, request } from 'node:http'

export interface HttpCall {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Leaves after this many milliseconds, whatever has come by then. */
  leaveAfterMs?: number
  /** Leaves as soon as this text has come. */
  leaveOn?: string
  /** Reads nothing before this, even if the head is there. */
  readAfter?: Promise<void>
}

export interface HttpAnswer {
  status: number
  /** As they came, with repetitions. */
  headers: [name: string, value: string][]
  body: Buffer
  /** Each piece of the body with its time in milliseconds since the request was sent. */
  arrivals: { atMs: number; text: string }[]
  headAtMs: number
  endAtMs: number
  /** False: the connection ended before the body did. */
  complete: boolean
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

/** One HTTP request, with everything a test may want to know about its answer. Rejects if no head comes. */
export function httpCall(url: string, call: HttpCall): Promise<HttpAnswer> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: call.method ?? 'POST', agent, headers: call.headers ?? {} })
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => {
      outgoing.off('error', reject)
      outgoing.on('error', () => {}) // after the head, an early end shows as an incomplete body
      resolve(readAnswer(incoming, started, call))
    })
    if (call.leaveAfterMs !== undefined) setTimeout(() => outgoing.destroy(), call.leaveAfterMs)
    outgoing.end(call.body)
  })
}

async function readAnswer(
  incoming: IncomingMessage,
  started: number,
  { readAfter, leaveOn }: HttpCall,
): Promise<HttpAnswer> {
  const headAtMs = performance.now() - started
  const chunks: Buffer[] = []
  const arrivals: HttpAnswer['arrivals'] = []
  await readAfter
  const ended = new Promise<void>((resolve) => incoming.once('close', resolve))
  incoming.on('error', () => {}) // seen as `complete: false`
  incoming.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    if (leaveOn !== undefined && Buffer.concat(chunks).includes(leaveOn)) incoming.destroy()
    if (arrivals.length < 1000) arrivals.push({ atMs: performance.now() - started, text: chunk.toString() })
  })
  await ended
  const { rawHeaders } = incoming
  const headers = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? '']] : [],
  )
  return {
    status: incoming.statusCode ?? 0,
    headers,
    body: Buffer.concat(chunks),
    arrivals,
    headAtMs,
    endAtMs: performance.now() - started,
    complete: incoming.complete,
  }
}
