import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import {
  mayThink,
  type WrittenMessage,
  withoutPrefilledThinking,
} from '../../../lambda/formats/anthropic-messages/thinking-history.ts'

const turn = (role: WrittenMessage['role'], ...content: JsonObject[]): WrittenMessage => ({ role, content })
const text = { type: 'text', text: 'x' }
const use = { type: 'tool_use', id: 't', name: 'f', input: {} }
const thinking = { type: 'thinking', thinking: 'hm', signature: 'Eq==' }
const redacted = { type: 'redacted_thinking', data: 'data' }
const asked = turn('user', text)
const results = turn('user', { type: 'tool_result', tool_use_id: 't' })
const more = turn('user', { type: 'tool_result', tool_use_id: 't' }, text)

const histories: Array<[name: string, messages: WrittenMessage[], may: boolean]> = [
  ['nothing', [], true],
  ['a question', [asked], true],
  ['an answer without calls', [asked, turn('assistant', text), asked], true],
  ['a prefill', [asked, turn('assistant', thinking, text)], false],
  ['a prefill alone', [turn('assistant', text)], false],
  ['a call without its thinking', [asked, turn('assistant', text, use), results], false],
  ['a call behind its thinking', [asked, turn('assistant', thinking, use), results], true],
  ['a call behind redacted thinking', [asked, turn('assistant', redacted, use), results], true],
  [
    'a call whose turn does not begin with its thinking',
    [asked, turn('assistant', text, thinking, use), results],
    false,
  ],
  [
    'a turn that began with thinking and goes on behind results',
    [asked, turn('assistant', thinking, use), results, turn('assistant', use), results],
    true,
  ],
  [
    'a turn over three messages at the very beginning',
    [turn('assistant', thinking, use), results, turn('assistant', use), results, turn('assistant', use), results],
    true,
  ],
  [
    'a turn that goes on though it began without thinking',
    [asked, turn('assistant', use), results, turn('assistant', thinking, use), results],
    false,
  ],
  [
    'a turn of its own, since the user said more than results',
    [asked, turn('assistant', thinking, use), more, turn('assistant', use), results],
    false,
  ],
  [
    'a turn of its own that thinks, since the user said more than results',
    [asked, turn('assistant', use), more, turn('assistant', thinking, use), results],
    true,
  ],
  ['results that nothing asked for', [asked, results, turn('assistant', thinking, use), results], true],
]
test.each(histories)('may the model think behind %s?', (_name, messages, may) => {
  expect(mayThink(messages)).toBe(may)
})

describe('a prefill where the model is not to think', () => {
  test.each<[name: string, messages: WrittenMessage[], kept: WrittenMessage[]]>([
    [
      'loses its thinking',
      [asked, turn('assistant', text), asked, turn('assistant', thinking, redacted, text)],
      [asked, turn('assistant', text), asked, turn('assistant', text)],
    ],
    ['stays without any', [asked, turn('assistant', text)], [asked, turn('assistant', text)]],
    ['is none behind the user', [turn('assistant', thinking, text), asked], [turn('assistant', thinking, text), asked]],
    ['is none in nothing', [], []],
  ])('%s', (_name, messages, kept) => {
    expect(withoutPrefilledThinking(messages)).toEqual(kept)
  })
})
