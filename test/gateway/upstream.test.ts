import { randomBytes } from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { constants, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callUpstream, type UpstreamResponse } from '../../lambda/gateway/upstream.ts'

let server: Server
let url: string
const sockets: Socket[] = []
let requests = 0

const switching = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'

beforeAll(async () => {
  server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    requests++
    if (request.url === '/reset') request.socket.resetAndDestroy()
    else if (request.url === '/crash') setTimeout(() => request.socket.resetAndDestroy(), 1_200)
    else if (request.url?.startsWith('/broken-gzip/')) breakOff(response, Number(request.url.slice(13)))
    else if (request.url === '/no-gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all')
    else if (request.url === '/switch') request.socket.write(switching)
    else response.end(`answer ${requests}`)
  })
  server.on('connection', (socket) => sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Hard to compress, and small enough to arrive in one read. */
const said = randomBytes(6_000).toString('hex')

/** All of what was said so far, flushed as servers do, and then the connection breaks. */
function breakOff(response: ServerResponse, pieces: number): void {
  response.writeHead(200, { 'content-encoding': 'gzip' })
  const flushed = gzipSync(said, { finishFlush: constants.Z_SYNC_FLUSH })
  const length = Math.ceil(flushed.length / pieces)
  response.cork()
  for (let at = 0; at < flushed.length; at += length) response.write(flushed.subarray(at, at + length))
  response.write('', () => response.destroy())
  response.uncork()
}

function call(path: string): Promise<UpstreamResponse> {
  return callUpstream({ url: url + path, headers: {}, body: '{}', provider: 'p', connectMs: 1000 }).response
}

describe('callUpstream', () => {
  it('reuses a connection', async () => {
    await text((await call('/')).body)
    await text((await call('/')).body)
    expect(sockets).toHaveLength(1)
  })

  it('asks anew when the provider has closed the kept-alive connection meanwhile', async () => {
    const before = requests
    // Like a provider that closes it while the environment is frozen: the end arrives together with our request.
    sockets[0]?.resetAndDestroy()
    expect(await text((await call('/')).body)).toBe(`answer ${before + 1}`)
    expect(sockets).toHaveLength(2)
  })

  it('does not ask anew where the provider was at work on the request', async () => {
    await text((await call('/')).body)
    const before = requests
    await expect(call('/crash')).rejects.toMatchObject({ error: { code: 'upstream_unreachable' } })
    expect(requests).toBe(before + 1)
  })

  it('does not ask for ever: a new connection that is reset is an error', async () => {
    await expect(call('/reset')).rejects.toMatchObject({ error: { code: 'upstream_unreachable' } })
    expect(sockets).toHaveLength(3)
  })

  it('says why a provider cannot be reached', async () => {
    const closed = callUpstream({ url: 'http://127.0.0.1:1/', headers: {}, provider: 'p', connectMs: 1000 })
    const message = 'The provider "p" could not be reached (ECONNREFUSED).'
    await expect(closed.response).rejects.toMatchObject({ error: { code: 'upstream_unreachable', message } })
  })

  it('fails when the provider switches to another protocol, for which nobody asked', async () => {
    await expect(call('/switch')).rejects.toMatchObject({ error: { code: 'upstream_unreachable' } })
  })

  it('can be aborted even where the request cannot be made', async () => {
    const headers = { authorization: 'Bearer two\nlines' }
    const failing = callUpstream({ url, headers, body: '{}', provider: 'p', connectMs: 1000 })
    failing.abort()
    await expect(failing.response).rejects.toMatchObject({ code: 'ERR_INVALID_CHAR' })
  })

  it('tells who reads a body that could not be decoded, however late', async () => {
    const { body } = await call('/no-gzip')
    await sleep(50)
    await expect(text(body)).rejects.toMatchObject({ code: 'Z_DATA_ERROR' })
  })

  it.each([1, 2, 20])('gives all that was sent of an encoded body in %i pieces, and then its break', async (pieces) => {
    const { body } = await call(`/broken-gzip/${pieces}`)
    let received = ''
    body.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk
    })
    const failure = await new Promise<NodeJS.ErrnoException>((resolve) => body.once('error', resolve))
    expect(received).toBe(said)
    expect(failure.code).toBe('Z_BUF_ERROR')
  })
})
