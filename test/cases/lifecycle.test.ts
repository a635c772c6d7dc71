import { describe, expect, it } from 'vitest'
import { functionProcesses, register, seenRequests } from '../support/control.ts'
import { expectBroken, expectFailure, pairs, title } from '../support/failures.ts'
import { ask, type Question, type Reply, ways } from '../support/gateway.ts'
import { finishWords } from '../support/pairs.ts'
import { readRecord } from '../support/records.ts'
import { chatDelta, chatRole } from '../support/upstream/chat.ts'
import { begun, eventsOf, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { blockDelta, blockStart, messageStart } from '../support/upstream/messages.ts'
import { baseline, call, text } from '../support/upstream/reply.ts'
import { itemEvent } from '../support/upstream/responses.ts'
import { json, paced, type Script, whole } from '../support/upstream/script.ts'
import { sseText, sseTexts, type WireEvent } from '../support/upstream/sse-text.ts'

// cases.md section 16: time, clients that leave, streams that hang.

const eight = Array.from({ length: 8 }, (_, at) => `piece${at} `)

/** Times at which the words were seen first, in milliseconds. */
function arrivalOf(reply: Reply, words: string[]): number[] {
  return words.map((word) => reply.arrivals.find(({ text: part }) => part.includes(word.trim()))?.atMs ?? Number.NaN)
}

describe.concurrent('what a provider sends slowly arrives slowly', () => {
  for (const { client, upstream } of pairs) {
    it(`eight tokens 120 ms apart (LI-01), ${title({ client, upstream })}`, async () => {
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
    it(`tool arguments in eight pieces 90 ms apart (LI-02), ${title({ client, upstream })}`, async () => {
      const pieces = [...eight.slice(0, 7).map((piece, at) => (at === 0 ? `{"a":"${piece}` : piece)), `${eight[7]}"}`]
      const texts = sseTexts(eventsOf[upstream]({ parts: [call('call_one', 'get_weather', ...pieces)] }))
      const steps = texts.map((each) => ({ text: each, afterMs: /piece\d/.test(each) ? 90 : 0 }))
      const reply = await ask({ client, upstream, script: { steps } })
      const times = arrivalOf(reply, eight)
      const apart = times.filter((at, index) => index > 0 && at - (times[index - 1] ?? at) > 30)
      expect(apart.length).toBeGreaterThanOrEqual(3)
    })
  }

  it.each(formats)('three seconds to the head are no reason to fail (LI-12), %s provider', async (upstream) => {
    const script = { ...scriptOf(upstream, baseline), headAfterMs: 3000 }
    const reply = await ask({ client: 'C', upstream, script })
    expect(reply.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', finish: 'stop' })
  })
})

describe('a client that leaves (LI-03)', () => {
  const slow = (upstream: Format, headAfterMs = 0): Script =>
    paced(sseTexts(eventsOf[upstream](baseline)), 30, { headAfterMs })

  /** The provider's connection was ended: cut, or read to its end as on the platform, which tells no function. */
  async function expectSettled(model: string): Promise<void> {
    const settled = async () => {
      const states = (await seenRequests(model)).map(({ state }) => state)
      return states.length === 1 && !states.includes('open')
    }
    await expect.poll(settled, { timeout: 10_000 }).toBe(true)
  }

  async function leave(question: Question): Promise<void> {
    await ask(question).catch((error: Error) => expect(error.message).toMatch(/socket hang up|aborted/))
  }

  it.each(formats)('in the middle of a stream, %s provider', async (upstream) => {
    const model = await register(slow(upstream))
    const reply = await ask({ client: upstream, upstream, model, leaveOn: 'tok1' })
    expect(reply.complete).toBe(false)
    await expectSettled(model)
    const next = await ask({ client: 'C', upstream, script: scriptOf(upstream, baseline) })
    expect(next.read().text).toBe('tok0 tok1 tok2 ')
  })

  it.each(ways)('before the first byte, %s', async (way) => {
    const model = await register(slow('C', 1000))
    await leave({ client: 'C', upstream: 'C', way, model, leaveAfterMs: 300 })
    const next = await ask({ client: 'C', upstream: 'C', way, script: scriptOf('C', baseline) })
    expect(next.status).toBe(200)
    await expectSettled(model)
  })

  it('fifty at once leave no connection open', async () => {
    const models = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const upstream = formats[at % 3] ?? 'C'
        return { upstream, model: await register(slow(upstream, 1500)) }
      }),
    )
    await Promise.all(models.map((each) => leave({ client: 'C', ...each, leaveAfterMs: 700 })))
    const next = await ask({ client: 'C', upstream: 'M', script: scriptOf('M', baseline) })
    expect(next.read().text).toBe('tok0 tok1 tok2 ')
    for (const { model } of models) await expectSettled(model)
  })
})

describe.concurrent('a stream that does not end', () => {
  const idle: Record<Format, string> = { C: ': ping\n\n', M: 'event: ping\ndata: {"type":"ping"}\n\n', R: ': ping\n\n' }
  /** Up to and with the finish, but without what ends the stream. */
  const finished = (upstream: 'C' | 'M') => sseText(eventsOf[upstream](baseline).slice(0, upstream === 'C' ? 5 : -1))

  for (const { client, upstream } of pairs) {
    if (upstream !== 'R') {
      it(`pings for ever after the finish are an end (LI-04), ${title({ client, upstream })}`, async () => {
        const pings = { text: idle[upstream], afterMs: 50, times: 400 }
        const script: Script = { steps: [{ text: finished(upstream) }, pings], end: 'hang' }
        for (const way of ways) {
          const reply = await ask({ client, upstream, way, script, gateway: 'hasty' })
          expect(reply.status).toBe(200)
          expect(reply.endAtMs).toBeLessThan(5000)
          if (client === upstream && way === 'streamed') {
            expect(reply.text.startsWith(finished(upstream))).toBe(true)
            expect(reply.text.endsWith(client === 'C' ? 'data: [DONE]\n\n' : 'data: {"type":"message_stop"}\n\n')).toBe(
              true,
            )
          } else
            expect(reply.read()).toMatchObject({
              text: 'tok0 tok1 tok2 ',
              finish: finishWords.natural[client],
              error: null,
            })
          expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success' })
        }
      })
    }
    it(`a connection left open after the end is closed (LI-05), ${title({ client, upstream })}`, async () => {
      const script: Script = { ...scriptOf(upstream, baseline), end: 'hang' }
      for (const way of ways) {
        const reply = await ask({ client, upstream, way, script, gateway: 'hasty' })
        expect(reply.endAtMs).toBeLessThan(5000)
        if (client === upstream && way === 'streamed') expect(reply.text).toBe(script.steps[0]?.text)
        else expect(reply.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', error: null })
      }
    })
  }
})

describe.concurrent('the provider is asked once (LI-07)', () => {
  for (const { client, upstream } of pairs) {
    it(`after a failure behind content, and after a refusal, ${title({ client, upstream })}`, async () => {
      const cutShort: Script = { ...whole(sseText(begun(upstream))), end: 'cut' }
      const refused = json(400, { type: 'error', error: { type: 'invalid_request_error', message: 'No.' } })
      for (const script of [cutShort, refused]) {
        const reply = await ask({ client, upstream, script })
        expect(await seenRequests(reply.model)).toHaveLength(1)
      }
    })
  }
})

describe.concurrent('an answer longer than the function may run (LI-09)', () => {
  const token: Record<'C' | 'M', { start: string; each: string }> = {
    C: { start: sseText([chatRole]), each: sseText([chatDelta({ content: 'on ' })]) },
    M: {
      start: sseText([messageStart(), blockStart(0, { type: 'text', text: '' })]),
      each: sseText([blockDelta(0, { type: 'text_delta', text: 'on ' })]),
    },
  }
  for (const upstream of ['C', 'M'] as const) {
    const { start, each } = token[upstream]
    const script: Script = { steps: [{ text: start }, { text: each, afterMs: 100, times: 100 }], end: 'hang' }
    it.each(formats)(`ends in an error before the deadline, %s client, ${upstream} provider`, async (client) => {
      const reply = await ask({ client, upstream, script, gateway: 'hasty' })
      expectBroken(reply)
      expect(reply.read().text.length).toBeGreaterThan(30)
      expect(reply.endAtMs).toBeLessThan(8000)
      expect(await readRecord(reply.requestId)).toMatchObject({
        status: 'timeout',
        errorCode: 'timeout',
        httpStatus: 200,
      })
    })
    it.each(formats)(`is an error answer when folded, %s client, ${upstream} provider`, async (client) => {
      expectFailure(await ask({ client, upstream, way: 'buffered', script, gateway: 'hasty' }), client, 504)
    })
  }
})

describe.concurrent('a client that reads slowly (LI-10)', () => {
  const megabytes = 100
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
      const asked = ask({ client, upstream, model, readAfter, oracle: false })
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
    return Math.max(0, ...(await functionProcesses()).map(({ rssBytes = 0 }) => rssBytes))
  }
})

describe('many streams at once (LI-11)', () => {
  it('do not mix', async () => {
    const directions = pairs.filter((_, at) => at % 3 !== 2)
    expect(directions).toHaveLength(6)
    const answers = await Promise.all(
      directions.map(async ({ client, upstream }, at) => {
        const words = Array.from({ length: 40 }, (_, word) => `s${at}w${word} `)
        const script = paced(sseTexts(eventsOf[upstream]({ parts: [text(...words)] })), 5)
        const reply = await ask({ client, upstream, script })
        return { body: reply.text, words, at }
      }),
    )
    for (const { body, words, at } of answers) {
      for (const word of words) expect(body).toContain(word)
      expect(body).not.toMatch(new RegExp(`s(?!${at})\\dw\\d`))
    }
  })

  it('forty cut ones leave the gateway as it was', async () => {
    const questions = Array.from({ length: 40 }, (_, at) => {
      const upstream = formats[at % 3] ?? 'C'
      const script: Script = { ...whole(sseText(begun(upstream))), end: 'cut' }
      return { client: formats[(at + 1) % 3] ?? 'C', upstream, script } as const
    })
    for (const reply of await Promise.all(questions.map(ask))) expectBroken(reply)
    const next = await ask({ client: 'C', upstream: 'R', script: scriptOf('R', baseline) })
    expect(next.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', finish: 'stop' })
  })
})
