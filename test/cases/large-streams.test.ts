import { describe, expect, it } from 'vitest'
import { ask } from '../support/gateway.ts'
import { everyPair } from '../support/pairs.ts'
import { eventsOf, type Format, formats } from '../support/upstream/format.ts'
import { text } from '../support/upstream/reply.ts'
import { bodyOf, type Script, whole } from '../support/upstream/script.ts'
import { sseText, sseTexts, type WireEvent } from '../support/upstream/sse-text.ts'

// Large events, and many of them.

const big = 'x'
  .repeat(1024)
  .concat('\n')
  .repeat(2 * 1024)

everyPair([
  {
    name: 'one delta of 2 MB arrives whole',
    reply: { parts: [text(big)] },
    ways: ['streamed', 'buffered'],
    question: { oracle: false },
  },
])

describe.concurrent('one delta of 8 MB is delivered, or is a clean error', () => {
  const eightMegabytes = 'y'.repeat(8 * 1024 * 1024)
  const next: Record<Format, Format> = { C: 'M', M: 'R', R: 'C' }
  for (const upstream of formats) {
    const script = whole(sseText(eventsOf[upstream]({ parts: [text(eightMegabytes)] })))
    it(`relayed by a ${upstream} provider`, async () => {
      const reply = await ask({ client: upstream, upstream, script })
      expect(reply.text === bodyOf(script)).toBe(true)
    })
    it(`converted from a ${upstream} provider`, async () => {
      const reply = await ask({ client: next[upstream], upstream, script, oracle: false })
      expect(reply.read().text === eightMegabytes).toBe(true)
    })
  }
  it('folded: above what the buffer URL can carry', async () => {
    const script = whole(sseText(eventsOf.M({ parts: [text(eightMegabytes)] })))
    const reply = await ask({ client: 'C', upstream: 'M', way: 'buffered', script })
    expect(reply.status).toBe(502)
    expect(reply.failure().message).toContain('stream URL')
  })
})

describe('tens of thousands of deltas', () => {
  const word = (at: number) => `w${at} `
  const words = (count: number) => Array.from({ length: count }, (_, at) => word(at))
  const script = (format: Format, count: number): Script => {
    const texts = sseTexts(manyDeltas(format, words(count)))
    return { steps: [{ text: texts.join('') }] }
  }
  for (const upstream of formats) {
    for (const client of formats) {
      it(`50,000 streamed and 20,000 folded, ${client} client, ${upstream} provider`, async () => {
        const streamed = await ask({ client, upstream, script: script(upstream, 50_000), oracle: false })
        if (client === upstream) expect(streamed.text === bodyOf(script(upstream, 50_000))).toBe(true)
        else expect(streamed.read().text === words(50_000).join('')).toBe(true)
        const folded = await ask({ client, upstream, way: 'buffered', script: script(upstream, 20_000) })
        expect(folded.read().text === words(20_000).join('')).toBe(true)
        expect(streamed.endAtMs).toBeLessThan(10_000)
        expect(folded.endAtMs).toBeLessThan(10_000)
      })
    }
  }
})

function manyDeltas(format: Format, words: string[]): WireEvent[] {
  return eventsOf[format]({ parts: [text(...words)] })
}
