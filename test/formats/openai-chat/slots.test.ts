import { expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { contentSlots } from '../../../lambda/formats/openai-chat/slots.ts'
import { callChunk, chunk } from './support.ts'

// What may differ between two chunks while the second need not be parsed (framing/mould.ts).

test.each<JsonObject>([{ content: 'a' }, { reasoning_content: 'a' }, { reasoning: 'a', reasoning_content: 'a' }])(
  'the text of %j may differ',
  (delta) => {
    const holders = ['content', 'reasoning_content', 'reasoning'].filter((key) => key in delta)
    expect(contentSlots(chunk(delta))).toEqual(holders.map((key) => ({ holder: delta, key })))
  },
)

test('so may the padding, and the arguments of one call', () => {
  const body = { arguments: '{"a"' }
  const padded = { ...callChunk({ index: 0, function: body }), obfuscation: 'x3f' }
  expect(contentSlots(padded)).toEqual([
    { holder: body, key: 'arguments' },
    { holder: padded, key: 'obfuscation' },
  ])
  expect(contentSlots({ ...padded, obfuscation: '' })).toEqual([{ holder: body, key: 'arguments' }])
})

test.each<[what: string, chunk: JsonObject]>([
  ['no choice', { ...chunk({}), choices: [] }],
  ['a role alone', chunk({ role: 'assistant', content: '' })],
  ['a call without arguments yet', callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '' } })],
  ['two calls', chunk({ tool_calls: [0, 1].map((index) => ({ index, function: { arguments: 'x' } })) })],
  ['two choices', { ...chunk({}), choices: [0, 1].map((index) => ({ index, delta: { content: 'a' } })) }],
])('a chunk with %s is parsed', (_what, each) => {
  expect(contentSlots(each)).toBeUndefined()
})
