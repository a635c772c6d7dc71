import { describe, expect, it } from 'vitest'
import { register, seenRequests } from '../support/control.ts'
import { ask, post, urlOf, wholeWays } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import { formats } from '../support/upstream/format.ts'
import { file, json, type Script } from '../support/upstream/script.ts'
import * as streams from './streams.ts'

// Answers that are no stream of events: what a provider gives that ignores `stream: true`, and files.

/** Written as no `JSON.stringify` would: what is parsed and printed again is not this text. */
const objects = {
  C: `{ "id":"chatcmpl-1", "object":"chat.completion","created":1767225600,"model":"served","x":1.0,
    "choices":[{"index":0,"message":{"role":"assistant","content":"Gr\\u00fc\\u00df Gott","refusal":null},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":25,"completion_tokens":42,"total_tokens":67,"prompt_tokens_details":{"cached_tokens":10}}}`,
  M: `{ "id":"msg_1", "type":"message","role":"assistant","model":"served","x":1.0,
    "content":[{"type":"text","text":"Gr\\u00fc\\u00df Gott"}],"stop_reason":"end_turn","stop_sequence":null,
    "usage":{"input_tokens":15,"cache_read_input_tokens":10,"cache_creation_input_tokens":0,"output_tokens":42}}`,
  R: `{ "id":"resp_1", "object":"response","created_at":1767225600,"status":"completed","model":"served","x":1.0,
    "error":null,"incomplete_details":null,"instructions":null,"metadata":{},"parallel_tool_calls":true,"tools":[],
    "tool_choice":"auto","temperature":1.0,"top_p":1.0,"access_programs":null,
    "output":[{"id":"msg_1","type":"message","role":"assistant","status":"completed",
      "content":[{"type":"output_text","text":"Gr\\u00fc\\u00df Gott","annotations":[]}]}],
    "usage":{"input_tokens":25,"input_tokens_details":{"cached_tokens":10},"output_tokens":42,"total_tokens":67}}`,
} as const

describe.each(formats)('a JSON answer of a %s provider', (format) => {
  it.each(wholeWays)('passes byte by byte and is measured, %s', async (way) => {
    const reply = await ask({ client: format, upstream: format, way, script: json(200, objects[format]) })
    expect([reply.status, reply.header('content-type'), reply.text]).toEqual([200, 'application/json', objects[format]])
    expect(await readRecord(reply.requestId)).toMatchObject({
      status: 'success',
      mode: 'relay',
      servedModel: 'served',
      inputTokens: 15,
      cacheReadTokens: 10,
      outputTokens: 42,
      finishReason: 'stop',
      bytesOut: Buffer.byteLength(objects[format]),
    })
  })

  it('becomes events for a client that streams', async () => {
    const reply = await ask({ client: format, upstream: format, script: json(200, objects[format]) })
    expect(reply.read().text).toBe('Grüß Gott')
  })

  it.each(wholeWays)('that is an error under status 200 is one for the client, %s', async (way) => {
    const script = json(200, { error: { message: 'no luck', type: 'server_error', code: 'server_error' } })
    const reply = await ask({ client: format, upstream: format, way, script })
    expect(reply.status).toBeGreaterThanOrEqual(500)
    expect(reply.failure().message).toContain('no luck')
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'error' })
  })

  it.each(['[]', '{"id":', '7'])('that is %s is a 502', async (text) => {
    const reply = await ask({ client: format, upstream: format, way: 'whole', script: json(200, text) })
    expect(reply.status).toBe(502)
  })
})

describe('speech', () => {
  async function speak(
    script: Script,
    fields: object,
    way: 'whole' | 'buffered',
    gateway: 'normal' | 'hasty' = 'normal',
  ) {
    const model = await register(script)
    const body = JSON.stringify({ model: `o/${model}`, input: 'hello', voice: 'alloy', ...fields })
    return post(urlOf(way, '/v1/audio/speech', gateway), 'C', { body, model })
  }
  const audio = [Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.from([0xc3, 0x28])]

  it.each(wholeWays)(
    'of a model that has no events passes as it is although events were asked for, %s',
    async (way) => {
      const reply = await speak(file(audio, 'audio/mpeg'), { stream_format: 'sse' }, way)
      expect([reply.status, reply.header('content-type')]).toEqual([200, 'audio/mpeg'])
      expect(reply.body.equals(Buffer.concat(audio))).toBe(true)
    },
  )

  it.each(wholeWays)('as HTML is a 502, %s', async (way) => {
    const reply = await speak(file([Buffer.from('<html>')], 'text/html'), {}, way)
    expect([reply.status, reply.failure().code]).toEqual([502, 'upstream_malformed'])
  })

  it('that stops in the middle is broken off in time, and a timeout on record', async () => {
    const reply = await speak(file(audio, 'audio/mpeg', { end: 'hang' }), {}, 'whole', 'hasty')
    expect([reply.status, reply.complete]).toEqual([200, false])
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'timeout', httpStatus: 200 })
    expect((await speak(file(audio, 'audio/mpeg'), {}, 'whole', 'hasty')).complete).toBe(true)
  })

  it('that stops in the middle is a 504 on the buffer URL', async () => {
    const reply = await speak(file(audio, 'audio/mpeg', { end: 'hang' }), {}, 'buffered', 'hasty')
    expect([reply.status, reply.failure().code]).toEqual([504, 'timeout'])
  })

  it.each([
    [{ stream_format: 'sse' }, 'text/event-stream'],
    [{}, '*/*'],
  ])('with %j accepts %s', async (fields, accept) => {
    const reply = await speak({ steps: [{ text: streams.speech.sse }] }, fields, 'whole')
    expect((await seenRequests(reply.model))[0]?.headers.accept).toBe(accept)
  })
})

describe('a text in another encoding', () => {
  it.each(wholeWays)('keeps its bytes, %s', async (way) => {
    const latin1 = Buffer.from('Grüß Gott\n', 'latin1')
    const model = await register(file([latin1], 'text/plain; charset=iso-8859-1'))
    const boundary = 'b'
    const body = `--b\r\nContent-Disposition: form-data; name="model"\r\n\r\no/${model}\r\n--b--\r\n`
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
    const reply = await post(urlOf(way, '/v1/audio/transcriptions'), 'C', { body, headers, model })
    expect(reply.body.equals(latin1)).toBe(true)
  })
})
