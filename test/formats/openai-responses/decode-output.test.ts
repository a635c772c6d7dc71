import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { decode, summary } from './support.ts'

// Which item an event means, which item of the last event is one that was streamed, and what comes too late.

const response = { id: 'resp_1', model: 'm', status: 'in_progress', output: [] }
const created = { type: 'response.created', response }
const completed = (output?: JsonObject[]) => ({
  type: 'response.completed',
  response: { id: 'resp_1', status: 'completed', output },
})
const at = (output_index: number, type: string, members: JsonObject = {}) => ({
  type: `response.${type}`,
  output_index,
  ...members,
})
const added = (index: number, item: JsonObject) => at(index, 'output_item.added', { item })
const done = (index: number, item: JsonObject) => at(index, 'output_item.done', { item })
const textDelta = (index: number, delta: string, content_index = 0) =>
  at(index, 'output_text.delta', { content_index, delta })
const argsDelta = (index: number, delta: string) => at(index, 'function_call_arguments.delta', { delta })
const part = (text: string, more: JsonObject = {}) => ({ type: 'output_text', text, annotations: [], ...more })
const message = (id: string, ...texts: string[]) => ({
  type: 'message',
  id,
  content: texts.map((text) => part(text)),
})
const bare = (text: string) => ({ type: 'message', content: [part(text)] })
const call = (id: string, call_id: string, args = '') => ({
  type: 'function_call',
  id,
  call_id,
  name: 'f',
  arguments: args,
})
const reasoning = (id: string, text: string) => ({
  type: 'reasoning',
  id,
  summary: [{ type: 'summary_text', text }],
})
const url = (name: string) => ({
  type: 'url_citation',
  url: `https://${name}`,
  title: name,
  start_index: 0,
  end_index: 1,
})

/** `start 0`, `text 0 Hi`, `end 0`: what came when. */
function told(events: StreamEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'block-start') return [`start ${event.index}`]
    if (event.type === 'block-end') return [`end ${event.index}`]
    if (event.type !== 'block-delta') return []
    const { kind } = event.delta
    return [`${kind} ${event.index} ${'text' in event.delta ? event.delta.text : ''}`.trim()]
  })
}

const rows: Array<[name: string, events: JsonObject[], texts: string[]]> = [
  [
    'an open text is completed from the item of its id, wherever that stands',
    [
      added(1, message('msg_2')),
      textDelta(1, 'Hel'),
      completed([reasoning('rs_1', 'Hm'), message('msg_1', 'Help me'), message('msg_2', 'Hello')]),
    ],
    ['Hello', 'Hm', 'Help me'],
  ],
  [
    'an open call is completed from the item of its call id, whatever the item’s own',
    [
      added(0, call('fc_a', 'call_2')),
      argsDelta(0, '{'),
      completed([call('fc_x', 'call_1', '{"x":1}'), call('fc_y', 'call_2', '{"y":2}')]),
    ],
    ['{"y":2}', '{"x":1}'],
  ],
  [
    'an open text whose id changed is the item in its place',
    [
      added(0, message('msg_1')),
      textDelta(0, 'Hi'),
      completed([message('msg_2', 'Hi!'), call('fc_1', 'call_1', '{}')]),
    ],
    ['Hi!', '{}'],
  ],
  [
    'a text that is done and whose id changed is not told again',
    [
      added(0, message('msg_1')),
      done(0, message('msg_1', 'Hi')),
      completed([message('msg_2', 'Hi'), message('msg_3', 'Bye')]),
    ],
    ['Hi', 'Bye'],
  ],
  [
    'items without any id are told apart by their places',
    [done(0, bare('Hi')), done(1, bare('Bye')), completed(['Hi', 'Bye', 'More'].map(bare))],
    ['Hi', 'Bye', 'More'],
  ],
  [
    'items of another type are no twins, even with one id',
    [
      added(0, message('x')),
      done(0, message('x', 'Hi')),
      completed([reasoning('x', 'Hm'), message('y', 'Hi!'), call('x', 'x', '{}')]),
    ],
    ['Hi', 'Hm', 'Hi!', '{}'],
  ],
  [
    'places count by their numbers, not by when they came',
    [
      added(1, message('')),
      textDelta(1, 'B'),
      added(0, message('')),
      textDelta(0, 'A'),
      completed([message('a', 'AA'), message('b', 'BB')]),
    ],
    ['BB', 'AA'],
  ],
  [
    'an output that lacks what was streamed, with other ids, adds nothing',
    [done(0, reasoning('rs_1', 'Hm')), done(1, message('msg_1', 'Hi')), completed([message('msg_2', 'Hi')])],
    ['Hm', 'Hi'],
  ],
  [
    'parts that are nothing say nothing',
    [
      added(0, { type: 'reasoning', id: 'rs_0' }),
      at(0, 'content_part.done', { item_id: 'rs_0', part: null }),
      done(1, { type: 'reasoning', id: 'rs_1', summary: [null], content: [null] }),
      completed([]),
    ],
    ['', ''],
  ],
  ['a response without any output says nothing', [completed()], []],
  [
    'an item that begins twice is one',
    [added(0, message('msg_1')), textDelta(0, 'Hi'), added(0, message('msg_1')), textDelta(0, '!'), completed([])],
    ['Hi!'],
  ],
  [
    'what comes behind the end of a call is too late',
    [
      added(0, call('fc_1', 'call_1')),
      done(0, call('fc_1', 'call_1', '{}')),
      argsDelta(0, '{}'),
      done(0, call('fc_1', 'call_1', '{} ')),
      completed([]),
    ],
    ['{}'],
  ],
  [
    'a text goes on while a call begins',
    [
      added(0, message('msg_1')),
      textDelta(0, 'A'),
      added(1, call('fc_1', 'call_1')),
      textDelta(0, 'B'),
      argsDelta(1, '{}'),
      completed([]),
    ],
    ['AB', '{}'],
  ],
  [
    'two parts are told apart by their index',
    [added(0, message('msg_1')), textDelta(0, 'A', 0), textDelta(0, 'B', 1), textDelta(0, 'a', 0), completed([])],
    ['Aa', 'B'],
  ],
  [
    'without any place a text is the open message’s, though a call is open too',
    [
      added(0, message('msg_1')),
      textDelta(0, 'H'),
      added(1, call('fc_1', 'call_1')),
      { type: 'response.output_text.delta', delta: 'i' },
      { type: 'response.function_call_arguments.delta', delta: '{}' },
      completed([]),
    ],
    ['Hi', '{}'],
  ],
  [
    'parts of raw reasoning come whole, each another way',
    [
      added(0, { type: 'reasoning', id: 'rs_1' }),
      at(0, 'reasoning_text.done', { content_index: 0, text: 'One' }),
      at(0, 'content_part.done', { content_index: 1, part: { type: 'reasoning_text', text: 'Two' } }),
      at(0, 'content_part.added', { content_index: 2, part: { type: 'reasoning_text', text: 'Three' } }),
      at(0, 'reasoning_summary_part.done', { summary_index: 0, part: { type: 'summary_text', text: 'Sum' } }),
      completed([]),
    ],
    ['One|Two|Three|Sum'],
  ],
  [
    'raw reasoning may come with its item only',
    [done(0, { type: 'reasoning', id: 'rs_1', content: [{ type: 'reasoning_text', text: 'One' }] }), completed([])],
    ['One'],
  ],
  [
    'a part is a text by either name, or by none',
    [
      added(0, message('msg_1')),
      at(0, 'content_part.done', { content_index: 0, part: { type: 'text', text: 'A' } }),
      at(0, 'content_part.done', { content_index: 1, part: { text: 'B' } }),
      completed([]),
    ],
    ['A', 'B'],
  ],
]

describe('what an answer says', () => {
  test.each(rows)('%s', (_name, events, texts) => {
    const read = summary(decode([created, ...events]))
    expect(read.texts).toEqual(texts)
    expect(read.error).toBeUndefined()
  })

  test.each(['output_text', 'refusal', 'reasoning_text', 'reasoning_summary_text', 'function_call_arguments'])(
    'an event of %s without its text adds nothing',
    (kind) => {
      const lacking = [at(0, `${kind}.delta`), at(0, `${kind}.done`)]
      const said = (...events: JsonObject[]) => summary(decode([created, ...events, completed([])])).texts.join('')
      expect(said(...lacking)).toBe('')
      expect(said(at(0, `${kind}.delta`, { delta: 'Hi' }), ...lacking)).toMatch(/^(Hi)?$/)
    },
  )
})

describe('blocks of a message', () => {
  const events = (...more: JsonObject[]) => told(decode([created, added(0, message('msg_1')), ...more, completed([])]))

  test('end where the next part begins, once their text is whole', () => {
    const whole = at(0, 'content_part.done', { content_index: 0, part: part('A') })
    expect(events(textDelta(0, 'A'), whole, textDelta(0, 'B', 1))).toEqual([
      'start 0',
      'text 0 A',
      'end 0',
      'start 1',
      'text 1 B',
      'end 1',
    ])
  })

  test('take nothing more when they have ended', () => {
    const late = at(0, 'output_text.annotation.added', { content_index: 0, annotation: url('late') })
    const whole = at(0, 'content_part.done', { content_index: 0, part: part('A') })
    expect(events(textDelta(0, 'A'), whole, added(1, message('msg_2')), textDelta(0, 'a'), late, whole)).toEqual([
      'start 0',
      'text 0 A',
      'end 0',
    ])
  })

  test('may begin with a citation, and count citations that have no number', () => {
    const cite = (name: string) => at(0, 'output_text.annotation.added', { content_index: 0, annotation: url(name) })
    const annotations = [url('a'), url('b')]
    const whole = at(0, 'content_part.done', { content_index: 0, part: part('Hi', { annotations }) })
    expect(events(cite('a'), cite('b'), whole)).toEqual([
      'start 0',
      'annotation 0',
      'annotation 0',
      'text 0 Hi',
      'end 0',
    ])
  })

  test('are a refusal that comes whole', () => {
    const read = summary(decode([created, at(0, 'refusal.done', { refusal: 'No.' }), completed([])]))
    expect(read).toMatchObject({ kinds: ['refusal'], texts: ['No.'], finish: 'refusal' })
  })

  test('have the probabilities that only the whole text has', () => {
    const logprobs = [{ token: 'Hi', logprob: -0.5, top_logprobs: [] }]
    const events = decode([created, at(0, 'output_text.done', { text: 'Hi', logprobs }), completed([])])
    expect(events).toContainEqual({ type: 'block-delta', index: 0, delta: { kind: 'text', text: 'Hi', logprobs } })
  })

  test('are native where the part is of a kind that nobody knows', () => {
    const tide = { type: 'output_tide', text: 'high' }
    const events = decode([
      created,
      at(0, 'content_part.added', { content_index: 0, part: tide }),
      textDelta(0, 'high'),
      at(0, 'content_part.done', { content_index: 0, part: tide }),
      completed([]),
    ])
    expect(events).toContainEqual({ type: 'block-start', index: 0, block: { kind: 'native', native: tide } })
    expect(told(events)).toEqual(['start 0', 'end 0'])
  })
})
