import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { decode, framesOf, wire } from './support.ts'
import {
  block,
  blockStart,
  content,
  delta,
  end,
  json,
  last,
  messageStop,
  start,
  stop,
  textBlock,
  textDelta,
} from './wire-events.ts'

const contents: Array<[name: string, wire: JsonObject[], expected: unknown[]]> = [
  [
    'a call of nothing, which is no call',
    [blockStart(0, { type: 'tool_use', id: 'toolu_1', input: {} }), stop(0)],
    block(0, { kind: 'native' }),
  ],
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
    'another call on a number that has not ended',
    [
      blockStart(0, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      json(0, '{"x":'),
      blockStart(0, { type: 'tool_use', id: 'b', name: 'f', input: {} }),
      json(0, '{"y":2}'),
      stop(0),
    ],
    [
      ...block(0, { kind: 'tool-call', id: 'a', name: 'f', tool: 'function' }, { kind: 'arguments', text: '{"x":' }),
      ...block(1, { kind: 'tool-call', id: 'b', name: 'f', tool: 'function' }, { kind: 'arguments', text: '{"y":2}' }),
    ],
  ],
  [
    'text on the number of thinking that has not ended',
    [
      blockStart(0, { type: 'thinking', thinking: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'hm' }),
      ...textBlock(0, 'a'),
    ],
    [
      ...block(0, { kind: 'reasoning', issuer: 'anthropic' }, { kind: 'reasoning', text: 'hm', part: 0 }),
      ...block(1, { kind: 'text' }, { kind: 'text', text: 'a' }),
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
