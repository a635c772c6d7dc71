import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { decode, summary } from './support.ts'

// How a response ended: the status inside it decides where the event's name says something better.

const created = { type: 'response.created', response: { id: 'resp_1', model: 'm', status: 'in_progress' } }
const end = (type: string, response: JsonObject) => summary(decode([created, { type, response }]))

describe('a terminal event', () => {
  const error = { code: 'server_error', message: 'Oops' }

  test.each([
    ['response.failed', { status: 'failed', error }],
    ['response.completed', { status: 'failed', error }],
    ['response.incomplete', { status: 'failed', error }],
    ['response.cancelled', { status: 'cancelled', error }],
    ['response.cancelled', { error }],
    ['response.completed', { status: 'cancelled', error }],
  ])('%s of %j is an error, never a finish', (type, response) => {
    const ended = end(type, response)
    expect(ended.error).toMatchObject({ message: 'Oops' })
    expect(ended.finish).toBeUndefined()
  })

  test('completed whose status is incomplete is no completion', () => {
    const response = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    const ended = end('response.completed', response)
    expect(ended.error).toBeUndefined()
    expect(ended.finish).toBe('length')
  })
})

test('a custom tool’s call is told from a function’s', () => {
  const calls = ['custom_tool_call', 'function_call'].map((type, output_index) => ({
    type: 'response.output_item.added',
    output_index,
    item: { type, id: `i${output_index}`, call_id: `call_${output_index}`, name: 'f', input: '', arguments: '' },
  }))
  const blocks = decode([created, ...calls]).flatMap((event) => (event.type === 'block-start' ? [event.block] : []))
  expect(blocks).toMatchObject([
    { kind: 'tool-call', id: 'call_0', name: 'f', tool: 'custom' },
    { kind: 'tool-call', id: 'call_1', name: 'f', tool: 'function' },
  ])
})

test('a response begins with what the provider says of it, and time in whole seconds', () => {
  const [start] = decode([{ type: 'response.created', response: { id: 'resp_1', model: 'm', created_at: 7.9 } }])
  expect(start).toMatchObject({ type: 'response-start', id: 'resp_1', model: 'm', createdAt: 7 })
  const [bare] = decode([{ type: 'response.created', response: {} }])
  expect(bare).toMatchObject({ type: 'response-start', id: expect.stringMatching(/^resp_./), model: '' })
  expect(bare).not.toHaveProperty('createdAt')
})
