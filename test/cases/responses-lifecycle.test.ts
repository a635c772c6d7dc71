import { describe, expect, it } from 'vitest'
import { ask, wholeWays } from '../support/gateway.ts'
import { everyPair } from '../support/pairs.ts'
import { readWritten } from '../support/read/sse-frames.ts'
import { scriptOf } from '../support/upstream/format.ts'
import { baseline, baselineCounts, call, type Reply, text, thinking } from '../support/upstream/reply.ts'
import { numbered, responseBegin, responseEnd, responsesEvents, textItem } from '../support/upstream/responses.ts'
import { whole } from '../support/upstream/script.ts'
import { sseText, type WireEvent } from '../support/upstream/sse-text.ts'

// What a Responses client sees of a converted answer. The life of each item is checked in every answer of every test
// (support/grammar); here stand the sequences themselves.

interface Event {
  type: string
  output_index?: number
  item?: { type: string; id: string; call_id?: string }
  response?: { status: string; output: unknown[]; incomplete_details: unknown; error: unknown; usage: unknown }
}

async function converted(upstream: 'C' | 'M', reply: Reply): Promise<Event[]> {
  const got = await ask({ client: 'R', upstream, script: scriptOf(upstream, reply) })
  return readWritten(got.text).frames.map(({ data }) => JSON.parse(data) as Event)
}

const types = (events: Event[]) => events.map(({ type }) => type.replace('response.', ''))
const delta = 'output_text.delta'
const message = [
  'output_item.added',
  'content_part.added',
  delta,
  delta,
  delta,
  'output_text.done',
  'content_part.done',
  'output_item.done',
]
const weather = call('call_one', 'get_weather', '{"city":', '"Bern"}')

describe.each(['C', 'M'] as const)('a Responses client of a %s provider', (upstream) => {
  it('gets every event of a text', async () => {
    const events = await converted(upstream, baseline)
    expect(types(events)).toEqual(['created', 'in_progress', ...message, 'completed'])
    expect(events[2]).toMatchObject({
      item: { type: 'message', status: 'in_progress', role: 'assistant', content: [] },
    })
    expect(events[3]).toMatchObject({ part: { type: 'output_text', text: '', annotations: [] } })
    expect(events[4]).toMatchObject({ delta: 'tok0 ', logprobs: [] })
  })

  it('gets every event of a call, with the provider’s call id and another item id', async () => {
    const events = await converted(upstream, { parts: [weather] })
    const arguments_ = 'function_call_arguments'
    expect(types(events)).toEqual([
      ...['created', 'in_progress', 'output_item.added'],
      ...[`${arguments_}.delta`, `${arguments_}.delta`, `${arguments_}.done`],
      ...['output_item.done', 'completed'],
    ])
    expect(events[2]?.item).toMatchObject({ type: 'function_call', call_id: 'call_one', arguments: '' })
    expect(events[2]?.item?.id).not.toBe('call_one')
    expect(events.at(-2)?.item).toMatchObject({ arguments: '{"city":"Bern"}', status: 'completed' })
  })

  it('gets the same life of a call without arguments', async () => {
    const events = await converted(upstream, { parts: [call('call_now', 'now')] })
    expect(types(events)).toContain('function_call_arguments.done')
    expect(events.at(-2)?.item).toMatchObject({ call_id: 'call_now', arguments: '{}' })
  })

  it('gets one counter for all items', async () => {
    const parts = [thinking(['Hm.']), text('Let me look.'), weather, call('call_two', 'get_weather', '{}')]
    const events = await converted(upstream, { parts })
    const added = events.filter(({ type }) => type === 'response.output_item.added')
    expect(added.map(({ output_index, item }) => [output_index, item?.type])).toEqual([
      [0, 'reasoning'],
      [1, 'message'],
      [2, 'function_call'],
      [3, 'function_call'],
    ])
    expect(new Set(added.map(({ item }) => item?.id)).size).toBe(4)
  })

  it('gets the whole response at the end', async () => {
    const events = await converted(upstream, baseline)
    const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
    expect(events.at(-1)?.response).toMatchObject({
      object: 'response',
      status: 'completed',
      output: done,
      error: null,
      incomplete_details: null,
      usage: { output_tokens: 42 },
    })
  })

  it.each([
    ['limit', 'max_output_tokens'],
    ['filter', 'content_filter'],
  ] as const)('is told that an answer is incomplete after %s', async (finish, reason) => {
    const events = await converted(upstream, { ...baseline, finish })
    expect(types(events)).not.toContain('completed')
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason } },
    })
  })
})

const items = [...textItem(0, 'msg_1', 'tok0 ', 'tok1 ', 'tok2 ')]
const sparseEnd = responseEnd([], 'natural', baselineCounts)

everyPair([
  {
    name: 'a sparse terminal event does not make an answer empty',
    upstreams: ['R'],
    script: () => whole(sseText(numbered([...responseBegin, ...items, sparseEnd]))),
  },
  {
    name: 'events without sequence numbers are no duplicates',
    upstreams: ['R'],
    script: () => whole(sseText(responsesEvents(baseline).map(withNumber(undefined)))),
  },
  {
    name: 'events that are all numbered 0 are no duplicates',
    upstreams: ['R'],
    script: () => whole(sseText(responsesEvents(baseline).map(withNumber(0)))),
  },
])

function withNumber(sequence_number: number | undefined): (event: WireEvent) => WireEvent {
  return (event) => ({ ...event, sequence_number })
}

describe('a folded response', () => {
  it.each(wholeWays)('has the items of its events, %s', async (way) => {
    const script = whole(sseText(numbered([...responseBegin, ...items, sparseEnd])))
    const got = await ask({ client: 'R', upstream: 'R', way, script })
    expect(JSON.parse(got.text)).toMatchObject({ status: 'completed', output: [{ id: 'msg_1', type: 'message' }] })
  })
})
