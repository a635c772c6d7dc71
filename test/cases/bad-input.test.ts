import { connect } from 'node:net'
import { describe, expect, inject, it } from 'vitest'
import { logLines, register, seenRequests } from '../support/control.ts'
import { expectFailure, pairs } from '../support/failures.ts'
import { ask, paths, post, requestOf, urlOf } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import { begun, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { baseline } from '../support/upstream/reply.ts'
import { json, whole } from '../support/upstream/script.ts'
import { sseText } from '../support/upstream/sse-text.ts'

// Requests that are none, keys that are none, and what an error may say.

const bothUrls = ['streamed', 'buffered'] as const

describe.concurrent('keys', () => {
  const wrong: [name: string, headers: Record<string, string>][] = [
    ['no key', { authorization: '', 'x-api-key': '' }],
    ['a wrong key', { authorization: 'Bearer sk-sluice-wrong', 'x-api-key': 'sk-sluice-wrong' }],
    ['a scheme nobody knows', { authorization: 'Basic dTpw', 'x-api-key': '' }],
  ]
  for (const [name, headers] of wrong) {
    for (const way of bothUrls) {
      it.each(formats)(
        `${name} is 401 in the client’s format, and nothing goes upstream, %s, ${way}`,
        async (client) => {
          const model = await register(scriptOf(client, baseline))
          const body = JSON.stringify(requestOf(client, client, model, way))
          const reply = await post(urlOf(way, paths[client]), client, { body, headers })
          expectFailure(reply, client, 401)
          expect(await seenRequests(model)).toEqual([])
          expect(await readRecord(reply.requestId)).toMatchObject({
            status: 'rejected',
            keyId: 'anonymous',
            httpStatus: 401,
          })
        },
      )
    }
  }
  it.each(['authorization', 'x-api-key', 'api-key'])('a key is taken from %s', async (name) => {
    const key = inject('services').gatewayKey
    const headers = { authorization: '', 'x-api-key': '', [name]: name === 'authorization' ? `Bearer ${key}` : key }
    expect((await ask({ client: 'C', upstream: 'C', script: scriptOf('C', baseline), headers })).status).toBe(200)
  })
})

describe('the client’s key', () => {
  it('is in no upstream request and in no log line', async () => {
    const key = inject('services').gatewayKey
    for (const { client, upstream } of pairs) {
      const reply = await ask({ client, upstream, script: scriptOf(upstream, baseline) })
      expect(JSON.stringify(await seenRequests(reply.model))).not.toContain(key)
    }
    const reply = await post(urlOf('streamed', '/v1/chat/completions'), 'C', { body: '{"model": "x", ' })
    expect(reply.text).not.toContain(key)
    const lines = await logLines()
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.filter((line) => line.includes(key) || line.includes('provider-key'))).toEqual([])
  })
})

const broken: [name: string, body: string | Uint8Array][] = [
  ['half a JSON object', '{"model": "x", '],
  ['a list', '[1,2]'],
  ['a text', '"hello"'],
  ['nothing', ''],
  [
    'broken UTF-8',
    Buffer.concat([
      Buffer.from('{"model":"c/x","messages":[{"role":"user","content":"'),
      Buffer.from([0xc3, 0x28, 0xff]),
      Buffer.from('"}]}'),
    ]),
  ],
  ['no model', '{"messages":[],"input":"x"}'],
  ['a model that is a number', '{"model":5,"messages":[],"input":"x"}'],
  ['an empty model', '{"model":"","messages":[],"input":"x"}'],
  ['a stream that is a word', '{"model":"c/x","stream":"yes","messages":[],"input":"x"}'],
]

describe.concurrent('a body that is no request', () => {
  for (const [name, body] of broken) {
    for (const way of bothUrls) {
      it.each(formats)(`${name}, %s, ${way}`, async (client) => {
        const reply = await post(urlOf(way, paths[client]), client, { body })
        expectFailure(reply, client, 400)
        expect(reply.failure().type).toBe('invalid_request_error')
        expect(await readRecord(reply.requestId)).toMatchObject({ status: 'rejected', httpStatus: 400 })
      })
    }
  }

  const missing: [name: string, client: Format, body: object][] = [
    ['no messages', 'C', { messages: undefined }],
    ['no messages', 'M', { messages: undefined }],
    ['no input', 'R', { input: undefined }],
    ['messages that are a text', 'C', { messages: 'hi' }],
    ['messages that are a text', 'M', { messages: 'hi' }],
    ['an input that is a number', 'R', { input: 7 }],
  ]
  for (const [name, client, body] of missing) {
    it.each(formats)(`${name}, ${client} client, %s provider`, async (upstream) => {
      for (const way of bothUrls) {
        const model = await register(scriptOf(upstream, baseline))
        const reply = await ask({ client, upstream, way, model, body })
        expectFailure(reply, client, 400)
        expect(reply.failure().type).toBe('invalid_request_error')
        expect(await seenRequests(model)).toEqual([])
      }
    })
  }
})

describe('a model without a route', () => {
  const unknown = ['nobody/some-model', 'some-model', 'model-without-provider-7b', 'c/']
  for (const client of formats) {
    it.each(unknown)(`%s is named in the message, ${client} client`, async (model) => {
      for (const way of bothUrls) {
        const reply = await ask({ client, upstream: client, way, model: 'any', body: { model } })
        expectFailure(reply, client, [400, 404])
        expect(reply.failure().message).toContain(model)
      }
    })
  }
})

describe('half a body', () => {
  it.each(bothUrls)('does not keep the next request from working, %s', async (way) => {
    const url = new URL(urlOf(way, paths.C))
    const socket = connect(Number(url.port), url.hostname)
    await new Promise<void>((resolve) => {
      socket.once('connect', () => {
        socket.write(
          `POST ${url.pathname} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"model":`,
        )
        setTimeout(() => {
          socket.destroy()
          resolve()
        }, 100)
      })
    })
    const reply = await ask({ client: 'C', upstream: 'C', way, script: scriptOf('C', baseline) })
    expect(reply.status).toBe(200)
  })
})

describe('messages of errors are for people', () => {
  const inner = /\n\s+at |node_modules|\.mjs|\/var\/task|provider-key|127\.0\.0\.1|sk-sluice/

  it.each(formats)('also where the provider shows its own insides, %s client', async (client) => {
    const message = 'Bad key provider-key-m given'
    const script = json(401, { type: 'error', error: { type: 'authentication_error', message } })
    const upstream = client === 'M' ? 'C' : 'M'
    const keyed = {
      ...script,
      steps: script.steps.map(({ text }) => ({
        text: text.replace('provider-key-m', `provider-key-${upstream.toLowerCase()}`),
      })),
    }
    const reply = await ask({ client, upstream, script: keyed })
    expectFailure(reply, client, [401, 502])
    expect(reply.text).not.toMatch(inner)
  })

  it.each(formats)('in band, too, %s client', async (client) => {
    const upstream = client === 'M' ? 'C' : 'M'
    const reply = await ask({
      client,
      upstream,
      script: { ...whole(sseText(begun(upstream))), end: 'cut' },
    })
    expect(reply.read().error?.message).not.toMatch(inner)
  })
})

describe('a body above 6 MB', () => {
  it.each(bothUrls)('is refused, %s', async (way) => {
    const body = JSON.stringify({ model: 'c/x', messages: [{ role: 'user', content: 'x'.repeat(7 * 1024 * 1024) }] })
    expect((await post(urlOf(way, paths.C), 'C', { body })).status).toBe(413)
  })
})

describe.concurrent('a request nested more deeply than the stack', () => {
  const depth = 20_000
  const nested = `${'{"items":'.repeat(depth)}{}${'}'.repeat(depth)}`
  const user = { role: 'user', content: 'hello' }
  const call = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: 'NESTED' }] }
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] }
  const deep: Record<Format, object> = {
    C: { tools: [{ type: 'function', function: { name: 'f', parameters: 'NESTED' } }] },
    M: { messages: [user, call, result] },
    R: { tools: [{ type: 'function', name: 'f', parameters: 'NESTED' }] },
  }
  /** As text, since writing it would take the test's own stack. */
  const send = (client: Format, upstream: Format, model: string, path = paths[client]) => {
    const body = { ...requestOf(client, upstream, model, 'streamed'), ...deep[client] }
    return post(urlOf('streamed', path), client, { body: JSON.stringify(body).replace('"NESTED"', nested) })
  }

  it.each(pairs.filter(({ client, upstream }) => client !== upstream))(
    'is the client’s fault where it is converted, $client client, $upstream provider',
    async ({ client, upstream }) => {
      const reply = await send(client, upstream, 'any')
      expectFailure(reply, client, 400, 'nested too deeply')
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'rejected', attempts: 0 })
    },
  )

  it('is the client’s fault where its tokens are estimated', async () => {
    expectFailure(await send('M', 'C', 'any', '/v1/messages/count_tokens'), 'M', 400, 'nested too deeply')
  })

  it('passes a relay, also of an answer that breaks off', async () => {
    const model = await register(whole(sseText(begun('C')), { end: 'cut' }))
    const reply = await send('C', 'C', model)
    expect(reply.status).toBe(200)
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'truncated', errorCode: 'upstream_truncated' })
  })
})
