import { describe, expect, it } from 'vitest'
import { register, seenRequests } from '../support/control.ts'
import { directions, expectFailure, pairs, title } from '../support/failures.ts'
import { ask, ways } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import { formats, scriptOf } from '../support/upstream/format.ts'
import { baseline } from '../support/upstream/reply.ts'
import { json, type Script, whole } from '../support/upstream/script.ts'

// What HTTP lets a provider answer beside whole bodies of status 200.

/** The answer in pieces that stop before its end, or before the end of its body only. */
function cut(script: Script, bytes = Number.POSITIVE_INFINITY): Script {
  return { ...script, steps: script.steps.map((step) => ({ ...step, text: step.text.slice(0, bytes) })), end: 'cut' }
}

const busy = { error: { type: 'overloaded_error', message: 'busy' } }

describe.concurrent('a JSON object that breaks off', () => {
  const half = cut(json(200, { id: 'half', choices: [] }), 10)

  it.each(pairs.map((pair) => ({ ...pair, title: title(pair) })))(
    'is tried again, $title',
    async ({ client, upstream }) => {
      const model = await register([half, scriptOf(upstream, baseline)])
      const reply = await ask({ client, upstream, way: 'whole', model })
      expect(reply.status).toBe(200)
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success', attempts: 2 })
    },
  )

  it.each(directions.map((each) => ({ ...each, title: title(each) })))(
    'is the provider’s failure, $title, $way',
    async ({ client, upstream, way }) => {
      const reply = await ask({ client, upstream, way, script: half })
      expectFailure(reply, client, 502, 'The provider broke off its answer.')
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'truncated', httpStatus: 502 })
    },
  )

  it('is an answer where only the end of its body is missing', async () => {
    const object = { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [] }
    const message = { role: 'assistant', content: 'all of it' }
    const script = json(200, { ...object, choices: [{ index: 0, message, finish_reason: 'stop' }] })
    const reply = await ask({ client: 'C', upstream: 'C', way: 'whole', script: cut(script) })
    expect(reply.read().text).toBe('all of it')
  })
})

describe.concurrent('an error whose body', () => {
  it('breaks off is tried again, and then told', async () => {
    const model = await register([cut(json(503, busy), 20), cut(json(503, busy))])
    const reply = await ask({ client: 'M', upstream: 'C', model })
    expectFailure(reply, 'M', 529, 'busy')
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'error', attempts: 2 })
  })

  it.each(formats)('is empty, or is left as half an object, is told in the client’s words, %s', async (format) => {
    const said = { status: 400, headers: { 'content-type': 'application/json' } }
    for (const script of [whole('', said), cut(json(400, busy), 20)]) {
      const reply = await ask({ client: format, upstream: format, script })
      expectFailure(reply, format, 400)
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'error', httpStatus: 400 })
    }
  })

  it('does not end is not waited for', async () => {
    const refused = json(400, { error: { type: 'invalid_request_error', message: 'no such field' } })
    const before = performance.now()
    const reply = await ask({ client: 'M', upstream: 'C', script: { ...refused, end: 'hang' } })
    expectFailure(reply, 'M', 400, 'no such field')
    expect(performance.now() - before).toBeLessThan(10_000)
  })
})

describe.concurrent('a status that is no answer', () => {
  for (const status of [302, 307, 600, 999]) {
    it(`${status} fails`, async () => {
      const script = json(status, { detail: 'elsewhere' }, { location: 'http://127.0.0.1:1/' })
      for (const way of ways) {
        const reply = await ask({ client: 'R', upstream: 'R', way, script })
        expectFailure(reply, 'R', 502, `The provider answered with the status ${status}.`)
        expect(reply.header('location')).toBeUndefined()
        expect(await readRecord(reply.requestId)).toMatchObject({ status: 'error', errorCode: 'upstream_malformed' })
      }
    })
  }
})

describe.concurrent('an encoding', () => {
  it.each(['gzip, gzip', 'compress', 'constructor', '__proto__'])('%s that nobody knows fails', async (encoding) => {
    const model = await register(whole('whatever', { headers: { 'content-encoding': encoding } }))
    const reply = await ask({ client: 'C', upstream: 'M', model })
    expectFailure(reply, 'C', 502, `The provider answered in the encoding ${encoding}.`)
    expect(await seenRequests(model)).toHaveLength(1)
  })
})
