import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { StreamResponse } from '../../lambda/http/stream-response.ts'

/** The platform's stream: takes what fits into its buffer, and the rest when `take` is called. */
class PlatformStream extends Writable {
  readonly taken: string[] = []
  take: () => void = () => undefined

  constructor() {
    super({ highWaterMark: 4, decodeStrings: true })
  }

  setContentType(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken.push(chunk.toString())
    this.take = done
    if (chunk.length === 0) done()
  }
}

beforeEach(() => {
  vi.stubGlobal('awslambda', { HttpResponseStream: { from: (stream: Writable) => stream } })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function opened(remainingMs = 900_000) {
  const stream = new PlatformStream()
  const response = new StreamResponse(stream as unknown as awslambda.HttpResponseStream, () => remainingMs)
  response.open(200, {})
  return { stream, response }
}

function expectLeft({ left }: StreamResponse): void {
  expect(left.aborted).toBe(true)
  expect(left.reason).toMatchObject({ error: { code: 'client_closed' } })
}

describe('the client of a RESPONSE_STREAM function', () => {
  test('has left when its stream fails, even while nothing is written', async () => {
    const { stream, response } = opened()
    stream.destroy(new Error('EPIPE'))
    await new Promise(setImmediate)
    expectLeft(response)
    expect(response.write('more')).toBeUndefined()
    expect(stream.taken).toEqual([''])
  })

  test('has left when its stream closes before the end, and whoever waits for it goes on', async () => {
    const { stream, response } = opened()
    const taken = response.write('enough')
    stream.destroy()
    await taken
    expectLeft(response)
  })

  test('has left when it takes nothing for a minute', async () => {
    vi.useFakeTimers()
    const { stream, response } = opened()
    const taken = response.write('enough')
    await vi.advanceTimersByTimeAsync(59_999)
    expect(response.left.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await taken
    expectLeft(response)
    expect(stream.listenerCount('drain')).toBe(0)
  })

  test('has less than a minute where the invocation ends before that', async () => {
    vi.useFakeTimers()
    const { response } = opened(5_000)
    void response.write('enough')
    await vi.advanceTimersByTimeAsync(1_999)
    expect(response.left.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expectLeft(response)
  })

  test('is there as long as it takes something, and at the end', async () => {
    const { stream, response } = opened()
    const taken = response.write('enough')
    stream.take()
    await taken
    const ended = new Promise((resolve) => stream.once('close', resolve))
    response.end()
    await ended
    expect(response.left.aborted).toBe(false)
  })
})
