import { describe, expect, it } from 'vitest'
import { register, seenRequests } from '../support/control.ts'
import { post, type Reply, urlOf } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import { json } from '../support/upstream/script.ts'

const path = '/v1/messages/count_tokens'
const messages = [{ role: 'user', content: 'Hello there' }]

function count(model: string, more: object = {}, headers: Record<string, string> = {}): Promise<Reply> {
  const body = JSON.stringify({ model, messages, ...more })
  return post(urlOf('streamed', path), 'M', { body, headers })
}

function tokensOf({ text }: Reply): number {
  return (JSON.parse(text) as { input_tokens: number }).input_tokens
}

describe('counting by the provider', () => {
  it('passes request and answer as they are, but for the model', async () => {
    const answer = '{"input_tokens": 14,"context_management":{"original_input_tokens":70}}'
    const model = await register(json(200, answer))
    const tools = [{ name: 'f', input_schema: { type: 'object', properties: {} } }]
    const reply = await count(`m/${model}`, { tools }, { 'anthropic-beta': 'context-management-2025-06-27' })
    expect([reply.status, reply.text]).toEqual([200, answer])
    expect(reply.header('x-sluice-token-count')).toBeUndefined()
    const [request] = await seenRequests(model)
    expect(request).toMatchObject({
      url: '/m/v1/messages/count_tokens',
      body: JSON.stringify({ model, messages, tools }),
    })
    expect(request?.headers).toMatchObject({
      'anthropic-beta': 'context-management-2025-06-27',
      'x-api-key': 'provider-key-m',
      'anthropic-version': '2023-06-01',
    })
    expect(await readRecord(reply.requestId)).toMatchObject({
      endpoint: '/messages/count_tokens',
      mode: 'relay',
      status: 'success',
      usageSource: 'none',
      streamed: false,
      // Providers count for nothing, which is known and not a price that nobody knows.
      costUsdMicros: 0,
      costReason: 'not-billed',
    })
  })

  it('keeps the provider’s error', async () => {
    const text = '{"type":"error","error":{"type":"invalid_request_error","message":"messages: too few"}}'
    const reply = await count(`m/${await register(json(400, text))}`)
    expect([reply.status, reply.text]).toEqual([400, text])
  })
})

describe('a provider that speaks the format', () => {
  const missing: [status: number, body: string][] = [
    [404, '{"detail":"Not Found"}'],
    [404, ''],
    [405, '<h1>Method Not Allowed</h1>'],
    [501, '{"type":"error","error":{"type":"api_error","message":"not implemented"}}'],
  ]
  it.each(missing)('but has no such endpoint (%i %s) leads to an estimate', async (status, text) => {
    const reply = await count(`m/${await register(json(status, text))}`)
    expect([reply.status, reply.header('x-sluice-token-count')]).toEqual([200, 'estimated'])
    expect(tokensOf(reply)).toBeGreaterThan(2)
    expect(await readRecord(reply.requestId)).toMatchObject({ provider: 'm', status: 'success', usageSource: 'none' })
  })

  it('but does not know the model is not helped out', async () => {
    const text = '{"type":"error","error":{"type":"not_found_error","message":"model: claude-none"}}'
    const reply = await count(`m/${await register(json(404, text))}`)
    expect([reply.status, reply.text]).toEqual([404, text])
  })
})

describe('an estimate', () => {
  it('says that it is one, asks nobody, and leaves a record', async () => {
    const reply = await count('c/any')
    expect([reply.status, reply.header('x-sluice-token-count')]).toEqual([200, 'estimated'])
    expect(await seenRequests('any')).toEqual([])
    expect(await readRecord(reply.requestId)).toMatchObject({ mode: 'convert', provider: 'c', status: 'success' })
  })

  it('grows with the system prompt, the history, the tools and pictures', async () => {
    const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }
    const text = 'A sentence of nine words, which are all short. '.repeat(20)
    const plain = tokensOf(await count('r/any'))
    const additions: [more: object, least: number, most: number][] = [
      [{ system: text }, 180, 320],
      [{ messages: [...messages, { role: 'assistant', content: text }, ...messages] }, 180, 330],
      [{ tools: [{ name: 'f', description: text, input_schema: { type: 'object', properties: {} } }] }, 180, 330],
      [{ messages: [{ role: 'user', content: [picture] }] }, 1_000, 2_000],
    ]
    for (const [more, least, most] of additions) {
      const added = tokensOf(await count('r/any', more)) - plain
      expect(added, JSON.stringify(more).slice(0, 60)).toBeGreaterThan(least)
      expect(added).toBeLessThan(most)
    }
  })

  it('of a wrong request is a 400', async () => {
    const reply = await count('c/any', { messages: 'hi' })
    expect([reply.status, reply.failure().type]).toEqual([400, 'invalid_request_error'])
  })
})
