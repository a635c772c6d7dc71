import { expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { contentSlots } from '../../../lambda/formats/openai-responses/slots.ts'

// What may differ between two deltas while the second need not be parsed (framing/mould.ts).

const type = 'response.output_text.delta'
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 }

test.each<[event: JsonObject, slots: string[]]>([
  [
    { type, ...place, sequence_number: 4, delta: 'Hi', obfuscation: 'x3f' },
    ['delta', 'sequence_number', 'obfuscation'],
  ],
  [{ type, ...place, sequence_number: 4, delta: 'Hi', obfuscation: '' }, ['delta', 'sequence_number']],
  [{ type, ...place, sequence_number: '4', delta: 'Hi', obfuscation: null }, ['delta']],
  [{ type, ...place, delta: 'Hi' }, ['delta']],
])('%j may have another %j', (event, slots) => {
  expect(contentSlots(event)).toEqual(slots.map((key) => ({ holder: event, key })))
})

test.each([
  'output_text',
  'refusal',
  'reasoning_text',
  'reasoning_summary_text',
  'function_call_arguments',
  'custom_tool_call_input',
])('a delta of %s may have other words', (words) => {
  const event = { type: `response.${words}.delta`, output_index: 0, delta: 'Hi' }
  expect(contentSlots(event)).toEqual([{ holder: event, key: 'delta' }])
})

test.each<JsonObject>([
  { type, ...place, sequence_number: 4, delta: '' },
  { type, ...place, sequence_number: 4, delta: null },
  { type: 'response.output_text.done', ...place, sequence_number: 4, delta: 'Hi' },
])('%j is parsed', (event) => {
  expect(contentSlots(event)).toBeUndefined()
})
