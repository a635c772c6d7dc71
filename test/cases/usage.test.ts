import { describe, expect, it } from 'vitest'
import { seenRequests } from '../support/control.ts'
import { ask } from '../support/gateway.ts'
import { everyPair, type Row, visible } from '../support/pairs.ts'
import { readRecord } from '../support/records.ts'
import {
  chatChunk,
  chatCounts,
  chatDelta,
  chatDone,
  chatEvents,
  chatRole,
  chatUsage,
} from '../support/upstream/chat.ts'
import { eventsOf, type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { messageDelta, messageStart, messageStop, messagesCounts, textBlock } from '../support/upstream/messages.ts'
import { baseline, baselineCounts, type Counts } from '../support/upstream/reply.ts'
import { numbered, responseBegin, responseEnd, textItem } from '../support/upstream/responses.ts'
import { paced, type Script, whole } from '../support/upstream/script.ts'
import { sseText, sseTexts, type WireEvent } from '../support/upstream/sse-text.ts'

// Counts are cumulative snapshots, converted into the client’s arithmetic, recorded as the provider reported them.

const tokens = ['tok0 ', 'tok1 ', 'tok2 ']
const contents = tokens.map((content) => chatDelta({ content }))
const stop = chatDelta({}, 'stop')
const zeroCounts: Counts = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }
const messageTokens = textBlock(0, ...tokens)

function chat(...events: WireEvent[]): () => Script {
  return () => whole(sseText([...events, chatDone]))
}

function messages(start: object, delta: object): () => Script {
  return () => whole(sseText([messageStart(start), ...messageTokens, messageDelta('end_turn', delta), messageStop]))
}

/** Usage on every chunk: the earlier ones count up. */
function running(usage: (at: number) => object): WireEvent[] {
  return [chatRole, ...contents, stop].map((chunk, at) => ({ ...chunk, usage: usage(at) }))
}

const noUsage = { usage: null }
const zeroUsage = { usage: { ...zeroCounts, reasoning: 0 } }

const rows: Row[] = [
  {
    name: 'counts that grow on every chunk are replaced by the exact ones at the end',
    upstreams: ['C'],
    script: chat(...running((at) => chatCounts({ ...baselineCounts, output: at })), chatUsage()),
  },
  {
    name: 'usage before the first chunk of the answer does not stay',
    upstreams: ['C'],
    script: chat(
      chatChunk([], { usage: { prompt_tokens: 25, completion_tokens: 0, total_tokens: 25 } }),
      chatRole,
      ...contents,
      stop,
      chatUsage(),
    ),
  },
  {
    name: 'usage may ride on the chunk with the finish',
    upstreams: ['C'],
    script: chat(chatRole, ...contents, chatDelta({}, 'stop', { usage: chatCounts(baselineCounts) })),
  },
  {
    name: 'usage may come on a last chunk that has a choice',
    upstreams: ['C'],
    script: chat(chatRole, ...contents, stop, chatDelta({}, null, { usage: chatCounts(baselineCounts) })),
  },
  {
    name: 'zeros on every chunk do not hide the real usage',
    upstreams: ['C'],
    script: chat(...running(() => chatCounts(zeroCounts)), chatUsage()),
  },
  {
    name: 'an answer without any usage is a normal answer',
    reply: { ...baseline, usage: null },
    expect: ({ client, upstream, way }) => {
      if (client === upstream) return {}
      if (client === 'C' && way === 'streamed') return noUsage
      return client === 'M' ? { usage: zeroCounts } : client === 'R' ? zeroUsage : {}
    },
  },
  {
    name: 'repeated counts replace and are never added',
    upstreams: ['M'],
    script: messages(
      { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 1 },
      { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 42 },
    ),
  },
  {
    name: 'all counts may come at the end only',
    upstreams: ['M'],
    script: messages(
      { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 0 },
      { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 42 },
    ),
  },
  {
    name: 'a report whose prompt side is all zero says nothing about the prompt',
    upstreams: ['M'],
    // A relayed stream is not edited, so only a client of another format sees the difference.
    clients: ['C', 'R'],
    script: messages(
      { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 1 },
      { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 42 },
    ),
  },
  {
    name: 'both lifetimes of cache writes are one number for the client',
    upstreams: ['M'],
    script: messages(
      {
        input_tokens: 15,
        cache_read_input_tokens: 10,
        cache_creation_input_tokens: 4,
        cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 3 },
        output_tokens: 1,
      },
      { output_tokens: 42 },
    ),
    check: async ({ requestId }) => {
      expect(await readRecord(requestId)).toMatchObject({ cacheWriteTokens: 1, cacheWrite1hTokens: 3 })
    },
  },
  {
    name: 'reasoning tokens are counted inside the output, under each format’s name',
    reply: { ...baseline, usage: { ...messagesCounts, cacheWrite: 0, reasoning: 7 } },
    check: async ({ requestId }) => {
      expect(await readRecord(requestId)).toMatchObject({ outputTokens: 42, reasoningTokens: 7 })
    },
  },
  {
    name: 'usage in the same write as the finish is read',
    upstreams: ['C'],
    script: () => {
      const texts = sseTexts(chatEvents(baseline))
      return { steps: [{ text: texts.slice(0, 4).join('') }, { text: texts.slice(4).join(''), afterMs: 20 }] }
    },
  },
  {
    name: 'usage 200 ms after the finish is read',
    upstreams: ['C'],
    script: () => {
      const texts = sseTexts(chatEvents(baseline))
      return { steps: [{ text: texts.slice(0, 5).join('') }, { text: texts.slice(5).join(''), afterMs: 200 }] }
    },
  },
  {
    name: 'an incomplete response carries its usage',
    upstreams: ['R'],
    reply: { ...baseline, finish: 'limit' },
  },
  {
    name: 'a prompt side with any count is a full snapshot, zeros included',
    upstreams: ['M'],
    script: messages(
      { input_tokens: 100, cache_read_input_tokens: 55096, cache_creation_input_tokens: 0, output_tokens: 1 },
      { input_tokens: 181, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 8 },
    ),
    expect: ({ client }) => ({
      usage: visible({ input: 181, cacheRead: 0, cacheWrite: 0, output: 8 }, client),
    }),
  },
]

everyPair(rows)

describe('the wire words of converted usage', () => {
  const details = { cached_tokens: 10, cache_write_tokens: 4 }
  it('a Messages provider counts cached tokens into a chat prompt', async () => {
    const reply = await ask({ client: 'C', upstream: 'M', way: 'buffered', script: scriptOf('M', baseline) })
    expect(JSON.parse(reply.text).usage).toMatchObject({
      prompt_tokens: 29,
      completion_tokens: 42,
      total_tokens: 71,
      prompt_tokens_details: details,
    })
  })
  it('and into the input of a response', async () => {
    const reply = await ask({ client: 'R', upstream: 'M', way: 'buffered', script: scriptOf('M', baseline) })
    expect(JSON.parse(reply.text).usage).toEqual({
      input_tokens: 29,
      output_tokens: 42,
      total_tokens: 71,
      input_tokens_details: details,
      output_tokens_details: { reasoning_tokens: 0 },
    })
  })
  it.each(['C', 'R'] as const)(
    'a %s provider’s cached tokens are taken out for a Messages client',
    async (upstream) => {
      const reply = await ask({ client: 'M', upstream, way: 'buffered', script: scriptOf(upstream, baseline) })
      expect(JSON.parse(reply.text).usage).toMatchObject({
        input_tokens: 15,
        cache_read_input_tokens: 10,
        cache_creation_input_tokens: 0,
        output_tokens: 42,
      })
    },
  )
})

describe.concurrent('a chat client that did not ask for usage gets none, and it is recorded', () => {
  for (const upstream of formats) {
    it(`${upstream} provider`, async () => {
      const script = scriptOf(upstream, baseline)
      const reply = await ask({ client: 'C', upstream, script, body: { stream_options: undefined } })
      expect(reply.text).not.toContain('"usage":{')
      expect(reply.text).not.toContain('"choices":[]')
      expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true)
      expect(reply.read()).toMatchObject({ text: tokens.join(''), finish: 'stop' })
      expect(await readRecord(reply.requestId)).toMatchObject({
        inputTokens: 15,
        cacheReadTokens: 10,
        outputTokens: 42,
      })
      const [request] = await seenRequests(reply.model)
      const { stream_options } = JSON.parse(request?.body ?? '{}') as { stream_options?: object }
      expect(stream_options).toEqual(upstream === 'C' ? { include_usage: true } : undefined)
    })
  }
})

describe('what was never reported is recorded as unknown', () => {
  it.each(formats)('%s provider', async (upstream: Format) => {
    const script = whole(sseText(eventsOf[upstream]({ ...baseline, usage: null })))
    const { requestId } = await ask({ client: 'C', upstream, script })
    const record = await readRecord(requestId)
    expect(record).toMatchObject({ status: 'success', usageSource: 'none' })
    expect(record).not.toHaveProperty('inputTokens')
    expect(record).not.toHaveProperty('outputTokens')
  })
})

describe('usage of a response that failed', () => {
  it('is recorded', async () => {
    const items = textItem(0, 'msg_1', ...tokens)
    const end = responseEnd(items, 'natural', baselineCounts) as { response: object }
    const failed = {
      type: 'response.failed',
      response: { ...end.response, status: 'failed', error: { code: 'server_error', message: 'It broke.' } },
    }
    const script = paced(sseTexts(numbered([...responseBegin, ...items.slice(0, 5), failed])), 1)
    const { requestId } = await ask({ client: 'R', upstream: 'R', script })
    expect(await readRecord(requestId)).toMatchObject({ status: 'error', inputTokens: 15, outputTokens: 42 })
  })
})
