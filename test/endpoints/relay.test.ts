import { describe, expect, it } from 'vitest'
import { register, seenRequests } from '../support/control.ts'
import { post, type Reply, urlOf, type Way } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import { file, json, type Script, whole } from '../support/upstream/script.ts'
import { anyBytes, form } from './form.ts'
import * as streams from './streams.ts'

// OpenAI's other endpoints, relayed, streamed and not, on both URLs.

interface Endpoint {
  path: string
  /** The form of the request; undefined: JSON. */
  multipart?: true
  fields: object
  /** What makes it stream. */
  streaming: object
  stream: streams.Recording
  /** What a client that does not stream gets of the stream. */
  object: object | Buffer
  usage: object
}

const imageUsage = {
  inputTokens: 50,
  outputTokens: 1056,
  imageInputTokens: 40,
  imageOutputTokens: 1056,
  images: 1,
  finishReason: 'stop',
}
const transcriptUsage = { inputTokens: 14, audioInputTokens: 14, outputTokens: 45, finishReason: 'stop' }

const endpoints: Record<string, Endpoint> = {
  completions: {
    path: '/completions',
    fields: { prompt: 'Once' },
    streaming: { stream: true, stream_options: { include_usage: true } },
    stream: streams.completion,
    object: streams.completionObject,
    usage: { inputTokens: 5, outputTokens: 3, finishReason: 'length', servedModel: 'served-model' },
  },
  speech: {
    path: '/audio/speech',
    fields: { input: 'Grüß Gott 👋', voice: 'alloy' },
    streaming: { stream_format: 'sse' },
    stream: streams.speech,
    object: Buffer.concat(streams.audioPieces),
    usage: { inputTokens: 14, outputTokens: 101, audioOutputTokens: 101, finishReason: 'stop' },
  },
  transcriptions: {
    path: '/audio/transcriptions',
    multipart: true,
    fields: { language: 'de' },
    streaming: { stream: 'true' },
    stream: streams.transcript,
    object: streams.transcriptObject,
    usage: transcriptUsage,
  },
  'image generations': {
    path: '/images/generations',
    fields: { prompt: 'a cat', partial_images: 2 },
    streaming: { stream: true },
    stream: streams.generation,
    object: streams.imagesObject,
    usage: imageUsage,
  },
  'image edits as a form': {
    path: '/images/edits',
    multipart: true,
    fields: { prompt: 'a cat' },
    streaming: { stream: 'true' },
    stream: streams.edit,
    object: streams.imagesObject,
    usage: imageUsage,
  },
  'image edits as JSON': {
    path: '/images/edits',
    fields: { prompt: 'a cat', images: [{ file_id: 'file-1' }] },
    streaming: { stream: true },
    stream: streams.edit,
    object: streams.imagesObject,
    usage: imageUsage,
  },
}

async function send(endpoint: Endpoint, way: Way, script: Script, more: object = {}): Promise<Reply> {
  const model = await register(script)
  const streaming = way === 'streamed' || way === 'streamed at once' ? endpoint.streaming : {}
  const fields = { model: `o/${model}`, ...endpoint.fields, ...streaming, ...more }
  const { contentType, body } = endpoint.multipart
    ? form(fields, anyBytes)
    : { contentType: 'application/json', body: JSON.stringify(fields) }
  const headers = { 'content-type': contentType }
  return post(urlOf(way, `/v1${endpoint.path}`), 'C', { body, headers, model })
}

function bodyOf({ body }: Reply): unknown {
  return JSON.parse(body.toString())
}

describe.concurrent.each(Object.entries(endpoints))('%s', (_name, endpoint) => {
  it.each(['streamed', 'streamed at once'] as const)('pass byte by byte and are measured, %s', async (way) => {
    const reply = await send(endpoint, way, whole(endpoint.stream.sse))
    expect([reply.status, reply.header('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect(reply.text).toBe(endpoint.stream.sse)
    expect(reply.header('x-sluice-mode')).toBe('relay')
    expect(await readRecord(reply.requestId)).toMatchObject({
      endpoint: endpoint.path,
      mode: 'relay',
      provider: 'o',
      model: `o/${reply.model}`,
      streamed: true,
      status: 'success',
      usageSource: 'provider',
      ttftMs: expect.any(Number),
      ...endpoint.usage,
    })
  })

  it.each(['whole', 'buffered'] as const)('are folded where the provider streams unasked, %s', async (way) => {
    const reply = await send(endpoint, way, whole(endpoint.stream.sse))
    expect(reply.status, reply.text).toBe(200)
    if (Buffer.isBuffer(endpoint.object)) {
      expect(reply.header('content-type')).toBe('audio/mpeg')
      expect(reply.body.equals(endpoint.object)).toBe(true)
    } else {
      expect(reply.header('content-type')).toBe('application/json')
      expect(bodyOf(reply)).toEqual(endpoint.object)
    }
    expect(await readRecord(reply.requestId)).toMatchObject({ streamed: false, status: 'success', ...endpoint.usage })
  })

  it.each(['whole', 'buffered'] as const)('pass byte by byte where the provider answers JSON, %s', async (way) => {
    if (Buffer.isBuffer(endpoint.object)) return
    const text = `${JSON.stringify(endpoint.object, null, 1)}\n`
    const reply = await send(endpoint, way, json(200, text))
    expect([reply.status, reply.text]).toEqual([200, text])
    expect(await readRecord(reply.requestId)).toMatchObject({ streamed: false, status: 'success', ...endpoint.usage })
  })

  it('become events for a client that streams where the provider answers JSON', async () => {
    if (Buffer.isBuffer(endpoint.object)) return
    const reply = await send(endpoint, 'streamed', json(200, endpoint.object))
    expect(reply.header('content-type')).toContain('text/event-stream')
    expect(reply.text).toMatch(/^(event: .*\n)?data: \{/)
    if (endpoint.path.startsWith('/images')) {
      const completed = endpoint.stream === streams.edit ? 'image_edit.completed' : 'image_generation.completed'
      expect(reply.text).toMatch(new RegExp(`^event: ${completed}\ndata: \\{"type":"${completed}"`))
    }
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success', ...endpoint.usage })
  })

  it.each(['streamed', 'buffered'] as const)('leave a record although no event tells the usage, %s', async (way) => {
    const sse = endpoint.stream.sse.replaceAll(/,"usage":\{.*\}(?=\}\n)/g, '')
    expect(sse).not.toContain('usage')
    const reply = await send(endpoint, way, whole(sse))
    expect(reply.status).toBe(200)
    const record = await readRecord(reply.requestId)
    expect(record).toMatchObject({
      status: 'success',
      finishReason: expect.any(String),
      ttftMs: expect.any(Number),
    })
    expect([record.inputTokens, record.outputTokens]).toEqual([undefined, undefined])
  })

  it('end in an error where the stream breaks off, and say so on record', async () => {
    const events = endpoint.stream.sse.split(/(?<=\n\n)/)
    const reply = await send(endpoint, 'streamed', whole(events[0] ?? '', { end: 'cut' }))
    expect(reply.text.startsWith(events[0] ?? '')).toBe(true)
    expect(reply.text.slice(events[0]?.length)).toMatch(/^data: \{"error":\{"message":/)
    expect(reply.text).not.toContain('[DONE]')
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'truncated', errorCode: 'upstream_truncated' })
  })

  it.each(['whole', 'buffered'] as const)('are an error where the stream to fold breaks off, %s', async (way) => {
    const reply = await send(endpoint, way, whole(endpoint.stream.sse.split(/(?<=\n\n)/)[0] ?? '', { end: 'cut' }))
    expect([reply.status, reply.failure().code]).toEqual([502, 'upstream_truncated'])
  })

  it('keep status and body of the provider’s error', async () => {
    const text = '{"error":{"message":"too long","type":"invalid_request_error","param":null,"code":null},"x":1}'
    for (const way of ['streamed', 'buffered'] as const) {
      const reply = await send(endpoint, way, json(400, text))
      expect([reply.status, reply.text]).toEqual([400, text])
    }
  })

  it('are a real error where the first event of a stream is one', async () => {
    const reply = await send(endpoint, 'streamed', whole('data: {"error":{"message":"no","type":"server_error"}}\n\n'))
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(reply.failure().message).toContain('no')
  })

  it('go up as they came but for the model', async () => {
    const reply = await send(endpoint, 'streamed', whole(endpoint.stream.sse), { user: '7' })
    const [request] = await seenRequests(reply.model)
    expect(request?.url).toBe(`/o/v1${endpoint.path}`)
    expect(request?.headers.authorization).toBe('Bearer provider-key-o')
    const fields = { model: reply.model, ...endpoint.fields, ...endpoint.streaming, user: '7' }
    if (!endpoint.multipart) return expect(request?.body).toBe(JSON.stringify(fields))
    const expected = form(fields, anyBytes)
    expect(request?.headers['content-type']).toBe(expected.contentType)
    expect(Buffer.from(request?.base64 ?? '', 'base64').equals(expected.body)).toBe(true)
  })
})

describe('usage of completions', () => {
  it('is asked for and kept from a client that did not ask', async () => {
    const endpoint = { ...endpoints.completions, streaming: { stream: true } } as Endpoint
    const reply = await send(endpoint, 'streamed', whole(streams.completion.sse))
    expect(reply.text).toBe(streams.completion.sse.replace(/data: [^\n]*"choices":\[\][^\n]*\n\n/, ''))
    const [request] = await seenRequests(reply.model)
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(await readRecord(reply.requestId)).toMatchObject({ inputTokens: 5, outputTokens: 3 })
  })
})

describe('embeddings', () => {
  const text = `${JSON.stringify(streams.embeddingsObject)}\n`

  it.each(['whole', 'buffered', 'streamed'] as const)('pass byte by byte, %s', async (way) => {
    const model = await register(json(200, text))
    const body = JSON.stringify({ model: `o/${model}`, input: 'hello', stream: way === 'streamed' })
    const reply = await post(urlOf(way, '/v1/embeddings'), 'C', { body, model })
    expect([reply.status, reply.header('content-type'), reply.text]).toEqual([200, 'application/json', text])
    const [request] = await seenRequests(model)
    expect(request?.body).toBe(body.replace('o/', ''))
    expect(await readRecord(reply.requestId)).toMatchObject({
      endpoint: '/embeddings',
      clientFormat: 'openai-embeddings',
      status: 'success',
      streamed: false,
      inputTokens: 8,
      outputTokens: 0,
      servedModel: 'served-model',
    })
  })
})

describe('files', () => {
  const audio = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 31) % 256))
  const pieces = [audio.subarray(0, 10), audio.subarray(10, 30_000), audio.subarray(30_000)]
  const { speech, transcriptions } = endpoints as { speech: Endpoint; transcriptions: Endpoint }

  it.each(['whole', 'buffered'] as const)('of speech pass with their type, %s', async (way) => {
    const reply = await send(speech, way, file(pieces, 'audio/wav'))
    expect([reply.status, reply.header('content-type')]).toEqual([200, 'audio/wav'])
    expect(reply.body.equals(audio)).toBe(true)
    expect(await readRecord(reply.requestId)).toMatchObject({
      status: 'success',
      characters: 11,
      usageSource: 'estimated',
      bytesOut: 70_000,
      finishReason: 'stop',
      ttftMs: expect.any(Number),
    })
  })

  it('of speech come as the provider sends them', async () => {
    const script = file(pieces, 'audio/mpeg')
    const steps = script.steps.map((step, at) => ({ ...step, afterMs: at * 150 }))
    const reply = await send(speech, 'whole', { ...script, steps })
    expect((reply.arrivals.at(-1)?.atMs ?? 0) - (reply.arrivals[0]?.atMs ?? 0)).toBeGreaterThan(200)
  })

  it('that break off never look whole on the stream URL', async () => {
    const reply = await send(speech, 'whole', file(pieces.slice(0, 2), 'audio/mpeg', { end: 'cut' }))
    expect([reply.status, reply.complete]).toEqual([200, false])
    expect(audio.subarray(0, reply.body.length).equals(reply.body)).toBe(true)
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'truncated', httpStatus: 200 })
  })

  it('that break off are an error on the buffer URL', async () => {
    const reply = await send(speech, 'buffered', file(pieces.slice(0, 2), 'audio/mpeg', { end: 'cut' }))
    expect([reply.status, reply.failure().code]).toEqual([502, 'upstream_truncated'])
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'truncated', httpStatus: 502 })
  })

  it.each(['whole', 'buffered'] as const)('without a byte are an error, %s', async (way) => {
    const reply = await send(speech, way, file([], 'audio/mpeg'))
    expect([reply.status, reply.failure().code]).toEqual([502, 'upstream_truncated'])
  })

  it('above 6 MB are refused by the buffer URL with a word about the stream URL', async () => {
    const big = { text: '', base64: Buffer.alloc(1_000_000, 0xa7).toString('base64'), times: 5 }
    const script: Script = { headers: { 'content-type': 'audio/wav' }, steps: [big] }
    const refused = await send(speech, 'buffered', script)
    expect([refused.status, refused.failure().code]).toEqual([502, 'upstream_too_large'])
    expect(refused.failure().message).toContain('stream URL')
    expect((await send(speech, 'whole', script)).body.length).toBe(5_000_000)
  })

  const texts = [
    ['text', 'text/plain; charset=utf-8', 'Grüß Gott.\n'],
    ['srt', 'text/plain', '1\n00:00:00,000 --> 00:00:02,000\nGrüß Gott.\n\n'],
    ['vtt', 'text/vtt', 'WEBVTT\n\n00:00.000 --> 00:02.000\nGrüß Gott.\n'],
    ['srt', 'application/x-subrip', '1\r\n00:00:00,000 --> 00:00:02,000\r\n\r\n'],
    ['text', 'text/plain', ''],
  ] as const
  describe.each(texts)('a transcript as %s (%s)', (response_format, type, text) => {
    it.each(['whole', 'buffered'] as const)('passes as it is, %s', async (way) => {
      const reply = await send(transcriptions, way, file([Buffer.from(text)], type), { response_format })
      expect([reply.status, reply.header('content-type'), reply.text]).toEqual([200, type, text])
      expect(await readRecord(reply.requestId)).toMatchObject({ status: 'success', usageSource: 'none' })
    })
  })

  it('are translated at their own path', async () => {
    const translations = { ...transcriptions, path: '/audio/translations' }
    const verbose = { task: 'translate', language: 'german', duration: 2.95, text: 'Hello.', segments: [] }
    const reply = await send(translations, 'whole', json(200, verbose))
    const [request] = await seenRequests(reply.model)
    expect([reply.status, request?.url]).toEqual([200, '/o/v1/audio/translations'])
    expect(await readRecord(reply.requestId)).toMatchObject({ endpoint: '/audio/translations', seconds: 2.95 })
  })
})

describe('a transcript of which only the last event comes', () => {
  const sse = `data: ${JSON.stringify(streams.transcriptDone)}\n\n`
  it.each(['whole', 'buffered'] as const)('is whole, %s', async (way) => {
    const reply = await send(endpoints.transcriptions as Endpoint, way, whole(`${sse}data: [DONE]\n\n`))
    expect(bodyOf(reply)).toEqual(streams.transcriptObject)
  })
  it('passes byte by byte, streamed', async () => {
    const reply = await send(endpoints.transcriptions as Endpoint, 'streamed', whole(`${sse}data: [DONE]\n\n`))
    expect(reply.text).toBe(`${sse}data: [DONE]\n\n`)
  })
})

describe('images of a model that streams', () => {
  const generations = endpoints['image generations'] as Endpoint
  async function upstreamBody(model: string, more: object): Promise<{ stream?: boolean }> {
    await register(json(200, streams.imagesObject), model)
    const body = JSON.stringify({ model: `o/${model}`, ...generations.fields, ...more })
    const reply = await post(urlOf('buffered', '/v1/images/generations'), 'C', { body, model })
    expect(reply.status, reply.text).toBe(200)
    const requests = await seenRequests(model)
    return JSON.parse(requests.at(-1)?.body ?? '{}') as { stream?: boolean }
  }
  it.each([
    ['gpt-image-1', {}, true],
    ['chatgpt-image-latest', { n: 1 }, true],
    ['gpt-image-1', { n: 2 }, undefined],
    ['gpt-image-1', { output_format: 'svg' }, undefined],
    ['dall-e-3', {}, undefined],
  ])('%s with %j is asked to stream: %s', async (model, more, stream) => {
    expect((await upstreamBody(model, more)).stream).toBe(stream)
  })
})

describe('a provider that lists no such format', () => {
  it.each(Object.values(endpoints).map(({ path }) => path))('is a 422 for %s', async (path) => {
    const body = JSON.stringify({ model: 'm/claude', input: 'x', prompt: 'x' })
    const reply = await post(urlOf('streamed', `/v1${path}`), 'C', { body })
    expect([reply.status, reply.failure().param]).toEqual([422, 'model'])
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'rejected', errorCode: 'unprocessable' })
  })
})

describe('requests that are none', () => {
  it.each(['[1]', '"x"', '{"model":7}', '{"model":"o/x","stream":"yes"}', '', '{'])('%s is a 400', async (body) => {
    for (const path of ['/v1/embeddings', '/v1/images/generations', '/v1/completions']) {
      const reply = await post(urlOf('buffered', path), 'C', { body })
      expect([reply.status, reply.failure().type]).toEqual([400, 'invalid_request_error'])
    }
  })

  it('a form that is cut off is a 400', async () => {
    const { body, contentType } = form({ model: 'o/x' }, anyBytes)
    const headers = { 'content-type': contentType }
    const cut = body.subarray(0, body.length - 20)
    const reply = await post(urlOf('streamed', '/v1/audio/transcriptions'), 'C', { body: cut, headers })
    expect([reply.status, reply.failure().type]).toEqual([400, 'invalid_request_error'])
  })
})
