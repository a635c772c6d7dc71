import { describe, expect, it } from 'vitest'
import { post, type Reply, urlOf } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import type { Format } from '../support/upstream/format.ts'

/** Asks for a path below `/v1/models` as a client of that format does. */
function get(path: string, client: Format, way: 'streamed' | 'buffered' = 'streamed'): Promise<Reply> {
  return post(urlOf(way, path), client, { method: 'GET' })
}

interface Page {
  data: { id: string }[]
}

function idsOf({ text }: Reply): string[] {
  return (JSON.parse(text) as Page).data.map(({ id }) => id)
}

describe('the list of models', () => {
  it.each(['streamed', 'buffered'] as const)('has OpenAI’s shape for OpenAI’s clients, %s', async (way) => {
    const reply = await get('/v1/models', 'C', way)
    expect([reply.status, reply.header('content-type')]).toEqual([200, 'application/json'])
    const { object, data } = JSON.parse(reply.text) as { object: string; data: { id: string }[] }
    expect(object).toBe('list')
    expect(data.find(({ id }) => id === 'o/gpt-fake')).toEqual({
      id: 'o/gpt-fake',
      object: 'model',
      created: 1767225600,
      owned_by: 'openai',
      context_window: 128000,
    })
    const claude = { id: 'm/claude-fake', object: 'model', created: 1767225600, owned_by: 'm' }
    expect(data.find(({ id }) => id === 'm/claude-fake')).toEqual(claude)
  })

  it('has Anthropic’s shape for Anthropic’s clients, all on one page', async () => {
    const reply = await get('/v1/models', 'M')
    const page = JSON.parse(reply.text) as {
      data: { id: string }[]
      has_more: boolean
      first_id: string
      last_id: string
    }
    expect(page.has_more).toBe(false)
    expect([page.first_id, page.last_id]).toEqual([page.data[0]?.id, page.data.at(-1)?.id])
    expect(page.data.find(({ id }) => id === 'o/gpt-fake')).toMatchObject({
      type: 'model',
      display_name: 'gpt-fake',
      created_at: '2026-01-01T00:00:00.000Z',
      lifecycle: 'active',
      max_tokens: null,
    })
  })

  it('leaves out providers that do not answer, and names no provider’s own id without its prefix', async () => {
    const ids = idsOf(await get('/models', 'C'))
    expect(ids.length).toBeGreaterThanOrEqual(3)
    expect(ids.filter((id) => !/^(o|m|anthropic|openai)\//.test(id))).toEqual([])
  })

  it('leaves a record', async () => {
    const reply = await get('/v1/models', 'C')
    const record = await readRecord(reply.requestId)
    expect(record).toMatchObject({ endpoint: '/models', status: 'success', httpStatus: 200, usageSource: 'none' })
  })

  it('is asked for with a key, by GET', async () => {
    const headers = { authorization: 'Bearer wrong' }
    expect((await post(urlOf('streamed', '/v1/models'), 'C', { method: 'GET', headers })).status).toBe(401)
    expect((await post(urlOf('streamed', '/v1/models'), 'C', { method: 'POST', body: '{}' })).status).toBe(405)
  })
})

describe('one model', () => {
  it.each([
    ['/v1/models/o/vendor/nested:free', 'o/vendor/nested:free'],
    ['/v1/models/o%2Fvendor%2Fnested%3Afree', 'o/vendor/nested:free'],
    ['/models/o/gpt-fake/', 'o/gpt-fake'],
  ])('at %s is %s', async (path, id) => {
    const reply = await get(path, 'C', 'buffered')
    expect([reply.status, (JSON.parse(reply.text) as { id: string }).id]).toEqual([200, id])
    expect(await readRecord(reply.requestId)).toMatchObject({ endpoint: '/models/{id}', model: id })
  })

  it.each([
    ['o/none', 404, 'model_not_found'],
    ['nobody/none', 404, 'model_not_found'],
    ['o/100%', 404, 'model_not_found'],
    ['dead-c/x', 502, 'upstream_unreachable'],
  ])('%s is a %i', async (id, status, code) => {
    const reply = await get(`/v1/models/${id}`, 'C')
    expect([reply.status, reply.failure().code]).toEqual([status, code])
  })

  it('that is not there is an error of Anthropic’s for its clients', async () => {
    const reply = await get('/v1/models/o/none', 'M')
    expect([reply.status, reply.failure().type]).toEqual([404, 'not_found_error'])
  })
})
