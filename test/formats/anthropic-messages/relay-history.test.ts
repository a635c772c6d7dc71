import { expect, test } from 'vitest'
import { seal } from '../../../lambda/events/envelope.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import type { Quirks } from '../../../lambda/providers/quirks.ts'

const envelope = seal({ issuer: 'openai', value: 'gAAAA', kind: 'encrypted', id: 'rs_1' })
const own = { type: 'thinking', thinking: 'Hm.', signature: 'EqABsig' }
const foreign = { type: 'thinking', thinking: 'Hm.', signature: envelope }
const ownRedacted = { type: 'redacted_thinking', data: 'EqABdata' }
const foreignRedacted = { type: 'redacted_thinking', data: seal({ issuer: 'google', value: 'x', kind: 'redacted' }) }
const unsigned = { type: 'thinking', thinking: 'Hm.', signature: '' }
const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} }
const asked = { role: 'user', content: 'Hello' }
const anthropic: Quirks = { issuer: 'anthropic' }

const histories: Array<
  [name: string, quirks: Quirks, content: string | JsonObject[], kept: string | JsonObject[] | undefined]
> = [
  ['a string stays', anthropic, 'Hi', 'Hi'],
  ['signed thinking stays', anthropic, [own, call], [own, call]],
  ['redacted thinking of its own stays', {}, [ownRedacted, foreign, call], [ownRedacted, call]],
  [
    'thinking without any signature goes where signatures are demanded',
    anthropic,
    [{ type: 'thinking' }, call],
    [call],
  ],
  ['an envelope goes', {}, [foreign, call], [call]],
  ['an envelope of a redacted block goes', {}, [foreignRedacted, own, call], [own, call]],
  ['unsigned thinking goes where signatures are demanded', anthropic, [unsigned, call], [call]],
  ['unsigned thinking stays where nobody demands signatures', {}, [unsigned, call], [unsigned, call]],
  ['a message of nothing else goes with it', anthropic, [foreign], undefined],
]
test.each(histories)('relayed history: %s', (_name, quirks, content, kept) => {
  const messages = [asked, { role: 'assistant', content }, asked]
  const changed = kept !== content && JSON.stringify(kept) !== JSON.stringify(content)
  const expected = [asked, ...(kept === undefined ? [] : [{ role: 'assistant', content: kept }]), asked]
  expect(codec.withoutForeignReasoning?.({ messages }, quirks)).toEqual(changed ? { messages: expected } : {})
})

test('relayed history: a request without messages is left alone', () => {
  expect(codec.withoutForeignReasoning?.({ messages: 7 }, anthropic)).toEqual({})
})

test('relayed history: what a user says is left alone', () => {
  const messages = [{ role: 'user', content: [foreign] }]
  expect(codec.withoutForeignReasoning?.({ messages }, anthropic)).toEqual({})
})

test('relayed history: what is no block stays beside what goes', () => {
  const messages = [{ role: 'assistant', content: ['Hi', foreign] }]
  expect(codec.withoutForeignReasoning?.({ messages }, {})).toEqual({
    messages: [{ role: 'assistant', content: ['Hi'] }],
  })
})
