import { Agent, type IncomingMessage, request } from 'node:http'

export interface Timing {
  /** Milliseconds from the request to the first bytes of the body, which hold the first token. */
  firstMs: number
  totalMs: number
  bytes: number
}

const agent = new Agent({ keepAlive: true })

/**
 * Sends one request and reads the whole answer.
 * @param ending what a complete answer ends with
 * @param more further headers
 * @throws when the answer is no 200 or not complete, since timing a failure would say nothing
 */
export async function timedPost(
  url: string,
  body: object,
  key: string,
  ending: string,
  more: Record<string, string> = {},
): Promise<Timing> {
  const text = JSON.stringify(body)
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    authorization: `Bearer ${key}`,
    ...more,
  }
  const start = performance.now()
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method: 'POST', agent, headers }, resolve).once('error', reject).end(text)
  })
  let firstMs = 0
  let bytes = 0
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of response as AsyncIterable<Buffer>) {
    firstMs ||= performance.now() - start
    bytes += chunk.length
    tail = chunk.length >= 256 ? chunk : Buffer.concat([tail.subarray(-256), chunk])
  }
  const totalMs = performance.now() - start
  const end = tail.subarray(-256).toString()
  if (response.statusCode !== 200 || !end.includes(ending)) {
    throw new Error(`${url} answered ${response.statusCode}: …${end}`)
  }
  return { firstMs, totalMs, bytes }
}

export function closeClient(): void {
  agent.destroy()
}
