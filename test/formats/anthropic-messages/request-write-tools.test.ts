import { describe, expect, test } from 'vitest'
import type { CanonicalRequest, JsonObject } from '../../../lambda/events/request.ts'
import { capabilitiesOf } from '../../../lambda/providers/models.ts'
import { tool, user } from './items.ts'
import { write } from './support.ts'

const g = tool('g')
const choices: Array<[name: string, request: Partial<CanonicalRequest>, expected: JsonObject, losses: string[]]> = [
  ['auto', { tools: [g], toolChoice: { type: 'auto' } }, { tool_choice: { type: 'auto' } }, []],
  ['none', { tools: [g], toolChoice: { type: 'none' } }, { tool_choice: { type: 'none' } }, []],
  ['required', { tools: [g], toolChoice: { type: 'required' } }, { tool_choice: { type: 'any' } }, []],
  [
    'one tool',
    { tools: [g], toolChoice: { type: 'tool', name: 'g', tool: 'function' } },
    { tool_choice: { type: 'tool', name: 'g' } },
    [],
  ],
  [
    'a subset keeps only its tools',
    { tools: [tool('f'), g], toolChoice: { type: 'allowed', mode: 'required', names: ['g'] } },
    { tools: [{ name: 'g', input_schema: { type: 'object', properties: {} } }], tool_choice: { type: 'any' } },
    [],
  ],
  [
    'parallel calls off',
    { tools: [g], parallelToolCalls: false },
    { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    [],
  ],
  [
    'parallel calls off with a choice',
    { tools: [g], toolChoice: { type: 'required' }, parallelToolCalls: false },
    { tool_choice: { type: 'any', disable_parallel_tool_use: true } },
    [],
  ],
  [
    'a choice without tools is dropped',
    { toolChoice: { type: 'required' }, parallelToolCalls: false },
    { tools: undefined, tool_choice: undefined },
    [],
  ],
  [
    'the web search',
    {
      tools: [{ kind: 'web-search', contextSize: 'high', userLocation: { city: 'Bern' } }],
      toolChoice: { type: 'native', tool: 'web_search' },
      maxToolCalls: 2,
    },
    {
      tools: [
        {
          type: 'web_search_20250305',
          name: 'web_search',
          user_location: { type: 'approximate', city: 'Bern' },
          max_uses: 2,
        },
      ],
      tool_choice: { type: 'tool', name: 'web_search' },
    },
    ['search-options'],
  ],
  [
    'another provider’s tool',
    { tools: [{ kind: 'native', type: 'code_interpreter' }, g] },
    { tools: [{ name: 'g', input_schema: { type: 'object', properties: {} } }] },
    ['tool'],
  ],
  [
    'no parameters',
    { tools: [{ kind: 'function', name: 'g' }] },
    { tools: [{ name: 'g', input_schema: { type: 'object', properties: {} } }] },
    [],
  ],
  [
    'a custom tool with a grammar',
    {
      tools: [
        {
          kind: 'custom',
          name: 'patch',
          description: 'Edits.',
          format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
        },
      ],
    },
    {
      tools: [
        {
          name: 'patch',
          description: 'Edits.\n\nThe input must match this lark grammar:\nstart: "x"',
          input_schema: {
            type: 'object',
            properties: { input: { type: 'string' } },
            required: ['input'],
            additionalProperties: false,
          },
        },
      ],
    },
    ['tool-grammar'],
  ],
  [
    'strict without the capability',
    { tools: [tool('g', { strict: true })] },
    { tools: [{ name: 'g', input_schema: { type: 'object', properties: {} } }] },
    ['tool-option'],
  ],
]
describe('tools', () => {
  test.each(choices)('%s', (_name, request, expected, losses) => {
    const written = write({ items: [user], ...request })
    for (const [field, value] of Object.entries(expected)) expect(written.body[field], field).toEqual(value)
    expect(written.losses).toEqual(losses)
  })

  test('a model that refuses forced calls is only offered the one tool', () => {
    const toolChoice = { type: 'tool', name: 'g', tool: 'function' } as const
    const { body, losses } = write(
      { items: [user], tools: [tool('f'), g], toolChoice },
      capabilitiesOf('claude-opus-5-5'),
    )
    expect(body).toMatchObject({ tools: [{ name: 'g' }], tool_choice: { type: 'auto' } })
    expect(losses).toEqual(['tool-choice'])
  })

  test('long and namespaced names are shortened, and remembered for the way back', () => {
    const long = `get_${'x'.repeat(100)}`
    const tools = [tool(long), tool('now', { namespace: 'clock' }), tool('now')]
    const { body, restore } = write({ items: [user], tools })
    const names = (body.tools as JsonObject[]).map(({ name }) => String(name))
    expect(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true)
    expect(restore.get(names[0] ?? '')?.name).toBe(long)
    expect(restore.get('clock__now')).toMatchObject({ name: 'now', namespace: 'clock' })
    expect(restore.get('now')).toBeUndefined()
  })
})

const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
const format = { type: 'json-schema', schema, name: 'r' } as const
describe('structured output', () => {
  test('the model’s own', () => {
    const { body, losses } = write({ items: [user], outputFormat: format }, { structuredOutput: true })
    expect(body.output_config).toEqual({ format: { type: 'json_schema', schema } })
    expect(losses).toEqual([])
  })

  test('keywords the model refuses are removed, properties of that name are not', () => {
    const refused = {
      type: 'object',
      properties: {
        maximum: { type: 'number', maximum: 3, description: 'max' },
        list: { type: 'array', minItems: 2, items: { type: 'string', minLength: 1, enum: ['minimum'] } },
        format: { type: 'string', format: 'regex' },
        day: { type: 'string', format: 'date', not: { const: 'x' } },
        place: { oneOf: [{ type: ['object', 'null'], properties: {} }, { type: 'string' }] },
      },
      additionalProperties: { type: 'string' },
    }
    const before = structuredClone(refused)
    const { body, losses } = write(
      { items: [user], outputFormat: { type: 'json-schema', schema: refused } },
      { structuredOutput: true },
    )
    expect(body.output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            maximum: { type: 'number', description: 'max' },
            list: { type: 'array', items: { type: 'string', enum: ['minimum'] } },
            format: { type: 'string' },
            day: { type: 'string', format: 'date' },
            place: {
              anyOf: [{ type: ['object', 'null'], properties: {}, additionalProperties: false }, { type: 'string' }],
            },
          },
          additionalProperties: false,
        },
      },
    })
    expect(losses).toEqual(['schema-keyword'])
    expect(refused).toEqual(before)
  })

  test('a forced tool where the model has none, whose call becomes the text', () => {
    const { body, losses, restore } = write({ items: [user], outputFormat: format })
    expect(body).toMatchObject({
      tools: [{ name: 'json_response', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'json_response' },
    })
    expect(restore.get('json_response')).toMatchObject({ asText: true })
    expect(losses).toEqual([])
  })

  test('a sentence where there are tools already', () => {
    const { body, losses } = write({ items: [user], outputFormat: format, tools: [g] })
    expect(JSON.stringify(body.system)).toContain('JSON schema')
    expect(losses).toEqual(['structured-output'])
  })

  test('a sentence for any JSON', () => {
    const { body, losses } = write({ items: [user], outputFormat: { type: 'json' } }, { structuredOutput: true })
    expect(JSON.stringify(body.system)).toContain('JSON object')
    expect(losses).toEqual(['json-object'])
  })
})
