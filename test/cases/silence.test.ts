import { describe, expect, it } from 'vitest'
import { expectBroken, expectFailure, pairs, title } from '../support/failures.ts'
import { ask, ways } from '../support/gateway.ts'
import { begun, type Format } from '../support/upstream/format.ts'
import type { Script } from '../support/upstream/script.ts'
import { sseText } from '../support/upstream/sse-text.ts'

// Providers that cannot be reached, or say nothing.

describe.concurrent('a provider that cannot be reached', () => {
  for (const { client, upstream } of pairs) {
    it(`refuses the connection, ${title({ client, upstream })}`, async () => {
      for (const way of ways) {
        const body = { model: `dead-${upstream.toLowerCase()}/any` }
        expectFailure(await ask({ client, upstream, way, model: 'any', body }), client, 502)
      }
    })
    it(`resets it before the head, ${title({ client, upstream })}`, async () => {
      for (const way of ways) {
        expectFailure(await ask({ client, upstream, way, script: { refuse: true, steps: [] } }), client, 502)
      }
    })
  }
})

describe.concurrent('a provider that falls silent', () => {
  const idle: Record<Format, string> = { C: ': ping\n\n', M: 'event: ping\ndata: {"type":"ping"}\n\n', R: ': ping\n\n' }
  const tokensThen = (format: Format, rest: Script['steps']): Script => ({
    steps: [{ text: sseText(begun(format)) }, ...rest],
    end: 'hang',
  })
  for (const { client, upstream } of pairs) {
    const hasty = { client, upstream, gateway: 'hasty' } as const
    it(`before the head is a timeout, ${title({ client, upstream })}`, async () => {
      for (const way of ways) {
        const reply = await ask({ ...hasty, way, script: { headAfterMs: 8000, steps: [] } })
        expectFailure(reply, client, 504)
        expect(reply.endAtMs).toBeLessThan(6000)
      }
    })
    it(`after the head is a timeout, ${title({ client, upstream })}`, async () => {
      const reply = await ask({ ...hasty, script: { steps: [], end: 'hang' } })
      expectFailure(reply, client, 504)
      expect(reply.endAtMs).toBeLessThan(6000)
    })
    it(`in the middle is an error in band, ${title({ client, upstream })}`, async () => {
      const reply = await ask({ ...hasty, script: tokensThen(upstream, []) })
      expectBroken(reply)
      expect(reply.endAtMs).toBeLessThan(6000)
      expectFailure(await ask({ ...hasty, way: 'buffered', script: tokensThen(upstream, []) }), client, 504)
    })
    it(`but for pings is silent all the same, ${title({ client, upstream })}`, async () => {
      const pings = [{ text: idle[upstream], afterMs: 100, times: 100 }]
      const reply = await ask({ ...hasty, script: tokensThen(upstream, pings) })
      expectBroken(reply)
      expect(reply.endAtMs).toBeLessThan(6000)
    })
  }
})
