import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { mergeUsage, type Usage } from '../../../lambda/events/usage.ts'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import { decode, framesOf, plain, wire } from './support.ts'

const start = (usage: JsonObject = { input_tokens: 5, output_tokens: 1 }, id = 'msg_1'): JsonObject => ({
  type: 'message_start',
  message: { id, type: 'message', role: 'assistant', model: 'claude-x', content: [], stop_reason: null, usage },
})
const blockStart = (index: number, content_block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block,
})
const delta = (index: number, delta: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta })
const textDelta = (index: number, text: string) => delta(index, { type: 'text_delta', text })
const json = (index: number, partial_json: string) => delta(index, { type: 'input_json_delta', partial_json })
const stop = (index: number): JsonObject => ({ type: 'content_block_stop', index })
const end = (
  stop_reason: string | null,
  usage: JsonObject = { output_tokens: 3 },
  more: JsonObject = {},
): JsonObject => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null, ...more },
  usage,
})
const messageStop: JsonObject = { type: 'message_stop' }
const ping: JsonObject = { type: 'ping' }
const textBlock = (index: number, text: string) => [
  blockStart(index, { type: 'text', text: '' }),
  textDelta(index, text),
  stop(index),
]

/** Events of the content only: what stands between response-start and finish, without usage. */
const content = (events: StreamEvent[]) =>
  plain(events).filter((event) => (event as StreamEvent).type.startsWith('block-'))
const last = (events: StreamEvent[]) => plain(events).at(-1)
const finishOf = (events: StreamEvent[]) =>
  plain(events).find((event) => (event as StreamEvent).type === 'finish') as Extract<StreamEvent, { type: 'finish' }>
const usageOf = (events: StreamEvent[]) =>
  events.reduce<Usage>((usage, event) => (event.type === 'usage' ? mergeUsage(usage, event.usage) : usage), {})

const block = (index: number, block: object, ...deltas: object[]) => [
  { type: 'block-start', index, block },
  ...deltas.map((delta) => ({ type: 'block-delta', index, delta })),
  { type: 'block-end', index },
]

const contents: Array<[name: string, wire: JsonObject[], expected: unknown[]]> = [
  ['text', textBlock(0, 'Hi'), block(0, { kind: 'text' }, { kind: 'text', text: 'Hi' })],
  [
    'text and citations that already stand in the start',
    [
      blockStart(0, {
        type: 'text',
        text: 'Hi',
        citations: [
          {
            type: 'web_search_result_location',
            url: 'https://e.org',
            title: 'E',
            cited_text: 'x',
            encrypted_index: 'y',
          },
        ],
      }),
      stop(0),
    ],
    block(
      0,
      { kind: 'text' },
      { kind: 'text', text: 'Hi' },
      { kind: 'annotation', annotation: { type: 'url', url: 'https://e.org', title: 'E', citedText: 'x' } },
    ),
  ],
  [
    'thinking with its signature',
    [
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Let me ' }),
      delta(0, { type: 'signature_delta', signature: 'Eq==' }),
      stop(0),
    ],
    block(
      0,
      { kind: 'reasoning', issuer: 'anthropic' },
      { kind: 'reasoning', text: 'Let me ', part: 0 },
      { kind: 'signature', value: 'Eq==' },
    ),
  ],
  [
    'redacted thinking',
    [blockStart(0, { type: 'redacted_thinking', data: 'opaque' }), stop(0)],
    block(0, { kind: 'reasoning', issuer: 'anthropic', redacted: true }, { kind: 'encrypted', value: 'opaque' }),
  ],
  [
    'a call whose arguments stream; the empty first delta is nothing',
    [
      blockStart(0, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {}, caller: { type: 'direct' } }),
      json(0, ''),
      json(0, '{"a":'),
      json(0, '{}}'),
      stop(0),
    ],
    block(
      0,
      { kind: 'tool-call', id: 'toolu_1', name: 'f', tool: 'function' },
      { kind: 'arguments', text: '{"a":' },
      { kind: 'arguments', text: '{}}' },
    ),
  ],
  [
    'a call without arguments has no arguments delta',
    [blockStart(0, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }), json(0, ''), stop(0)],
    block(0, { kind: 'tool-call', id: 'toolu_1', name: 'f', tool: 'function' }),
  ],
  [
    'a call whose start holds the whole input',
    [
      blockStart(0, {
        type: 'tool_use',
        id: 'toolu_1',
        name: 'f',
        input: { a: 1 },
        caller: { type: 'code_execution_20260120', tool_id: 's' },
      }),
      stop(0),
    ],
    block(
      0,
      {
        kind: 'tool-call',
        id: 'toolu_1',
        name: 'f',
        tool: 'function',
        caller: { type: 'code_execution_20260120', tool_id: 's' },
      },
      { kind: 'arguments', text: '{"a":1}' },
    ),
  ],
  [
    'an input in the start does not count beside deltas',
    [blockStart(0, { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } }), json(0, '{"b":2}'), stop(0)],
    block(0, { kind: 'tool-call', id: 'toolu_1', name: 'f', tool: 'function' }, { kind: 'arguments', text: '{"b":2}' }),
  ],
  [
    'a call without an id gets one',
    [blockStart(0, { type: 'tool_use', id: '', name: 'f', input: {} }), stop(0)],
    block(0, { kind: 'tool-call', id: 'toolu_1', name: 'f', tool: 'function' }),
  ],
  [
    'a server tool call and its result',
    [
      blockStart(0, { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} }),
      json(0, '{"query":"x"}'),
      stop(0),
      blockStart(1, { type: 'web_search_tool_result', tool_use_id: 's1', content: [] }),
      stop(1),
    ],
    [
      ...block(
        0,
        { kind: 'server-tool', id: 's1', name: 'web_search', phase: 'call' },
        { kind: 'arguments', text: '{"query":"x"}' },
      ),
      ...block(1, { kind: 'server-tool', id: 's1', name: 'web_search', phase: 'result' }, { kind: 'native' }),
    ],
  ],
  [
    'an unknown block with an unknown delta',
    [blockStart(0, { type: 'hologram' }), delta(0, { type: 'hologram_delta', x: 1 }), stop(0)],
    block(0, { kind: 'native' }, { kind: 'native' }),
  ],
  [
    'a text delta whose block never started',
    [textDelta(0, 'Hi'), stop(0)],
    block(0, { kind: 'text' }, { kind: 'text', text: 'Hi' }),
  ],
  [
    'a block that starts twice',
    [blockStart(0, { type: 'text', text: '' }), ...textBlock(0, 'Hi')],
    block(0, { kind: 'text' }, { kind: 'text', text: 'Hi' }),
  ],
  [
    'blocks whose number is always 0',
    [...textBlock(0, 'a'), ...textBlock(0, 'b')],
    [
      ...block(0, { kind: 'text' }, { kind: 'text', text: 'a' }),
      ...block(1, { kind: 'text' }, { kind: 'text', text: 'b' }),
    ],
  ],
  [
    'wire indexes with gaps become dense',
    [...textBlock(3, 'a'), ...textBlock(7, 'b')],
    [
      ...block(0, { kind: 'text' }, { kind: 'text', text: 'a' }),
      ...block(1, { kind: 'text' }, { kind: 'text', text: 'b' }),
    ],
  ],
  [
    'a call cut at the limit is closed before the end',
    [blockStart(0, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }), json(0, '{"city":"Zür')],
    block(
      0,
      { kind: 'tool-call', id: 'toolu_1', name: 'f', tool: 'function' },
      { kind: 'arguments', text: '{"city":"Zür' },
    ),
  ],
]

describe('content blocks', () => {
  test.each(contents)('%s', (_name, events, expected) => {
    const decoded = decode(framesOf(wire(start(), ...events, end('end_turn'), messageStop)))
    expect(content(decoded)).toEqual(expected)
    expect(last(decoded)).toEqual({ type: 'response-end' })
  })
})

const citations: Array<[JsonObject, object]> = [
  [
    {
      type: 'char_location',
      cited_text: 'c',
      document_index: 2,
      document_title: 'D',
      start_char_index: 1,
      end_char_index: 5,
      file_id: 'file_1',
    },
    {
      type: 'document',
      title: 'D',
      citedText: 'c',
      fileId: 'file_1',
      source: { unit: 'char', start: 1, end: 5, documentIndex: 2 },
    },
  ],
  [
    {
      type: 'page_location',
      cited_text: 'c',
      document_index: 0,
      document_title: null,
      start_page_number: 3,
      end_page_number: 4,
      file_id: null,
    },
    { type: 'document', citedText: 'c', source: { unit: 'page', start: 3, end: 4, documentIndex: 0 } },
  ],
  [
    {
      type: 'search_result_location',
      cited_text: 'c',
      search_result_index: 1,
      source: 'https://e.org',
      title: 'T',
      start_block_index: 0,
      end_block_index: 1,
    },
    {
      type: 'document',
      url: 'https://e.org',
      title: 'T',
      citedText: 'c',
      source: { unit: 'block', start: 0, end: 1, documentIndex: 1 },
    },
  ],
]

test.each(citations)('a citation of kind $type names its place in the source', (citation, annotation) => {
  const events = [
    blockStart(0, { type: 'text', text: '' }),
    delta(0, { type: 'citations_delta', citation }),
    textDelta(0, 'x'),
    stop(0),
  ]
  const decoded = decode(framesOf(wire(start(), ...events, end('end_turn'), messageStop)))
  expect(content(decoded)[1]).toEqual({ type: 'block-delta', index: 0, delta: { kind: 'annotation', annotation } })
})

const call = [blockStart(0, { type: 'tool_use', id: 't', name: 'f', input: {} }), stop(0)]
const serverCall = [blockStart(0, { type: 'server_tool_use', id: 't', name: 'web_search', input: {} }), stop(0)]
const finishes: Array<[word: string, content: JsonObject[], reason: string]> = [
  ['end_turn', textBlock(0, 'x'), 'stop'],
  ['stop_sequence', textBlock(0, 'x'), 'stop-sequence'],
  ['max_tokens', textBlock(0, 'x'), 'length'],
  ['max_tokens', call, 'length'],
  ['model_context_window_exceeded', textBlock(0, 'x'), 'context-window'],
  ['tool_use', call, 'tool-calls'],
  ['end_turn', call, 'tool-calls'],
  ['end_turn', serverCall, 'stop'],
  ['refusal', textBlock(0, 'x'), 'content-filter'],
  ['pause_turn', serverCall, 'pause'],
  ['compaction', [], 'compaction'],
  ['brand_new', textBlock(0, 'x'), 'other'],
  ['brand_new', call, 'tool-calls'],
]

test.each(finishes)('%s after %j is %s', (word, events, reason) => {
  const decoded = decode(framesOf(wire(start(), ...events, end(word), messageStop)))
  expect(finishOf(decoded)).toMatchObject({ reason, raw: word })
})

test('the stop sequence is named', () => {
  const ended = end('stop_sequence', {}, { stop_sequence: 'END' })
  expect(finishOf(decode(framesOf(wire(start(), ...textBlock(0, 'x'), ended, messageStop))))).toEqual({
    type: 'finish',
    reason: 'stop-sequence',
    raw: 'stop_sequence',
    stopSequence: 'END',
  })
})

test('the explanation of a refusal becomes a refusal block after the content', () => {
  const ended = end('refusal', {}, { stop_details: { type: 'refusal', category: 'bio', explanation: 'Not this.' } })
  const decoded = decode(framesOf(wire(start(), ...textBlock(0, 'x'), ended, messageStop)))
  expect(content(decoded).slice(3)).toEqual(block(1, { kind: 'refusal' }, { kind: 'refusal', text: 'Not this.' }))
  expect(finishOf(decoded)).toMatchObject({ reason: 'content-filter', explanation: 'Not this.' })
})

const usages: Array<[name: string, start: JsonObject, end: JsonObject, expected: Usage]> = [
  [
    'repeated counts replace, they are never added',
    { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 1 },
    { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 42 },
    { input: 15, cacheRead: 10, cacheWrite5m: 4, output: 42 },
  ],
  [
    'all counts only at the end',
    { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 0 },
    { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 42 },
    { input: 15, cacheRead: 10, cacheWrite5m: 4, output: 42 },
  ],
  [
    'a report whose prompt side is all zero says nothing about the prompt',
    { input_tokens: 15, cache_read_input_tokens: 10, cache_creation_input_tokens: 4, output_tokens: 1 },
    { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 42 },
    { input: 15, cacheRead: 10, cacheWrite5m: 4, output: 42 },
  ],
  [
    'the split of cache writes survives an end that has none',
    {
      input_tokens: 15,
      cache_creation_input_tokens: 4,
      cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 3 },
      output_tokens: 1,
    },
    { input_tokens: 15, cache_creation_input_tokens: 4, output_tokens: 42 },
    { input: 15, cacheWrite5m: 1, cacheWrite1h: 3, output: 42 },
  ],
  [
    'growth above the known split counts as five minutes',
    {
      input_tokens: 15,
      cache_creation_input_tokens: 4,
      cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 3 },
      output_tokens: 1,
    },
    { input_tokens: 15, cache_creation_input_tokens: 9, output_tokens: 42 },
    { input: 15, cacheWrite5m: 6, cacheWrite1h: 3, output: 42 },
  ],
  [
    'a prompt side with any count is a full snapshot, zeros included',
    { input_tokens: 100, cache_read_input_tokens: 55096, cache_creation_input_tokens: 0, output_tokens: 1 },
    { input_tokens: 181, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 8 },
    { input: 181, cacheRead: 0, cacheWrite5m: 0, output: 8 },
  ],
  [
    'a full snapshot also ends what was written for an hour',
    {
      input_tokens: 100,
      cache_creation_input_tokens: 4,
      cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 3 },
      output_tokens: 1,
    },
    { input_tokens: 181, cache_creation_input_tokens: 0, output_tokens: 8 },
    { input: 181, cacheWrite5m: 0, cacheWrite1h: 0, output: 8 },
  ],
  [
    'thinking tokens, server tools and tier',
    { input_tokens: 1, output_tokens: 1, service_tier: 'priority' },
    {
      output_tokens: 42,
      output_tokens_details: { thinking_tokens: 7 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
    },
    { input: 1, output: 42, reasoning: 7, serverTools: { webSearch: 2, webFetch: 1 }, serviceTier: 'priority' },
  ],
  [
    'null is absent',
    { input_tokens: 1, cache_read_input_tokens: null, cache_creation: null, output_tokens: 1 },
    { input_tokens: null, output_tokens: 4, output_tokens_details: null, server_tool_use: null },
    { input: 1, output: 4 },
  ],
  [
    'iterations are kept each with its model',
    { input_tokens: 10, output_tokens: 1 },
    {
      input_tokens: 6,
      output_tokens: 28,
      iterations: [
        { type: 'compaction', input_tokens: 10, output_tokens: 5 },
        { type: 'advisor_message', model: 'claude-opus-4-7', input_tokens: 2, output_tokens: 3 },
      ],
    },
    {
      input: 6,
      output: 28,
      iterations: [
        { type: 'compaction', usage: { input: 10, output: 5 } },
        { type: 'advisor_message', model: 'claude-opus-4-7', usage: { input: 2, output: 3 } },
      ],
    },
  ],
]

describe('usage', () => {
  test.each(usages)('%s', (_name, first, final, expected) => {
    expect(
      usageOf(decode(framesOf(wire(start(first), ...textBlock(0, 'x'), end('end_turn', final), messageStop)))),
    ).toEqual(expected)
  })
})

describe('the end of a stream', () => {
  const good = [start(), ...textBlock(0, 'Hi')]
  const truncated = { type: 'error', error: { code: 'upstream_truncated' } }
  const whole = { type: 'response-end' }
  const cases: Array<[name: string, text: string, expected: object]> = [
    ['a stop reason without message_stop is a success', wire(...good, end('end_turn')), whole],
    ['pings after the stop reason are nothing', wire(...good, end('end_turn'), ping, ping), whole],
    ['no stop reason is truncated', wire(...good), truncated],
    ['message_stop without a stop reason is truncated', wire(...good, end(null), messageStop), truncated],
    ['nothing at all is truncated', '', truncated],
    ['[DONE] means nothing', `${wire(...good)}data: [DONE]\n\n`, truncated],
    [
      '[DONE] after message_stop means nothing',
      `${wire(...good, end('end_turn'), messageStop)}data: [DONE]\n\n`,
      whole,
    ],
    ['an event that is cut is truncated', `${wire(...good)}event: message_delta\ndata: {"type":"mess`, truncated],
    ['the last event may lack its blank line', wire(...good, end('end_turn'), messageStop).trimEnd(), whole],
    [
      'a second message after message_stop is nothing',
      wire(...good, end('end_turn'), messageStop, start({}, 'msg_2')),
      whole,
    ],
    ['the same message_start again is a repeat', wire(start(), ...good, end('end_turn'), messageStop), whole],
    [
      'events without an event line are read by type',
      wire(...good, end('end_turn'), messageStop).replace(/event: .*\n/g, ''),
      whole,
    ],
    ['an empty data line is nothing', `data: \n\n${wire(...good, end('end_turn'), messageStop)}`, whole],
    ['an unknown event is native', wire(...good, { type: 'brand_new' }, end('end_turn'), messageStop), whole],
    [
      'another message inside the first is malformed',
      wire(start(), start({}, 'msg_2')),
      { type: 'error', error: { code: 'upstream_malformed' } },
    ],
    [
      'an event that is not JSON is malformed',
      `${wire(...good)}data: oops\n\n${wire(end('end_turn'), messageStop)}`,
      { type: 'error', error: { code: 'upstream_malformed' } },
    ],
    [
      'an error event ends the stream',
      wire(
        ...good,
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_9' },
        end('end_turn'),
      ),
      {
        type: 'error',
        error: {
          code: 'overloaded',
          message: 'Overloaded',
          upstream: { type: 'overloaded_error', requestId: 'req_9' },
        },
      },
    ],
    [
      'an error event without a type is an error',
      `${wire(...good)}data: {"error":{"type":"rate_limit_error","message":"Slow down"}}\n\n`,
      { type: 'error', error: { code: 'rate_limit', message: 'Slow down' } },
    ],
  ]
  test.each(cases)('%s', (_name, text, expected) => {
    const decoded = decode(framesOf(text))
    expect(last(decoded)).toMatchObject(expected)
    expect(decoded.filter((event) => event.type === 'error' || event.type === 'response-end')).toHaveLength(1)
  })

  test('content after the stop reason is nothing', () => {
    const decoded = decode(
      framesOf(wire(...good, end('end_turn'), ...textBlock(1, 'late'), textDelta(2, 'x'), messageStop)),
    )
    expect(content(decoded)).toEqual(block(0, { kind: 'text' }, { kind: 'text', text: 'Hi' }))
  })

  test('the state tells when only trailing events are due', () => {
    const decoder = codec.createDecoder({ quirks: {}, mint: (prefix) => prefix })
    const states = framesOf(wire(...good, end('end_turn'), ping, messageStop)).map((frame) => {
      decoder.push(frame, () => undefined)
      return decoder.state
    })
    expect(states).toEqual(['open', 'open', 'open', 'open', 'finishing', 'finishing', 'closed'])
  })
})

test('the result does not depend on how the bytes were cut', () => {
  const text = wire(
    start(),
    ping,
    ...textBlock(0, '👩‍🚀é漢字𝄞\r\n\u2028data: x [DONE] message_stop'),
    end('end_turn'),
    messageStop,
  )
  const crlf = text.replace(/\n/g, '\r\n')
  const expected = decode(framesOf(text))
  for (const size of [1, 2, 3, 7, 64]) {
    expect(decode(framesOf(text, size))).toEqual(expected)
    expect(decode(framesOf(crlf, size))).toEqual(expected)
  }
})

test('another issuer may stand behind the same format', () => {
  const thinking = [blockStart(0, { type: 'thinking', thinking: 'x', signature: '' }), stop(0)]
  const decoded = decode(framesOf(wire(start(), ...thinking, end('end_turn'), messageStop)), { issuer: 'unknown' })
  expect(content(decoded)[0]).toMatchObject({ block: { kind: 'reasoning', issuer: 'unknown' } })
})
