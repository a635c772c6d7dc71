import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { checkMessagesStream } from '../../support/grammar/messages-grammar.ts'
import { encode, eventsOf, foldOf, framesOf, officialMessage } from './support.ts'

// The worked examples of the format reference, case by case: what every upstream's events become for an M client.

type Buckets = [input: number, cacheRead: number, cacheWrite: number, output: number, reasoning: number]

/** The start, with the input side already known as it is from an M upstream. */
const begin = ([input, cacheRead, cacheWrite5m]: Buckets): StreamEvent[] => [
  { type: 'response-start', id: 'msg_1', model: 'm' },
  { type: 'usage', usage: { input, cacheRead, cacheWrite5m, cacheWrite1h: 0, output: 0 } },
]
const finish = (
  reason: Extract<StreamEvent, { type: 'finish' }>['reason'],
  [input, cacheRead, cacheWrite5m, output, reasoning]: Buckets,
): StreamEvent[] => [
  { type: 'usage', usage: { input, cacheRead, cacheWrite5m, cacheWrite1h: 0, output, reasoning } },
  { type: 'finish', reason },
  { type: 'response-end' },
]
const open = (index: number, block: Block): StreamEvent => ({ type: 'block-start', index, block })
const more = (index: number, delta: Delta): StreamEvent => ({ type: 'block-delta', index, delta })
const close = (index: number): StreamEvent => ({ type: 'block-end', index })
const text = (index: number, ...texts: string[]): StreamEvent[] => [
  open(index, { kind: 'text' }),
  ...texts.map((piece) => more(index, { kind: 'text', text: piece })),
  close(index),
]
const call = (index: number, id: string, name: string) => open(index, { kind: 'tool-call', id, name, tool: 'function' })
const args = (index: number, piece: string) => more(index, { kind: 'arguments', text: piece })

const messageStart = ([input, read, write]: Buckets): JsonObject => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: input,
      cache_creation_input_tokens: write,
      cache_read_input_tokens: read,
      cache_creation: { ephemeral_5m_input_tokens: write, ephemeral_1h_input_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: 'standard',
      speed: null,
      inference_geo: null,
    },
  },
})
const messageDelta = (
  reason: string,
  [input, read, write, output, reasoning]: Buckets,
  stopDetails: unknown = null,
): JsonObject => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null, stop_details: stopDetails, container: null },
  usage: {
    input_tokens: input,
    cache_creation_input_tokens: write,
    cache_read_input_tokens: read,
    output_tokens: output,
    output_tokens_details: { thinking_tokens: reasoning },
    server_tool_use: null,
  },
})
const messageStop = { type: 'message_stop' }
const blockStart = (index: number, content_block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block,
})
const blockDelta = (index: number, delta: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta })
const blockStop = (index: number): JsonObject => ({ type: 'content_block_stop', index })
const textBlock = (index: number, ...texts: string[]): JsonObject[] => [
  blockStart(index, { type: 'text', text: '', citations: null }),
  ...texts.map((piece) => blockDelta(index, { type: 'text_delta', text: piece })),
  blockStop(index),
]
const toolUse = (index: number, id: string, name: string, ...pieces: string[]): JsonObject[] => [
  blockStart(index, { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } }),
  ...['', ...pieces].map((partial_json) => blockDelta(index, { type: 'input_json_delta', partial_json })),
  blockStop(index),
]
const failure = (error: JsonObject): JsonObject => ({ type: 'error', error, request_id: 'req_1' })

interface Example {
  name: string
  events: StreamEvent[]
  wire: JsonObject[]
}

const examples: Example[] = [
  {
    name: '2 reasoning and text',
    events: [
      ...begin([20, 0, 0, 0, 0]),
      open(0, { kind: 'reasoning', issuer: 'anthropic' }),
      more(0, { kind: 'reasoning', text: 'Let me ', part: 0 }),
      more(0, { kind: 'reasoning', text: 'add.', part: 0 }),
      more(0, { kind: 'signature', value: 'EqABsig' }),
      close(0),
      ...text(1, '4'),
      ...finish('stop', [20, 0, 0, 15, 9]),
    ],
    wire: [
      messageStart([20, 0, 0, 0, 0]),
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      blockDelta(0, { type: 'thinking_delta', thinking: 'Let me ' }),
      blockDelta(0, { type: 'thinking_delta', thinking: 'add.' }),
      blockDelta(0, { type: 'signature_delta', signature: 'EqABsig' }),
      blockStop(0),
      ...textBlock(1, '4'),
      messageDelta('end_turn', [20, 0, 0, 15, 9]),
      messageStop,
    ],
  },
  {
    name: '3 two parallel calls, argument deltas interleaved',
    events: [
      ...begin([10, 40, 7, 0, 0]),
      ...text(0, 'Checking.'),
      call(1, 'call_A', 'get_weather'),
      args(1, '{"city":'),
      call(2, 'call_B', 'get_weather'),
      args(2, '{"city":'),
      args(1, '"Paris"}'),
      args(2, '"Rome"}'),
      close(1),
      close(2),
      ...finish('tool-calls', [10, 40, 7, 34, 0]),
    ],
    wire: [
      messageStart([10, 40, 7, 0, 0]),
      ...textBlock(0, 'Checking.'),
      ...toolUse(1, 'call_A', 'get_weather', '{"city":', '"Paris"}'),
      ...toolUse(2, 'call_B', 'get_weather', '{"city":', '"Rome"}'),
      messageDelta('tool_use', [10, 40, 7, 34, 0]),
      messageStop,
    ],
  },
  {
    name: '4 a call without arguments',
    events: [
      ...begin([8, 0, 0, 0, 0]),
      call(0, 'toolu_C', 'get_time'),
      close(0),
      ...finish('tool-calls', [8, 0, 0, 5, 0]),
    ],
    wire: [
      messageStart([8, 0, 0, 0, 0]),
      ...toolUse(0, 'toolu_C', 'get_time'),
      messageDelta('tool_use', [8, 0, 0, 5, 0]),
      messageStop,
    ],
  },
  {
    name: '5 refusal',
    events: [
      ...begin([9, 0, 0, 0, 0]),
      open(0, { kind: 'refusal' }),
      more(0, { kind: 'refusal', text: "I can't help." }),
      close(0),
      ...finish('refusal', [9, 0, 0, 6, 0]),
    ],
    wire: [
      messageStart([9, 0, 0, 0, 0]),
      ...textBlock(0, "I can't help."),
      messageDelta('refusal', [9, 0, 0, 6, 0], { type: 'refusal', category: null, explanation: null }),
      messageStop,
    ],
  },
  {
    name: '6 citation',
    events: [
      ...begin([30, 0, 0, 0, 0]),
      open(0, { kind: 'text' }),
      more(0, { kind: 'text', text: 'Paris has 2.1 M people.' }),
      more(0, {
        kind: 'annotation',
        annotation: { type: 'url', url: 'https://example.org/p', title: 'Paris', start: 0, end: 23 },
      }),
      close(0),
      ...finish('stop', [30, 0, 0, 8, 0]),
    ],
    wire: [
      messageStart([30, 0, 0, 0, 0]),
      blockStart(0, { type: 'text', text: '', citations: null }),
      blockDelta(0, { type: 'text_delta', text: 'Paris has 2.1 M people.' }),
      blockDelta(0, {
        type: 'citations_delta',
        citation: {
          type: 'web_search_result_location',
          url: 'https://example.org/p',
          title: 'Paris',
          cited_text: '',
          encrypted_index: '',
        },
      }),
      blockStop(0),
      messageDelta('end_turn', [30, 0, 0, 8, 0]),
      messageStop,
    ],
  },
  {
    name: '7 length',
    events: [...begin([5, 0, 0, 0, 0]), ...text(0, 'Once upon'), ...finish('length', [5, 0, 0, 2, 0])],
    wire: [
      messageStart([5, 0, 0, 0, 0]),
      ...textBlock(0, 'Once upon'),
      messageDelta('max_tokens', [5, 0, 0, 2, 0]),
      messageStop,
    ],
  },
  {
    name: '8 error in the middle',
    events: [
      ...begin([5, 0, 0, 0, 0]),
      open(0, { kind: 'text' }),
      more(0, { kind: 'text', text: 'Hel' }),
      { type: 'error', error: { code: 'overloaded', message: 'Overloaded' } },
    ],
    wire: [
      messageStart([5, 0, 0, 0, 0]),
      ...textBlock(0, 'Hel').slice(0, 2),
      failure({ type: 'overloaded_error', message: 'Overloaded' }),
    ],
  },
  {
    name: '9 truncated upstream',
    events: [
      ...begin([5, 0, 0, 0, 0]),
      open(0, { kind: 'text' }),
      more(0, { kind: 'text', text: 'Hel' }),
      {
        type: 'error',
        error: { code: 'upstream_truncated', message: 'The provider ended the stream before it was complete.' },
      },
    ],
    wire: [
      messageStart([5, 0, 0, 0, 0]),
      ...textBlock(0, 'Hel').slice(0, 2),
      failure({ type: 'api_error', message: 'The provider ended the stream before it was complete.' }),
    ],
  },
]

test('example 1, text only, is written to the byte', () => {
  const { text: written } = encode([
    ...begin([10, 0, 0, 0, 0]),
    ...text(0, 'Hi', ' there'),
    ...finish('stop', [10, 0, 0, 3, 0]),
  ])
  const data = [
    '{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"container":null,"diagnostics":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":0,"output_tokens_details":null,"server_tool_use":null,"service_tier":"standard","speed":null,"inference_geo":null}}}',
    '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":null}}',
    '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}',
    '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" there"}}',
    '{"type":"content_block_stop","index":0}',
    '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"stop_details":null,"container":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3,"output_tokens_details":{"thinking_tokens":0},"server_tool_use":null}}',
    '{"type":"message_stop"}',
  ]
  const expected = data.map((json) => `event: ${(JSON.parse(json) as JsonObject).type}\ndata: ${json}\n\n`).join('')
  expect(written).toBe(expected)
})

describe('worked examples', () => {
  test.each(examples)('$name', ({ events, wire }) => {
    const { text: written } = encode(events)
    expect(eventsOf(written)).toEqual(wire)
    expect(checkMessagesStream(framesOf(written))).toEqual([])
  })

  test.each(examples.filter(({ wire }) => wire.at(-1) === messageStop))(
    '$name: the official client agrees with the fold',
    async ({ events }) => {
      const { text: written } = encode(events)
      expect(foldOf(written)).toEqual(await officialMessage(written))
    },
  )
})
