import { describe, expect, it } from 'vitest'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { framesOf } from '../openai-endpoints/support.ts'
import { callsOf, folding, inputOf, recordedStreams } from './support.ts'

// completeToolCalls(): what a caller may run already, while the stream goes on.

const streams = recordedStreams()

describe.each(streams)('$name', ({ format, frames }) => {
  it('tells calls once they are whole, wherever the stream is cut, and then for good', () => {
    const final = callsOf(format, folding(format, frames).result())
    let earlier: unknown[] = []
    for (let count = 0; count <= frames.length; count++) {
      const complete = folding(format, frames.slice(0, count)).completeToolCalls?.() ?? []
      expect(complete).toEqual(expect.arrayContaining(earlier))
      const told = complete.map(({ id, name, arguments: text }) => ({ id, name, input: inputOf(text) }))
      for (const call of told) expect(final).toContainEqual(call)
      earlier = complete
    }
  })

  it('tells the same of one stream however often it is asked', () => {
    const fold = folding(format, frames)
    const first = fold.completeToolCalls?.()
    const object = structuredClone(fold.result())
    expect(fold.completeToolCalls?.()).toEqual(first)
    expect(fold.result()).toEqual(object)
  })
})

it('the fixtures hold whole calls of every format', () => {
  const formats = streams.filter(
    ({ format, frames }) => (folding(format, frames).completeToolCalls?.() ?? []).length > 1,
  )
  expect(new Set(formats.map(({ format }) => format)).size).toBe(3)
})

const chat = (delta: object, finish_reason: string | null = null) => ({
  id: 'c',
  choices: [{ index: 0, delta, finish_reason }],
})
const chatCall = (index: number, text: string, head: object = {}) =>
  chat({ tool_calls: [{ index, ...head, function: { name: 'f', arguments: text } }] })
const block = (index: number, id: string) => ({
  type: 'content_block_start',
  index,
  content_block: { type: 'tool_use', id, name: 'f', input: {} },
})
const json = (index: number, partial_json: string) => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'input_json_delta', partial_json },
})
const item = (output_index: number, call_id: string) => ({
  type: 'response.output_item.added',
  output_index,
  item: { type: 'function_call', call_id, name: 'f', arguments: '', status: 'in_progress' },
})
const args = (output_index: number, delta: string) => ({
  type: 'response.function_call_arguments.delta',
  output_index,
  delta,
})

const cases: [what: string, format: FormatId, events: object[], complete: string[]][] = [
  ['C: a call that nothing follows', 'openai-chat', [chatCall(0, '{}', { id: 'a' })], []],
  [
    'C: a call that another follows',
    'openai-chat',
    [chatCall(0, '{"x":1}', { id: 'a' }), chatCall(1, '', { id: 'b' })],
    ['a{"x":1}'],
  ],
  [
    'C: two calls whose arguments alternate',
    'openai-chat',
    [chatCall(0, '{"x"', { id: 'a' }), chatCall(1, '{', { id: 'b' })],
    [],
  ],
  ['C: the finish', 'openai-chat', [chatCall(0, '', { id: 'a' }), chat({}, 'tool_calls')], ['a{}']],
  [
    'C: a finish by length',
    'openai-chat',
    [chatCall(0, '{}', { id: 'a' }), chatCall(1, '{"x', { id: 'b' }), chat({}, 'length')],
    ['a{}'],
  ],
  [
    'C: a finish by length behind a whole call',
    'openai-chat',
    [chatCall(0, '{}', { id: 'a' }), chat({}, 'length')],
    ['a{}'],
  ],
  [
    'C: a finish by the content filter',
    'openai-chat',
    [chatCall(0, '{}', { id: 'a' }), chatCall(1, '{"x', { id: 'b' }), chat({}, 'content_filter')],
    ['a{}'],
  ],
  [
    'C: arguments that are no JSON',
    'openai-chat',
    [chatCall(0, '{x', { id: 'a' }), chat({}, 'tool_calls')],
    ['a{x malformed'],
  ],
  ['M: a block without a stop', 'anthropic-messages', [block(0, 'a'), json(0, '{}')], []],
  [
    'M: a stop',
    'anthropic-messages',
    [block(0, 'a'), { type: 'content_block_stop', index: 0 }, block(1, 'b')],
    ['a{}'],
  ],
  [
    'M: another call on the same number',
    'anthropic-messages',
    [block(0, 'a'), json(0, '{"x":1}'), block(0, 'b')],
    ['a{"x":1}'],
  ],
  [
    'M: input that is no JSON',
    'anthropic-messages',
    [block(0, 'a'), json(0, '{x'), { type: 'content_block_stop', index: 0 }],
    ['a{x malformed'],
  ],
  [
    'M: input that is JSON but no object',
    'anthropic-messages',
    [block(0, 'a'), json(0, '[1]'), { type: 'content_block_stop', index: 0 }],
    ['a[1] malformed'],
  ],
  ['R: arguments on their way', 'openai-responses', [item(0, 'a'), args(0, '{}')], []],
  [
    'R: whole arguments',
    'openai-responses',
    [item(0, 'a'), args(0, '{'), { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{}' }],
    ['a{}'],
  ],
  [
    'R: the whole input of a custom tool',
    'openai-responses',
    [
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'custom_tool_call', call_id: 'a', name: 'f', input: '' },
      },
      { type: 'response.custom_tool_call_input.done', output_index: 0, input: 'SELECT 1' },
    ],
    ['aSELECT 1'],
  ],
  [
    'R: whole arguments of a call that nothing names yet',
    'openai-responses',
    [{ type: 'response.function_call_arguments.done', output_index: 0, arguments: '{}' }],
    [],
  ],
  [
    'R: whole arguments of a call whose beginning comes late',
    'openai-responses',
    [args(0, '{'), item(0, 'a'), { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{}' }],
    ['a{}'],
  ],
  [
    'R: whole arguments of a call that begins again',
    'openai-responses',
    [item(0, 'a'), { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{}' }, item(0, 'a')],
    ['a{}'],
  ],
  [
    'R: a whole item',
    'openai-responses',
    [
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { type: 'custom_tool_call', call_id: 'a', name: 'f', input: '{x' },
      },
    ],
    ['a{x'],
  ],
  [
    'R: an item that was cut off',
    'openai-responses',
    [
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { type: 'function_call', call_id: 'a', name: 'f', arguments: '{', status: 'incomplete' },
      },
    ],
    [],
  ],
  [
    'R: items that only the last event has',
    'openai-responses',
    [
      {
        type: 'response.completed',
        response: { output: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }] },
      },
    ],
    ['a{}'],
  ],
  [
    'R: a call that only the last event has whole',
    'openai-responses',
    [
      item(0, 'a'),
      args(0, '{'),
      {
        type: 'response.completed',
        response: { output: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }] },
      },
    ],
    ['a{}'],
  ],
  [
    'R: an answer that the limit cut off',
    'openai-responses',
    [
      {
        type: 'response.incomplete',
        response: {
          output: [
            { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
            { type: 'function_call', call_id: 'b', name: 'f', arguments: '{', status: 'incomplete' },
          ],
        },
      },
    ],
    ['a{}'],
  ],
]

it.each(cases)('%s', (_what, format, events, expected) => {
  const complete = folding(format, framesOf(events)).completeToolCalls?.() ?? []
  const told = complete.map(({ id, arguments: text, malformed }) => `${id}${text}${malformed ? ' malformed' : ''}`)
  expect(told).toEqual(expected)
})
