import { describe, expect, it } from 'vitest'
import { register, seenRequests } from '../support/control.ts'
import { expectFailure, pairs, title } from '../support/failures.ts'
import { ask, ways } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import { begun, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { baseline } from '../support/upstream/reply.ts'
import { json, type Script, whole } from '../support/upstream/script.ts'
import { sseText, type WireEvent } from '../support/upstream/sse-text.ts'

// Another try, until something of an answer has reached the client.

const good = (format: Format): Script => scriptOf(format, baseline)
const overloaded = json(503, { error: { type: 'overloaded_error', message: 'busy' } }, { 'retry-after': '0' })

const firstError: Record<Format, WireEvent> = {
  C: { error: { message: 'busy', type: 'server_error', code: null, param: null } },
  M: { type: 'error', error: { type: 'overloaded_error', message: 'busy' } },
  R: { type: 'error', code: 'server_error', message: 'busy', param: null, sequence_number: 0 },
}

describe.concurrent('a first try that fails before any content', () => {
  const failures: [name: string, script: (format: Format) => Script][] = [
    ['HTTP 503 with retry-after: 0', () => overloaded],
    ['a reset connection', () => ({ steps: [], refuse: true })],
    ['an error as the first event', (format) => whole(sseText([firstError[format]]))],
    ['an empty stream', () => whole('')],
  ]
  for (const [name, script] of failures) {
    it.each(pairs.map((pair) => ({ ...pair, title: title(pair) })))(
      `${name}: the second answers, $title`,
      async ({ client, upstream }) => {
        for (const way of ways) {
          const model = await register([script(upstream), good(upstream)])
          const reply = await ask({ client, upstream, way, model })
          expect(reply.status).toBe(200)
          expect(reply.read().text).toBe('tok0 tok1 tok2 ')
          expect(await seenRequests(model)).toHaveLength(2)
          const record = await readRecord(reply.requestId)
          expect(record).toMatchObject({ status: 'success', outputTokens: 42 })
          // A reused connection that turns out closed is not the provider's failure: the request is sent again in the same try.
          if (name !== 'a reset connection') expect(record.attempts).toBe(2)
        }
      },
    )
  }
})

describe.concurrent('a status that may pass', () => {
  const passing = [408, 409, 425, 429, 500, 502, 503, 504, 520, 529]
  it.each(formats)('is tried again, %s provider', async (upstream) => {
    for (const status of passing) {
      const failed = json(status, { type: 'error', error: { type: 'api_error', message: 'later' } })
      const model = await register([failed, good(upstream)])
      const reply = await ask({ client: 'M', upstream, model })
      expect(reply.status, `after HTTP ${status}`).toBe(200)
      expect(reply.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', error: null })
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success', attempts: 2 })
    }
  })

  it.each(formats)(
    'ends as it is when it does not pass, after the tries that are allowed, %s provider',
    async (upstream) => {
      const model = await register(json(503, { type: 'error', error: { type: 'api_error', message: 'later' } }))
      const reply = await ask({ client: upstream, upstream, model })
      expect(reply.status).toBe(503)
      expect(await seenRequests(model)).toHaveLength(2)
      const record = await readRecord(reply.requestId)
      expect(record).toMatchObject({ status: 'error', httpStatus: 503, attempts: 2 })
      expect(record.failedAttempts).toHaveLength(2)
    },
  )
})

describe.concurrent('no second try', () => {
  it.each(formats)('of what trying cannot mend, %s provider', async (upstream) => {
    for (const status of [400, 401, 402, 403, 404, 405, 413, 422]) {
      const model = await register(json(status, { type: 'error', error: { type: 'api_error', message: 'never' } }))
      const reply = await ask({ client: upstream, upstream, model })
      expect(reply.status).toBe(status)
      expect(await seenRequests(model), `after HTTP ${status}`).toHaveLength(1)
    }
  })

  it.each(formats)('of a request that is at fault itself, %s', async (upstream) => {
    const model = await register([
      json(400, { error: { type: 'invalid_request_error', message: 'no' } }),
      good(upstream),
    ])
    const reply = await ask({ client: upstream, upstream, model })
    expect(reply.status).toBe(400)
    expect(await seenRequests(model)).toHaveLength(1)
  })

  it.each(formats)('after content was sent, %s', async (upstream) => {
    const model = await register([whole(sseText([...begun(upstream), firstError[upstream]])), good(upstream)])
    const reply = await ask({ client: 'C', upstream, model })
    expect(reply.text).toContain('"error"')
    expect(await seenRequests(model)).toHaveLength(1)
  })

  it('where the provider asks for a longer wait than the gateway waits: the client gets the delay', async () => {
    const limited = json(429, { error: { type: 'rate_limit_error', message: 'slow down' } }, { 'retry-after': '30' })
    const model = await register([limited, good('C')])
    const reply = await ask({ client: 'M', upstream: 'C', model })
    expectFailure(reply, 'M', 429, 'slow down')
    expect(reply.header('retry-after')).toBe('30')
    expect(await seenRequests(model)).toHaveLength(1)
  })
})

describe('a route', () => {
  it.each(formats)('falls back to the next target, whatever its format, %s client', async (client) => {
    await register(whole(sseText([firstError.C])), 'chain-first')
    await register(json(404, { type: 'error', error: { type: 'not_found_error', message: 'gone' } }), 'chain-second')
    await register(good('R'), 'chain-third')
    for (const way of ways) {
      const reply = await ask({ client, upstream: 'R', way, body: { model: 'chain' }, model: 'chain-third' })
      expect(reply.status).toBe(200)
      expect(reply.read().text).toBe('tok0 tok1 tok2 ')
      expect(reply.header('x-sluice-provider')).toBe('r')
      const record = await readRecord(reply.requestId)
      expect(record).toMatchObject({ status: 'success', provider: 'r', model: 'chain', attempts: 4 })
      expect(record.failedAttempts).toEqual(['c:internal', 'c:internal', 'm:not_found'])
    }
  })

  it('leaves out what cannot be reached and gives the last error as it came', async () => {
    const error = { type: 'error', error: { type: 'invalid_request_error', message: 'no such thing' } }
    await register(json(400, error), 'chain-last')
    const reply = await ask({ client: 'M', upstream: 'M', body: { model: 'dead-end' }, model: 'chain-last' })
    expect(reply.status).toBe(400)
    expect(JSON.parse(reply.text)).toEqual(error)
  })
})

describe('a step whose format cannot take the request', () => {
  const twoAnswers = (model: string) => ({ client: 'C', upstream: 'C', body: { model, n: 2 }, model: '' }) as const

  it('is passed over', async () => {
    await register(good('C'), 'picky-second')
    const reply = await ask(twoAnswers('picky'))
    expect(reply.status).toBe(200)
    const record = await readRecord(reply.requestId)
    expect(record).toMatchObject({ status: 'success', provider: 'c', mode: 'relay', attempts: 1, failedAttempts: [] })
  })

  it('hides neither the failure of the step before it nor when to come back', async () => {
    const error = { error: { type: 'rate_limit_error', message: 'slow down: provider-key-c' } }
    await register(json(429, error, { 'retry-after': '30' }), 'picky-second')
    const reply = await ask(twoAnswers('picky-last'))
    expect(reply.status).toBe(429)
    expect(reply.text).toContain('slow down: [key]')
    expect(reply.header('retry-after')).toBe('30')
    const record = await readRecord(reply.requestId)
    expect(record).toMatchObject({ status: 'error', provider: 'c', errorCode: 'rate_limit', attempts: 1, losses: [] })
  })

  it('names the field where no other step can take it either', async () => {
    const reply = await ask(twoAnswers('all-picky'))
    expectFailure(reply, 'C', 400, 'This model gives one answer a request.')
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'rejected', provider: 'm', attempts: 0 })
  })
})

it('a refused key rests, and the provider’s other key is tried at once', async () => {
  const refused = json(401, { error: { message: 'bad key', type: 'invalid_request_error', code: 'invalid_api_key' } })
  const model = await register([refused, good('C')])
  const reply = await ask({ client: 'C', upstream: 'C', body: { model: `pooled/${model}` }, model })
  expect(reply.status).toBe(200)
  const keys = (await seenRequests(model)).map(({ headers }) => headers.authorization)
  expect(new Set(keys)).toEqual(new Set(['Bearer provider-key-one', 'Bearer provider-key-two']))
})
