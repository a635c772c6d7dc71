import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clientClosed } from '../../lambda/errors.ts'
import { exchange } from '../../lambda/gateway/exchange.ts'
import { type ListDeps, modelsOf } from '../../lambda/gateway/model-lists.ts'
import type { ClientResponse } from '../../lambda/gateway/request.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { KeyPool } from '../../lambda/providers/key-pool.ts'
import type { ProviderConfig } from '../../lambda/providers/provider.ts'
import { close, listen } from '../support/fake-provider.ts'
import { gatewayDeps } from '../support/gateway-deps.ts'

const list = JSON.stringify({ data: [{ id: 'a' }, { id: 7 }, null, { id: 'b/c' }] })

/** A provider that counts how often each list was asked for; a path with `broken` in it fails, one with `slow` takes its time. */
const asked = new Map<string, number>()
const server = createServer((request, response) => {
  const path = request.url ?? ''
  asked.set(path, (asked.get(path) ?? 0) + 1)
  if (request.headers.authorization === 'Bearer refused') response.writeHead(401).end('{}')
  else if (path.includes('broken')) response.writeHead(500).end('{}')
  else if (path.includes('slow')) setTimeout(() => response.end(list), 600)
  else response.end(list)
})
let url = ''
beforeAll(async () => {
  url = await listen(server)
})
afterAll(() => close(server))

let time = 1_767_225_600_000
const warnings: string[] = []
const deps: ListDeps = {
  keyPool: new KeyPool(
    () => time,
    () => 0,
  ),
  now: () => time,
  limits: { connectMs: 1000 },
  logger: { log: (level, message) => void warnings.push(`${level} ${message}`) },
}

function provider(id: string, formats: ProviderConfig['formats'] = ['openai-chat']): ProviderConfig {
  return { id, formats, baseUrl: `${url}/${id}` }
}

test('a list is read once in five minutes, and entries without an id are none', async () => {
  const lists = await Promise.all([modelsOf(provider('p'), deps), modelsOf(provider('p'), deps)])
  for (const list of lists) expect(list?.map(({ id }) => id)).toEqual(['p/a', 'p/b/c'])
  time += 299_000
  await modelsOf(provider('p'), deps)
  expect(asked.get('/p/models')).toBe(1)
  time += 2_000
  await modelsOf(provider('p'), deps)
  expect(asked.get('/p/models')).toBe(2)
})

test('a provider that fails is left in peace for a quarter of a minute', async () => {
  expect(await modelsOf(provider('broken'), deps)).toBeUndefined()
  time += 14_000
  expect(await modelsOf(provider('broken'), deps)).toBeUndefined()
  expect(asked.get('/broken/models')).toBe(1)
  expect(warnings).toEqual(['warn a provider did not list its models'])
  time += 2_000
  await modelsOf(provider('broken'), deps)
  expect(asked.get('/broken/models')).toBe(2)
})

test('a provider with several keys lists its models with one that is not refused, which is taken first from then on', async () => {
  const keys = [
    { key: 'refused', weight: 1 },
    { key: 'fine', weight: 1 },
  ]
  const pooled = { ...provider('pooled'), apiKey: 'refused', keys }
  expect(await modelsOf(pooled, deps)).toHaveLength(2)
  expect(asked.get('/pooled/models')).toBe(2)
  expect(await modelsOf({ ...pooled, id: 'again' }, deps)).toHaveLength(2)
  expect(asked.get('/pooled/models')).toBe(3)
})

test('a provider that refuses all its keys fails', async () => {
  const keys = [{ key: 'refused', weight: 1 }]
  expect(await modelsOf({ ...provider('closed'), keys }, deps)).toBeUndefined()
  expect(asked.get('/closed/models')).toBe(1)
})

test('the first format that has such an endpoint decides where the list is', async () => {
  await modelsOf(provider('claude', ['gemini', 'anthropic-messages', 'openai-chat']), deps)
  expect(asked.get('/claude/v1/models?limit=1000')).toBe(1)
  expect(await modelsOf(provider('google', ['gemini']), deps)).toBeUndefined()
})

/** A client that leaves after so many milliseconds, or not. */
class Client implements ClientResponse {
  readonly live = true
  opened = false
  written = ''
  readonly #leaving = new AbortController()

  constructor(leaveAfterMs?: number) {
    if (leaveAfterMs !== undefined) setTimeout(() => this.#leaving.abort(clientClosed()), leaveAfterMs)
  }

  get left(): AbortSignal {
    return this.#leaving.signal
  }

  open(): void {
    this.opened = true
  }

  write(chunk: string | Uint8Array): undefined {
    this.written += Buffer.from(chunk as Uint8Array).toString()
  }

  abort(): void {}

  end(): void {}
}

test.each(['/v1/models', '/v1/models/slow/a'])(
  'a client that leaves waits for no list, which goes on for the next one: %s',
  async (path) => {
    const id = path === '/v1/models' ? 'slow-all' : 'slow'
    const records: UsageRecord[] = []
    const world = gatewayDeps([provider(id)], records)
    const request = { method: 'GET', path, query: '', headers: {}, body: Buffer.alloc(0), remainingMs: () => 900_000 }
    const begun = performance.now()
    await exchange(request, new Client(50), world)
    expect(performance.now() - begun).toBeLessThan(500)
    expect(records).toMatchObject([{ status: 'client_closed', httpStatus: 499 }])
    const next = new Client()
    await exchange(request, next, world)
    expect(next.written).toContain(`"${id}/a"`)
    expect(records[1]).toMatchObject({ status: 'success', httpStatus: 200 })
    expect(asked.get(`/${id}/models`)).toBe(1)
  },
)
