import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, inject, it } from 'vitest'
import { register } from '../support/control.ts'
import { readRecord } from '../support/records.ts'
import { anthropic, openai, type Url, urls } from '../support/sdk-clients.ts'
import { begun, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { baseline } from '../support/upstream/reply.ts'
import { json, type Script, whole } from '../support/upstream/script.ts'
import { sseText } from '../support/upstream/sse-text.ts'

// What a user of the official clients sees when something fails: status, message, and an id that leads to the record.

const words = 'Slow down, please.'
const messages = [{ role: 'user' as const, content: 'Hello' }]

/** One plain and one streamed call for each client format. */
const calls: Record<Format, Record<'plain' | 'streamed', (url: Url, model: string) => Promise<unknown>>> = {
  C: {
    plain: (url, model) => openai(url).chat.completions.create({ model, messages }),
    streamed: (url, model) => openai(url).chat.completions.stream({ model, messages }).finalChatCompletion(),
  },
  M: {
    plain: (url, model) => anthropic(url).messages.create({ model, max_tokens: 100, messages }),
    streamed: (url, model) => anthropic(url).messages.stream({ model, max_tokens: 100, messages }).finalMessage(),
  },
  R: {
    plain: (url, model) => openai(url).responses.create({ model, input: 'Hello' }),
    streamed: (url, model) => openai(url).responses.stream({ model, input: 'Hello' }).finalResponse(),
  },
}

type ApiError = InstanceType<typeof OpenAI.APIError> | InstanceType<typeof Anthropic.APIError>

async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (!(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError))
    throw new Error(`not an API error: ${error}`)
  return error
}

function rateLimit(upstream: Format): Script {
  const error = {
    message: words,
    type: upstream === 'M' ? 'rate_limit_error' : 'tokens',
    param: null,
    code: 'rate_limit_exceeded',
  }
  return json(429, upstream === 'M' ? { type: 'error', error } : { error }, { 'retry-after': '9' })
}

for (const url of urls) {
  describe.concurrent(`the ${url} URL`, () => {
    for (const client of formats) {
      for (const how of ['plain', 'streamed'] as const) {
        it.each(formats)(
          `a rate limit is known by its class, message and id, ${how} ${client} call, %s provider`,
          async (upstream) => {
            const model = `${upstream.toLowerCase()}/${await register(rateLimit(upstream))}`
            const error = await failureOf(calls[client][how](url, model))
            expect(error).toBeInstanceOf(client === 'M' ? Anthropic.RateLimitError : OpenAI.RateLimitError)
            expect(error.status).toBe(429)
            expect(error.message).toContain(words)
            expect(error.headers?.get('retry-after')).toBe('9')
            expect(await readRecord(error.requestID ?? '')).toMatchObject({ model, httpStatus: 429, status: 'error' })
          },
        )
      }

      it.each(formats)(`an answer that breaks off is an exception, ${client} client, %s provider`, async (upstream) => {
        const model = `${upstream.toLowerCase()}/${await register({ ...whole(sseText(begun(upstream))), end: 'cut' })}`
        expect((await failureOf(calls[client].plain(url, model))).status).toBe(502)
        await expect(calls[client].streamed(url, model)).rejects.toThrow()
      })
    }

    it('a wrong key is an authentication error', async () => {
      const { gateways } = inject('services')
      const base = url === 'stream' ? gateways.normal.streamUrl : gateways.normal.bufferUrl
      const wrong = { apiKey: 'sk-wrong', maxRetries: 0 }
      const model = `c/${await register(scriptOf('C', baseline))}`
      const chat = new OpenAI({ ...wrong, baseURL: `${base.replace(/\/$/, '')}/v1` }).chat.completions.create({
        model,
        messages,
      })
      await expect(chat).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
      const message = new Anthropic({ ...wrong, baseURL: base.replace(/\/$/, '') }).messages.create({
        model,
        max_tokens: 1,
        messages,
      })
      await expect(message).rejects.toBeInstanceOf(Anthropic.AuthenticationError)
    })
  })
}
