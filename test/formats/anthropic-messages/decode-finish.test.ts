import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { mergeUsage, type Usage } from '../../../lambda/events/usage.ts'
import { decode, framesOf, wire } from './support.ts'
import { block, blockStart, content, end, finishOf, messageStop, start, stop, textBlock } from './wire-events.ts'

const usageOf = (events: StreamEvent[]) =>
  events.reduce<Usage>((usage, event) => (event.type === 'usage' ? mergeUsage(usage, event.usage) : usage), {})

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
    'a split that names one lifetime leaves the rest of the total to the other',
    { input_tokens: 1, cache_creation_input_tokens: 9, cache_creation: { ephemeral_1h_input_tokens: 3 } },
    { output_tokens: 4 },
    { input: 1, cacheWrite5m: 6, cacheWrite1h: 3, output: 4 },
  ],
  [
    'a split without a total',
    { input_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 5 } },
    { output_tokens: 4 },
    { input: 1, cacheWrite5m: 5, cacheWrite1h: 0, output: 4 },
  ],
  [
    'a split that is more than its total',
    {
      input_tokens: 1,
      cache_creation_input_tokens: 4,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 1 },
    },
    { output_tokens: 4 },
    { input: 1, cacheWrite5m: 5, cacheWrite1h: 1, output: 4 },
  ],
  [
    'a server tool that only an earlier report named is still counted',
    { input_tokens: 1, server_tool_use: { web_search_requests: 2 } },
    { output_tokens: 4, server_tool_use: { web_fetch_requests: 1 } },
    { input: 1, output: 4, serverTools: { webSearch: 2, webFetch: 1 } },
  ],
  [
    'server tools without a count are none',
    { input_tokens: 1, server_tool_use: {} },
    { output_tokens: 4, server_tool_use: { mystery_requests: 1 } },
    { input: 1, output: 4 },
  ],
  [
    'fast mode is a tier of its own',
    { input_tokens: 1, speed: 'fast', service_tier: 'standard' },
    { output_tokens: 4 },
    { input: 1, output: 4, serviceTier: 'fast' },
  ],
  [
    'another speed leaves the tier',
    { input_tokens: 1, speed: 'standard', service_tier: 'batch' },
    { output_tokens: 4 },
    { input: 1, output: 4, serviceTier: 'batch' },
  ],
  [
    'what the provider itself billed (OpenRouter)',
    { input_tokens: 1, output_tokens: 1 },
    { input_tokens: 9, output_tokens: 4, cost: 0.0001 },
    { input: 9, output: 4, cost: 0.0001 },
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
        { output_tokens: 6 },
        'no iteration',
      ],
    },
    {
      input: 6,
      output: 28,
      iterations: [
        { type: 'compaction', usage: { input: 10, output: 5 } },
        { type: 'advisor_message', model: 'claude-opus-4-7', usage: { input: 2, output: 3 } },
        { type: 'message', usage: { output: 6 } },
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
