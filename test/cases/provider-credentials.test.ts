import { describe, expect, it } from 'vitest'
import { ask } from '../support/gateway.ts'
import { formats } from '../support/upstream/format.ts'
import { json } from '../support/upstream/script.ts'
import { conversions } from '../support/upstream-request.ts'

// A provider that refuses the gateway's key: the client must learn whose key it was, and never the key.

const keyOf = (upstream: string) => `provider-key-${upstream.toLowerCase()}`

function refusal(upstream: string, status: number) {
  const message = `Invalid key ${keyOf(upstream)} for this project`
  const type = status === 401 ? 'authentication_error' : 'permission_error'
  return json(status, { type: 'error', error: { type, message, param: null, code: null } })
}

describe.concurrent('a refused provider key', () => {
  for (const [client, upstream] of conversions) {
    it.each([401, 403])(
      `${client} client, ${upstream} provider: %i names the provider, not the client`,
      async (status) => {
        const reply = await ask({ client, upstream, script: refusal(upstream, status) })
        expect(reply.status).toBe(status)
        const { message, code } = reply.failure()
        expect(message).toContain(`The provider "${upstream.toLowerCase()}" refused the gateway’s credentials`)
        expect(message).toContain('Invalid key [key] for this project')
        if (client !== 'M') expect(code).toBe('upstream_authentication')
        expect(reply.text).not.toContain(keyOf(upstream))
      },
    )
  }

  it.each(formats)('%s: a relayed refusal loses the key and nothing else', async (format) => {
    const script = refusal(format, 401)
    const reply = await ask({ client: format, upstream: format, script })
    expect(reply.text).toBe(script.steps[0]?.text.replace(keyOf(format), '[key]'))
  })
})
