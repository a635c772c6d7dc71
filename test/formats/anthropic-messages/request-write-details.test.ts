import { expect, test } from 'vitest'
import type { CanonicalRequest, JsonObject, Tool } from '../../../lambda/events/request.ts'
import type { ModelCapabilities } from '../../../lambda/providers/capabilities.ts'
import { call, message, result, text, tool, user } from './items.ts'
import { write } from './support.ts'

const f = tool('f')
const empty = { type: 'object', properties: {} }
const search: Tool = { kind: 'web-search' }
const wireSearch = { type: 'web_search_20250305', name: 'web_search' }
const unforced: ModelCapabilities = { forcedTools: false }
const efforts = (...levels: Array<'low' | 'medium' | 'high' | 'max'>): ModelCapabilities => ({
  thinking: ['adaptive'],
  efforts: levels,
})
const schema = { ...empty, additionalProperties: false }
const format = { type: 'json-schema', schema } as const
const thinkingOf = (budget_tokens: number) => ({ type: 'enabled', budget_tokens, display: 'summarized' })

const cases: Array<
  [name: string, request: Partial<CanonicalRequest>, model: ModelCapabilities, body: JsonObject, losses: string[]]
> = [
  ['one answer', { n: 1 }, {}, {}, []],
  ['tier auto', { serviceTier: 'auto' }, {}, { service_tier: 'auto' }, []],
  ['no tier', {}, {}, { service_tier: undefined }, []],
  ['the longest user id', { endUser: 'a'.repeat(64) }, {}, { metadata: { user_id: 'a'.repeat(64) } }, []],
  [
    'a temperature where none is taken',
    { temperature: 0.2 },
    { sampling: 'none' },
    { temperature: undefined },
    ['sampling'],
  ],
  ['a temperature of 1', { temperature: 1 }, {}, { temperature: 1 }, []],
  [
    'a temperature of 1 where the model thinks',
    { temperature: 1, topK: 3, reasoning: { effort: 'low' } },
    { thinking: ['adaptive'] },
    { temperature: 1, top_k: undefined },
    ['sampling'],
  ],
  [
    'thinking between tools, of a model that has it',
    { reasoning: { mode: 'between_tools' } },
    { thinking: ['between_tools'] },
    { thinking: { type: 'between_tools' } },
    [],
  ],
  [
    'thinking between tools, of a model that has it not',
    { reasoning: { mode: 'between_tools' } },
    { thinking: ['enabled'] },
    { thinking: undefined },
    ['thinking-mode'],
  ],
  [
    'adaptive thinking of a model that wants a budget',
    { maxOutputTokens: 9000, reasoning: { mode: 'adaptive' } },
    { thinking: ['enabled'] },
    { thinking: thinkingOf(7200) },
    [],
  ],
  [
    'a budget that leaves no room for the answer',
    { maxOutputTokens: 2000, reasoning: { mode: 'enabled', budgetTokens: 9000 } },
    {},
    { thinking: thinkingOf(1999) },
    [],
  ],
  [
    'the nearest lower effort',
    { reasoning: { effort: 'max' } },
    efforts('low', 'medium'),
    { output_config: { effort: 'medium' } },
    ['effort'],
  ],
  [
    'the least effort there is',
    { reasoning: { effort: 'low' } },
    efforts('high', 'max'),
    { output_config: { effort: 'high' } },
    ['effort'],
  ],
  [
    'no effort where there is none',
    { reasoning: { effort: 'low' } },
    efforts(),
    { output_config: undefined },
    ['effort'],
  ],
  [
    'a form of nothing but text',
    { outputFormat: { type: 'text' } },
    { structuredOutput: true },
    { output_config: undefined },
    [],
  ],
  [
    'a form of a model that cannot be forced',
    { outputFormat: format },
    unforced,
    { tools: undefined },
    ['structured-output'],
  ],
  [
    'a form as a forced call, which leaves no thinking',
    { outputFormat: format, reasoning: { effort: 'low' } },
    {},
    { thinking: undefined, tool_choice: { type: 'tool', name: 'json_response' } },
    ['thinking-forced-tool'],
  ],
  [
    'a form that is described',
    { outputFormat: { ...format, description: 'The weather.' } },
    {},
    { tools: [{ name: 'json_response', description: 'The weather.', input_schema: schema }] },
    [],
  ],
  [
    'no call, and no parallel ones',
    { tools: [f], toolChoice: { type: 'none' }, parallelToolCalls: false },
    {},
    { tool_choice: { type: 'none' } },
    [],
  ],
  ['a limit of calls beside other tools', { tools: [f], maxToolCalls: 3 }, {}, {}, ['max-tool-calls']],
  ['a limit of calls beside a search', { tools: [f, search], maxToolCalls: 3 }, {}, {}, []],
  ['a search of the usual depth', { tools: [{ ...search, contextSize: 'medium' }] }, {}, { tools: [wireSearch] }, []],
  [
    'a chosen search under its longer name',
    { tools: [f, search], toolChoice: { type: 'native', tool: 'web_search_preview' } },
    {},
    { tool_choice: { type: 'tool', name: 'web_search' } },
    [],
  ],
  [
    'an allowed search under its longer name',
    { tools: [f, search], toolChoice: { type: 'allowed', mode: 'auto', names: ['web_search_preview'] } },
    {},
    { tools: [wireSearch], tool_choice: { type: 'auto' } },
    [],
  ],
  [
    'allowed tools by their own name and by the one on the wire',
    {
      tools: [tool('now', { namespace: 'clock' }), tool('then', { namespace: 'clock' }), f],
      toolChoice: { type: 'allowed', mode: 'auto', names: ['now', 'clock__then'] },
    },
    {},
    {
      tools: [
        { name: 'clock__now', input_schema: empty },
        { name: 'clock__then', input_schema: empty },
      ],
    },
    [],
  ],
  [
    'the one tool beside what has no name, where none can be forced',
    {
      tools: [{ kind: 'native', type: 'code_interpreter' }, search, f],
      toolChoice: { type: 'tool', name: 'f', tool: 'function' },
    },
    unforced,
    { tools: [{ name: 'f', input_schema: empty }], tool_choice: { type: 'auto' } },
    ['tool-choice'],
  ],
]
test.each(cases)('%s', (_name, request, model, expected, losses) => {
  const written = write({ items: [user], ...request }, model)
  for (const [field, value] of Object.entries(expected)) expect(written.body[field], field).toEqual(value)
  expect(written.losses).toEqual(losses)
})

const refused: Array<[name: string, tools: Tool[], type: string]> = [
  ['another tool beside a search', [search], 'code_interpreter'],
  ['a search there is not', [f], 'web_search_preview'],
  ['a search of no tools', [], 'web_search'],
]
test.each(refused)('%s cannot be chosen', (_name, tools, type) => {
  expect(() => write({ items: [user], tools, toolChoice: { type: 'native', tool: type } })).toThrow(
    `This model has no tool of type "${type}".`,
  )
})

test('of four cache marks beside the request’s own the first goes', () => {
  const marked = (value: string) => ({ ...text(value), cache: {} })
  const { body, losses } = write({
    items: [message('user', marked('a'), marked('b'), marked('c'), marked('d'))],
    cache: { implicit: {} },
  })
  const mark = { cache_control: { type: 'ephemeral' } }
  const block = (value: string) => ({ type: 'text', text: value })
  expect(body.cache_control).toEqual(mark.cache_control)
  expect(body.messages).toEqual([
    { role: 'user', content: [block('a'), ...['b', 'c', 'd'].map((value) => ({ ...block(value), ...mark }))] },
  ])
  expect(losses).toEqual(['cache-hint'])
})

test('what becomes of calls on their way back', () => {
  const restoreOf = (request: Partial<CanonicalRequest>) => [...write({ items: [user], ...request }).restore]
  expect(restoreOf({})).toEqual([])
  expect(restoreOf({ items: [user, call('a'), result('a')] })).toEqual([])
  expect(restoreOf({ tools: [{ kind: 'custom', name: 'patch' }] })).toEqual([
    ['patch', { name: 'patch', tool: 'custom', unwrapInput: true }],
  ])
  expect(restoreOf({ outputFormat: format })).toEqual([
    ['json_response', { name: 'json_response', tool: 'function', asText: true }],
  ])
})
