import type Anthropic from '@anthropic-ai/sdk'
import { toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { register } from '../support/control.ts'
import { anthropic, openai, type Url, urls } from '../support/sdk-clients.ts'
import { file, json, type Script, whole } from '../support/upstream/script.ts'
import { anyBytes } from './form.ts'
import * as streams from './streams.ts'

// The official clients, every other endpoint, streaming and not, against both URLs.

/** A model of the provider that serves all of OpenAI's endpoints. */
async function modelFor(script: Script): Promise<string> {
  return `o/${await register(script)}`
}

/** The types of all events of a stream; what is no event of OpenAI's makes the client throw. */
async function collect<Event>(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = []
  for await (const event of stream) events.push(event)
  return events
}

const upload = () => toFile(anyBytes, 'a.wav', { type: 'audio/wav' })

describe.concurrent.each(urls)('the official OpenAI client on the %s URL', (url: Url) => {
  it('completions.create', async () => {
    const model = await modelFor(whole(streams.completion.sse))
    const request = { model, prompt: 'Once', max_tokens: 3 }
    expect(await openai(url).completions.create(request)).toMatchObject(streams.completionObject)
    const chunks = await collect(await openai(url).completions.create({ ...request, stream: true }))
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe('Once upon a time')
  })

  it('embeddings.create', async () => {
    const model = await modelFor(json(200, streams.embeddingsObject))
    const { data, usage } = await openai(url).embeddings.create({ model, input: 'hello', encoding_format: 'float' })
    expect([data[0]?.embedding, usage.prompt_tokens]).toEqual([[0.1, -0.25], 8])
  })

  it('embeddings.create, in base64 as the client asks by itself', async () => {
    const embedding = Buffer.from(new Float32Array([0.5, -0.25]).buffer).toString('base64')
    const object = { ...streams.embeddingsObject, data: [{ object: 'embedding', index: 0, embedding }] }
    const { data } = await openai(url).embeddings.create({ model: await modelFor(json(200, object)), input: 'hello' })
    expect(data[0]?.embedding).toEqual([0.5, -0.25])
  })

  it('audio.speech.create', async () => {
    const model = await modelFor(file([anyBytes, anyBytes], 'audio/mpeg'))
    const answer = await openai(url).audio.speech.create({ model, input: 'hello', voice: 'alloy' })
    expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.concat([anyBytes, anyBytes]))).toBe(true)
    expect(answer.headers.get('content-type')).toBe('audio/mpeg')
  })

  it('audio.speech.create with stream_format sse', async () => {
    const model = await modelFor(whole(streams.speech.sse))
    const request = { model, input: 'hello', voice: 'alloy', stream_format: 'sse' } as const
    expect(await (await openai(url).audio.speech.create(request)).text()).toBe(streams.speech.sse)
  })

  it('audio.transcriptions.create', async () => {
    const model = await modelFor(json(200, streams.transcriptObject))
    const transcript = await openai(url).audio.transcriptions.create({ model, file: await upload() })
    expect(transcript).toMatchObject(streams.transcriptObject)
  })

  it('audio.transcriptions.create({stream: true})', async () => {
    const model = await modelFor(whole(streams.transcript.sse))
    const stream = await openai(url).audio.transcriptions.create({ model, file: await upload(), stream: true })
    expect(await collect(stream)).toEqual(streams.transcript.events)
  })

  it('audio.transcriptions.create as text', async () => {
    const model = await modelFor(file([Buffer.from('Grüß Gott.\n')], 'text/plain; charset=utf-8'))
    const request = { model, file: await upload(), response_format: 'text' } as const
    expect(await openai(url).audio.transcriptions.create(request)).toBe('Grüß Gott.\n')
  })

  it('audio.translations.create', async () => {
    const model = await modelFor(json(200, { text: 'Hello.' }))
    expect((await openai(url).audio.translations.create({ model, file: await upload() })).text).toBe('Hello.')
  })

  it('images.generate', async () => {
    const model = await modelFor(whole(streams.generation.sse))
    const images = await openai(url).images.generate({ model, prompt: 'a cat' })
    expect(images).toMatchObject(streams.imagesObject)
    const stream = await openai(url).images.generate({ model, prompt: 'a cat', stream: true, partial_images: 2 })
    expect(await collect(stream)).toEqual(streams.generation.events)
  })

  it('images.edit', async () => {
    const model = await modelFor(whole(streams.edit.sse))
    const request = { model, prompt: 'a cat', image: await toFile(anyBytes, 'a.png', { type: 'image/png' }) }
    expect(await openai(url).images.edit(request)).toMatchObject(streams.imagesObject)
    expect(await collect(await openai(url).images.edit({ ...request, stream: true }))).toEqual(streams.edit.events)
  })

  it('models.list and models.retrieve', async () => {
    const models = await collect(openai(url).models.list())
    const ids = models.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['o/gpt-fake', 'o/vendor/nested:free', 'm/claude-fake']))
    expect(await openai(url).models.retrieve('o/vendor/nested:free')).toMatchObject({
      id: 'o/vendor/nested:free',
      object: 'model',
      owned_by: 'vendor',
    })
    await expect(openai(url).models.retrieve('o/none')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

describe.concurrent.each(urls)('the official Anthropic client on the %s URL', (url: Url) => {
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'How many tokens is this?' }]

  it('models.list and models.retrieve', async () => {
    const models = await collect(anthropic(url).models.list())
    const claude = models.find(({ id }) => id === 'm/claude-fake')
    expect(claude).toMatchObject({ type: 'model', display_name: 'Claude Fake', max_tokens: 64_000 })
    const other = await anthropic(url).models.retrieve('o/gpt-fake')
    expect(other).toMatchObject({ type: 'model', id: 'o/gpt-fake', created_at: '2026-01-01T00:00:00.000Z' })
    await expect(anthropic(url).models.retrieve('m/none')).rejects.toMatchObject({ status: 404 })
  })

  it('messages.countTokens, counted by the provider', async () => {
    const model = `m/${await register(json(200, { input_tokens: 14 }))}`
    expect(await anthropic(url).messages.countTokens({ model, messages })).toEqual({ input_tokens: 14 })
  })

  it('messages.countTokens, estimated for other providers', async () => {
    const { data, response } = await anthropic(url).messages.countTokens({ model: 'o/gpt', messages }).withResponse()
    expect(data.input_tokens).toBeGreaterThan(5)
    expect(data.input_tokens).toBeLessThan(20)
    expect(response.headers.get('x-sluice-token-count')).toBe('estimated')
  })
})
