import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import { decode, framesOf, plain, wire } from './support.ts'
import {
  block,
  blockStart,
  content,
  delta,
  end,
  finishOf,
  json,
  last,
  messageStop,
  start,
  stop,
  textBlock,
  textDelta,
} from './wire-events.ts'

// What a provider sends where it does not belong, or leaves out.

const read = (...events: JsonObject[]) => decode(framesOf(wire(...events, end('end_turn'), messageStop)))

const text = { type: 'text', text: '' }
const thinking = { type: 'thinking', thinking: '', signature: '' }
const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }
const citation = { type: 'web_search_result_location', url: 'https://e.org' }
const misplaced: Array<[what: string, start: JsonObject, delta: JsonObject]> = [
  ['text in thinking', thinking, { type: 'text_delta', text: 'x' }],
  ['thinking in a text', text, { type: 'thinking_delta', thinking: 'x' }],
  ['arguments in a text', text, { type: 'input_json_delta', partial_json: '{}' }],
  ['a signature in a text', text, { type: 'signature_delta', signature: 'Eq==' }],
  ['a citation in thinking', thinking, { type: 'citations_delta', citation }],
  ['a citation that is none', text, { type: 'citations_delta', citation: 7 }],
]
test.each(misplaced)('%s stays what it is', (_what, blockOf, wrong) => {
  const deltas = read(start(), blockStart(0, blockOf), delta(0, wrong), stop(0)).filter(
    (event) => event.type === 'block-delta',
  )
  expect(deltas).toEqual([{ type: 'block-delta', index: 0, delta: { kind: 'native', native: wrong } }])
})

test('a delta that is no argument does not take the place of the input in the start', () => {
  const whole = blockStart(0, { ...call, input: { a: 1 } })
  expect(content(read(start(), whole, delta(0, { type: 'shiny_delta' }), stop(0)))).toEqual(
    block(
      0,
      { kind: 'tool-call', id: 'toolu_1', name: 'f', tool: 'function' },
      { kind: 'native' },
      { kind: 'arguments', text: '{"a":1}' },
    ),
  )
})

test('a citation in the start that is none is no annotation', () => {
  const whole = blockStart(0, { type: 'text', text: 'Hi', citations: [7] })
  expect(content(read(start(), whole, stop(0)))).toEqual(block(0, { kind: 'text' }, { kind: 'text', text: 'Hi' }))
})

test('deltas of blocks that nobody can begin stay what they are', () => {
  const events = read(start(), json(0, '{}'), stop(0))
  expect(events.map(({ type }) => type)).toEqual([
    'response-start',
    'usage',
    'native',
    'usage',
    'finish',
    'response-end',
  ])
})

const citations: Array<[wire: JsonObject, annotation: JsonObject]> = [
  [{ type: 'web_search_result_location' }, { type: 'url' }],
  [{ type: 'char_location', start_char_index: 1 }, { type: 'document' }],
  [{ type: 'char_location', end_char_index: 1 }, { type: 'document' }],
  [
    { type: 'content_block_location', start_block_index: 0, end_block_index: 2, source: 'not an address' },
    { type: 'document', source: { unit: 'block', start: 0, end: 2 } },
  ],
  [
    { type: 'shiny_location', cited_text: 'c', start_char_index: 1, end_char_index: 5 },
    { type: 'document', citedText: 'c' },
  ],
]
test.each(citations)('the citation %j is %j', (cited, annotation) => {
  const events = read(start(), blockStart(0, text), delta(0, { type: 'citations_delta', citation: cited }), stop(0))
  expect(content(events)[1]).toEqual({ type: 'block-delta', index: 0, delta: { kind: 'annotation', annotation } })
})

describe('without a message_start', () => {
  const begins: Array<[what: string, events: JsonObject[]]> = [
    ['a block', textBlock(0, 'Hi')],
    ['a delta', [textDelta(0, 'Hi')]],
    ['the end', []],
  ]
  test.each(begins)('%s begins the answer, whose id is made up', (_what, events) => {
    const [first, ...others] = plain(read(...events))
    expect(first).toEqual({ type: 'response-start', id: 'msg_1', model: '' })
    expect(others.map((event) => (event as StreamEvent).type)).not.toContain('response-start')
  })

  test('a late one tells usage, and may come again but not with another id', () => {
    const late = [...textBlock(0, 'Hi'), start({ input_tokens: 5 }, 'msg_9')]
    const usages = (events: StreamEvent[]) => plain(events).filter((event) => (event as StreamEvent).type === 'usage')
    expect(usages(read(...late))[0]).toEqual({ type: 'usage', usage: { input: 5 } })
    expect(last(read(...late, start({}, 'msg_9')))).toEqual({ type: 'response-end' })
    expect(last(read(...late, start({}, 'msg_8')))).toMatchObject({ error: { code: 'upstream_malformed' } })
    expect(last(read(...textBlock(0, 'Hi'), { type: 'message_start', message: {} }))).toEqual({ type: 'response-end' })
  })
})

test('message_stop without a stop reason is an error at once', () => {
  const decoder = codec.createDecoder({ quirks: {}, mint: (prefix) => prefix })
  for (const frame of framesOf(wire(start(), messageStop))) decoder.push(frame, () => undefined)
  expect(decoder.state).toBe('closed')
})

test('an event that is no error but has a field of that name is unknown', () => {
  expect(last(read(start(), { type: 'shiny', error: { message: 'no' } }))).toEqual({ type: 'response-end' })
})

test.each(['   ', ' [DONE] '])('data %j means nothing', (data) => {
  const frame = { event: '', data }
  const events = decode([...framesOf(wire(start())), frame, ...framesOf(wire(end('end_turn'), messageStop))])
  expect(last(events)).toEqual({ type: 'response-end' })
})

test('an event that is no JSON says so', () => {
  expect(last(decode([{ event: '', data: 'oops' }]))).toMatchObject({
    error: { code: 'upstream_malformed', message: 'The provider sent an event that is no JSON.' },
  })
})

test('an end without a delta ends nothing', () => {
  const events = decode(framesOf(wire(start(), { type: 'message_delta', usage: { output_tokens: 3 } })))
  expect(last(events)).toMatchObject({ error: { code: 'upstream_truncated' } })
  expect(finishOf(events)).toBeUndefined()
})
