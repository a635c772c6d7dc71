import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import { decode, foldOf, framesOf, officialMessage, plain, wire } from './support.ts'

const start: JsonObject = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    container: null,
    usage: {
      input_tokens: 15,
      cache_read_input_tokens: 10,
      cache_creation_input_tokens: 4,
      cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 3 },
      output_tokens: 1,
      service_tier: 'standard',
    },
  },
}
const block = (index: number, content_block: JsonObject, ...deltas: JsonObject[]): JsonObject[] => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
]
const text = (value: string): JsonObject => ({ type: 'text_delta', text: value })
const json = (value: string): JsonObject => ({ type: 'input_json_delta', partial_json: value })
const end = (delta: JsonObject = {}, usage: JsonObject = { output_tokens: 42 }): JsonObject[] => [
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null, ...delta }, usage },
  { type: 'message_stop' },
]
const call = { type: 'tool_use', id: 't', name: 'f', input: {} }
const citation = { type: 'web_search_result_location', url: 'u', title: 't', cited_text: 'c', encrypted_index: 'e' }

const contents: Array<[name: string, events: JsonObject[], content: unknown[]]> = [
  ['text', block(0, { type: 'text', text: '' }, text('a'), text('b')), [{ type: 'text', text: 'ab' }]],
  [
    'citations make a list out of null',
    block(0, { type: 'text', text: '', citations: null }, { type: 'citations_delta', citation }, text('a')),
    [{ type: 'text', text: 'a', citations: [citation] }],
  ],
  [
    'the last signature counts, thinking may be empty',
    block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'signature_delta', signature: 'x' },
      { type: 'signature_delta', signature: 'y' },
    ),
    [{ type: 'thinking', thinking: '', signature: 'y' }],
  ],
  ['a call', block(0, call, json(''), json('{"a":'), json('{}}')), [{ ...call, input: { a: {} } }]],
  [
    'a call without arguments keeps the start’s input',
    block(0, { ...call, input: { a: 1 } }, json('')),
    [{ ...call, input: { a: 1 } }],
  ],
  ['a call that was cut keeps its text', block(0, call, json('{"a":"Zür')), [{ ...call, input: '{"a":"Zür' }]],
  ['a call that never stopped', block(0, call, json('{"a":')).slice(0, 2), [{ ...call, input: '{"a":' }]],
  [
    'results and unknown blocks as in the start, unknown deltas merged',
    [
      ...block(0, { type: 'web_search_tool_result', tool_use_id: 's', content: [] }),
      ...block(1, { type: 'compaction', content: null }, { type: 'compaction_delta', content: 'sum' }),
    ],
    [
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      { type: 'compaction', content: 'sum' },
    ],
  ],
  [
    'blocks stand by their number',
    [...block(1, { type: 'text', text: '' }, text('b')), ...block(0, { type: 'text', text: '' }, text('a'))],
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
  ],
  [
    'a block that starts twice',
    [...block(0, { type: 'text', text: '' }).slice(0, 1), ...block(0, { type: 'text', text: '' }, text('a'))],
    [{ type: 'text', text: 'a' }],
  ],
  [
    'another call on a number that has not ended',
    [...block(0, { ...call, id: 'a' }, json('{"x":')).slice(0, 2), ...block(0, { ...call, id: 'b' }, json('{"y":2}'))],
    [
      { ...call, id: 'a', input: '{"x":' },
      { ...call, id: 'b', input: { y: 2 } },
    ],
  ],
  [
    'text on the number of thinking that has not ended',
    [
      ...block(0, { type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: 'hm' }).slice(0, 2),
      ...block(0, { type: 'text', text: '' }, text('a')),
    ],
    [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'a' },
    ],
  ],
  [
    'blocks whose number is always 0',
    [...block(0, { type: 'text', text: '' }, text('a')), ...block(0, call, json('{"x":1}'))],
    [
      { type: 'text', text: 'a' },
      { ...call, input: { x: 1 } },
    ],
  ],
  [
    'text without starts whose number is always 0',
    [...block(0, {}, text('a')).slice(1), ...block(0, {}, text('b')).slice(1)],
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
  ],
  [
    'thinking without a start has the signature that all thinking has',
    [{ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } }],
    [{ type: 'thinking', thinking: 'hm', signature: '' }],
  ],
  ['pings', [{ type: 'ping' }, ...block(0, { type: 'text', text: '' }, text('a'))], [{ type: 'text', text: 'a' }]],
]

describe('content', () => {
  test.each(contents)('%s', (_name, events, content) => {
    expect(foldOf(wire(start, ...events, ...end())).content).toEqual(content)
  })
})

test('the message is the start, overlaid with the end', () => {
  const container = { id: 'c', expires_at: 'x' }
  const [delta, stop] = end({ stop_reason: 'stop_sequence', stop_sequence: 'END', container })
  const events = wire(start, { ...delta, context_management: { applied_edits: [] } }, stop ?? {})
  expect(foldOf(events)).toEqual({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: 'stop_sequence',
    stop_sequence: 'END',
    container,
    context_management: { applied_edits: [] },
    usage: {
      input_tokens: 15,
      cache_read_input_tokens: 10,
      cache_creation_input_tokens: 4,
      cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 3 },
      output_tokens: 42,
      service_tier: 'standard',
    },
  })
})

const usages: Array<[name: string, usage: JsonObject, expected: JsonObject]> = [
  [
    'zeros on the whole prompt side say nothing',
    { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 42 },
    { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 42 },
  ],
  [
    'zeros beside a count are meant',
    { input_tokens: 181, cache_read_input_tokens: 0, output_tokens: 8 },
    { input_tokens: 181, cache_read_input_tokens: 0, output_tokens: 8 },
  ],
  ['null says nothing', { input_tokens: null, output_tokens: 42 }, { input_tokens: 15, output_tokens: 42 }],
  [
    'details arrive with the end',
    { output_tokens: 42, output_tokens_details: { thinking_tokens: 7 } },
    { output_tokens_details: { thinking_tokens: 7 } },
  ],
]
test.each(usages)('usage: %s', (_name, usage, expected) => {
  expect(foldOf(wire(start, ...end({}, usage))).usage).toMatchObject(expected)
})

const everything = wire(
  start,
  ...block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'hm' },
    { type: 'signature_delta', signature: 'x' },
  ),
  ...block(1, { type: 'redacted_thinking', data: 'd' }),
  ...block(2, { type: 'text', text: '', citations: null }, text('a👩‍🚀'), { type: 'citations_delta', citation }),
  ...block(3, { ...call, caller: { type: 'direct' } }, json('{"a":'), json('1}')),
  ...end(
    { stop_reason: 'tool_use' },
    { output_tokens: 42, server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 } },
  ),
)

test('the official client makes the same object', async () => {
  const { stop_details, ...official } = await officialMessage(everything)
  expect(stop_details).toBeUndefined()
  expect(foldOf(everything)).toEqual(official)
})

test('the same frames again change nothing', () => {
  const fold = codec.createFold()
  for (const frame of framesOf(everything)) fold.push(frame)
  const once = fold.result()
  for (const frame of framesOf(everything)) fold.push(frame)
  expect(fold.result()).toEqual(once)
})

test('a message_start that comes again behind the end changes nothing', () => {
  const [delta, stop] = end()
  const events = [start, ...block(0, { type: 'text', text: '' }, text('a')), delta ?? {}]
  expect(foldOf(wire(...events, start, stop ?? {}))).toEqual(foldOf(wire(...events, stop ?? {})))
})

test('objects of the end are laid over one another, one level deep', () => {
  const more = (delta: JsonObject) => ({ type: 'message_delta', delta })
  const events = [
    start,
    more({ container: { id: 'c', at: { a: 1 } } }),
    more({ container: { at: { b: 2 } } }),
    ...end(),
  ]
  expect(foldOf(wire(...events)).container).toEqual({ id: 'c', at: { b: 2 } })
  expect(foldOf(wire(...events.slice(0, 2), more({ container: 'c2' }), ...end())).container).toBe('c2')
  expect(foldOf(wire(start, more({ container: 'c1' }), more({ container: { id: 'c' } }))).container).toEqual({
    id: 'c',
  })
})

test('what is no event changes nothing', () => {
  const odd = 'data: 7\n\ndata: oops\n\n'
  const events = [start, ...block(0, { type: 'text', text: '' }, text('a'))]
  const noDelta = { type: 'content_block_delta', index: 0, delta: null }
  expect(foldOf(odd + wire(...events.slice(0, 2), noDelta, ...events.slice(2)) + odd + wire(...end()))).toEqual(
    foldOf(wire(...events, ...end())),
  )
})

test('a call that stopped takes no more arguments', () => {
  const late = { type: 'content_block_delta', index: 0, delta: json('{"b":2}') }
  expect(foldOf(wire(start, ...block(0, call, json('{"a":1}')), late)).content).toEqual([{ ...call, input: { a: 1 } }])
})

test('events that say their type in the event line alone are read by it', () => {
  const unnamed = everything.replaceAll(/(data: \{)"type":"\w+",/g, '$1')
  expect(unnamed).not.toEqual(everything)
  expect(foldOf(unnamed)).toEqual(foldOf(everything))
})

test('20,000 deltas fold in linear time', () => {
  const deltas = Array.from({ length: 20_000 }, (_, at) => text(`t${at} `))
  const folded = foldOf(wire(start, ...block(0, { type: 'text', text: '' }, ...deltas), ...end()))
  expect((folded.content as Array<{ text: string }>)[0]?.text).toHaveLength(128_890)
}, 5_000)

describe('an object cut into frames', () => {
  test('folds to itself', () => {
    const object = foldOf(everything)
    const fold = codec.createFold()
    for (const frame of codec.cutObject(object)) fold.push(frame)
    expect(fold.result()).toEqual(object)
  })

  test('decodes to the events of the stream, but for how the text was cut', () => {
    const kinds = (events: unknown[]) => events.map((event) => (event as { type: string }).type)
    const fromObject = decode(codec.cutObject(foldOf(everything)))
    const fromStream = decode(framesOf(everything))
    expect(kinds(plain(fromObject)).filter((type) => type !== 'block-delta')).toEqual(
      kinds(plain(fromStream)).filter((type) => type !== 'block-delta'),
    )
    expect(plain(fromObject).at(-2)).toEqual(plain(fromStream).at(-2))
  })

  test('of an error is an error', () => {
    const [event] = decode(codec.cutObject({ type: 'error', error: { type: 'overloaded_error', message: 'Busy' } }))
    expect(event).toMatchObject({ type: 'error', error: { code: 'overloaded', message: 'Busy' } })
  })

  test('without a stop reason is no success', () => {
    expect(decode(codec.cutObject({ id: 'msg_1', content: [], usage: {} })).at(-1)).toMatchObject({ type: 'error' })
  })
})
