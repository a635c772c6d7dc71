import { describe, expect, test } from 'vitest'
import { seal } from '../../../lambda/events/envelope.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import type { Item, JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { functionNamed, googleSigned } from './support.ts'

// Messages of the history that carry more than text, or less than they might.

function items(messages: JsonObject[], losses = new Losses()): Item[] {
  return codec.readRequest({ model: 'm', messages }, { headers: {}, losses }).items
}

describe('calls', () => {
  test('keep Google’s signature', () => {
    const [signed, bare] = ['sig', ''].map((signature) => ({
      id: 'a',
      ...functionNamed('f', '{}'),
      ...googleSigned(signature),
    }))
    const call = { kind: 'tool-call', id: 'a', name: 'f', tool: 'function', arguments: '{}' }
    expect(items([{ role: 'assistant', tool_calls: [signed, bare] }])).toStrictEqual([
      { ...call, signature: 'sig' },
      call,
    ])
  })

  test('of a custom tool may have no input', () => {
    const custom = { id: 'a', type: 'custom', custom: { name: 'now' } }
    expect(items([{ role: 'assistant', tool_calls: [custom] }])).toEqual([
      { kind: 'tool-call', id: 'a', name: 'now', tool: 'custom', arguments: '' },
    ])
  })

  test('of the deprecated form are answered in their order', () => {
    const function_call = { name: 'f', arguments: '{}' }
    const asked = { role: 'assistant', content: null, function_call }
    const answered = (content: string) => ({ role: 'function', name: 'f', content })
    const call = { kind: 'tool-call', name: 'f', tool: 'function', arguments: '{}' }
    const result = (text: string) => ({ kind: 'tool-result', tool: 'function', parts: [{ kind: 'text', text }] })
    expect(items([asked, answered('1'), asked, answered('2')])).toEqual([
      { ...call, id: 'call_function_0' },
      { ...result('1'), callId: 'call_function_0' },
      { ...call, id: 'call_function_2' },
      { ...result('2'), callId: 'call_function_2' },
    ])
  })
})

describe('parts', () => {
  const partsOf = (message: JsonObject) => {
    const [item] = items([message])
    return item?.kind === 'message' ? item.parts : undefined
  }

  test('without their text are dropped, a refusal without words stays one', () => {
    const content = [{ type: 'text' }, { type: 'refusal' }, { type: 'text', text: 'a' }]
    expect(partsOf({ role: 'assistant', content })).toEqual([
      { kind: 'refusal', text: '' },
      { kind: 'text', text: 'a' },
    ])
  })

  test('with a comma in their address are no data', () => {
    const url = 'https://example.org/w_200,h_100/a.png'
    expect(partsOf({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] })).toEqual([
      { kind: 'image', source: { type: 'url', url } },
    ])
  })

  test('marked with a lifetime nobody knows are marked', () => {
    const content = [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '2h' } }]
    expect(partsOf({ role: 'user', content })).toStrictEqual([{ kind: 'text', text: 'a', cache: {} }])
  })

  test.each([
    ['sound', { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } }] }],
    ['a refusal', { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }],
  ])('that are %s last take no mark of their message', (_what, message) => {
    expect(partsOf({ ...message, cache_control: { type: 'ephemeral' } })).toEqual(partsOf(message))
  })
})

test('an unknown field that is null is no loss', () => {
  const losses = new Losses()
  items([{ role: 'user', content: 'Hi', mystery: null }], losses)
  expect(losses.list()).toEqual([])
})

describe('reasoning', () => {
  const openai = 'openai-responses-v1'
  const summary = (text: string, rest: JsonObject) => ({
    type: 'reasoning.summary',
    summary: text,
    format: openai,
    ...rest,
  })
  const sealed = (text: string[] | undefined, value = 'gAAA') =>
    seal({ issuer: 'openai', value, kind: 'encrypted', id: 'rs_1', ...(text && { text }) })
  const opened = { kind: 'reasoning', issuer: 'openai', id: 'rs_1', encrypted: 'gAAA' }

  test.each<[what: string, details: JsonObject[], expected: JsonObject[]]>([
    [
      'summaries of two indexes without ids are two',
      [summary('One', { index: 0 }), summary('Two', { index: 1 })],
      [
        { kind: 'reasoning', issuer: 'openai', parts: ['One'] },
        { kind: 'reasoning', issuer: 'openai', parts: ['Two'] },
      ],
    ],
    [
      'summaries of two ids are two',
      [summary('One', { index: 0, id: 'rs_1' }), summary('Two', { index: 1, id: 'rs_2' })],
      [
        { kind: 'reasoning', issuer: 'openai', id: 'rs_1', parts: ['One'] },
        { kind: 'reasoning', issuer: 'openai', id: 'rs_2', parts: ['Two'] },
      ],
    ],
    [
      'a signature under another index is of another block',
      [
        { type: 'reasoning.text', text: 'Hm', format: 'anthropic-claude-v1', index: 0 },
        { type: 'reasoning.text', signature: 'S', format: 'anthropic-claude-v1', index: 1 },
      ],
      [
        { kind: 'reasoning', issuer: 'anthropic', parts: ['Hm'] },
        { kind: 'reasoning', issuer: 'anthropic', parts: [], signature: 'S' },
      ],
    ],
    [
      'details without a format are nobody’s',
      [{ type: 'reasoning.text', text: 'Hm', index: 0 }],
      [{ kind: 'reasoning', issuer: 'unknown', parts: ['Hm'] }],
    ],
    [
      'an envelope without text takes that beside it',
      [{ type: 'reasoning.text', text: 'Hm', signature: sealed(undefined), index: 0 }],
      [{ ...opened, parts: ['Hm'] }],
    ],
    [
      'an envelope may be all there is',
      [{ type: 'reasoning.text', signature: sealed(undefined), index: 0 }],
      [{ ...opened, parts: [] }],
    ],
    [
      'an envelope that has a text is no seal of the block before it',
      [summary('One', { index: 0 }), { type: 'reasoning.text', signature: sealed(['Two']), index: 1 }],
      [
        { kind: 'reasoning', issuer: 'openai', parts: ['One'] },
        { ...opened, parts: ['Two'] },
      ],
    ],
  ])('%s', (_what, reasoning_details, expected) => {
    expect(items([{ role: 'assistant', content: 'x', reasoning_details }]).slice(0, -1)).toEqual(expected)
  })
})
