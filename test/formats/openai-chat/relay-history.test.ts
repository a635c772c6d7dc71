import { expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { type Quirks, quirksOf } from '../../../lambda/providers/quirks.ts'

const asked = { role: 'user', content: 'Hello' }
const said = { role: 'assistant', content: 'Hi', annotations: [] }
const called = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
}
const claudes = [{ type: 'reasoning.text', text: 'Hm.', signature: 'EqAB', format: 'anthropic-claude-v1', index: 0 }]
const openais = [{ type: 'reasoning.encrypted', data: 'gAAAA', format: 'azure-openai-responses-v1', index: 0 }]
const nobodys = [{ type: 'reasoning.text', text: 'Hm.', format: 'unknown', index: 0 }, { type: 'reasoning.text' }]
const thought = { reasoning_content: 'Hm.', reasoning: 'Hm.' }
const of = (id: string): Quirks => quirksOf({ id, baseUrl: '' })

const histories: Array<[name: string, quirks: Quirks, message: JsonObject, kept: JsonObject | undefined]> = [
  ['reasoning of Claude goes', of('groq'), { ...said, ...thought, reasoning_details: claudes }, said],
  ['reasoning of OpenAI goes', {}, { ...called, ...thought, reasoning_details: [...nobodys, ...openais] }, called],
  [
    'its text stays where reasoning goes back as text',
    of('deepseek'),
    { ...said, reasoning_content: 'Hm.', reasoning_details: claudes },
    { ...said, reasoning_content: 'Hm.' },
  ],
  ['a message of nothing else goes with it', {}, { ...said, content: '', reasoning_details: claudes }, undefined],
  [
    'the provider’s own stays',
    of('openai'),
    { ...said, reasoning_details: openais },
    { ...said, reasoning_details: openais },
  ],
  [
    'all of it stays with OpenRouter',
    of('openrouter'),
    { ...said, reasoning_details: claudes },
    { ...said, reasoning_details: claudes },
  ],
  [
    'reasoning that does not say whose it is stays',
    of('groq'),
    { ...said, ...thought, reasoning_details: nobodys },
    { ...said, ...thought, reasoning_details: nobodys },
  ],
  [
    'so it does with a provider that signs its own',
    of('openai'),
    { ...said, reasoning_details: nobodys },
    { ...said, reasoning_details: nobodys },
  ],
  ['what is no reasoning is no reason', {}, { ...said, reasoning_details: [7, null, ...claudes] }, said],
  ['a message without any stays', {}, said, said],
]
test.each(histories)('relayed history: %s', (_name, quirks, message, kept) => {
  const changed = JSON.stringify(kept) !== JSON.stringify(message)
  const expected = { messages: [asked, ...(kept ? [kept] : []), asked] }
  expect(codec.withoutForeignReasoning?.({ messages: [asked, message, asked] }, quirks)).toEqual(
    changed ? expected : {},
  )
})

test('relayed history: a request without messages is left alone', () => {
  expect(codec.withoutForeignReasoning?.({ messages: 7 }, {})).toEqual({})
})
