import { once } from 'node:events'
import { stat } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Limits } from '../../lambda/config.ts'
import { exchange } from '../../lambda/gateway/exchange.ts'
import type { ClientResponse } from '../../lambda/gateway/request.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { gatewayDeps } from '../support/gateway-deps.ts'
import { eventsOf } from '../support/upstream/format.ts'
import { baseline } from '../support/upstream/reply.ts'
import type { Script } from '../support/upstream/script.ts'
import { sseTexts } from '../support/upstream/sse-text.ts'

// An environment that gets no processor time for a while finds its timers run out and the provider's bytes in the socket.
// Where that happens while Node handles input, the timers come next and the socket after them: what has come must count.

let thread: Worker
let providerUrl: string
beforeAll(async () => {
  thread = new Worker(new URL('../support/provider-thread.ts', import.meta.url))
  const [url] = (await once(thread, 'message')) as [string]
  providerUrl = url
})
afterAll(() => thread.terminate())

const limitMs = 300
/** The provider goes on before the limit, and the stall outlasts it. */
const goesOnMs = 200
const stallMs = 600

/** In the part of Node's loop that handles input. */
function stall(): void {
  stat('.', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs))
}

class Client implements ClientResponse {
  readonly live = true
  readonly left = new AbortController().signal
  opened = false
  status = 0
  written = ''

  open(status: number): void {
    this.opened = true
    this.status = status
  }

  write(chunk: string | Uint8Array): Promise<void> | undefined {
    this.written += Buffer.from(chunk as Uint8Array).toString()
    return undefined
  }

  abort(): void {}

  end(): void {}
}

const events = sseTexts(eventsOf.C(baseline))
const finishAt = events.findIndex((event) => event.includes('"finish_reason":"stop"'))
const until = (end: number) => events.slice(0, end).join('')

/** Everything before the pause, which the stall falls into, and the rest after it. */
function pausedAt(end: number): Script {
  return { steps: [{ text: until(end) }, { text: events.slice(end).join(''), afterMs: goesOnMs }] }
}

const phases: Record<string, { script: Script; limits: Partial<Limits> }> = {
  'the head': {
    script: { headAfterMs: goesOnMs, steps: [{ text: until(events.length) }] },
    limits: { headersMs: limitMs },
  },
  'the first content': { script: pausedAt(0), limits: { firstContentMs: limitMs } },
  'further content': { script: pausedAt(3), limits: { idleMs: limitMs } },
  'usage after the finish': { script: pausedAt(finishAt + 1), limits: { graceMs: limitMs } },
}

interface Answered {
  client: Client
  record: UsageRecord | undefined
}

let models = 0

async function ask(script: Script, limits: Partial<Limits>, client = new Client()): Promise<Answered> {
  const model = `stall-${models++}`
  await fetch(`${providerUrl}/control/script?name=${model}`, { method: 'POST', body: JSON.stringify(script) })
  const records: UsageRecord[] = []
  const provider = { id: 'c', formats: ['openai-chat' as const], baseUrl: `${providerUrl}/c/v1`, apiKey: 'k' }
  const deps = gatewayDeps([provider], records)
  const body = Buffer.from(JSON.stringify({ model: `c/${model}`, stream: true, messages: [] }))
  const path = '/v1/chat/completions'
  const request = { method: 'POST', path, query: '', headers: {}, body, remainingMs: () => 900_000 }
  await exchange(request, client, { ...deps, limits: { ...deps.limits, ...limits } })
  return { client, record: records[0] }
}

function expectWhole({ client, record }: Answered): void {
  expect(client.status).toBe(200)
  expect(client.written).toContain('[DONE]')
  expect(record).toMatchObject({ status: 'success', outputTokens: 42 })
}

test.each(Object.keys(phases))('%s that came in time is no timeout, however late it is read', async (name) => {
  const { script, limits } = phases[name] as (typeof phases)[string]
  // Once without, so that nothing but the stall takes time.
  await ask(pausedAt(0), {})
  setTimeout(stall, 100)
  expectWhole(await ask(script, limits))
})

/** Takes its time over the second piece it gets. */
class SlowClient extends Client {
  #pieces = 0

  override write(chunk: string | Uint8Array): Promise<void> | undefined {
    super.write(chunk)
    return ++this.#pieces === 2 ? new Promise((resolve) => setTimeout(resolve, stallMs)) : undefined
  }
}

/** Three pieces, the second and the third after a while. */
function inThree(first: number, second: string, third: number): Script {
  return {
    steps: [
      { text: until(first) },
      { text: second, afterMs: 100 },
      { text: events.slice(third).join(''), afterMs: 100 },
    ],
  }
}

test.each([
  ['further content', inThree(3, events[3] ?? '', 4), { idleMs: limitMs }],
  ['usage after the finish', inThree(finishAt + 1, ': a comment\n\n', finishAt + 1), { graceMs: limitMs }],
])('a client that reads slowly is no silence of the provider’s: %s', async (_name, script, limits) => {
  expectWhole(await ask(script, limits, new SlowClient()))
})

test('a provider that is silent behind a slow client is timed out all the same', async () => {
  const silent: Script = { ...inThree(3, events[3] ?? '', events.length), end: 'hang' }
  const { client, record } = await ask(silent, { idleMs: limitMs }, new SlowClient())
  expect(client.written).not.toContain('[DONE]')
  expect(record).toMatchObject({ status: 'timeout', errorCode: 'timeout' })
  expect(record?.durationMs).toBeLessThan(stallMs + 3 * limitMs)
})
