import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { OnDisconnect } from '../../lambda/config.ts'
import { clientClosed } from '../../lambda/errors.ts'
import type { Deps } from '../../lambda/gateway/deps.ts'
import { exchange } from '../../lambda/gateway/exchange.ts'
import type { ClientResponse } from '../../lambda/gateway/request.ts'
import { unpriced } from '../../lambda/metrics/pricing.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { KeyPool } from '../../lambda/providers/key-pool.ts'
import { type FakeProvider, startFakeProvider } from '../support/fake-provider.ts'
import { eventsOf, type Format, formats } from '../support/upstream/format.ts'
import { baseline } from '../support/upstream/reply.ts'
import { json, paced, type Script, type SeenRequest } from '../support/upstream/script.ts'
import { sseTexts } from '../support/upstream/sse-text.ts'

let provider: FakeProvider
beforeAll(async () => {
  provider = await startFakeProvider()
})
afterAll(() => provider.close())

async function control<Result>(verb: string, name: string, body?: unknown): Promise<Result> {
  const url = `${provider.url}/control/${verb}?name=${name}`
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  return (await response.json()) as Result
}

/** A transport whose client leaves when told to; keeps what was written. */
class Client implements ClientResponse {
  readonly live = true
  opened = false
  written = ''
  readonly #leaving = new AbortController()
  readonly #leaveOn: string | undefined

  constructor(leaveOn?: string) {
    this.#leaveOn = leaveOn
  }

  get left(): AbortSignal {
    return this.#leaving.signal
  }

  leave(): void {
    this.#leaving.abort(clientClosed())
  }

  open(): void {
    this.opened = true
  }

  write(chunk: string | Uint8Array): undefined {
    this.written += Buffer.from(chunk as Uint8Array).toString()
    if (this.#leaveOn && this.written.includes(this.#leaveOn)) this.leave()
  }

  abort(): void {}

  end(): void {}
}

const paths: Record<Format, string> = { C: '/v1/chat/completions', M: '/v1/messages', R: '/v1/responses' }
const wireNames = { C: 'openai-chat', M: 'anthropic-messages', R: 'openai-responses' } as const

function depsOf(onDisconnect: OnDisconnect, records: UsageRecord[], drainMs = 30_000): Deps {
  const hour = 3_600_000
  const baseUrls = { C: '/c/v1', M: '/m', R: '/r/v1' }
  return {
    limits: {
      connectMs: hour,
      headersMs: hour,
      firstContentMs: hour,
      idleMs: hour,
      graceMs: hour,
      keepAliveMs: 20,
      reserveMs: 0,
      drainMs,
    },
    onDisconnect,
    retry: { triesPerTarget: 3, backoffMs: 50, maxBackoffMs: 5000 },
    routes: {},
    keyPool: new KeyPool(Date.now, Math.random),
    random: Math.random,
    keyring: { verify: async () => ({ id: 'k', name: 'k' }) },
    providers: async () =>
      formats.map((format) => ({
        id: format.toLowerCase(),
        formats: [wireNames[format]],
        baseUrl: provider.url + baseUrls[format],
        apiKey: 'provider-key',
      })),
    pricing: { price: async () => unpriced },
    recorder: { record: async (record) => void records.push(record) },
    logger: { log: () => undefined, provisional: () => undefined, request: () => undefined },
    mint: (prefix) => `${prefix}x`,
    now: Date.now,
    clock: () => performance.now(),
  }
}

interface Trial {
  script: Script
  onDisconnect: OnDisconnect
  client?: Format
  upstream?: Format
  stream?: boolean
  leaveOn?: string
  leaveAfterMs?: number
  drainMs?: number
}

interface Outcome {
  record: UsageRecord
  client: Client
  seen: SeenRequest[]
  /** From the moment the client left to the end of the exchange. */
  lingeredMs: number
}

let models = 0

async function run(trial: Trial): Promise<Outcome> {
  const { client: format = 'C', upstream = 'C', stream = true } = trial
  const model = `m${models++}`
  await control('script', model, trial.script)
  const records: UsageRecord[] = []
  const client = new Client(trial.leaveOn)
  const { leaveAfterMs } = trial
  if (leaveAfterMs !== undefined) setTimeout(() => client.leave(), leaveAfterMs)
  let leftAt = 0
  client.left.addEventListener('abort', () => {
    leftAt = performance.now()
  })
  const ask = format === 'R' ? { input: 'hi' } : { messages: [{ role: 'user', content: 'hi' }], max_tokens: 100 }
  const body = Buffer.from(JSON.stringify({ model: `${upstream.toLowerCase()}/${model}`, stream, ...ask }))
  const request = { method: 'POST', path: paths[format], query: '', headers: {}, body, remainingMs: () => 900_000 }
  await exchange(request, client, depsOf(trial.onDisconnect, records, trial.drainMs))
  const lingeredMs = performance.now() - leftAt
  const [record] = records
  if (!record || records.length !== 1) throw new Error(`${records.length} records`)
  const seen = await vi.waitFor(async () => {
    const requests = await control<SeenRequest[]>('seen', model)
    if (requests.some(({ state }) => state === 'open')) throw new Error('a request to the provider is still open')
    return requests
  })
  return { record, client, seen, lingeredMs }
}

/** An answer of some 300 ms, its usage at the end. */
const slow = (upstream: Format, rest: Omit<Script, 'steps'> = {}): Script =>
  paced(sseTexts(eventsOf[upstream](baseline)), 40, rest)

const left = { status: 'client_closed', errorCode: 'client_closed' }
const finalUsage: Record<Format, number | null> = { C: 0, M: 0, R: 0 }

async function usageOf(upstream: Format): Promise<number | null> {
  const { record } = await run({
    script: paced(sseTexts(eventsOf[upstream](baseline)), 0),
    onDisconnect: 'abort',
    upstream,
  })
  expect(record.status).toBe('success')
  return record.outputTokens
}

beforeAll(async () => {
  for (const format of formats) finalUsage[format] = await usageOf(format)
})

describe('a client that leaves in the middle of a stream', () => {
  const pairs = formats.flatMap((client) => formats.map((upstream) => [client, upstream] as const))

  test.each(pairs)('ends the upstream call at once, %s from %s', async (client, upstream) => {
    const outcome = await run({ script: slow(upstream), onDisconnect: 'abort', client, upstream, leaveOn: 'tok0' })
    expect(outcome.seen.map(({ state }) => state)).toEqual(['aborted'])
    expect(outcome.record).toMatchObject({ ...left, httpStatus: 200, bytesOut: outcome.client.written.length })
    expect(outcome.client.written).not.toContain('tok1')
  })

  test.each(pairs)('or has its answer drained for the usage, %s from %s', async (client, upstream) => {
    const outcome = await run({ script: slow(upstream), onDisconnect: 'drain', client, upstream, leaveOn: 'tok0' })
    expect(outcome.seen.map(({ state }) => state)).toEqual(['done'])
    expect(finalUsage[upstream]).toBeGreaterThan(0)
    expect(outcome.record).toMatchObject({ ...left, usageSource: 'provider', outputTokens: finalUsage[upstream] })
    expect(outcome.client.written).not.toContain('tok1')
  })
})

describe.each([true, false])('a client that leaves while the provider thinks, stream: %s', (stream) => {
  test('before the status', async () => {
    const script = slow('C', { headAfterMs: 20_000 })
    const outcome = await run({ script, onDisconnect: 'abort', stream, leaveAfterMs: 50 })
    expect(outcome.seen.map(({ state }) => state)).toEqual(['aborted'])
    expect(outcome.record).toMatchObject({ ...left, httpStatus: stream ? 200 : 499, attempts: 1 })
  })

  test('after it', async () => {
    const script: Script = { steps: [{ text: '' }], end: 'hang' }
    const outcome = await run({ script, onDisconnect: 'abort', stream, leaveAfterMs: 100 })
    expect(outcome.seen.map(({ state }) => state)).toEqual(['aborted'])
    expect(outcome.record).toMatchObject(left)
  })

  test('has its answer drained', async () => {
    const script = slow('C', { headAfterMs: 300 })
    const outcome = await run({ script, onDisconnect: 'drain', stream, leaveAfterMs: 100 })
    expect(outcome.seen.map(({ state }) => state)).toEqual(['done'])
    expect(outcome.record).toMatchObject({ ...left, outputTokens: finalUsage.C })
    expect(outcome.client.written).not.toContain('tok')
  })

  test('gets no keep-alive any more', async () => {
    const script = slow('C', { headAfterMs: 400 })
    const outcome = await run({ script, onDisconnect: 'drain', stream, leaveAfterMs: 50 })
    expect(outcome.client.written.length).toBeLessThan(50)
    expect(outcome.record.bytesOut).toBe(outcome.client.written.length)
  })
})

test('an answer that is drained ends at the bound', async () => {
  const script: Script = { ...slow('C'), end: 'hang' }
  script.steps = [
    ...script.steps.slice(0, 2),
    ...Array.from({ length: 100 }, () => ({ text: ': on\n\n', afterMs: 50 })),
  ]
  const outcome = await run({ script, onDisconnect: 'drain', leaveOn: 'tok0', drainMs: 200 })
  expect(outcome.seen.map(({ state }) => state)).toEqual(['aborted'])
  expect(outcome.lingeredMs).toBeGreaterThanOrEqual(195)
  expect(outcome.lingeredMs).toBeLessThan(1000)
  expect(outcome.record).toMatchObject(left)
})

test.each(['abort', 'drain'] as const)('nothing is tried again for nobody: %s', async (onDisconnect) => {
  const script: Script = { ...json(500, { error: { message: 'no' } }), headAfterMs: 200 }
  const outcome = await run({ script, onDisconnect, leaveAfterMs: 100 })
  expect(outcome.seen).toHaveLength(1)
  expect(outcome.record).toMatchObject({ ...left, attempts: 1 })
})

test('a wait before the next try ends when the client leaves', async () => {
  const script = json(503, { error: { message: 'later' } }, { 'retry-after': '4' })
  const outcome = await run({ script, onDisconnect: 'drain', stream: false, leaveAfterMs: 200 })
  expect(outcome.lingeredMs).toBeLessThan(2000)
  expect(outcome.seen).toHaveLength(1)
  expect(outcome.record).toMatchObject({ ...left, httpStatus: 499 })
})

test.each(['abort', 'drain'] as const)(
  'an answer that broke off unseen is a client that left: %s',
  async (onDisconnect) => {
    const script: Script = { steps: slow('C').steps.slice(0, 4), end: 'cut' }
    const outcome = await run({ script, onDisconnect, leaveOn: 'tok0' })
    expect(outcome.record).toMatchObject(left)
  },
)

test('a client that leaves with its whole answer is a success', async () => {
  const outcome = await run({ script: slow('C'), onDisconnect: 'abort', leaveOn: '[DONE]' })
  expect(outcome.record).toMatchObject({ status: 'success', outputTokens: finalUsage.C })
})

test.each(formats)(
  'a provider that answers 499 is an error that is tried again, and no client that left: %s',
  async (client) => {
    const script = json(499, { error: { message: 'client closed request' } })
    const outcome = await run({ script, onDisconnect: 'abort', client, stream: false })
    expect(outcome.seen).toHaveLength(3)
    expect(outcome.record).toMatchObject({ status: 'error', errorCode: 'internal', httpStatus: 499, attempts: 3 })
  },
)
