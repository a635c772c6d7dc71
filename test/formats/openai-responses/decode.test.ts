import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { decode, decodeFrames, framesOf, sse, summary } from './support.ts'

const response = { id: 'resp_1', object: 'response', created_at: 7, model: 'm', status: 'in_progress', output: [] }
const created = { type: 'response.created', response }
const usage = {
  input_tokens: 25,
  input_tokens_details: { cached_tokens: 10 },
  output_tokens: 42,
  output_tokens_details: { reasoning_tokens: 7 },
  total_tokens: 67,
}
const completed = (output: JsonObject[] = []) => ({
  type: 'response.completed',
  response: { ...response, status: 'completed', output, usage },
})

const at = (output_index: number, type: string, members: JsonObject = {}) => ({
  type: `response.${type}`,
  output_index,
  ...members,
})
const added = (index: number, item: JsonObject) => at(index, 'output_item.added', { item })
const done = (index: number, item: JsonObject) => at(index, 'output_item.done', { item })
const textPart = (text: string, more: JsonObject = {}) => ({ type: 'output_text', text, annotations: [], ...more })
const message = (id: string, ...content: JsonObject[]) => ({ type: 'message', id, role: 'assistant', content })
const call = (args: string) => ({ type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: args })
const url = { type: 'url_citation', url: 'https://a', title: 'A', start_index: 0, end_index: 2 }

interface Row {
  name: string
  events: JsonObject[]
  texts?: string[]
  kinds?: string[]
  finish?: string
  error?: JsonObject
}

const rows: Row[] = [
  {
    name: 'text that comes in deltas is not repeated by the done events',
    events: [
      created,
      added(0, message('msg_1')),
      at(0, 'content_part.added', { content_index: 0, part: textPart('') }),
      at(0, 'output_text.delta', { content_index: 0, delta: 'Hel' }),
      at(0, 'output_text.delta', { content_index: 0, delta: 'lo' }),
      at(0, 'output_text.done', { content_index: 0, text: 'Hello' }),
      at(0, 'content_part.done', { content_index: 0, part: textPart('Hello') }),
      done(0, message('msg_1', textPart('Hello'))),
      completed([message('msg_1', textPart('Hello'))]),
    ],
    texts: ['Hello'],
    finish: 'stop',
  },
  {
    name: 'text and arguments that come only in done events are taken from them',
    events: [
      created,
      added(0, message('msg_1')),
      at(0, 'output_text.done', { content_index: 0, text: 'Hello' }),
      done(0, message('msg_1', textPart('Hello'))),
      added(1, call('')),
      at(1, 'function_call_arguments.done', { arguments: '{"a":1}' }),
      done(1, call('{"a":1}')),
      completed(),
    ],
    texts: ['Hello', '{"a":1}'],
    finish: 'tool-calls',
  },
  {
    name: 'a done event adds what its deltas lacked',
    events: [
      created,
      added(0, message('msg_1')),
      at(0, 'output_text.delta', { content_index: 0, delta: 'Hel' }),
      done(0, message('msg_1', textPart('Hello'))),
      completed(),
    ],
    texts: ['Hello'],
  },
  {
    name: 'streamed text stays when a done event contradicts it',
    events: [
      created,
      added(0, message('msg_1')),
      at(0, 'output_text.delta', { content_index: 0, delta: 'Hello.' }),
      at(0, 'output_text.done', { content_index: 0, text: 'Hello there' }),
      completed(),
    ],
    texts: ['Hello.'],
  },
  {
    name: 'items that stand only in the completed response become blocks',
    events: [
      created,
      completed([
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'E' },
        message('msg_1', textPart('Hi')),
        call('{}'),
      ]),
    ],
    kinds: ['reasoning', 'text', 'tool-call'],
    texts: ['hm', 'Hi', '{}'],
    finish: 'tool-calls',
  },
  {
    name: 'an item that was not streamed is added to those that were',
    events: [
      created,
      added(0, message('msg_1')),
      at(0, 'output_text.delta', { delta: 'Hi' }),
      done(0, message('msg_1', textPart('Hi'))),
      completed([message('msg_1', textPart('Hi')), call('{}')]),
    ],
    texts: ['Hi', '{}'],
    finish: 'tool-calls',
  },
  {
    name: 'an empty output in the completed response takes nothing away',
    events: [created, added(0, call('')), at(0, 'function_call_arguments.delta', { delta: '{}' }), completed([])],
    texts: ['{}'],
    finish: 'tool-calls',
  },
  {
    name: 'a gap in the output indexes is no item',
    events: [
      created,
      added(0, message('msg_a')),
      done(0, message('msg_a', textPart('A'))),
      added(2, message('msg_b')),
      done(2, message('msg_b', textPart('B'))),
      completed([message('msg_a', textPart('A')), message('msg_b', textPart('B'))]),
    ],
    texts: ['A', 'B'],
  },
  {
    name: 'ids that change with every event do not split an item',
    events: [
      created,
      { type: 'response.in_progress', response: { ...response, id: 'resp_2' } },
      added(0, message('msg_1')),
      at(0, 'output_text.delta', { item_id: 'msg_2', delta: 'Hi' }),
      at(0, 'output_text.delta', { item_id: 'msg_3', delta: '!' }),
      done(0, message('msg_4', textPart('Hi!'))),
      completed([message('msg_5', textPart('Hi!'))]),
    ],
    texts: ['Hi!'],
  },
  {
    name: 'arguments of two calls that alternate stay apart',
    events: [
      created,
      added(0, { ...call(''), call_id: 'a' }),
      added(1, { ...call(''), id: 'fc_2', call_id: 'b' }),
      at(0, 'function_call_arguments.delta', { delta: '{"x":' }),
      at(1, 'function_call_arguments.delta', { delta: '{"y":' }),
      at(0, 'function_call_arguments.delta', { delta: '1}' }),
      at(1, 'function_call_arguments.delta', { delta: '2}' }),
      completed(),
    ],
    texts: ['{"x":1}', '{"y":2}'],
  },
  {
    name: 'a custom tool call keeps its input as it is',
    events: [
      created,
      added(0, { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c', name: 'sql', input: '' }),
      at(0, 'custom_tool_call_input.delta', { delta: 'SELECT ' }),
      at(0, 'custom_tool_call_input.done', { input: 'SELECT 1' }),
      completed(),
    ],
    texts: ['SELECT 1'],
    finish: 'tool-calls',
  },
  {
    name: 'a call whose name comes with its done event loses no arguments',
    events: [
      created,
      at(0, 'function_call_arguments.delta', { delta: '{"a":' }),
      at(0, 'function_call_arguments.delta', { delta: '1}' }),
      done(0, call('{"a":1}')),
      completed(),
    ],
    texts: ['{"a":1}'],
  },
  {
    name: 'arguments that come parsed become text again',
    events: [created, done(0, { ...call(''), arguments: { a: 1 } }), completed()],
    texts: ['{"a":1}'],
  },
  {
    name: 'raw reasoning that comes as content parts is reasoning',
    events: [
      created,
      added(0, { type: 'reasoning', id: 'rs_1', summary: [], content: [] }),
      at(0, 'content_part.added', { content_index: 0, part: { type: 'reasoning_text', text: '' } }),
      at(0, 'reasoning_text.delta', { content_index: 0, delta: 'think' }),
      at(0, 'reasoning_text.done', { content_index: 0, text: 'think' }),
      at(0, 'content_part.done', { content_index: 0, part: { type: 'reasoning_text', text: 'think' } }),
      done(0, { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'think' }] }),
      completed(),
    ],
    kinds: ['reasoning'],
    texts: ['think'],
  },
  {
    name: 'two summary parts are two parts of one block',
    events: [
      created,
      added(0, { type: 'reasoning', id: 'rs_1', summary: [] }),
      at(0, 'reasoning_summary_part.added', { summary_index: 0, part: { type: 'summary_text', text: '' } }),
      at(0, 'reasoning_summary_text.delta', { summary_index: 0, delta: 'one' }),
      at(0, 'reasoning_summary_part.added', { summary_index: 1, part: { type: 'summary_text', text: '' } }),
      at(0, 'reasoning_summary_text.delta', { summary_index: 1, delta: 'two' }),
      completed(),
    ],
    kinds: ['reasoning'],
    texts: ['one|two'],
  },
  {
    name: 'a refusal is a refusal and ends as one',
    events: [
      created,
      added(0, message('msg_1')),
      at(0, 'content_part.added', { content_index: 0, part: { type: 'refusal', refusal: '' } }),
      at(0, 'refusal.delta', { content_index: 0, delta: 'I cannot' }),
      at(0, 'refusal.done', { content_index: 0, refusal: 'I cannot help.' }),
      completed(),
    ],
    kinds: ['refusal'],
    texts: ['I cannot help.'],
    finish: 'refusal',
  },
  {
    name: 'server tools are no calls of the client, and unknown items are kept apart',
    events: [
      created,
      added(0, { type: 'web_search_call', id: 'ws_1', status: 'in_progress' }),
      at(0, 'web_search_call.searching', { item_id: 'ws_1' }),
      done(0, { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } }),
      added(1, { type: 'brand_new', id: 'x' }),
      at(1, 'brand_new.delta', { delta: 'y' }),
      done(1, { type: 'brand_new', id: 'x' }),
      { type: 'response.brand_new_event' },
      added(2, message('msg_1')),
      at(2, 'output_text.delta', { delta: 'Hi' }),
      completed(),
    ],
    kinds: ['server-tool', 'native', 'text'],
    texts: ['{"query":"q"}', '', 'Hi'],
    finish: 'stop',
  },
  {
    name: 'a repeated event with a rising sequence number counts once',
    events: [
      { ...created, sequence_number: 0 },
      { ...added(0, message('msg_1')), sequence_number: 1 },
      { ...at(0, 'output_text.delta', { delta: 'Hi' }), sequence_number: 2 },
      { ...at(0, 'output_text.delta', { delta: 'Hi' }), sequence_number: 2 },
      { ...completed(), sequence_number: 3 },
    ],
    texts: ['Hi'],
  },
  {
    name: 'sequence numbers that are always 0 make no event a repeat',
    events: [
      created,
      added(0, message('msg_1')),
      at(0, 'output_text.delta', { delta: 'a' }),
      at(0, 'output_text.delta', { delta: 'a' }),
      completed(),
    ].map((event) => ({ ...event, sequence_number: 0 })),
    texts: ['aa'],
    finish: 'stop',
  },
  {
    name: 'a second created event of the same response is ignored',
    events: [created, created, added(0, message('msg_1')), at(0, 'output_text.delta', { delta: 'Hi' }), completed()],
    texts: ['Hi'],
    finish: 'stop',
  },
  {
    name: 'a second response before the end of the first is malformed',
    events: [created, { type: 'response.created', response: { ...response, id: 'resp_2' } }, completed()],
    error: { code: 'upstream_malformed' },
  },
  {
    name: 'anything after the terminal event is ignored',
    events: [created, completed(), { type: 'error', message: 'late' }, created],
    finish: 'stop',
  },
  {
    name: 'the token limit is the finish, with calls too',
    events: [
      created,
      added(0, call('')),
      at(0, 'function_call_arguments.delta', { delta: '{"city":"Zür' }),
      {
        type: 'response.incomplete',
        response: { ...response, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, usage },
      },
    ],
    texts: ['{"city":"Zür'],
    finish: 'length',
  },
  {
    name: 'a content filter is the finish',
    events: [created, { type: 'response.incomplete', response: { incomplete_details: { reason: 'content_filter' } } }],
    finish: 'content-filter',
  },
  {
    name: 'an incompleteness that nobody knows is other',
    events: [created, { type: 'response.incomplete', response: { incomplete_details: { reason: 'steered' } } }],
    finish: 'other',
  },
  {
    name: 'a nested error event is an error with the provider’s message',
    events: [created, { type: 'error', error: { type: 'server_error', code: 'overloaded', message: 'Busy' } }],
    error: { code: 'overloaded', message: 'Busy' },
  },
  {
    name: 'a flat error event is an error',
    events: [created, { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down', param: null }],
    error: { code: 'rate_limit', message: 'Slow down' },
  },
  {
    name: 'a failed response is an error',
    events: [
      created,
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'Oops' }, usage },
      },
    ],
    error: { code: 'internal', message: 'Oops' },
  },
  {
    name: 'a cancelled response is an error',
    events: [created, { type: 'response.completed', response: { status: 'cancelled' } }],
    error: { code: 'internal' },
  },
  { name: 'an error without a type is an error', events: [{ error: { message: 'No' } }], error: { message: 'No' } },
  {
    name: 'an end without a terminal event is truncated',
    events: [created, added(0, message('msg_1')), at(0, 'output_text.delta', { delta: 'Hi' })],
    texts: ['Hi'],
    error: { code: 'upstream_truncated' },
  },
  { name: 'an empty stream is truncated', events: [], error: { code: 'upstream_truncated' } },
]

describe('Responses events become canonical events', () => {
  for (const row of rows) {
    test(row.name, () => {
      const read = summary(decode(row.events))
      if (row.texts) expect(read.texts).toEqual(row.texts)
      if (row.kinds) expect(read.kinds).toEqual(row.kinds)
      if (row.error) expect(read).toMatchObject({ error: row.error, finish: undefined })
      else expect(read.error).toBeUndefined()
      if (row.finish) expect(read.finish).toBe(row.finish)
    })
  }

  test('every block that starts ends, in a dense order, before the finish', () => {
    for (const row of rows) {
      const events = decode(row.events)
      const starts = events.filter((event) => event.type === 'block-start').map((event) => event.index)
      expect(starts).toEqual(starts.map((_, index) => index))
      if (row.error) continue
      const ends = events.filter((event) => event.type === 'block-end').map((event) => event.index)
      expect(ends.sort((left, right) => left - right)).toEqual(starts)
      expect(events.at(-1)).toEqual({ type: 'response-end' })
      expect(events.at(-2)?.type).toBe('finish')
    }
  })

  test('however the bytes are cut, the events are the same', () => {
    for (const row of rows) {
      const wire = sse(row.events)
      const whole = withoutMinted(decodeFrames(framesOf(wire)))
      for (const size of [1, 5, 64]) expect(withoutMinted(decodeFrames(framesOf(wire, size)))).toEqual(whole)
    }
  })

  const withoutMinted = (events: unknown) => JSON.parse(JSON.stringify(events).replace(/(call|resp)_\w{24}/g, '$1_'))
})

describe('what a block carries', () => {
  test('logprobs come with their text, and once', () => {
    const logprobs = [{ token: 'Hi', logprob: -0.1, top_logprobs: [] }]
    const read = summary(
      decode([
        created,
        added(0, message('msg_1')),
        at(0, 'output_text.delta', { delta: 'Hi', logprobs }),
        at(0, 'output_text.done', { text: 'Hi', logprobs }),
        completed(),
      ]),
    )
    expect(read.texts).toEqual(['Hi'])
    const deltas = decode([
      created,
      added(0, message('msg_1')),
      at(0, 'output_text.delta', { delta: 'Hi', logprobs }),
      done(0, message('msg_1', textPart('Hi', { logprobs }))),
      completed(),
    ]).filter((event) => event.type === 'block-delta')
    expect(deltas).toEqual([{ type: 'block-delta', index: 0, delta: { kind: 'text', text: 'Hi', logprobs } }])
  })

  test('annotations are not repeated by the done part', () => {
    const events = decode([
      created,
      added(0, message('msg_1')),
      at(0, 'output_text.delta', { delta: 'Hi' }),
      at(0, 'output_text.annotation.added', { content_index: 0, annotation_index: 0, annotation: url }),
      at(0, 'content_part.done', { content_index: 0, part: textPart('Hi', { annotations: [url, url] }) }),
      completed(),
    ])
    const annotations = summary(events).blocks[0]?.deltas
    const annotation = { type: 'url', url: 'https://a', title: 'A', start: 0, end: 2, native: url }
    expect(annotations).toEqual([
      { kind: 'annotation', annotation },
      { kind: 'annotation', annotation },
    ])
  })

  test('encrypted reasoning is the one of the done item, with the issuer of the provider', () => {
    const item = (encrypted_content: string) => ({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content })
    const events = decode([created, added(0, item('early')), done(0, item('late')), completed()], { issuer: 'xai' })
    const [block] = summary(events).blocks
    expect(block?.block).toEqual({ kind: 'reasoning', issuer: 'xai', id: 'rs_1' })
    expect(block?.deltas).toEqual([{ kind: 'encrypted', value: 'late' }])
  })

  test('a call keeps its namespace and its caller', () => {
    const caller = { type: 'program', caller_id: 'p' }
    const [block] = summary(decode([created, added(0, { ...call(''), namespace: 'ns', caller }), completed()])).blocks
    expect(block?.block).toEqual({
      kind: 'tool-call',
      id: 'call_1',
      name: 'f',
      tool: 'function',
      namespace: 'ns',
      caller,
    })
  })

  test('a text keeps the phase of its message', () => {
    const item = { ...message('msg_1'), phase: 'commentary' }
    const [block] = summary(decode([created, added(0, item), at(0, 'output_text.delta', { delta: 'x' })])).blocks
    expect(block?.block).toEqual({ kind: 'text', phase: 'commentary' })
  })

  test('an image that is made has previews and a result', () => {
    const image = { type: 'image_generation_call', id: 'ig_1', output_format: 'webp' }
    const [block] = summary(
      decode([
        created,
        added(0, { type: 'image_generation_call', id: 'ig_1' }),
        at(0, 'image_generation_call.generating'),
        at(0, 'image_generation_call.partial_image', {
          partial_image_b64: 'AA==',
          partial_image_index: 0,
          output_format: 'webp',
        }),
        done(0, { ...image, result: 'BB==' }),
        completed(),
      ]),
    ).blocks
    expect(block?.block).toEqual({ kind: 'image', mediaType: 'image/webp' })
    expect(block?.deltas).toEqual([
      { kind: 'image', base64: 'AA==', partial: 0 },
      { kind: 'image', base64: 'BB==' },
    ])
  })
})

describe('frames that are no events', () => {
  const finish = (frames: Parameters<typeof decodeFrames>[0]) => summary(decodeFrames(frames))

  test('comments, keep-alives and [DONE] say nothing', () => {
    const wire = `: ping\n\n${sse([created])}data: {"type":"keepalive"}\n\ndata:\n\n${sse([completed()])}data: [DONE]\n\n`
    const events = decodeFrames(framesOf(wire))
    expect(events.filter((event) => event.type !== 'native').map((event) => event.type)).toEqual([
      'response-start',
      'usage',
      'finish',
      'response-end',
    ])
    expect(events.find((event) => event.type === 'native')).toMatchObject({ silent: true })
  })

  test('events are told by their type where there is no event line', () => {
    const wire = sse([created, completed()]).replace(/^event: .*\n/gm, '')
    expect(finish(framesOf(wire)).finish).toBe('stop')
  })

  test('data that is not JSON is malformed', () => {
    const frames = [...framesOf(sse([created])), { event: 'x', data: '{"type":' }, ...framesOf(sse([completed()]))]
    expect(finish(frames)).toMatchObject({ error: { code: 'upstream_malformed' }, finish: undefined })
  })

  test('data that the end of the body cut off is truncated, not malformed', () => {
    const frames = [...framesOf(sse([created])), { event: 'x', data: '{"type":', cut: true as const }]
    expect(finish(frames).error?.code).toBe('upstream_truncated')
  })
})

describe('usage', () => {
  const read = (response: JsonObject) => summary(decode([created, { type: 'response.completed', response }])).usage

  test('cached and written tokens are inside the input tokens', () => {
    const wire = {
      input_tokens: 100,
      input_tokens_details: {
        cached_tokens: 40,
        cache_write_tokens: 25,
        cache_write_tokens_details: { ttl_30m_tokens: 20, ttl_12h_tokens: 5 },
      },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 109,
    }
    expect(read({ usage: wire, service_tier: 'flex' })).toEqual({
      input: 35,
      cacheRead: 40,
      cacheWrite5m: 20,
      cacheWrite1h: 5,
      output: 9,
      reasoning: 4,
      serviceTier: 'flex',
    })
  })

  test('what is missing stays unknown', () => {
    expect(read({ usage: { input_tokens: 3, output_tokens: 1 } })).toEqual({ input: 3, output: 1 })
    expect(read({ usage: { output_tokens_details: { reasoning_tokens: 3 } } })).toEqual({ reasoning: 3 })
    expect(read({ usage: { input_tokens: null, output_tokens: 1 }, service_tier: 5 })).toEqual({ output: 1 })
    expect(read({})).toBeUndefined()
  })

  test('more cached than read in all is no negative count', () => {
    expect(read({ usage: { input_tokens: 3, input_tokens_details: { cached_tokens: 9 } } })).toEqual({
      input: 0,
      cacheRead: 9,
      inconsistent: true,
    })
  })

  test('a prompt that was cached whole is consistent', () => {
    const wire = { input_tokens: 9, input_tokens_details: { cached_tokens: 9 }, output_tokens: 1 }
    expect(read({ usage: wire })).toEqual({ input: 0, cacheRead: 9, output: 1 })
  })

  test('reasoning that the total counts beside the output is added to it', () => {
    const wire = {
      input_tokens: 12,
      output_tokens: 2,
      output_tokens_details: { reasoning_tokens: 340 },
      total_tokens: 354,
    }
    expect(read({ usage: wire })).toMatchObject({ output: 342, reasoning: 340 })
    expect(read({ usage: { ...wire, total_tokens: 14 } })).toMatchObject({ output: 2, reasoning: 340 })
    const { total_tokens: _, ...without } = wire
    expect(read({ usage: without })).toMatchObject({ output: 2, reasoning: 340 })
  })

  test('a cost that the provider reports in ticks is in dollars', () => {
    expect(read({ usage: { input_tokens: 1, cost_in_usd_ticks: 37_756_000 } })?.cost).toBeCloseTo(0.0037756, 10)
  })

  test('web searches are counted from the report, else from the items', () => {
    const search = { type: 'web_search_call' }
    expect(read({ usage: {}, output: [search, { type: 'message' }, search] })?.serverTools).toEqual({ webSearch: 2 })
    const actions = ['search', 'open_page', 'find_in_page', 'search'].map((type) => ({ ...search, action: { type } }))
    expect(read({ usage: {}, output: actions })?.serverTools).toEqual({ webSearch: 2 })
    expect(read({ usage: {}, output: actions.slice(1, 3) })?.serverTools).toBeUndefined()
    const reported = { usage: {}, output: [search], tool_usage: { web_search: { num_requests: 5 } } }
    expect(read(reported)?.serverTools).toEqual({ webSearch: 5 })
  })

  test('an incomplete and a failed response report usage too', () => {
    for (const type of ['response.incomplete', 'response.failed']) {
      expect(summary(decode([created, { type, response: { usage } }])).usage).toMatchObject({ input: 15, output: 42 })
    }
  })
})
