import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import {
  callChunk,
  chunk,
  detailsChunk,
  done,
  finished,
  fold,
  foldedMessage,
  framesOf,
  functionNamed,
  usageChunk,
} from './support.ts'

// What a fold makes of pieces that come in odd forms, each of which some server sends.

const called = (id: string, name: string, text: string) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
})

const calls: Array<[what: string, entries: JsonObject[], expected: JsonObject[]]> = [
  [
    'pieces without index and id belong to the last one',
    [
      { id: 'a', ...functionNamed('f', '{}') },
      { id: 'b', ...functionNamed('g', '{') },
      { function: { arguments: '}' } },
    ],
    [called('a', 'f', '{}'), called('b', 'g', '{}')],
  ],
  [
    'pieces with an id and no index belong to the one of that id',
    [
      { id: 'a', ...functionNamed('f', '{"x"') },
      { id: 'b', ...functionNamed('g', '{') },
      { id: 'a', function: { arguments: ':1}' } },
      { id: 'b', function: { arguments: '}' } },
    ],
    [called('a', 'f', '{"x":1}'), called('b', 'g', '{}')],
  ],
  [
    'names without index and id are calls of their own',
    [functionNamed('f', '{"x":1}'), functionNamed('g', '{"x":2}')],
    [functionNamed('f', '{"x":1}'), functionNamed('g', '{"x":2}')],
  ],
  [
    'one without index beside one that has it is another',
    [
      { index: 1, id: 'a', ...functionNamed('f', '{') },
      { id: 'b', ...functionNamed('g', '{}') },
      { index: 1, function: { arguments: '}' } },
    ],
    [called('a', 'f', '{}'), called('b', 'g', '{}')],
  ],
  [
    'another id alone is not another call',
    [
      { index: 0, id: 'a', ...functionNamed('f', '{') },
      { index: 0, id: 'b', function: { arguments: '}' } },
    ],
    [called('a', 'f', '{}')],
  ],
]

describe('calls', () => {
  test.each(calls)('%s', (_what, entries, expected) => {
    expect(foldedMessage(entries.map(callChunk)).tool_calls).toEqual(expected)
  })

  test('of the deprecated form have arguments', () => {
    expect(foldedMessage([chunk({ function_call: { name: 'f' } })]).function_call).toEqual({
      name: 'f',
      arguments: '{}',
    })
  })

  test('without a finish reason are why the answer ended if the stream said [DONE]', () => {
    const { choices } = fold([callChunk({ index: 0, id: 'a', ...functionNamed('f', '{}') }), done])
    expect(choices).toMatchObject([{ finish_reason: 'tool_calls' }])
  })

  test('that are whole are told by choice, then by index', () => {
    const whole = codec.createFold()
    const chunks = [
      chunk({ tool_calls: [{ index: 1, ...called('c', 'f', '{}') }] }, {}, 1),
      chunk({ tool_calls: [{ index: 0, ...called('b', 'f', '{}') }] }, { finish_reason: 'tool_calls' }, 1),
      chunk({ tool_calls: [{ index: 0, ...called('a', 'f', '{}') }] }, { finish_reason: 'tool_calls' }),
    ]
    for (const frame of framesOf(chunks)) whole.push(frame)
    const call = { name: 'f', tool: 'function', arguments: '{}' }
    expect(whole.completeToolCalls?.()).toMatchObject([
      { ...call, id: 'a' },
      { ...call, id: 'b', choice: 1 },
      { ...call, id: 'c', choice: 1 },
    ])
    expect(whole.completeToolCalls?.()[0]).not.toHaveProperty('choice')
  })
})

describe('a message that comes whole at the end counts only if there was no delta', () => {
  test.each<[what: string, said: JsonObject]>([
    ['reasoning', { reasoning_content: 'Hm' }],
    ['a refusal', { refusal: 'No' }],
    ['calls', { tool_calls: [called('a', 'f', '{}')] }],
    ['pictures', { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }],
    ['sound', { audio: { id: 'a', data: 'AAAA', transcript: 'Hi' } }],
  ])('%s', (_what, said) => {
    const whole = { ...chunk({}), choices: [{ index: 0, message: said, finish_reason: 'stop' }] }
    expect(foldedMessage([chunk(said), whole])).toEqual(foldedMessage([chunk(said)]))
    expect(foldedMessage([whole])).toEqual(foldedMessage([chunk(said)]))
  })
})

const details: Array<[what: string, fragments: JsonObject[], expected: JsonObject[]]> = [
  [
    'null overwrites nothing',
    [
      { type: 'reasoning.text', index: 0, signature: null },
      { type: 'reasoning.text', index: 0, text: 'H', id: 'r' },
      { type: 'reasoning.text', index: 0, text: 'm', id: null },
    ],
    [{ type: 'reasoning.text', index: 0, text: 'Hm', id: 'r', signature: null }],
  ],
  [
    'summaries of two ids under one index are two',
    ['One', 'Two'].map((summary) => ({ type: 'reasoning.summary', summary, id: `rs_${summary}`, index: 0 })),
    [
      { type: 'reasoning.summary', summary: 'One', id: 'rs_One', index: 0 },
      { type: 'reasoning.summary', summary: 'Two', id: 'rs_Two', index: 0 },
    ],
  ],
  [
    'encrypted data that differs is of two',
    ['AA', 'BB', 'BB'].map((data) => ({ type: 'reasoning.encrypted', data, index: 0 })),
    [
      { type: 'reasoning.encrypted', data: 'AA', index: 0 },
      { type: 'reasoning.encrypted', data: 'BB', index: 0 },
    ],
  ],
  [
    'signatures that differ are of two',
    ['S1', 'S2'].map((signature) => ({ type: 'reasoning.text', signature, index: 0 })),
    [
      { type: 'reasoning.text', signature: 'S1', index: 0 },
      { type: 'reasoning.text', signature: 'S2', index: 0 },
    ],
  ],
]

test.each(details)('details of reasoning: %s', (_what, fragments, expected) => {
  expect(foldedMessage(fragments.map((fragment) => detailsChunk(fragment))).reasoning_details).toEqual(expected)
})

describe('content', () => {
  const text = (value: string) => ({ type: 'text', text: value })
  const thinking = (value: string) => ({ type: 'thinking', thinking: [text(value)] })
  const reference = (id: number) => ({ type: 'reference', reference_ids: [id] })

  test('that came before any part is the first one', () => {
    expect(foldedMessage([chunk({ content: 'a' }), chunk({ content: [text('b'), thinking('c')] })]).content).toEqual([
      text('ab'),
      thinking('c'),
    ])
  })

  test('of parts that are no text stays apart', () => {
    const parts = [text('a'), reference(1), reference(2), text('b')]
    expect(foldedMessage([chunk({ content: parts.slice(0, 2) }), chunk({ content: parts.slice(2) })]).content).toEqual(
      parts,
    )
  })
})

test('sound of which a piece in the middle is padded is decoded piece by piece', () => {
  const pieces = ['AAAA', 'AQ==', 'AAAA']
  const { audio } = foldedMessage(pieces.map((data) => chunk({ audio: { data } })))
  expect(audio).toEqual({ data: Buffer.from([0, 0, 0, 1, 0, 0, 0]).toString('base64'), transcript: '' })
})

test('fields that are null say nothing', () => {
  const nothing = { role: null, content: null, refusal: null, tool_calls: null, function_call: null, audio: null }
  const empty = { annotations: null, images: null, reasoning_details: null, reasoning: null }
  expect(foldedMessage([chunk({ content: 'a' }), chunk({ ...nothing, ...empty })])).toEqual({
    role: 'assistant',
    content: 'a',
    refusal: null,
    annotations: [],
  })
})

test('usage in a choice, and its message once more, are no fields of it', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
  const last = { index: 0, delta: {}, message: { content: 'a' }, finish_reason: 'stop', usage, logprobs: null }
  const { choices } = fold([chunk({ content: 'a' }), { ...chunk({}), choices: [last] }])
  const message = { role: 'assistant', content: 'a', refusal: null, annotations: [] }
  expect(choices).toEqual([{ index: 0, message, logprobs: null, finish_reason: 'stop' }])
})

describe('of the stream', () => {
  test('id, model and time are what some chunk says', () => {
    const bare = { choices: [{ index: 0, delta: { content: 'a' } }] }
    expect(fold([bare])).toMatchObject({ id: '', model: '', created: 0 })
    expect(fold([bare, chunk({}), bare, { ...chunk({}), id: '', model: '', created: 0 }])).toMatchObject({
      id: 'chatcmpl-1',
      model: 'm',
      created: 1767225600,
    })
  })

  test('an event that is named an error says nothing, nor what follows [DONE] with a blank behind it', () => {
    const whole = codec.createFold()
    const error = { event: 'error', data: '{"message":"Boom","code":500}' }
    const after = framesOf([chunk({ content: 'b' })])
    for (const frame of [...framesOf([chunk({ content: 'a' }), finished('stop')]), error]) whole.push(frame)
    for (const frame of [{ event: '', data: '[DONE] ' }, ...after]) whole.push(frame)
    expect(whole.result()).toEqual(fold([chunk({ content: 'a' }), finished('stop')]))
  })

  test('the last usage counts though it has no output', () => {
    const filtered = { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 }
    const earlier = { prompt_tokens: 4, completion_tokens: 1, total_tokens: 5 }
    expect(fold([usageChunk(earlier), usageChunk(filtered)]).usage).toEqual(filtered)
  })
})
