import { describe, expect, it } from 'vitest'
import { ask } from '../support/gateway.ts'
import { everyPair, finishWords, type Row } from '../support/pairs.ts'
import { readRecord } from '../support/records.ts'
import { chatDelta, chatDone, chatEvents, chatRole, chatUsage } from '../support/upstream/chat.ts'
import { eventsOf, type Format, formats } from '../support/upstream/format.ts'
import { messageDelta, messageStart, messageStop, messagesEvents, textBlock } from '../support/upstream/messages.ts'
import { baseline, call, type Reply, text } from '../support/upstream/reply.ts'
import { numbered, responseBegin, responseObject, responsesCounts, textItem } from '../support/upstream/responses.ts'
import { bodyOf, type Script, whole } from '../support/upstream/script.ts'
import { sseText, verbatim, type WireEvent } from '../support/upstream/sse-text.ts'

// Why an answer ended, in the words of each client.

const tokens = ['tok0 ', 'tok1 ', 'tok2 ']
const contents = tokens.map((content) => chatDelta({ content }))

function messages(stop: string, more: object = {}): () => Script {
  return () =>
    whole(
      sseText([
        messageStart(),
        ...textBlock(0, ...tokens),
        messageDelta(stop, { output_tokens: 42 }, more),
        messageStop,
      ]),
    )
}

function unknownReason(upstream: Format): Script {
  if (upstream === 'M') return messages('future_reason')()
  if (upstream === 'C')
    return whole(sseText([chatRole, ...contents, chatDelta({}, 'future_reason'), chatUsage(), chatDone]))
  const items = textItem(0, 'msg_1', ...tokens)
  const output = items.flatMap((event) =>
    'item' in event && 'type' in event && String(event.type).endsWith('done') ? [event.item] : [],
  )
  const usage = responsesCounts({ input: 15, cacheRead: 10, cacheWrite: 0, output: 42 })
  const response = responseObject('incomplete', { output, usage, incomplete_details: { reason: 'future_reason' } })
  return whole(sseText(numbered([...responseBegin, ...items, { type: 'response.incomplete', response }])))
}

const cutCall: Reply = { parts: [text('Look: '), call('call_one', 'get_weather', '{"city":"Bern"}')], finish: 'limit' }
const calls: Reply = { parts: [text('Look: '), call('call_one', 'get_weather', '{"city":"Bern"}')] }

function withoutFinish(reply: Reply): Script {
  const events = chatEvents(reply).map(
    (event) => JSON.parse(JSON.stringify(event).replace(/"finish_reason":"\w+"/, '"finish_reason":null')) as WireEvent,
  )
  return whole(sseText(events))
}

const azurePreamble = {
  id: '',
  object: 'chat.completion.chunk',
  created: 0,
  model: '',
  choices: [],
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
}

const rows: Row[] = [
  { name: 'a token limit', reply: { ...baseline, finish: 'limit' } },
  { name: 'a content filter', reply: { ...baseline, finish: 'filter' } },
  {
    name: 'a stop sequence',
    upstreams: ['M'],
    script: messages('stop_sequence', { stop_sequence: 'END' }),
    expect: ({ client }) => ({
      finish: finishWords.sequence[client],
      ...(client === 'M' && { stopSequence: 'END' }),
    }),
  },
  {
    name: 'a paused turn does not look finished',
    upstreams: ['M'],
    script: messages('pause_turn'),
    expect: ({ client }) => ({ finish: finishWords.pause[client] }),
  },
  {
    name: 'a full context window is a limit',
    upstreams: ['M'],
    clients: ['C', 'R'],
    script: messages('model_context_window_exceeded'),
    expect: ({ client }) => ({ finish: finishWords.limit[client] }),
  },
  {
    name: 'a reason nobody knows ends the answer all the same',
    script: unknownReason,
    expect: ({ client, upstream }) =>
      client === upstream ? { finish: expect.stringContaining('future_reason') as string } : {},
  },
  { name: 'the limit wins over the calls', reply: cutCall },
  {
    name: 'a chat stream may end without [DONE] after its finish',
    upstreams: ['C'],
    script: () => whole(sseText(chatEvents(baseline).slice(0, -1))),
    identical: false,
    check: (got, { client, way }) => {
      if (client === 'C' && way === 'streamed') expect(got.text).toBe(sseText(chatEvents(baseline)))
    },
  },
  {
    name: 'a chat stream may end with [DONE] and without any finish',
    upstreams: ['C'],
    clients: ['M', 'R'],
    script: () => withoutFinish(baseline),
  },
  {
    name: 'calls without any finish are calls',
    upstreams: ['C'],
    clients: ['M', 'R'],
    reply: calls,
    script: () => withoutFinish(calls),
  },
  {
    name: 'a repeated start of the same message is one start',
    upstreams: ['M'],
    script: () => {
      const [start, ...rest] = messagesEvents(baseline)
      return whole(sseText([...(start ? [start, start] : []), ...rest]))
    },
  },
  {
    name: 'an Azure preamble is no part of the answer',
    upstreams: ['C'],
    script: () => whole(sseText([azurePreamble, ...chatEvents(baseline)])),
  },
  {
    name: 'comments after the end are harmless',
    script: (upstream) => whole(sseText([...eventsOf[upstream](baseline), verbatim(': bye\n\n: bye\n\n')])),
  },
]

everyPair(rows)

describe('a stop sequence in words', () => {
  it('stays END in a relayed object', async () => {
    const script = messages('stop_sequence', { stop_sequence: 'END' })()
    const got = await ask({ client: 'M', upstream: 'M', way: 'buffered', script })
    expect(JSON.parse(got.text)).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' })
  })
})

describe('an answer without finish_reason but with [DONE]', () => {
  it('passes in a streamed relay as it is, and is a success', async () => {
    const script = withoutFinish(baseline)
    const got = await ask({ client: 'C', upstream: 'C', script })
    expect(got.text).toBe(bodyOf(script))
    expect(await readRecord(got.requestId)).toMatchObject({ status: 'success' })
  })
  it('is folded with the finish it must have had', async () => {
    const got = await ask({ client: 'C', upstream: 'C', way: 'buffered', script: withoutFinish(baseline) })
    expect(got.read()).toMatchObject({ text: tokens.join(''), finish: 'stop' })
  })
})

describe('the provider’s own word is on record', () => {
  it.each(formats)('for an unknown reason of a %s provider', async (upstream) => {
    const client = upstream === 'C' ? 'M' : 'C'
    const got = await ask({ client, upstream, script: unknownReason(upstream) })
    expect(await readRecord(got.requestId)).toMatchObject({
      finishReason: 'other',
      rawFinishReason: expect.stringContaining('future_reason'),
    })
  })
})
