import { expect, test } from 'vitest'
import { seal } from '../../../lambda/events/envelope.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-responses/index.ts'
import type { Quirks } from '../../../lambda/providers/quirks.ts'

const own = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAABl==' }
const foreign = {
  type: 'reasoning',
  id: 'rs_2',
  summary: [],
  encrypted_content: seal({ issuer: 'anthropic', value: 'E' }),
}
const plain = { type: 'reasoning', id: 'rs_3', summary: [{ type: 'summary_text', text: 'Hm.' }] }
const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' }

const openai: Quirks = { issuer: 'openai' }

const histories: Array<[name: string, quirks: Quirks, fields: JsonObject, changes: object]> = [
  ['a string stays', openai, { input: 'Hello', store: false }, {}],
  ['encrypted reasoning stays', openai, { input: [own, call], store: false }, {}],
  ['an envelope goes, and nothing else with it', {}, { input: [foreign, own, call] }, { input: [own, call] }],
  ['what is no item is the provider’s to refuse', {}, { input: ['x', foreign] }, { input: ['x'] }],
  ['what OpenAI did not store and cannot read goes', openai, { input: [plain, call], store: false }, { input: [call] }],
  ['what OpenAI may have stored stays', openai, { input: [plain, call] }, {}],
  ['another provider may want the text alone', {}, { input: [plain, call], store: false }, {}],
]
test.each(histories)('relayed history: %s', (_name, quirks, fields, changes) => {
  expect(codec.withoutForeignReasoning?.(fields, quirks)).toEqual(changes)
})
