import { describe, expect, it } from 'vitest'
import { register, seenRequests } from '../support/control.ts'
import { expectBroken, expectFailure, pairs, title } from '../support/failures.ts'
import { ask, type Question, ways } from '../support/gateway.ts'
import { finishWords } from '../support/pairs.ts'
import { readRecord } from '../support/records.ts'
import { chatDelta, chatRole } from '../support/upstream/chat.ts'
import { begun, eventsOf, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { blockDelta, blockStart, messageStart } from '../support/upstream/messages.ts'
import { baseline, text } from '../support/upstream/reply.ts'
import { json, paced, type Script, whole } from '../support/upstream/script.ts'
import { sseText, sseTexts } from '../support/upstream/sse-text.ts'

// Time, clients that leave, streams that hang.

describe('a client that leaves', () => {
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
      it(`pings for ever after the finish are an end, ${title({ client, upstream })}`, async () => {
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
    it(`a connection left open after the end is closed, ${title({ client, upstream })}`, async () => {
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

describe.concurrent('the provider is asked once', () => {
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

describe.concurrent('an answer longer than the function may run', () => {
  const token: Record<'C' | 'M', { start: string; each: string }> = {
    C: { start: sseText([chatRole]), each: sseText([chatDelta({ content: 'on ' })]) },
    M: {
      start: sseText([messageStart(), blockStart(0, { type: 'text', text: '' })]),
      each: sseText([blockDelta(0, { type: 'text_delta', text: 'on ' })]),
    },
  }
  /** What is known by then: Messages reports its input at the start, Chat nothing before the end; the rest is estimated. */
  const soFar = {
    C: { usageSource: 'estimated', inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    M: { usageSource: 'estimated', inputTokens: 15, cacheReadTokens: 10, cacheWriteTokens: 4 },
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
        ...soFar[upstream],
      })
    })
    it(`is an error answer when folded, ${upstream} provider`, async () => {
      const reply = await ask({ client: 'R', upstream, way: 'buffered', script, gateway: 'hasty' })
      expectFailure(reply, 'R', 504)
      expect(await readRecord(reply.requestId)).toMatchObject({
        status: 'timeout',
        httpStatus: 504,
        ...soFar[upstream],
      })
    })
  }
})

describe('many streams at once', () => {
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
