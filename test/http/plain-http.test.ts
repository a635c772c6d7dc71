import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, type ClientRequest, createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type SecretsEndpoint, serveSecrets } from '../../infra/local/secrets-endpoint.ts'
import { ServerAnswer } from '../../lambda/http/plain-http.ts'
import { hashKey } from '../../lambda/keys/verify.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { type FakeProvider, startFakeProvider } from '../support/fake-provider.ts'
import { httpCall } from '../support/http-call.ts'
import { eventsOf } from '../support/upstream/format.ts'
import { baseline } from '../support/upstream/reply.ts'
import { file, json, paced, type Script, type SeenRequest, whole } from '../support/upstream/script.ts'
import { sseText, sseTexts } from '../support/upstream/sse-text.ts'

const key = 'sk-sluice-plain-0123456789abcdef'
let provider: FakeProvider
let secrets: SecretsEndpoint

/** `node lambda/server.ts`, as a container would start it, and what it logs. */
class Server {
  readonly records: UsageRecord[] = []
  readonly #child: ChildProcess
  readonly #port: Promise<string>

  constructor(settings: Record<string, string> = {}) {
    const env = {
      PORT: '0',
      SLUICE_TABLE: 'table',
      SLUICE_SECRET_ID: 'secret',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      // Nobody listens: records are read from the log.
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
      ...settings,
    }
    const child = spawn(process.execPath, ['lambda/server.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    const lines = createInterface({ input: child.stdout })
    this.#port = new Promise((resolve) => {
      lines.on('line', (line) => {
        const entry = JSON.parse(line) as { message: string }
        if (entry.message === 'request') this.records.push(entry as unknown as UsageRecord)
        const port = /^listening on port (\d+)$/.exec(entry.message)?.[1]
        if (port) resolve(port)
      })
    })
  }

  async url(path = '/v1/chat/completions'): Promise<string> {
    return `http://127.0.0.1:${await this.#port}${path}`
  }

  recordOf(model: string): Promise<UsageRecord> {
    const find = () => {
      const [record, ...more] = this.records.filter((each) => each.model?.endsWith(model))
      if (!record || more.length > 0) throw new Error(`${record ? 2 : 0} records of ${model}`)
      return record
    }
    return vi.waitFor(find, { timeout: 10_000 })
  }

  /** @returns the process's exit code */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    return this.#child.exitCode
  }
}

let aborting: Server
let draining: Server

beforeAll(async () => {
  provider = await startFakeProvider()
  const providers = [
    { id: 'c', formats: ['openai-chat', 'openai-speech'], baseUrl: `${provider.url}/c/v1`, apiKey: 'provider-key' },
    { id: 'm', formats: ['anthropic-messages'], baseUrl: `${provider.url}/m`, apiKey: 'provider-key' },
  ]
  const keys = [{ id: 'k', name: 'k', hash: hashKey(key), createdAt: '2026-01-01T00:00:00.000Z' }]
  const secret = () => ({ SLUICE_PROVIDERS: providers, SLUICE_KEYS: keys })
  secrets = await serveSecrets('secret', 'us-east-1', secret, () => undefined)
  aborting = new Server()
  draining = new Server({ SLUICE_ON_DISCONNECT: 'drain' })
  await Promise.all([aborting.url(), draining.url()])
})

afterAll(async () => {
  await Promise.all([aborting.stop(), draining.stop()])
  await Promise.all([provider.close(), secrets.close()])
})

async function control<Result>(verb: string, name: string, body?: unknown): Promise<Result> {
  const url = `${provider.url}/control/${verb}?name=${name}`
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  return (await response.json()) as Result
}

let models = 0
async function register(script: Script): Promise<string> {
  const model = `plain-${models++}`
  await control('script', model, script)
  return model
}

async function seenOf(model: string, state?: SeenRequest['state']): Promise<SeenRequest> {
  const find = async () => {
    const [seen] = await control<SeenRequest[]>('seen', model)
    if (!seen || (state && seen.state !== state)) throw new Error(`the provider’s request is ${seen?.state}`)
    return seen
  }
  return vi.waitFor(find, { timeout: 10_000, interval: 20 })
}

const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }

function bodyOf(model: string, stream: boolean): string {
  return JSON.stringify({ model, stream, max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] })
}

/** Sends a request on a connection of its own; errors are what the test is about. */
async function open(server: Server, model: string, stream: boolean): Promise<ClientRequest> {
  const outgoing = request(await server.url(), { method: 'POST', headers, agent: new Agent() })
  outgoing.on('error', () => undefined)
  outgoing.end(bodyOf(model, stream))
  return outgoing
}

async function untilText(outgoing: ClientRequest, text: string): Promise<void> {
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  incoming.on('error', () => undefined)
  let got = ''
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    got += chunk.toString()
    if (got.includes(text)) return
  }
}

const events = sseTexts(eventsOf.C(baseline))
const left = { status: 'client_closed', errorCode: 'client_closed' }

interface Place {
  script: Script
  stream: boolean
  prefix?: 'c' | 'm'
  /** Resolves when the client shall leave. */
  until(outgoing: ClientRequest, model: string): Promise<unknown>
}

const thinking: Script = { steps: [{ text: '' }], headAfterMs: 20_000 }
const silent: Script = { steps: [{ text: ': on\n\n' }], end: 'hang' }
const halfway: Script = { steps: events.slice(0, 4).map((text) => ({ text })), end: 'hang' }
const halfwayM: Script = { steps: sseTexts(eventsOf.M(baseline).slice(0, 4)).map((text) => ({ text })), end: 'hang' }
const asked = async (_: ClientRequest, model: string) => {
  await seenOf(model)
  await sleep(100)
}

const places: [name: string, place: Place][] = [
  ['in the middle of a stream', { script: halfway, stream: true, until: (outgoing) => untilText(outgoing, 'tok0') }],
  [
    'in the middle of a converted stream',
    { script: halfwayM, prefix: 'm', stream: true, until: (outgoing) => untilText(outgoing, 'tok0') },
  ],
  ['while the provider thinks before its headers', { script: thinking, stream: true, until: asked }],
  ['while it thinks behind them', { script: silent, stream: true, until: asked }],
  ['while it thinks about a buffered answer', { script: thinking, stream: false, until: asked }],
  ['while a buffered answer is collected', { script: halfway, stream: false, until: asked }],
]

/** Milliseconds from the client's leaving to the end of the provider's connection. */
async function leave({ script, stream, prefix = 'c', until }: Place): Promise<number> {
  const model = await register(script)
  const outgoing = await open(aborting, `${prefix}/${model}`, stream)
  await until(outgoing, model)
  const leftAt = Date.now()
  outgoing.destroy()
  const { closedAt = Number.POSITIVE_INFINITY } = await seenOf(model, 'aborted')
  expect(await aborting.recordOf(model)).toMatchObject({ ...left, attempts: 1 })
  return closedAt - leftAt
}

describe('a client that destroys its socket ends the call to the provider within 100 ms', () => {
  // The least of three: what delays one of them is the machine.
  test.each(places)('%s', async (_name, place) => {
    const delays = [await leave(place), await leave(place), await leave(place)]
    expect(Math.min(...delays), `${delays} ms`).toBeLessThan(100)
  })
})

test('a buffered answer that its client does not take is no success', async () => {
  const message = { role: 'assistant', content: 'x'.repeat(20_000_000) }
  const answer = {
    id: '1',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
  }
  const model = await register(json(200, answer))
  const outgoing = await open(aborting, `c/${model}`, false)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  incoming.on('error', () => undefined)
  outgoing.destroy()
  expect(await aborting.recordOf(model)).toMatchObject({ ...left, httpStatus: 200 })
})

test('with `drain` the record has the final usage', async () => {
  const model = await register(paced(events, 50))
  const outgoing = await open(draining, `c/${model}`, true)
  await untilText(outgoing, 'tok0')
  outgoing.destroy()
  await seenOf(model, 'done')
  const record = await draining.recordOf(model)
  expect(record).toMatchObject({ ...left, usageSource: 'provider', httpStatus: 200 })
  expect(record.outputTokens).toBeGreaterThan(0)
})

test('a whole answer is a success, streamed or not, also on a connection used before', async () => {
  for (const stream of [true, false, true]) {
    const model = await register(whole(sseText(eventsOf.C(baseline))))
    const answer = await httpCall(await aborting.url(), { headers, body: bodyOf(`c/${model}`, stream) })
    expect(answer).toMatchObject({ status: 200, complete: true })
    expect(answer.body.toString()).toContain(stream ? '[DONE]' : 'tok0 tok1 tok2 ')
    expect(await aborting.recordOf(model)).toMatchObject({ status: 'success', httpStatus: 200 })
  }
})

test('a file that breaks off is broken off for the client, and no client that left', async () => {
  const model = await register(file([Buffer.alloc(1000)], 'audio/mpeg', { end: 'cut' }))
  const body = JSON.stringify({ model: `c/${model}`, input: 'hi', voice: 'alloy' })
  const answer = await httpCall(await aborting.url('/v1/audio/speech'), { headers, body })
  expect(answer).toMatchObject({ status: 200, complete: false })
  expect(await aborting.recordOf(model)).toMatchObject({ status: 'truncated' })
})

test('a request above 6 MB is refused in the client’s format, as on the platform', async () => {
  const body = bodyOf('c/any', true).padEnd(6 * 1024 * 1024 + 1)
  const answer = await httpCall(await aborting.url(), { headers, body })
  expect(answer.status).toBe(413)
  expect(JSON.parse(answer.body.toString())).toMatchObject({ error: { message: 'The request body is above 6 MB.' } })
  const exact = await httpCall(await aborting.url(), {
    headers,
    body: bodyOf('nobody/any', true).padEnd(6 * 1024 * 1024),
  })
  expect(exact.status).toBe(404)
})

test('the target of a request may be a whole URL', async () => {
  const model = await register(whole(events.join('')))
  const path = 'http://gateway.example/v1/chat/completions?a=b'
  const outgoing = request(await aborting.url(), { method: 'POST', headers, path, agent: new Agent() })
  outgoing.end(bodyOf(`c/${model}`, true))
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  expect(incoming.statusCode).toBe(200)
  incoming.resume()
  expect((await seenOf(model)).url).toContain('/chat/completions?a=b')
})

test('a client that leaves is missed by all its requests, also one that waits for the answer before it', async () => {
  const [first, second] = [await register(halfway), await register(halfway)]
  const socket = connect(Number(new URL(await aborting.url()).port), '127.0.0.1')
  for (const model of [first, second]) {
    const body = bodyOf(`c/${model}`, true)
    const head = [
      'POST /v1/chat/completions HTTP/1.1',
      'host: x',
      ...Object.entries(headers).map((each) => each.join(': ')),
    ]
    socket.write(`${head.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  }
  await Promise.all([seenOf(first), seenOf(second)])
  socket.destroy()
  await Promise.all([seenOf(first, 'aborted'), seenOf(second, 'aborted')])
  for (const model of [first, second]) expect(await aborting.recordOf(model)).toMatchObject({ status: 'client_closed' })
})

test('SIGTERM lets what is under way end, and then the process', async () => {
  const server = new Server()
  expect((await httpCall(await server.url('/health'), { method: 'GET' })).status).toBe(200)
  const model = await register(paced(events, 200))
  const answer = httpCall(await server.url(), { headers, body: bodyOf(`c/${model}`, true) })
  await seenOf(model)
  const stopped = server.stop()
  expect(await answer).toMatchObject({ status: 200, complete: true })
  expect(await stopped).toBe(0)
})

test('a client that takes nothing for a minute has left, and its connection is closed', async () => {
  const took = Promise.withResolvers<ServerAnswer>()
  const server = createServer((_, outgoing) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const answer = new ServerAnswer(outgoing)
    answer.open(200, {})
    void answer.write(Buffer.alloc(50_000_000))
    took.resolve(answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const outgoing = request({ port: (server.address() as AddressInfo).port, agent: new Agent() }).end()
  outgoing.on('error', () => undefined)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  const answer = await took.promise
  await vi.advanceTimersByTimeAsync(59_999)
  expect(answer.left.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  vi.useRealTimers()
  expect(answer.left.reason).toMatchObject({ error: { code: 'client_closed' } })
  answer.end()
  await expect(async () => {
    for await (const _ of incoming);
  }).rejects.toThrow('aborted')
  server.close()
})
