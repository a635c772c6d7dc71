import { describe, expect, it } from 'vitest'
import { type Format, formats } from '../support/upstream/format.ts'
import { type Body, sent, textOf } from '../support/upstream-request.ts'

// A conversation with instructions, thoughts, two calls and their results, in all six conversions.

const thought = 'a private thought'
const weather = JSON.stringify({ city: 'Bern' })

const conversation: Record<Format, object> = {
  C: {
    messages: [
      { role: 'system', content: 'Rule one.' },
      { role: 'developer', content: 'Rule two.' },
      { role: 'user', content: 'How is Bern?' },
      {
        role: 'assistant',
        content: 'Let me look.',
        reasoning_content: thought,
        tool_calls: [
          { id: 'call_w', type: 'function', function: { name: 'get_weather', arguments: weather } },
          { id: 'call_n', type: 'function', function: { name: 'now', arguments: '' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_w', content: 'sunny' },
      { role: 'tool', tool_call_id: 'call_n', content: 'noon' },
      { role: 'user', content: 'And now?' },
    ],
  },
  M: {
    system: [
      { type: 'text', text: 'Rule one.' },
      { type: 'text', text: 'Rule two.' },
    ],
    messages: [
      { role: 'user', content: 'How is Bern?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: thought, signature: '' },
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_use', id: 'call_w', name: 'get_weather', input: { city: 'Bern' } },
          { type: 'tool_use', id: 'call_n', name: 'now', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_w', content: 'sunny' },
          { type: 'tool_result', tool_use_id: 'call_n', content: [{ type: 'text', text: 'noon' }] },
          { type: 'text', text: 'And now?' },
        ],
      },
    ],
  },
  R: {
    instructions: 'Rule one.',
    input: [
      { role: 'developer', content: 'Rule two.' },
      { role: 'user', content: 'How is Bern?' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: thought }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me look.', annotations: [] }] },
      { type: 'function_call', call_id: 'call_w', name: 'get_weather', arguments: weather },
      { type: 'function_call', call_id: 'call_n', name: 'now', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_w', output: 'sunny' },
      { type: 'function_call_output', call_id: 'call_n', output: 'noon' },
      { role: 'user', content: [{ type: 'input_text', text: 'And now?' }] },
    ],
  },
}

const expectArrived: Record<Format, (body: Body) => void> = {
  C: ({ messages }) => {
    const instructions = messages.filter(({ role }) => role === 'system' || role === 'developer')
    expect(instructions.map(({ content }) => textOf(content)).join('\n')).toMatch(/^Rule one\.\n+Rule two\.$/)
    const [user, assistant, ...rest] = messages.slice(instructions.length)
    expect([user?.role, textOf(user?.content)]).toEqual(['user', 'How is Bern?'])
    expect([assistant?.role, textOf(assistant?.content)]).toEqual(['assistant', 'Let me look.'])
    expect(assistant?.tool_calls).toMatchObject([
      { id: 'call_w', type: 'function', function: { name: 'get_weather', arguments: weather } },
      { id: 'call_n', type: 'function', function: { name: 'now', arguments: '{}' } },
    ])
    expect(rest.map(({ role, tool_call_id, content }) => [role, tool_call_id, textOf(content)])).toEqual([
      ['tool', 'call_w', 'sunny'],
      ['tool', 'call_n', 'noon'],
      ['user', undefined, 'And now?'],
    ])
  },
  M: ({ system, messages }) => {
    expect(textOf(system)).toMatch(/^Rule one\.\n+Rule two\.$/)
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    const [user, assistant, results] = messages
    expect(textOf(user?.content)).toBe('How is Bern?')
    expect(assistant?.content).toMatchObject([
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', id: 'call_w', name: 'get_weather', input: { city: 'Bern' } },
      { type: 'tool_use', id: 'call_n', name: 'now', input: {} },
    ])
    const [first, second, ...texts] = (results?.content ?? []) as {
      type: string
      tool_use_id: string
      content: unknown
    }[]
    expect([first?.type, first?.tool_use_id, textOf(first?.content)]).toEqual(['tool_result', 'call_w', 'sunny'])
    expect([second?.type, second?.tool_use_id, textOf(second?.content)]).toEqual(['tool_result', 'call_n', 'noon'])
    expect(texts).toMatchObject([{ type: 'text', text: 'And now?' }])
  },
  R: ({ instructions, input }) => {
    const isRule = (role: string | undefined) => role === 'system' || role === 'developer'
    const rules = input.filter(({ role }) => isRule(role)).map(({ content }) => textOf(content))
    expect([instructions, ...rules].filter(Boolean).join('\n')).toMatch(/^Rule one\.\n+Rule two\.$/)
    const items = input.filter(({ role }) => !isRule(role))
    const kinds = items.map(({ type = 'message', role }) => role ?? type)
    expect(kinds).toEqual([
      'user',
      'assistant',
      'function_call',
      'function_call',
      'function_call_output',
      'function_call_output',
      'user',
    ])
    expect(items[1]?.content).toMatchObject([{ type: 'output_text', text: 'Let me look.' }])
    expect(items.slice(2, 4)).toMatchObject([
      { call_id: 'call_w', name: 'get_weather', arguments: weather },
      { call_id: 'call_n', name: 'now', arguments: '{}' },
    ])
    expect(items.slice(4, 6).map(({ call_id, output }) => [call_id, textOf(output)])).toEqual([
      ['call_w', 'sunny'],
      ['call_n', 'noon'],
    ])
    expect(textOf(items[6]?.content)).toBe('And now?')
  },
}

describe('a conversation with tools', () => {
  for (const client of formats) {
    for (const upstream of formats.filter((format) => format !== client)) {
      it(`${client} client, ${upstream} provider`, async () => {
        const { body, request } = await sent(client, upstream, conversation[client])
        expectArrived[upstream](body)
        expect(request.body, 'thoughts without a seal are not sent').not.toContain(thought)
      })
    }
  }
})
