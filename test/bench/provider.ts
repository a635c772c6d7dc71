import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenOnLoopback } from '../../infra/local/server.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { readScript } from './script.ts'
import { paths, streams } from './streams.ts'

/** A provider in a process of its own, so that its work is not counted as anyone else's. Says its URL on stdout. */
const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    if (response.destroyed) return
    response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error))
  })
})
server.on('connection', (socket) => socket.setNoDelay(true))
server.keepAliveTimeout = 120_000
const { url } = await listenOnLoopback(server, 0)
process.stdout.write(`${url}\n`)
// The parent's end of the pipe closes with the parent, however that ended.
process.stdin.on('end', () => process.exit()).resume()

/** Content of a burst goes out in pieces of about this many bytes: one TLS record, the most a real one brings at once. */
const burstBytes = 16 * 1024

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [format] = Object.entries(paths).find(([, path]) => path === request.url) ?? []
  if (!format) throw new Error(`no such path: ${request.url}`)
  const { opening, delta, closing } = streams[format as FormatId]
  const { deltas, everyMs, thinkMs, characters } = readScript(await readModel(request))
  const text = characters > 0 ? 'x'.repeat(characters) : undefined
  const next = (number: number) => delta(number, text)
  await sleep(thinkMs)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(opening.join(''))
  if (everyMs > 0) await pace(response, deltas, everyMs, next)
  else await burst(response, deltas, next)
  response.end(closing(deltas).join(''))
}

async function pace(response: ServerResponse, deltas: number, everyMs: number, delta: (number: number) => string) {
  const start = performance.now()
  for (let number = 1; number <= deltas; number++) {
    // From the start, not from the last one: a timer that fires late must not make the whole stream longer.
    await sleep(Math.max(0, start + number * everyMs - performance.now()))
    response.write(delta(number))
  }
}

async function burst(response: ServerResponse, deltas: number, delta: (number: number) => string): Promise<void> {
  let piece = ''
  for (let number = 1; number <= deltas; number++) {
    piece += delta(number)
    if (piece.length < burstBytes && number < deltas) continue
    const free = response.write(piece)
    piece = ''
    if (!free) await drained(response)
    if (response.destroyed) return
  }
}

/** Until the reader takes more, or has left. */
async function drained(response: ServerResponse): Promise<void> {
  const waiting = new AbortController()
  const { signal } = waiting
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
  waiting.abort()
}

async function readModel(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) text += chunk
  return String((JSON.parse(text) as { model?: unknown }).model)
}
