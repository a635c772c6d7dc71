import { Writable } from 'node:stream'
import zlib, { createGunzip, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BufferedResponse } from '../../lambda/http/buffered-response.ts'
import { acceptsGzip } from '../../lambda/http/compression.ts'
import { GzipResponse } from '../../lambda/http/gzip-response.ts'
import { StreamResponse } from '../../lambda/http/stream-response.ts'

const events = { 'content-type': 'text/event-stream; charset=utf-8' }
const object = { 'content-type': 'application/json' }
const long = JSON.stringify({ text: 'word '.repeat(1_000) })

beforeEach(() => {
  vi.stubGlobal('awslambda', { HttpResponseStream: { from: (stream: Writable) => stream } })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test.each([
  [undefined, false],
  ['', false],
  ['identity', false],
  ['br, deflate', false],
  ['gzip', true],
  ['GZip', true],
  ['x-gzip', true],
  ['gzip, deflate, br', true],
  ['br;q=1.0, gzip;q=0.8, *;q=0.1', true],
  ['gzip;q=0', false],
  ['gzip; q=0.000, *', false],
  ['*', true],
  ['*;q=0', false],
  ['identity, gzip;q=0.5', false],
  ['identity;q=0.5, gzip;q=0.5', true],
  ['gzip;q=much', false],
])('accept-encoding %j allows gzip: %j', (header, allowed) => {
  expect(acceptsGzip(header)).toBe(allowed)
})

/** A streamed answer whose client unpacks what it gets as it comes. */
function streamed() {
  let text = ''
  let broken = ''
  const gunzip = createGunzip()
    .on('data', (piece: Buffer) => {
      text += piece.toString()
    })
    .on('error', ({ message }) => {
      broken = message
    })
  const platform = new Writable({
    write: (chunk, _encoding, done) => {
      gunzip.write(chunk, () => done())
    },
    final: (done) => {
      gunzip.end(done)
    },
  })
  const stream = new StreamResponse(platform as unknown as awslambda.HttpResponseStream, () => 900_000)
  return { response: new GzipResponse(stream), stream, platform, text: () => text, broken: () => broken }
}

/** Until everything that was handed to the client has been unpacked; the test fails if it never is. */
const unpacked = (text: () => string, expected: string) => vi.waitFor(() => expect(text()).toBe(expected))

describe('a stream in gzip', () => {
  test('has each event out of the compressor before the next one is written', async () => {
    const { response, text } = streamed()
    response.open(200, events)
    let sent = ''
    for (let number = 0; number < 20; number++) {
      const event = `data: {"number":${number}}\n\n`
      sent += event
      await response.write(number % 2 === 0 ? event : Buffer.from(event))
      await unpacked(text, sent)
    }
    await response.end()
    await unpacked(text, sent)
  })

  test('keeps the order of writes that nobody waited for, and its end comes last', async () => {
    const { response, text, platform } = streamed()
    response.open(200, events)
    const parts = Array.from({ length: 30 }, (_, at) => `data: ${at} ${'x'.repeat(at * 5_000)}\n\n`)
    for (const part of parts) void response.write(part)
    await response.end()
    await unpacked(text, parts.join(''))
    expect(platform.writableEnded).toBe(true)
  })

  test('of a client that leaves frees its compressor, and writes go nowhere', async () => {
    const destroy = vi.spyOn(zlib.Gzip.prototype, 'destroy')
    const { response, platform } = streamed()
    response.open(200, events)
    await response.write('data: 1\n\n')
    const waiting = response.write('data: 2\n\n')
    platform.destroy()
    await waiting
    await vi.waitFor(() => expect(response.left?.aborted).toBe(true))
    expect(destroy).toHaveBeenCalledTimes(1)
    expect(response.write('data: 3\n\n')).toBeUndefined()
    await response.end()
  })

  test('that is over has freed its compressor, and so has one that was aborted', async () => {
    const destroy = vi.spyOn(zlib.Gzip.prototype, 'destroy')
    const { response } = streamed()
    response.open(200, events)
    await response.write('data: 1\n\n')
    await response.end()
    expect(destroy).toHaveBeenCalled()
    destroy.mockClear()
    const aborted = streamed()
    aborted.response.open(200, events)
    aborted.response.abort()
    expect(destroy).toHaveBeenCalled()
    expect(() => aborted.stream.breakOff()).toThrow('aborted')
  })
})

test('a compressor that fails is an error of the write, and the answer ends broken', async () => {
  vi.spyOn(zlib.Gzip.prototype, '_transform').mockImplementation((_chunk, _encoding, done) =>
    done(new Error('no memory')),
  )
  const { response, broken } = streamed()
  response.open(200, events)
  await expect(response.write('data: 1\n\n')).rejects.toThrow('no memory')
  await expect(response.write('data: 2\n\n')).rejects.toThrow()
  await response.end()
  await vi.waitFor(() => expect(broken()).toBe('unexpected end of file'))
})

describe('a buffered answer', () => {
  test('in gzip is base64, and says so', async () => {
    const buffered = new BufferedResponse()
    const response = new GzipResponse(buffered)
    response.open(200, object)
    expect(response.opened).toBe(true)
    await response.write(long)
    await response.end()
    const { headers, body = '', isBase64Encoded } = buffered.result()
    expect(headers).toEqual({ ...object, 'content-encoding': 'gzip', vary: 'accept-encoding' })
    expect(isBase64Encoded).toBe(true)
    expect(body.length).toBeLessThan(long.length / 10)
    expect(gunzipSync(Buffer.from(body, 'base64')).toString()).toBe(long)
  })

  test.each([
    ['a small one', object, '{"status":"ok"}'],
    ['an empty one', object, ''],
    ['a file', { 'content-type': 'audio/mpeg' }, long],
    ['an encoded one', { ...object, 'content-encoding': 'br' }, long],
  ])('that is %s goes out as it is', async (_, headers: Record<string, string>, body) => {
    const buffered = new BufferedResponse()
    const response = new GzipResponse(buffered)
    response.open(200, headers)
    await response.write(body)
    await response.end()
    const result = buffered.result()
    expect(result.headers).toEqual({ ...headers, vary: 'accept-encoding' })
    expect(Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8').toString()).toBe(body)
  })

  test('above what the URL can carry becomes an error, which then goes out', async () => {
    const buffered = new BufferedResponse()
    const response = new GzipResponse(buffered)
    response.open(200, object)
    const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64')
    const writeAll = async () => {
      for (let number = 0; number < 100; number++) await response.write(noise())
    }
    await expect(writeAll()).rejects.toMatchObject({ error: { code: 'upstream_too_large' } })
    expect(response.opened).toBe(false)
    response.open(502, object)
    await response.write('{"error":{}}')
    await response.end()
    expect(buffered.result()).toMatchObject({ statusCode: 502, body: '{"error":{}}', isBase64Encoded: false })
  })
})
