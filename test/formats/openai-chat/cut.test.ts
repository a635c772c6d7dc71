import { expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { createdAt } from './support.ts'

// The chunks that a whole completion is cut into, one by one.

const head = { id: 'chatcmpl-9', created: createdAt, model: 'm', service_tier: 'default' }
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

function cut(object: JsonObject): unknown[] {
  return codec.cutObject({ ...head, object: 'chat.completion', ...object }).map(({ event, data }) => {
    expect(event).toBe('')
    return data === '[DONE]' ? data : JSON.parse(data)
  })
}

function piece(delta: JsonObject, { index = 0, logprobs = null, finish_reason = null }: JsonObject = {}): JsonObject {
  const choices = [{ index, delta, logprobs, finish_reason }]
  return { ...head, object: 'chat.completion.chunk', choices }
}

const role = { role: 'assistant' }
const tokens = { content: [{ token: 'Hi', logprob: -1 }], refusal: null }
const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })

test('each part of the message is one delta, the probabilities go with the text', () => {
  const message = {
    ...role,
    content: 'Hi',
    refusal: null,
    annotations: [],
    reasoning_content: 'Hm',
    reasoning: '',
    tool_calls: [call('a'), call('b')],
    audio: { id: 'x' },
  }
  const choice = { index: 0, message, logprobs: tokens, finish_reason: 'tool_calls' }
  expect(cut({ choices: [choice], usage })).toEqual([
    piece(role),
    piece({ reasoning_content: 'Hm' }),
    piece({ content: 'Hi' }, { logprobs: tokens }),
    piece({ annotations: [] }),
    piece({ tool_calls: [{ ...call('a'), index: 0 }] }),
    piece({ tool_calls: [{ ...call('b'), index: 1 }] }),
    piece({ audio: { id: 'x' } }),
    piece({}, { finish_reason: 'tool_calls' }),
    { ...head, object: 'chat.completion.chunk', choices: [], usage },
    '[DONE]',
  ])
})

test('the probabilities of a refusal go with it, and no usage is made up', () => {
  const message = { ...role, content: null, refusal: 'No.' }
  const refused = { content: null, refusal: tokens.content }
  expect(cut({ choices: [{ index: 0, message, logprobs: refused, finish_reason: 'stop' }], usage: null })).toEqual([
    piece(role),
    piece({ refusal: 'No.' }, { logprobs: refused }),
    piece({}, { finish_reason: 'stop' }),
    '[DONE]',
  ])
})

test('probabilities of text and refusal together go with the first of both', () => {
  const message = { ...role, content: 'Hi', reasoning: 'Hm', refusal: 'No.' }
  expect(cut({ choices: [{ index: 0, message, logprobs: tokens }] }).slice(1, 4)).toEqual([
    piece({ reasoning: 'Hm' }),
    piece({ content: 'Hi' }, { logprobs: tokens }),
    piece({ refusal: 'No.' }),
  ])
})

test('each choice is cut, and what is none is left out', () => {
  const choices = [{ index: 0, message: { content: 'a' } }, null, { index: 1, message: { content: 'b' } }]
  expect(cut({ choices })).toEqual([
    piece(role),
    piece({ content: 'a' }),
    piece({}),
    piece(role, { index: 1 }),
    piece({ content: 'b' }, { index: 1 }),
    piece({}, { index: 1 }),
    '[DONE]',
  ])
})

test.each([
  ['no choices', { choices: [] }],
  ['choices of another form', { choices: {} }],
  ['an error beside choices', { choices: [{ index: 0, message: { content: 'a' } }], error: { message: 'No' } }],
])('an object with %s is one event as it stands', (_what, fields) => {
  expect(cut(fields)).toEqual([{ ...head, object: 'chat.completion', ...fields }])
})
