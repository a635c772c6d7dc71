import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ListDeps, modelsOf } from '../../lambda/gateway/model-lists.ts'
import type { ProviderConfig } from '../../lambda/providers/provider.ts'
import { close, listen } from '../support/fake-provider.ts'

/** A provider that counts how often each list was asked for; a path with `broken` in it fails. */
const asked = new Map<string, number>()
const server = createServer((request, response) => {
  const path = request.url ?? ''
  asked.set(path, (asked.get(path) ?? 0) + 1)
  if (path.includes('broken')) response.writeHead(500).end('{}')
  else response.end(JSON.stringify({ data: [{ id: 'a' }, { id: 7 }, null, { id: 'b/c' }] }))
})
let url = ''
beforeAll(async () => {
  url = await listen(server)
})
afterAll(() => close(server))

let time = 1_767_225_600_000
const warnings: string[] = []
const deps: ListDeps = {
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

test('the first format that has such an endpoint decides where the list is', async () => {
  await modelsOf(provider('claude', ['gemini', 'anthropic-messages', 'openai-chat']), deps)
  expect(asked.get('/claude/v1/models?limit=1000')).toBe(1)
  expect(await modelsOf(provider('google', ['gemini']), deps)).toBeUndefined()
})
