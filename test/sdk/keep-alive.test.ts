import { describe, expect, it } from 'vitest'
import { register, seenRequests } from '../support/control.ts'
import { expectBroken, pairs, title } from '../support/failures.ts'
import { ask } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import { anthropic, openai } from '../support/sdk-clients.ts'
import { spoken, story, thought } from '../support/sdk-story.ts'
import { begun, eventsOf, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { bodyOf, json, type Script } from '../support/upstream/script.ts'
import { sseText, sseTexts } from '../support/upstream/sse-text.ts'

// What fills a provider's silence, and that the official clients do not mind. This gateway's patience is 200 ms.

const silenceMs = 900
/** At least this many in such a silence, on a busy machine too. */
const least = 2

/** What a keep-alive is: for C and R a comment with a single newline, as an empty event breaks some parsers. */
const keepAlives: Record<Format, string> = {
  C: ': ping\n',
  M: 'event: ping\ndata: {"type":"ping"}\n\n',
  R: ': ping\n',
}

type Where = 'before the head' | 'after the head' | 'in the middle'
const places: readonly Where[] = ['before the head', 'after the head', 'in the middle']

/** The story, with a long silence in one place. */
function silent(upstream: Format, where: Where): Script {
  const texts = sseTexts(eventsOf[upstream](story))
  const middle = Math.floor(texts.length / 2)
  const at = where === 'in the middle' ? middle : where === 'after the head' ? 0 : -1
  const steps = texts.map((text, index) => ({ text, afterMs: index === at ? silenceMs : 0 }))
  return { steps, headAfterMs: where === 'before the head' ? silenceMs : 0 }
}

/** The text and the thought that the client's helper ends with. */
const listen: Record<Format, (model: string) => Promise<{ text: string | null; thought?: string }>> = {
  C: async (model) => {
    const messages = [{ role: 'user' as const, content: 'Hello' }]
    const answer = await openai('stream', 'lively').chat.completions.stream({ model, messages }).finalChatCompletion()
    return { text: answer.choices[0]?.message.content ?? null }
  },
  M: async (model) => {
    const messages = [{ role: 'user' as const, content: 'Hello' }]
    const stream = anthropic('stream', 'lively').messages.stream({ model, max_tokens: 100, messages })
    const { content } = await stream.finalMessage()
    const texts = content.map((block) => (block.type === 'text' ? block.text : ''))
    const thoughts = content.map((block) => (block.type === 'thinking' ? block.thinking : ''))
    return { text: texts.join(''), thought: thoughts.join('') }
  },
  R: async (model) => {
    const response = await openai('stream', 'lively').responses.stream({ model, input: 'Hello' }).finalResponse()
    return { text: response.output_text }
  },
}

/** Keep-alives apart (the provider may send its own), a relay is what the provider sent. */
function expectSame(client: Format, relayed: string, sent: string): void {
  expect(withoutKeepAlives(client, relayed)).toBe(withoutKeepAlives(client, sent))
}

function withoutKeepAlives(client: Format, text: string): string {
  return text.replaceAll(keepAlives[client], '')
}

function count(client: Format, text: string): number {
  return text.split(keepAlives[client]).length - 1
}

for (const pair of pairs) {
  const { client, upstream } = pair
  describe.concurrent(`keep-alives, ${title(pair)}`, () => {
    it.each(places)('cost the official client nothing: silence %s', async (where) => {
      const model = `${upstream.toLowerCase()}/${await register(silent(upstream, where))}`
      const heard = await listen[client](model)
      expect(heard).toEqual({ text: spoken, ...(client === 'M' && { thought }) })
    })

    it.each(places)('nor where the provider begins with a byte order mark: silence %s', async (where) => {
      const [first, ...rest] = silent(upstream, where).steps
      const script = { ...silent(upstream, where), steps: [{ ...first, text: `\uFEFF${first?.text}` }, ...rest] }
      const model = `${upstream.toLowerCase()}/${await register(script)}`
      const heard = await listen[client](model)
      expect(heard).toEqual({ text: spoken, ...(client === 'M' && { thought }) })
    })

    it.each(places)('stand between events, and the rest is as without: silence %s', async (where) => {
      const script = silent(upstream, where)
      const reply = await ask({ client, upstream, script, gateway: 'lively' })
      expect(count(client, reply.text)).toBeGreaterThanOrEqual(least)
      if (where !== 'in the middle') {
        expect(reply.text.startsWith(keepAlives[client])).toBe(true)
        // It came while there was nothing else.
        expect(withoutKeepAlives(client, reply.arrivals[0]?.text ?? '')).toBe('')
      }
      if (client === upstream) expectSame(client, reply.text, bodyOf(script))
      expect(reply.read()).toMatchObject({ text: spoken, error: null })
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success', outputTokens: 42 })
    })

    it('leave another try possible', async () => {
      const busy = json(503, { error: { type: 'overloaded_error', message: 'busy' } }, { 'retry-after': '0' })
      const model = await register([{ ...busy, headAfterMs: silenceMs }, scriptOf(upstream, story)])
      const reply = await ask({ client, upstream, model, gateway: 'lively' })
      expect(count(client, reply.text)).toBeGreaterThanOrEqual(least)
      expect(reply.read()).toMatchObject({ text: spoken, error: null })
      expect(await seenRequests(model)).toHaveLength(2)
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success', attempts: 2 })
    })

    it('leave an error in band, as the status has gone out', async () => {
      const refusal = json(400, { type: 'error', error: { type: 'invalid_request_error', message: 'No such day.' } })
      const model = await register({ ...refusal, headAfterMs: silenceMs })
      const reply = await ask({ client, upstream, model, gateway: 'lively' })
      expect(reply.text.startsWith(keepAlives[client])).toBe(true)
      expectBroken(reply, 'No such day.')
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'error', errorCode: 'invalid_request' })
      await expect(listen[client](`${upstream.toLowerCase()}/${model}`)).rejects.toThrow('No such day.')
    })
  })
}

describe.concurrent('no keep-alive', () => {
  it.each(formats)('goes out where the client waits for one object, %s', async (format) => {
    const script = silent(format, 'after the head')
    for (const way of ['whole', 'buffered'] as const) {
      const reply = await ask({ client: format, upstream: format, way, script, gateway: 'lively' })
      expect(reply.read()).toMatchObject({ text: spoken, error: null })
    }
  })

  it.each(formats)('stands inside an event that comes in two pieces, %s', async (format) => {
    const text = sseText(eventsOf[format](story))
    const cut = sseText(begun(format).slice(0, 3)).length + 12
    const steps = [{ text: text.slice(0, cut) }, { text: text.slice(cut), afterMs: silenceMs }]
    const reply = await ask({ client: format, upstream: format, script: { steps }, gateway: 'lively' })
    expect(count(format, reply.text)).toBeGreaterThanOrEqual(least)
    expectSame(format, reply.text, text)
  })
})
