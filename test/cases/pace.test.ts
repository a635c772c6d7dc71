import { describe, expect, it } from 'vitest'
import { functionProcesses, register, seenRequests } from '../support/control.ts'
import { pairs, title } from '../support/failures.ts'
import { ask, type Reply } from '../support/gateway.ts'
import { chatDelta } from '../support/upstream/chat.ts'
import { begun, eventsOf, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { blockDelta } from '../support/upstream/messages.ts'
import { baseline, call, text } from '../support/upstream/reply.ts'
import { itemEvent } from '../support/upstream/responses.ts'
import type { Script } from '../support/upstream/script.ts'
import { sseText, sseTexts, type WireEvent } from '../support/upstream/sse-text.ts'

// Slow providers and slow clients.

const eight = Array.from({ length: 8 }, (_, at) => `piece${at} `)

/** Times at which the words were seen first, in milliseconds. */
function arrivalOf(reply: Reply, words: string[]): number[] {
  return words.map((word) => reply.arrivals.find(({ text: part }) => part.includes(word.trim()))?.atMs ?? Number.NaN)
}

describe.concurrent('what a provider sends slowly arrives slowly', () => {
  for (const { client, upstream } of pairs) {
    it(`eight tokens 120 ms apart, ${title({ client, upstream })}`, async () => {
      const texts = sseTexts(eventsOf[upstream]({ parts: [text(...eight)] }))
      const steps = texts.map((each) => ({
        text: each,
        afterMs: each.includes('elta') && each.includes('piece') ? 120 : 0,
      }))
      const reply = await ask({ client, upstream, script: { steps } })
      const [first = 0, ...rest] = arrivalOf(reply, eight)
      expect((rest.at(-1) ?? 0) - first).toBeGreaterThanOrEqual(500)
      expect(rest.filter((at, index) => at - ([first, ...rest][index] ?? 0) > 40).length).toBeGreaterThanOrEqual(4)
    })
    it(`tool arguments in eight pieces 90 ms apart, ${title({ client, upstream })}`, async () => {
      const pieces = [...eight.slice(0, 7).map((piece, at) => (at === 0 ? `{"a":"${piece}` : piece)), `${eight[7]}"}`]
      const texts = sseTexts(eventsOf[upstream]({ parts: [call('call_one', 'get_weather', ...pieces)] }))
      const steps = texts.map((each) => ({ text: each, afterMs: /piece\d/.test(each) ? 90 : 0 }))
      const reply = await ask({ client, upstream, script: { steps } })
      const times = arrivalOf(reply, eight)
      const apart = times.filter((at, index) => index > 0 && at - (times[index - 1] ?? at) > 30)
      expect(apart.length).toBeGreaterThanOrEqual(3)
    })
  }

  it.each(formats)('three seconds to the head are no reason to fail, %s provider', async (upstream) => {
    const script = { ...scriptOf(upstream, baseline), headAfterMs: 3000 }
    const reply = await ask({ client: 'C', upstream, script })
    expect(reply.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', finish: 'stop' })
  })
})

describe.concurrent('a client that reads slowly', () => {
  const megabytes = 100
  /** One that no other test sends large streams through, so that its processes tell of this one. */
  const gateway = 'tableless'
  const delta: Record<Format, (letters: string) => WireEvent> = {
    C: (content) => chatDelta({ content }),
    M: (words) => blockDelta(0, { type: 'text_delta', text: words }),
    R: (words) => itemEvent('output_text.delta', 0, 'msg_fake0', { content_index: 0, delta: words, logprobs: [] }),
  }
  /** The baseline with many large deltas behind its last token. */
  function large(upstream: Format): Script {
    const rest = eventsOf[upstream](baseline).slice(begun(upstream).length)
    const big = { text: sseText([delta[upstream]('z'.repeat(64 * 1024))]), times: megabytes * 16 }
    return { steps: [{ text: sseText(begun(upstream)) }, big, { text: sseText(rest) }] }
  }

  // Converted to Responses, whose last events repeat the text, such an answer is above what the platform streams.
  const directions: [client: Format, upstream: Format][] = [
    ['C', 'C'],
    ['M', 'C'],
  ]
  it.each(directions)(
    'slows the provider down, and nothing piles up, %s client, %s provider',
    async (client, upstream) => {
      const before = await largest()
      const model = await register(large(upstream))
      const { promise: readAfter, resolve: read } = Promise.withResolvers<void>()
      const asked = ask({ client, upstream, model, readAfter, oracle: false, gateway })
      await standsStill(model)
      const [waiting] = await seenRequests(model)
      const grown = (await largest()) - before
      read()
      const reply = await asked
      expect(reply.body.length).toBeGreaterThan(megabytes * 1024 * 1024)
      // Full are the buffers of the kernel and of the processes on the way, and no more than these.
      expect(waiting?.state).toBe('open')
      expect(waiting?.bytesSent).toBeLessThan((megabytes / 2) * 1024 * 1024)
      // The young generation of this memory size alone may hold 50 MB of garbage.
      expect(grown).toBeLessThan(megabytes * 0.75 * 1024 * 1024)
    },
  )

  /** Waits until the provider could send nothing more for a second. */
  async function standsStill(model: string): Promise<void> {
    let before = -1
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const sent = (await seenRequests(model))[0]?.bytesSent ?? 0
      if (sent > 0 && sent === before) return
      before = sent
    }
  }

  async function largest(): Promise<number> {
    return Math.max(0, ...(await functionProcesses(gateway)).map(({ rssBytes = 0 }) => rssBytes))
  }
})
