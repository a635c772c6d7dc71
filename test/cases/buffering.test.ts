import { describe, expect, it } from 'vitest'
import { pairs } from '../support/failures.ts'
import { ask, type Reply } from '../support/gateway.ts'
import type { Answer } from '../support/read/answer.ts'
import { readStream } from '../support/read/index.ts'
import { readWritten } from '../support/read/sse-frames.ts'
import { type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { messageDelta, messageStart, messageStop, textBlock } from '../support/upstream/messages.ts'
import { baseline, baselineCounts, call, cut, text, thinking } from '../support/upstream/reply.ts'
import { numbered, responseBegin, responseEnd, textItem } from '../support/upstream/responses.ts'
import { bodyOf, whole } from '../support/upstream/script.ts'
import { sseText } from '../support/upstream/sse-text.ts'

// A whole answer is the stream folded.

describe.concurrent('stream:true at the buffer URL', () => {
  for (const { client, upstream } of pairs) {
    it(`gives the whole event stream at once, ${client} client, ${upstream} provider`, async () => {
      const script = scriptOf(upstream, baseline)
      const reply = await ask({ client, upstream, way: 'streamed at once', script })
      expect(reply.header('content-type')).toMatch(/^text\/event-stream/)
      if (client === upstream) expect(reply.text).toBe(bodyOf(script))
      else expect(reply.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', usage: { output: 42 } })
    })
  }
})

const args = JSON.stringify({ city: 'Zürich', days: [1, 2, 3] })
const rich = {
  parts: [
    thinking(['First ', 'I think.'], 'c2VhbA=='),
    text('Then ', 'I speak.'),
    call('call_one', 'get_weather', ...cut(args, 7)),
    call('call_two', 'get_weather', ...cut(args, 5)),
  ],
}

/** A relayed stream is in the provider's own style, which is the gateway's for these scripts. */
function streamed(client: Format, reply: Reply): Answer {
  return readStream[client](readWritten(reply.text).frames)
}

describe.concurrent('the same request streamed and folded says the same', () => {
  for (const { client, upstream } of pairs) {
    it(`${client} client, ${upstream} provider`, async () => {
      const script = scriptOf(upstream, rich)
      const { order: _order, ...expected } = streamed(client, await ask({ client, upstream, script }))
      for (const way of ['whole', 'buffered'] as const) {
        const { order: _other, ...folded } = (await ask({ client, upstream, way, script })).read()
        expect(folded, way).toEqual(expected)
      }
    })
  }
})

describe('the object of a relay is the provider’s', () => {
  const identity: Record<Format, object> = {
    C: { id: 'chatcmpl-fake1', object: 'chat.completion', model: 'fake-model', created: 1767225600 },
    M: { id: 'msg_fake1', type: 'message', model: 'fake-model', stop_sequence: null },
    R: { id: 'resp_fake1', object: 'response', model: 'fake-model', created_at: 1767225600 },
  }
  it.each(formats)('%s', async (format) => {
    for (const way of ['whole', 'buffered'] as const) {
      const reply = await ask({ client: format, upstream: format, way, script: scriptOf(format, baseline) })
      expect(JSON.parse(reply.text)).toMatchObject(identity[format])
    }
  })
  it('has no content, not an empty one, for a chat answer of calls alone', async () => {
    const script = scriptOf('C', { parts: [call('call_one', 'get_weather', args)] })
    for (const upstream of ['C', 'M', 'R'] as const) {
      const reply = await ask({
        client: 'C',
        upstream,
        way: 'buffered',
        script: upstream === 'C' ? script : scriptOf(upstream, { parts: [call('call_one', 'get_weather', args)] }),
      })
      expect(JSON.parse(reply.text).choices[0].message.content).toBeNull()
    }
  })
})

describe('several texts in one answer', () => {
  const blocks = [...textBlock(0, 'One.'), ...textBlock(1, 'Two.')]
  const messages = whole(sseText([messageStart(), ...blocks, messageDelta('end_turn'), messageStop]))
  const items = [...textItem(0, 'msg_1', 'One.'), ...textItem(1, 'msg_2', 'Two.')]
  const end = responseEnd(items, 'natural', baselineCounts)
  const scripts = { M: messages, R: whole(sseText(numbered([...responseBegin, ...items, end]))) }

  it.each(['M', 'R'] as const)('are joined without a separator for chat, %s provider', async (upstream) => {
    for (const way of ['streamed', 'buffered'] as const) {
      const reply = await ask({ client: 'C', upstream, way, script: scripts[upstream] })
      expect(reply.read().text).toBe('One.Two.')
    }
  })
  it.each(['M', 'R'] as const)('are blocks of their own for Messages, %s provider', async (upstream) => {
    const reply = await ask({ client: 'M', upstream, way: 'buffered', script: scripts[upstream] })
    const { content } = JSON.parse(reply.text) as { content: { type: string; text: string }[] }
    expect(content.map((block) => block.text)).toEqual(['One.', 'Two.'])
  })
  it.each(['M', 'R'] as const)('are parts or items in order for Responses, %s provider', async (upstream) => {
    const reply = await ask({ client: 'R', upstream, way: 'buffered', script: scripts[upstream] })
    const { output } = JSON.parse(reply.text) as { output: { content: { text: string }[] }[] }
    expect(output.flatMap(({ content }) => content.map((part) => part.text))).toEqual(['One.', 'Two.'])
  })
})
