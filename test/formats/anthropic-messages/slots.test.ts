import { expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { contentSlots } from '../../../lambda/formats/anthropic-messages/slots.ts'

// What may differ between two deltas while the second need not be parsed (framing/mould.ts).

const type = 'content_block_delta'

test.each([
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
  ['input_json_delta', 'partial_json'],
])('a %s may have another %s', (name, key) => {
  const delta = { type: name, [key]: 'Hi' }
  expect(contentSlots({ type, index: 0, delta })).toEqual([{ holder: delta, key }])
})

test.each<JsonObject>([
  { type, index: 0, delta: { type: 'text_delta', text: '' } },
  { type, index: 0, delta: { type: 'text_delta', text: 7 } },
  { type, index: 0, delta: { type: 'signature_delta', signature: 'Eq==' } },
  { type, index: 0 },
  { type: 'content_block_start', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
])('%j is parsed', (event) => {
  expect(contentSlots(event)).toBeUndefined()
})
