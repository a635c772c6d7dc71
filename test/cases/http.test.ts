import { describe, expect, it } from 'vitest'
import { expectFailure, pairs } from '../support/failures.ts'
import { ask, paths, post, urlOf, ways } from '../support/gateway.ts'
import { type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { baseline } from '../support/upstream/reply.ts'
import { json } from '../support/upstream/script.ts'

// Headers, ids, paths and methods. Every answer of every test is checked for repeated and forbidden headers
// (support/gateway.ts).

const noisy = {
  'set-cookie': 'a=b; Path=/',
  'openai-organization': 'org-secret',
  'openai-project': 'proj-secret',
  'x-request-id': 'req_of_the_provider',
  'cache-control': 'private, max-age=3600',
  server: 'fake',
  'x-ratelimit-remaining-requests': '41',
  'x-internal-header': 'secret',
}

describe.concurrent('response headers', () => {
  for (const { client, upstream } of pairs) {
    it(`are the gateway’s own, streamed and whole, ${client} client, ${upstream} provider`, async () => {
      for (const way of ways) {
        const script = { ...scriptOf(upstream, baseline), headers: noisy }
        const reply = await ask({ client, upstream, way, script })
        const streams = way === 'streamed'
        expect(reply.header('content-type')).toMatch(streams ? /^text\/event-stream/ : /^application\/json/)
        if (streams) expect(reply.header('cache-control')).toBe('no-cache')
        expect(reply.header('x-sluice-upstream-request-id')).toBe('req_of_the_provider')
        expect(reply.header('x-sluice-mode')).toBe(client === upstream ? 'relay' : 'convert')
        expect(reply.header('x-sluice-provider')).toBe(upstream.toLowerCase())
        expect(reply.header('x-ratelimit-remaining-requests')).toBe('41')
        expect(reply.header('x-internal-header')).toBeUndefined()
        expect(reply.requestId).not.toBe('req_of_the_provider')
      }
    })
  }

  it('name what the conversion of a request could not say', async () => {
    const reply = await ask({
      client: 'C',
      upstream: 'M',
      script: scriptOf('M', baseline),
      body: { seed: 7, logit_bias: { 1: 2 } },
    })
    expect(reply.header('x-sluice-losses')).toBe('logit-bias,seed')
  })
})

describe('request ids', () => {
  it('are the gateway’s own and new for each request, whatever the client sends', async () => {
    const headers = { 'x-request-id': 'mine', 'request-id': 'mine' }
    const question = { client: 'C', upstream: 'C', script: scriptOf('C', baseline), headers } as const
    const replies = await Promise.all([ask(question), ask(question)])
    const ids = replies.map(({ requestId }) => requestId)
    expect(new Set([...ids, 'mine']).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^local-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  })
})

describe('paths and methods', () => {
  const strange: [path: string, client: Format][] = [
    ['/v1/unknown', 'C'],
    ['/', 'C'],
    ['/v1/messages/unknown', 'M'],
    ['/v1/responses/unknown/thing', 'R'],
  ]
  for (const way of ['streamed', 'buffered'] as const) {
    it.each(strange)(`%s is not there, ${way}`, async (path, client) => {
      expectFailure(await post(urlOf(way, path), client, { body: '{}' }), client, 404)
    })
    it.each(formats)(`GET is no way to ask, %s path, ${way}`, async (client) => {
      const reply = await post(urlOf(way, paths[client]), client, { method: 'GET' })
      expectFailure(reply, client, 405)
      expect(reply.header('allow')).toBe('POST')
    })
    it.each(formats)(`the path may lack /v1, %s, ${way}`, async (client) => {
      const path = paths[client].replace('/v1', '')
      const reply = await post(urlOf(way, path), client, {
        body: JSON.stringify({ model: 'no/where', messages: [], input: '' }),
      })
      expect(reply.failure().message).toContain('no/where')
    })
    it.each(formats)(`the base may end in a slash, as a deployed URL does, %s, ${way}`, async (client) => {
      const reply = await post(urlOf(way, `/${paths[client]}`), client, {
        body: JSON.stringify({ model: 'no/where', messages: [], input: '' }),
      })
      expect(reply.failure().message).toContain('no/where')
    })
  }
})

describe('an error answer on the stream URL', () => {
  it.each(formats)('has its status and a body, %s provider', async (format) => {
    for (const script of [json(400, ''), json(500, ''), { status: 503, steps: [] }]) {
      const reply = await ask({ client: format === 'C' ? 'M' : 'C', upstream: format, script })
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(reply.body.length).toBeGreaterThan(0)
      expect(reply.complete).toBe(true)
    }
  })
})

describe('the health check', () => {
  it.each(['streamed', 'buffered'] as const)('needs no key, %s', async (way) => {
    const response = await fetch(urlOf(way, '/health'))
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
  })
})
