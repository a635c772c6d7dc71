import { gunzipSync } from 'node:zlib'
import { describe, expect, inject, it } from 'vitest'
import { register } from '../support/control.ts'
import { ask, paths, post, requestOf, urlOf, ways } from '../support/gateway.ts'
import { readRecord } from '../support/records.ts'
import { headersOf } from '../support/request.ts'
import { anthropic, openai, urls } from '../support/sdk-clients.ts'
import { eventsOf, formats, scriptOf } from '../support/upstream/format.ts'
import { type Reply, text } from '../support/upstream/reply.ts'
import { bodyOf, paced, whole } from '../support/upstream/script.ts'
import { sseTexts } from '../support/upstream/sse-text.ts'

// Gzip towards clients that accept it. The gateway `lively` does it; all others do not.

const words = Array.from({ length: 60 }, (_, at) => `This is the sentence number ${at}. `)
const long: Reply = { parts: [text(...words)] }
const gzip = { 'accept-encoding': 'gzip, deflate' }
const lively = { gateway: 'lively' } as const

/** This gateway fills silences of 200 ms, and a busy machine is silent now and then. */
const withoutPings = (answer: string) => answer.replaceAll('event: ping\ndata: {"type":"ping"}\n\n', '')

/** Sends what `ask` would, without its checks of headers that have no place for an encoding. */
async function askPacked(way: (typeof ways)[number], client: 'C' | 'M', upstream: 'C' | 'M', model: string) {
  const body = JSON.stringify(requestOf(client, upstream, model, way))
  return post(urlOf(way, paths[client], 'lively'), client, { body, headers: gzip })
}

describe.concurrent('an answer in gzip', () => {
  it.each(ways)('is the one that goes out without, %s', async (way) => {
    const model = await register(scriptOf('M', long))
    const plain = await ask({ client: 'M', upstream: 'M', model, way, ...lively })
    const packed = await askPacked(way, 'M', 'M', model)
    expect(packed.header('content-encoding')).toBe('gzip')
    expect(packed.header('vary')).toBe('accept-encoding')
    expect(packed.header('content-type')).toBe(plain.header('content-type'))
    expect(packed.complete).toBe(true)
    expect(packed.body.length).toBeLessThan(plain.body.length / 3)
    const unpacked = gunzipSync(packed.body)
    expect(withoutPings(unpacked.toString())).toBe(withoutPings(plain.text))
    // A record's bytes are the answer's, however it is carried.
    expect(await readRecord(packed.requestId)).toMatchObject({ status: 'success', bytesOut: unpacked.length })
  })

  it.each(formats)('is nothing the official clients notice, %s provider', async (upstream) => {
    const model = `${upstream.toLowerCase()}/${await register(scriptOf(upstream, long))}`
    const messages = [{ role: 'user' as const, content: 'Hello' }]
    for (const url of urls) {
      const chat = await openai(url, 'lively').chat.completions.stream({ model, messages }).finalChatCompletion()
      expect(chat.choices[0]?.message.content).toBe(words.join(''))
      const { data, response } = await anthropic(url, 'lively')
        .messages.create({ model, max_tokens: 100, messages })
        .withResponse()
      expect(response.headers.get('content-encoding')).toBe('gzip')
      expect(data.content).toMatchObject([{ type: 'text', text: words.join('') }])
    }
  })

  it('tells errors too: as a status, small ones as they are, and in band', async () => {
    const refused = await askPacked('streamed', 'C', 'M', 'nobody-has-this')
    expect([refused.status, refused.header('content-encoding')]).toEqual([404, undefined])
    const texts = sseTexts(eventsOf.M(long)).slice(0, 9)
    const broken = await register({ ...whole(texts.join('')), end: 'cut' })
    const reply = await askPacked('streamed', 'C', 'M', broken)
    expect(reply.complete).toBe(true)
    expect(gunzipSync(reply.body).toString()).toContain('"error"')
    expect(await readRecord(reply.requestId)).toMatchObject({ status: 'truncated' })
  })
})

describe.concurrent('no gzip', () => {
  it.each(['gzip;q=0', 'br', 'identity'])('goes to a client that says %s', async (accepted) => {
    const headers = { 'accept-encoding': accepted }
    const reply = await ask({ client: 'M', upstream: 'M', script: scriptOf('M', long), headers, ...lively })
    expect(withoutPings(reply.text)).toBe(withoutPings(bodyOf(scriptOf('M', long))))
  })

  it('goes out unless the operator wants it', async () => {
    const reply = await ask({ client: 'M', upstream: 'M', script: scriptOf('M', long), headers: gzip })
    expect(reply.text).toBe(bodyOf(scriptOf('M', long)))
  })
})

// By itself, when the functions have started: what starts beside it holds events back as well.
it('an answer in gzip goes out as it comes: no event waits for the end', async () => {
  const script = paced(sseTexts(eventsOf.C({ parts: [text(...words.slice(0, 5))] })), 300)
  const arrivals = await unpackedArrivals(await register(script))
  const at = (word: string) => arrivals.find(({ text }) => text.includes(word))?.atMs ?? Number.NaN
  // Four pauses lie between them; two are left to a busy machine.
  expect(at('number 4.') - at('number 0.')).toBeGreaterThan(600)
})

/** What a client unpacks (fetch takes gzip by itself), with the time of each piece. */
async function unpackedArrivals(model: string): Promise<{ atMs: number; text: string }[]> {
  const body = JSON.stringify(requestOf('C', 'C', model))
  const headers = headersOf('C', inject('services').gatewayKey)
  const response = await fetch(urlOf('streamed', paths.C, 'lively'), { method: 'POST', headers, body })
  expect(response.headers.get('content-encoding')).toBe('gzip')
  const arrivals = []
  for await (const piece of response.body ?? []) {
    arrivals.push({ atMs: performance.now(), text: Buffer.from(piece).toString() })
  }
  return arrivals
}
