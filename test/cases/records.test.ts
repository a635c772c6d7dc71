import { describe, expect, it } from 'vitest'
import { logLines, seenRequests } from '../support/control.ts'
import { pairs } from '../support/failures.ts'
import { ask, ways } from '../support/gateway.ts'
import { countRecords, readRecord } from '../support/records.ts'
import { countsOf, eventsOf, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { baseline, text } from '../support/upstream/reply.ts'
import { bodyOf, json, type Script, whole } from '../support/upstream/script.ts'
import { sseText, sseTexts, verbatim } from '../support/upstream/sse-text.ts'

// One record a request, with what the provider reported.

const formatNames: Record<Format, string> = { C: 'openai-chat', M: 'anthropic-messages', R: 'openai-responses' }

function tokensOf(upstream: Format): object {
  const counts = countsOf(upstream, baseline)
  return {
    inputTokens: counts?.input,
    cacheReadTokens: counts?.cacheRead,
    outputTokens: counts?.output,
    ...(upstream === 'M' && { cacheWriteTokens: 4 }),
  }
}

describe.concurrent('a success', () => {
  for (const { client, upstream } of pairs) {
    it(`is one record, ${client} client, ${upstream} provider`, async () => {
      for (const way of ways) {
        const reply = await ask({ client, upstream, way, script: scriptOf(upstream, baseline) })
        const model = `${upstream.toLowerCase()}/${reply.model}`
        const record = await readRecord(reply.requestId)
        expect(record).toMatchObject({
          requestId: reply.requestId,
          keyId: 'local',
          clientFormat: formatNames[client],
          upstreamFormat: formatNames[upstream],
          mode: client === upstream ? 'relay' : 'convert',
          provider: upstream.toLowerCase(),
          model,
          servedModel: 'fake-model',
          streamed: way === 'streamed',
          status: 'success',
          httpStatus: 200,
          finishReason: 'stop',
          usageSource: 'provider',
          attempts: 1,
          ...tokensOf(upstream),
        })
        expect(record.ttftMs).toBeGreaterThan(0)
        expect(record.durationMs).toBeGreaterThanOrEqual(Number(record.ttftMs))
        expect(record.bytesOut).toBe(reply.body.length)
        expect(record).not.toHaveProperty('costUsdMicros')
        expect(await countRecords(model)).toBe(1)
      }
    })
  }

  it.each(formats)('has the same counts for a chat client without include_usage, %s provider', async (upstream) => {
    const script = scriptOf(upstream, baseline)
    const reply = await ask({ client: 'C', upstream, script, body: { stream_options: undefined } })
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success', ...tokensOf(upstream) })
  })
})

describe.concurrent('the pace of an answer', () => {
  for (const { client, upstream } of pairs) {
    it(`is on record: silences, and tokens a second, ${client} client, ${upstream} provider`, async () => {
      const texts = sseTexts(eventsOf[upstream]({ parts: [text('one ', 'two ', 'three ', 'four ')] }))
      const steps = texts.map((each) => ({ text: each, afterMs: each.includes('three') ? 800 : 10 }))
      for (const way of ways) {
        const reply = await ask({ client, upstream, way, script: { steps } })
        const record = await readRecord(reply.requestId)
        // A gateway that starts reads the first chunks late, and so sees a shorter silence.
        expect(record.gapMaxMs).toBeGreaterThan(400)
        expect(record.gapMaxMs).toBeLessThan(Number(record.durationMs))
        expect(record.gapP95Ms).toBeLessThanOrEqual(Number(record.gapMaxMs))
        expect(record.tokensPerSecond).toBeGreaterThan(42_000 / Number(record.durationMs))
        expect(record.tokensPerSecond).toBeLessThan(42_000 / 400)
      }
    })
  }
  it('is none where nothing streamed', async () => {
    const reply = await ask({ client: 'M', upstream: 'M', way: 'streamed', script: json(400, { error: {} }) })
    const record = await readRecord(reply.requestId)
    for (const name of ['gapMaxMs', 'gapP95Ms', 'tokensPerSecond']) expect(record).not.toHaveProperty(name)
  })
})

function between(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

const failure = { type: 'error', error: { type: 'overloaded_error', message: 'Too much.' } }

describe.concurrent('what went wrong', () => {
  for (const client of formats) {
    it(`an error in the middle is an error, with the counts known so far, ${client} client`, async () => {
      const script = whole(sseText([...eventsOf.M(baseline).slice(0, 5), failure]))
      for (const way of ways) {
        const { requestId } = await ask({ client, upstream: 'M', way, script })
        const expected = {
          status: 'error',
          errorCode: 'overloaded',
          inputTokens: 15,
          cacheReadTokens: 10,
          cacheWriteTokens: 4,
        }
        expect(await readRecord(requestId)).toMatchObject(expected)
      }
    })
    it(`a cut stream is truncated, with the counts known so far, ${client} client`, async () => {
      const events = eventsOf.M({ parts: [text('one two three four five six seven eight nine ten')] })
      const cutAt = events.findIndex((event) => JSON.stringify(event).includes('nine ten')) + 1
      const script: Script = { ...whole(sseText(events.slice(0, cutAt))), end: 'cut' }
      for (const way of ways) {
        const { requestId } = await ask({ client, upstream: 'M', way, script })
        const record = await readRecord(requestId)
        expect(record).toMatchObject({
          status: 'truncated',
          errorCode: 'upstream_truncated',
          inputTokens: 15,
          cacheReadTokens: 10,
          // Of its output the provider had only said how it began.
          usageSource: 'estimated',
        })
        expect(between(record.outputTokens, 4, 30)).toBe(true)
      }
    })
    it.each(['C', 'R'] as const)(
      `a stream that is cut before its usage has an estimate, and says so, ${client} client, %s provider`,
      async (upstream) => {
        const events = eventsOf[upstream]({ parts: [text('one two three four five six seven eight nine ten')] })
        const cutAt = events.findIndex((event) => JSON.stringify(event).includes('nine ten')) + 1
        const script: Script = { ...whole(sseText(events.slice(0, cutAt))), end: 'cut' }
        for (const way of ways) {
          const record = await readRecord((await ask({ client, upstream, way, script })).requestId)
          expect(record).toMatchObject({ status: 'truncated', usageSource: 'estimated' })
          // A request of some words, an answer of ten.
          expect([between(record.inputTokens, 1, 60), between(record.outputTokens, 4, 30)]).toEqual([true, true])
        }
      },
    )
    it(`a refused request has its status and no counts, ${client} client`, async () => {
      const script = json(429, { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down.' } })
      for (const way of ways) {
        const { requestId } = await ask({ client, upstream: 'M', way, script })
        const record = await readRecord(requestId)
        expect(record).toMatchObject({ status: 'error', httpStatus: 429, errorCode: 'rate_limit' })
        expect([undefined, 0]).toContain(record.inputTokens)
        expect([undefined, 0]).toContain(record.outputTokens)
      }
    })
  }

  it('a success in the provider’s words is no success after an error in its stream', async () => {
    const script = whole(
      sseText([
        ...eventsOf.C(baseline).slice(0, 3),
        { error: { message: 'No.', type: 'server_error' } },
        verbatim('data: [DONE]\n\n'),
      ]),
    )
    const { requestId } = await ask({ client: 'C', upstream: 'C', script })
    expect(await readRecord(requestId)).toMatchObject({ status: 'error' })
  })
})

describe('a client that leaves', () => {
  it.each(formats)('leaves one record, %s provider', async (upstream) => {
    const texts = sseTexts(eventsOf[upstream](baseline))
    const script: Script = { steps: texts.map((text) => ({ text, afterMs: 60 })) }
    const model = `gone-${upstream}-${process.pid}`
    const reply = await ask({ client: 'C', upstream, script, leaveOn: 'tok1', headers: { 'user-agent': model } })
    expect(reply.complete).toBe(false)
    expect(await readRecord(reply.requestId)).toMatchObject({ provider: upstream.toLowerCase(), userAgent: model })
    expect(await countRecords(`${upstream.toLowerCase()}/${reply.model}`)).toBe(1)
  })
})

describe('two requests of one client id', () => {
  it('are two records', async () => {
    const question = {
      client: 'C',
      upstream: 'C',
      script: scriptOf('C', baseline),
      headers: { 'x-request-id': 'same' },
    } as const
    const ids = [await ask(question), await ask(question)].map(({ requestId }) => requestId)
    const records = await Promise.all(ids.map(readRecord))
    expect(records.map(({ requestId }) => requestId)).toEqual(ids)
  })
})

describe('names that a table does not take as they are', () => {
  it.each([
    ['half of a surrogate pair', 'half-\ud83d-end', 'half-\ufffd-end'],
    ['a pair that is cut', `${'a'.repeat(191)}😀`, `${'a'.repeat(191)}\ufffd`],
  ])('are stored as far as possible: %s', async (_, name, stored) => {
    const reply = await ask({ client: 'C', upstream: 'C', body: { model: `nowhere/${name}` } })
    expect(reply.status).toBe(404)
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'rejected', model: `nowhere/${stored}` })
  })

  it('are cut where the provider chose them', async () => {
    const long = 'x'.repeat(500_000)
    const script = whole(sseText(eventsOf.C(baseline)).replaceAll('fake-model', long))
    const reply = await ask({ client: 'C', upstream: 'C', script })
    expect(reply.status).toBe(200)
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success', servedModel: long.slice(0, 200) })
  })
})

describe('a table that cannot be reached', () => {
  it.each(ways)('changes nothing for the client, and the record is in the log, %s', async (way) => {
    const script = scriptOf('C', baseline)
    const reply = await ask({ client: 'C', upstream: 'C', way, script, gateway: 'tableless' })
    if (way === 'streamed') expect(reply.text).toBe(bodyOf(script))
    else expect(reply.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', finish: 'stop' })
    await expect.poll(() => spilled(reply.requestId), { timeout: 8000 }).toBe(true)
  })
})

/** Is there a line that says its record was not stored, and holds it? */
async function spilled(requestId: string): Promise<boolean> {
  const lines = (await logLines('tableless')).filter((line) => line.includes(requestId))
  return lines.some((line) => /"spilled":true.*"outputTokens":\d/.test(line))
}

describe('the end of a stream', () => {
  it('does not wait for the record', async () => {
    // The broken table keeps the recorder busy for seconds.
    const reply = await ask({ client: 'C', upstream: 'C', script: scriptOf('C', baseline), gateway: 'tableless' })
    expect(reply.complete).toBe(true)
    const [request] = await seenRequests(reply.model)
    expect(request?.state).toBe('done')
    expect(reply.endAtMs - reply.headAtMs).toBeLessThan(200)
    expect(await spilled(reply.requestId)).toBe(false)
    await expect.poll(() => spilled(reply.requestId), { timeout: 8000 }).toBe(true)
  })
})
