import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import { blockStart, delta, json, stop, textDelta } from './wire-events.ts'

const usage = { input_tokens: 5, output_tokens: 3 }
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x' }
const whole = (blocks: unknown, more: JsonObject = {}): JsonObject => ({
  ...message,
  content: blocks,
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
  ...more,
})
const cut = (object: JsonObject): JsonObject[] =>
  codec.cutObject(object).map((frame) => {
    const event = JSON.parse(frame.data) as JsonObject
    expect(frame.event).toBe(event.type)
    return event
  })

const citation = { type: 'web_search_result_location', url: 'u', title: 't', cited_text: 'c', encrypted_index: 'e' }
const call = { type: 'tool_use', id: 't', name: 'f' }
const result = { type: 'web_search_tool_result', tool_use_id: 's', content: [] }

const blocks: Array<[name: string, block: unknown, events: JsonObject[]]> = [
  ['text', { type: 'text', text: 'a' }, [blockStart(0, { type: 'text', text: '' }), textDelta(0, 'a')]],
  [
    'cited text, its citations first',
    { type: 'text', text: 'a', citations: [citation] },
    [
      blockStart(0, { type: 'text', text: '', citations: null }),
      delta(0, { type: 'citations_delta', citation }),
      textDelta(0, 'a'),
    ],
  ],
  ['text that is null', { type: 'text', text: null }, [blockStart(0, { type: 'text', text: '' }), textDelta(0, '')]],
  [
    'thinking and its signature',
    { type: 'thinking', thinking: 'hm', signature: 'Eq==' },
    [
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'hm' }),
      delta(0, { type: 'signature_delta', signature: 'Eq==' }),
    ],
  ],
  [
    'thinking without text or signature',
    { type: 'thinking' },
    [
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: '' }),
      delta(0, { type: 'signature_delta', signature: '' }),
    ],
  ],
  ...['tool_use', 'server_tool_use', 'mcp_tool_use'].map((type): [string, unknown, JsonObject[]] => [
    `a ${type}`,
    { ...call, type, input: { a: 1 } },
    [blockStart(0, { ...call, type, input: {} }), json(0, '{"a":1}')],
  ]),
  ['a call without arguments', { ...call, input: {} }, [blockStart(0, { ...call, input: {} }), json(0, '')]],
  ['a call that was cut', { ...call, input: '{"a":' }, [blockStart(0, { ...call, input: {} }), json(0, '{"a":')]],
  ['a result, which comes whole', result, [blockStart(0, result)]],
  ['a block that is no object', 'x', [blockStart(0, {})]],
]

describe('an object cut into events', () => {
  test.each(blocks)('%s', (_name, block, events) => {
    expect(cut(whole([block]))).toEqual([
      {
        type: 'message_start',
        message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage },
      },
      ...events,
      stop(0),
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
      { type: 'message_stop' },
    ])
  })

  test('what is known at the end alone stands in the last delta', () => {
    const end = {
      stop_reason: 'refusal',
      stop_sequence: null,
      stop_details: { type: 'refusal', category: null, explanation: 'Why.' },
      container: { id: 'c' },
    }
    const context_management = { applied_edits: [] }
    const [start, last] = cut(whole([], { ...end, context_management }))
    expect(start?.message).toEqual({ ...message, content: [], stop_reason: null, stop_sequence: null, usage })
    expect(last).toEqual({ type: 'message_delta', delta: end, usage, context_management })
  })

  test.each([null, 'x'])('content %j has no blocks', (value) => {
    expect(cut(whole(value)).map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop'])
  })
})

const error = { type: 'overloaded_error', message: 'Busy' }
const errors: Array<[name: string, object: JsonObject, isError: boolean]> = [
  ['an error', { type: 'error', error }, true],
  ['an error that holds content', { type: 'error', error, content: [] }, true],
  ['an error of no type', { error }, true],
  ['an error that says nothing', { type: 'error' }, true],
  ['an answer beside an error that is none', whole([], { error: null }), false],
  ['an answer without content', { ...message, usage }, false],
]
test.each(errors)('%s', (_name, object, isError) => {
  const events = cut(object)
  expect(events.map(({ type }) => type)).toEqual(
    isError ? ['error'] : ['message_start', 'message_delta', 'message_stop'],
  )
  if (isError) expect(events[0]).toEqual({ ...object, type: 'error' })
})
