import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import type { Summary } from '../../lambda/usage/summary.ts'
import { type Gateway, npmStart } from './npm-start.ts'
import { recordAt, seededMonth, store, sum } from './seed.ts'

let gateway: Gateway
const month = seededMonth()
/** Requests of the last days, oldest first, in several keys at once. */
const now = Date.now()
const recent = Array.from({ length: 45 }, (_, n) =>
  recordAt(now - 60_000 - (44 - n) * 5_400_000, ['alpha', 'beta', 'gamma'][n % 3] ?? '', {
    model: n % 2 === 0 ? 'gpt-5' : 'anthropic/claude-haiku-4-5',
    provider: n % 2 === 0 ? 'openai' : 'anthropic',
    servedModel: n === 7 ? 'gpt-5-special' : 'served',
    status: n % 5 === 0 ? 'error' : 'success',
  }),
)

beforeAll(async () => {
  gateway = await npmStart([
    { id: 'alpha', name: 'Alpha' },
    { id: 'beta', name: 'Beta', scopes: ['inference'] },
    { id: 'reader', name: 'Reader', scopes: ['usage:read'] },
  ])
  await store([...month, ...recent], gateway)
})
afterAll(() => gateway?.close())

/** A request with the reader's key. */
function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${gateway.keyNamed('Reader')}`, ...(init.headers as object) }
  return fetch(gateway.usageUrl + path, { ...init, headers })
}

async function read<Body>(path: string): Promise<Body> {
  const response = await call(path)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return JSON.parse(text) as Body
}

const may = {
  from: '2026-05-01',
  to: '2026-06-01',
  start: Date.UTC(2026, 4, 1) / 1000,
  end: Date.UTC(2026, 5, 1) / 1000,
}

describe('who may read', () => {
  test.each([
    ['a key for reading usage', 'Reader', 200, undefined],
    ['a key without scopes', 'Alpha', 403, 'permission_denied'],
    ['a key for calling models', 'Beta', 403, 'permission_denied'],
    ['an unknown key', 'Nobody', 401, 'invalid_api_key'],
  ])('%s gets %s: %s', async (_who, name, status, code) => {
    const response = await call('/v1/usage/keys', { headers: { authorization: `Bearer ${gateway.keyNamed(name)}` } })
    const body = (await response.json()) as { error?: { code: string } }
    expect([response.status, body.error?.code]).toEqual([status, code])
  })

  test('the local key is for both', async () => {
    const response = await call('/v1/usage/keys', { headers: { authorization: `Bearer ${gateway.key}` } })
    expect(response.status).toBe(200)
  })
})

describe('what the URL answers', () => {
  test.each([
    ['GET', '/v1/usage/nothing', 404],
    ['GET', '/v1/usage/requests/a/b', 404],
    ['POST', '/v1/usage/summary', 405],
    ['DELETE', '/v1/usage/requests', 405],
    ['HEAD', '/v1/usage/requests', 200],
    ['GET', '/usage/keys', 200],
    ['GET', '/health', 200],
  ])('%s %s: %i', async (method, path, status) => {
    const response = await call(path, { method })
    expect(response.status).toBe(status)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-request-id')).toMatch(/^usage-/)
    const body = await response.text()
    if (method === 'HEAD') expect(body).toBe('')
    if (status >= 400) {
      expect(JSON.parse(body).error).toMatchObject({ message: expect.any(String), type: 'invalid_request_error' })
    }
  })

  test('the page needs no key and may load nothing from elsewhere', async () => {
    const response = await fetch(`${gateway.usageUrl}/`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy).not.toMatch(/unsafe|\*|http/)
  })

  test.each([
    ['/v1/usage/requests?limit=0', 'limit'],
    ['/v1/usage/requests?limit=1001', 'limit'],
    ['/v1/usage/requests?cursor=nonsense', 'cursor'],
    ['/v1/usage/requests?from=2026-05-02&to=2026-05-01', 'from'],
    ['/v1/usage/requests?status=fine', 'status'],
    ['/v1/usage/requests?colour=red', 'colour'],
    ['/v1/usage/requests?key=a%23b', 'key'],
    ['/v1/usage/requests?from=yesterday', 'from'],
    ['/v1/usage/summary?bucket=hour&from=30d', 'from'],
    ['/v1/usage/summary?from=2026-05-02&to=2026-05-01', 'from'],
    ['/v1/usage/summary?group_by=colour', 'group_by'],
    ['/v1/usage/overview?by=status', 'by'],
    ['/v1/usage/overview?bucket=none', 'bucket'],
    ['/v1/organization/usage/completions', 'start_time'],
    ['/v1/organization/usage/completions?start_time=soon', 'start_time'],
    ['/v1/organization/usage/completions?start_time=0&bucket_width=1m', 'bucket_width'],
    ['/v1/organization/usage/completions?start_time=0&limit=32', 'limit'],
    ['/v1/organization/usage/completions?start_time=0&page=page_x', 'page'],
    ['/v1/organization/usage/completions?start_time=0&user_ids=x', 'user_ids'],
    ['/v1/organization/costs?start_time=0&bucket_width=1h', 'bucket_width'],
  ])('%s is refused with the name of the parameter: %s', async (path, param) => {
    const response = await call(path)
    const { error } = (await response.json()) as { error: { param: string; message: string } }
    expect([response.status, error.param]).toEqual([400, param])
  })
})

interface List {
  data: UsageRecord[]
  hasMore: boolean
  nextCursor: string | null
}

/** All pages, as a client reads them. */
async function readAll(query: string): Promise<UsageRecord[]> {
  const records: UsageRecord[] = []
  let cursor = ''
  for (let page = 0; page < 100; page++) {
    const list = await read<List>(`/v1/usage/requests?${query}${cursor}`)
    expect(list.hasMore).toBe(list.nextCursor !== null)
    records.push(...list.data)
    if (list.nextCursor === null) return records
    cursor = `&cursor=${list.nextCursor}`
  }
  throw new Error('the pages do not end')
}

const newestFirst = [...recent].reverse()
const idsOf = (records: readonly UsageRecord[]) => records.map(({ requestId }) => requestId)

describe('requests', () => {
  test('the latest of all keys, a revoked one included, are merged newest first, every field as it was recorded', async () => {
    const { data } = await read<List>('/v1/usage/requests?limit=10')
    expect(data).toEqual(newestFirst.slice(0, 10))
  })

  test.each([1, 7, 45])('pages of %i show each request once', async (limit) => {
    const records = await readAll(`limit=${limit}`)
    expect(idsOf(records)).toEqual(idsOf(newestFirst))
  })

  test.each<[query: string, (record: UsageRecord) => boolean]>([
    ['key=beta', ({ keyId }) => keyId === 'beta'],
    ['key=beta,gamma', ({ keyId }) => keyId !== 'alpha'],
    ['model=gpt-5', ({ model }) => model === 'gpt-5'],
    ['model=claude-haiku-4-5', ({ provider }) => provider === 'anthropic'],
    ['model=gpt-5-special', ({ servedModel }) => servedModel === 'gpt-5-special'],
    ['provider=anthropic', ({ provider }) => provider === 'anthropic'],
    ['status=error', ({ status }) => status === 'error'],
    [`from=${recent[20]?.startedAt}&to=${recent[30]?.startedAt}`, (record) => record === between(record, 20, 30)],
    ['from=1h', ({ startedAt }) => Date.parse(startedAt) > Date.now() - 3_600_000],
    ['key=nobody', () => false],
  ])('%s', async (query, wanted) => {
    expect(idsOf(await readAll(`limit=4&${query}`))).toEqual(idsOf(newestFirst.filter(wanted)))
  })

  /** From is part of the time, to is not. */
  function between(record: UsageRecord, from: number, to: number): UsageRecord | undefined {
    return recent.slice(from, to).find((each) => each === record)
  }

  test('one by its id', async () => {
    const record = recent[3]
    expect(await read(`/v1/usage/requests/${record?.requestId}`)).toEqual(record)
  })

  test.each(['alpha-01890a5d-ac96-774b-bcce-b302099a8057', 'nonsense', '%'])('no record of %s: 404', async (id) => {
    expect((await call(`/v1/usage/requests/${id}`)).status).toBe(404)
  })

  test('as CSV and JSON lines, with the cursor in a header', async () => {
    const csv = await call('/v1/usage/requests?limit=3&format=csv')
    const [head, first] = (await csv.text()).split('\r\n')
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(head?.split(',').slice(0, 3)).toEqual(['requestId', 'startedAt', 'keyId'])
    expect(first).toContain(newestFirst[0]?.requestId)
    const lines = await call(`/v1/usage/requests?format=jsonl&cursor=${csv.headers.get('x-sluice-next-cursor')}`)
    const records = (await lines.text()).trimEnd().split('\n')
    expect(records.map((line) => JSON.parse(line))).toEqual(newestFirst.slice(3))
  })
})

describe('the summary', () => {
  const wide = `from=${may.from}&to=${may.to}`

  test('is exact to the token, the micro-dollar and the request', async () => {
    const { totals, from, to } = await read<Summary>(`/v1/usage/summary?${wide}`)
    expect({ from, to }).toEqual({ from: '2026-05-01T00:00:00.000Z', to: '2026-06-01T00:00:00.000Z' })
    for (const field of ['inputTokens', 'cacheReadTokens', 'cacheWrite1hTokens', 'costUsdMicros', 'images'] as const) {
      expect([field, totals[field]]).toEqual([field, sum(month, field)])
    }
    expect(totals.requests).toBe(month.length)
    expect(totals.unpriced).toBe(month.filter(({ costUsdMicros }) => costUsdMicros === null).length)
    expect(totals.errors).toBe(month.filter(({ status }) => status === 'truncated').length)
    expect(totals.byStatus.rejected).toBe(21)
    expect(totals.seconds).toBeCloseTo(sum(month, 'seconds'), 6)
  })

  test('percentiles are within a fifth of the true ones', async () => {
    const { totals } = await read<Summary>(`/v1/usage/summary?${wide}`)
    const times = month.flatMap(({ ttftMs }) => ttftMs ?? []).sort((a, b) => a - b)
    for (const [name, share] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      const truth = times[Math.ceil(share * times.length) - 1] ?? 0
      expect(Math.abs((totals.ttftMs[name] ?? 0) / truth - 1), name).toBeLessThan(0.2)
    }
    expect(totals.ttftMs.mean).toBeCloseTo(times.reduce((a, b) => a + b, 0) / times.length, 0)
  })

  test.each(['model', 'key', 'provider'] as const)('by %s adds up to the whole', async (name) => {
    const { buckets, totals } = await read<Summary>(`/v1/usage/summary?${wide}&group_by=${name}`)
    const results = buckets.flatMap((bucket) => bucket.results)
    const requests = results.map((result) => result.requests)
    expect(requests.reduce((a, b) => a + b, 0)).toBe(totals.requests)
    expect(requests).toEqual([...requests].sort((a, b) => b - a))
    expect(new Set(results.map((result) => result[name])).size).toBe(results.length)
  })

  test('a model asked for with and without its provider is one model; strangers ask for none', async () => {
    const { buckets } = await read<Summary>(`/v1/usage/summary?${wide}&group_by=model`)
    const models = buckets[0]?.results.map(({ model }) => model).sort()
    expect(models).toEqual([
      '-',
      'claude-haiku-4-5',
      'claude-sonnet-4-5',
      'gpt-5',
      'gpt-image-1',
      'text-embedding-3-small',
      'tts-1',
      'whisper-1',
    ])
  })

  test('a model without any known price costs null, not 0', async () => {
    const { totals } = await read<Summary>(`/v1/usage/summary?${wide}&model=tts-1`)
    expect(totals).toMatchObject({ costUsdMicros: null, unpriced: totals.requests })
  })

  test('by status counts requests only', async () => {
    const { buckets } = await read<Summary>(`/v1/usage/summary?${wide}&group_by=status&key=anonymous,alpha`)
    const mine = month.filter(({ keyId }) => keyId === 'anonymous' || keyId === 'alpha')
    const count = (status: string) => mine.filter((record) => record.status === status).length
    expect(buckets[0]?.results).toEqual(
      ['success', 'truncated', 'rejected'].map((status) => ({ status, requests: count(status) })),
    )
  })

  test('keys have their names while they exist', async () => {
    const { buckets } = await read<Summary>(`/v1/usage/summary?${wide}&group_by=key`)
    const names = Object.fromEntries((buckets[0]?.results ?? []).map(({ key, keyName }) => [key, keyName]))
    expect(names).toEqual({ alpha: 'Alpha', beta: 'Beta', gamma: null, anonymous: null })
  })

  test.each([
    ['day', '2026-05-03', '2026-05-06', 3, 86_400_000],
    ['hour', '2026-05-03T05:00Z', '2026-05-04T05:00Z', 24, 3_600_000],
  ])('a bucket for each %s, the empty ones too', async (bucket, from, to, count, ms) => {
    const { buckets } = await read<Summary>(`/v1/usage/summary?bucket=${bucket}&from=${from}&to=${to}`)
    expect(buckets).toHaveLength(count)
    for (const slot of buckets) {
      const [start, end] = [Date.parse(slot.from), Date.parse(slot.to)]
      expect(end - start).toBe(ms)
      const inside = month.filter(({ startedAt }) => Date.parse(startedAt) >= start && Date.parse(startedAt) < end)
      expect(slot.results[0]?.requests ?? 0).toBe(inside.length)
    }
  })

  test.each([
    ['within a day', '2026-05-03T05:00Z', '2026-05-03T09:00Z'],
    ['over midnight', '2026-05-03T20:00Z', '2026-05-04T03:00Z'],
    ['a part, whole days and a part', '2026-05-03T20:00Z', '2026-05-09T03:00Z'],
    ['a whole day', '2026-05-03', '2026-05-04'],
  ])('a time %s is summed to the hour', async (_what, from, to) => {
    const { totals } = await read<Summary>(`/v1/usage/summary?from=${from}&to=${to}`)
    const inside = month.filter(
      ({ startedAt }) => Date.parse(startedAt) >= Date.parse(from) && Date.parse(startedAt) < Date.parse(to),
    )
    expect(totals.requests).toBe(inside.length)
    expect(totals.outputTokens).toBe(sum(inside, 'outputTokens'))
  })

  test.each([
    ['by=key&bucket=day', 'key', 'day', `${wide}`],
    ['by=provider&bucket=hour', 'provider', 'hour', 'from=2026-05-03&to=2026-05-05'],
    ['model=gpt-5&key=alpha,beta', 'model', 'day', `${wide}&model=gpt-5&key=alpha,beta`],
  ])('the overview (%s) is four summaries for one reading', async (query, by, bucket, about) => {
    const overview = await read<Record<string, unknown>>(`/v1/usage/overview?${about}&${query}`)
    const summary = (more: string) => read<Summary>(`/v1/usage/summary?${about}${more}`)
    expect(overview).toEqual({
      object: 'usage.overview',
      slots: await summary(`&bucket=${bucket}`),
      stacked: await summary(`&bucket=${bucket}&group_by=${by}`),
      models: await summary('&group_by=provider,model'),
      keys: await summary('&group_by=key'),
    })
  })

  test('as CSV: a row for each bucket and group, one level deep', async () => {
    const response = await call(`/v1/usage/summary?${wide}&group_by=model&format=csv`)
    const [head, ...rows] = (await response.text()).trimEnd().split('\r\n')
    expect(rows).toHaveLength(8)
    expect(head).toContain('ttftMsP95')
    const cells = (row = '') => row.replace(/"(?:[^"]|"")*"/g, 'quoted').split(',').length
    expect(new Set(rows.map(cells))).toEqual(new Set([cells(head)]))
  })
})

describe('OpenAI’s organization usage, read by its own client', () => {
  const client = () =>
    new OpenAI({
      adminAPIKey: gateway.keyNamed('Reader'),
      apiKey: 'unused',
      baseURL: `${gateway.usageUrl}/v1`,
      maxRetries: 0,
    })
  const whole = { start_time: may.start, end_time: may.end, limit: 31 }
  const kinds = {
    completions: ['gpt-5', 'anthropic/claude-sonnet-4-5', 'claude-haiku-4-5'],
    embeddings: ['text-embedding-3-small'],
    audioSpeeches: ['tts-1'],
    audioTranscriptions: ['whisper-1'],
    images: ['gpt-image-1'],
  } as const
  const of = (kind: keyof typeof kinds) => month.filter(({ model }) => kinds[kind].some((each) => each === model))

  test.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', async (kind) => {
    const page = await client().admin.organization.usage[kind](whole)
    expect([page.object, page.has_more, page.next_page, page.data.length]).toEqual(['page', false, null, 31])
    const results = page.data.flatMap((bucket) => bucket.results as unknown as Record<string, number>[])
    const total = (field: string) => results.reduce((all, result) => all + (result[field] ?? 0), 0)
    expect(total('num_model_requests')).toBe(of(kind).length)
    if (kind === 'images') expect(total('images')).toBe(sum(of(kind), 'images'))
    if (kind === 'audioSpeeches') expect(total('characters')).toBe(sum(of(kind), 'characters'))
    if (kind === 'audioTranscriptions') expect(total('seconds')).toBeCloseTo(sum(of(kind), 'seconds'), 6)
    if (kind === 'embeddings' || kind === 'completions') {
      const prompt = ['inputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'cacheWrite1hTokens'] as const
      expect(total('input_tokens')).toBe(prompt.reduce((all, field) => all + sum(of(kind), field), 0))
    }
    if (kind === 'completions') expect(total('output_tokens')).toBe(sum(of(kind), 'outputTokens'))
  })

  test('grouped by model and key, narrowed by key, with null for what there is none of', async () => {
    const page = await client().admin.organization.usage.completions({
      ...whole,
      group_by: ['model', 'api_key_id', 'project_id'],
      api_key_ids: ['alpha', 'gamma'],
      models: ['gpt-5'],
    })
    const results = page.data.flatMap((bucket) => bucket.results)
    expect(results.length).toBeGreaterThan(20)
    for (const result of results) {
      expect(result).toMatchObject({
        object: 'organization.usage.completions.result',
        model: 'gpt-5',
        project_id: null,
      })
      expect(['alpha', 'gamma']).toContain((result as { api_key_id: string }).api_key_id)
    }
  })

  test.each([
    ['1d', 7, 31],
    ['1h', 168, 744],
  ] as const)('pages of %s go on where the last one ended', async (bucket_width, limit, count) => {
    const starts: number[] = []
    let requests = 0
    let page: string | undefined
    do {
      const answer = await client().admin.organization.usage.completions({
        ...whole,
        bucket_width,
        limit,
        ...(page && { page }),
      })
      starts.push(...answer.data.map((bucket) => bucket.start_time))
      const results = answer.data.flatMap((bucket) => bucket.results as { num_model_requests: number }[])
      requests += results.reduce((all, result) => all + result.num_model_requests, 0)
      page = answer.next_page ?? undefined
      expect(answer.has_more).toBe(page !== undefined)
    } while (page !== undefined)
    expect(starts).toHaveLength(count)
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b))
    expect(requests).toBe(of('completions').length)
  })

  test('whoever counts tokens makes no request to a model', async () => {
    const at = Date.UTC(2026, 5, 1, 3)
    const counted = { endpoint: '/messages/count_tokens', model: 'counted', inputTokens: 0, outputTokens: 0 } as const
    const others = [1, 2].map(() => recordAt(at, 'alpha', { ...counted, cacheWriteTokens: null }))
    await store([recordAt(at, 'alpha', { model: 'counted' }), ...others], gateway)
    const page = await client().admin.organization.usage.completions({
      start_time: at / 1000,
      models: ['counted'],
      limit: 1,
    })
    const results = page.data[0]?.results ?? []
    expect(results).toMatchObject([{ num_model_requests: 1, output_tokens: 345 }])
  })

  test('costs by line item; a model whose price nobody knows has no amount', async () => {
    const page = await client().admin.organization.usage.costs({ ...whole, group_by: ['line_item'] })
    const results = page.data.flatMap((bucket) => bucket.results) as {
      object: string
      line_item: string
      amount?: { value: number; currency: string }
    }[]
    const dollars = results.reduce((all, { amount }) => all + (amount?.value ?? 0), 0)
    expect(dollars).toBeCloseTo(sum(month, 'costUsdMicros') / 1e6, 9)
    const unknown = results.filter(({ amount }) => amount === undefined)
    expect(new Set(unknown.map(({ line_item }) => line_item))).toEqual(new Set(['tts-1']))
  })

  test('every call that the client has is answered, or is of something that no model of ours does', async () => {
    const { usage } = client().admin.organization
    const calls = Object.getOwnPropertyNames(Object.getPrototypeOf(usage)).filter((name) => name !== 'constructor')
    const refused: string[] = []
    for (const name of calls as (keyof typeof kinds)[]) {
      await usage[name]({ start_time: may.start }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(OpenAI.NotFoundError)
        refused.push(name)
      })
    }
    expect(calls).toEqual(expect.arrayContaining([...Object.keys(kinds), 'costs']))
    expect(refused.sort()).toEqual(calls.filter((name) => !Object.hasOwn(kinds, name) && name !== 'costs').sort())
  })

  test.each([
    [{ user_ids: ['u'] }, 'user_ids'],
    [{ project_ids: ['p'] }, 'project_ids'],
    [{ bucket_width: '1m' }, 'bucket_width'],
    [{ limit: 32 }, 'limit'],
  ] as const)('%j, which could only be ignored, is refused', async (more, param) => {
    const asked = { ...whole, ...more } as Parameters<
      ReturnType<typeof client>['admin']['organization']['usage']['completions']
    >[0]
    await expect(client().admin.organization.usage.completions(asked)).rejects.toMatchObject({ status: 400, param })
  })

  test('a missing key is OpenAI’s own exception', async () => {
    const stranger = new OpenAI({
      adminAPIKey: 'sk-x',
      apiKey: 'unused',
      baseURL: `${gateway.usageUrl}/v1`,
      maxRetries: 0,
    })
    await expect(stranger.admin.organization.usage.completions({ start_time: 0 })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    )
  })
})

// Last, since the refused request leaves a record.
test('a key for reading usage calls no model', async () => {
  const response = await fetch(`${gateway.streamUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.keyNamed('Reader')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo/text', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
    403,
    'permission_denied',
  ])
})
