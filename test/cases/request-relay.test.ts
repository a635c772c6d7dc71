import { describe, expect, it } from 'vitest'
import { type Format, formats } from '../support/upstream/format.ts'
import { firstContent, sent, textOf } from '../support/upstream-request.ts'

// What passes as it is, and what never leaves the gateway.

describe('a relayed request', () => {
  const strange = {
    C: { seed: 7, metadata: { a: 'b' }, store: true, future_field: { deep: [1.0, 'é'] }, logit_bias: { 50256: -100 } },
    M: {
      metadata: { user_id: 'u' },
      system: [{ type: 'text', text: 'Rules', cache_control: { type: 'ephemeral' } }],
      future_field: { deep: [1, 'é'] },
    },
    R: { include: ['reasoning.encrypted_content'], store: false, metadata: { a: 'b' }, future_field: null },
  }
  it.each(formats)('keeps every field, also those nobody knows, %s', async (format) => {
    const { body, reply } = await sent(format, format, strange[format])
    expect(body).toMatchObject({ ...strange[format], model: reply.model, stream: true })
  })

  it('keeps a signed and a redacted thought, and the beta headers', async () => {
    const messages = [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'c2Vh bA==' },
          { type: 'redacted_thinking', data: 'cmVk' },
          { type: 'text', text: 'Hi.' },
        ],
      },
      { role: 'user', content: 'Go on' },
    ]
    const headers = { 'anthropic-beta': 'one-2025-01-01,two-2025-01-01', 'anthropic-version': '2023-06-01' }
    const { body, request } = await sent('M', 'M', { messages }, { headers })
    expect(body.messages).toEqual(messages)
    expect(request.headers).toMatchObject(headers)
  })
  it.each(['C', 'R'] as const)('of another format gets an anthropic-version, %s client', async (client) => {
    expect((await sent(client, 'M', {})).request.headers['anthropic-version']).toBe('2023-06-01')
  })
})

describe('any text in a prompt', () => {
  const prompt = '👩‍🚀é漢字𝄞 "quoted" \\back\u2028 end'
  const asked: Record<Format, object> = {
    C: { messages: [{ role: 'user', content: prompt }] },
    M: { messages: [{ role: 'user', content: prompt }] },
    R: { input: prompt },
  }
  for (const client of formats) {
    it.each(formats)(`arrives unchanged, ${client} client, %s provider`, async (upstream) => {
      const { body } = await sent(client, upstream, asked[client])
      const input: unknown = body.input
      expect(typeof input === 'string' ? input : textOf(firstContent({ body }))).toBe(prompt)
    })
  }
})

describe('request headers', () => {
  const headers = {
    cookie: 'a=b',
    origin: 'https://example.org',
    forwarded: 'for=1.2.3.4',
    'x-forwarded-for': '1.2.3.4',
    'x-forwarded-host': 'example.org',
    'x-forwarded-proto': 'https',
    'proxy-authorization': 'Basic eA==',
    te: 'trailers',
    'keep-alive': 'timeout=5',
    'api-key': 'client-secret',
  }
  for (const client of formats) {
    it.each(formats)(`of the client stay here, ${client} client, %s provider`, async (upstream) => {
      const { request } = await sent(client, upstream, {}, { headers })
      for (const name of Object.keys(headers).filter((each) => each !== 'keep-alive')) {
        expect(request.headers).not.toHaveProperty(name)
      }
      const credentials = upstream === 'M' ? request.headers['x-api-key'] : request.headers.authorization
      const key = `provider-key-${upstream.toLowerCase()}`
      expect(credentials).toBe(upstream === 'M' ? key : `Bearer ${key}`)
      expect(JSON.stringify(request)).not.toContain('sk-sluice')
    })
  }
})
