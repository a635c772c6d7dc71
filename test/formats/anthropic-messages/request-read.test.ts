import { describe, expect, test } from 'vitest'
import { seal } from '../../../lambda/events/envelope.ts'
import type { CanonicalRequest, JsonObject } from '../../../lambda/events/request.ts'
import { read } from './support.ts'

const user = { role: 'user', content: 'Hi' }
const hi = { kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }
const base: JsonObject = { model: 'claude-x', max_tokens: 100, messages: [user] }
const items = (messages: unknown[], losses: string[] = []) => {
  const result = read({ ...base, messages })
  expect(result.losses).toEqual(losses)
  return result.request.items
}
const thinkingBlock = (signature: string, thinking = 'hm') => ({ type: 'thinking', thinking, signature })

test('the conversation of a tool turn becomes flat items', () => {
  const { request, losses } = read({
    ...base,
    system: [
      { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'Be kind.' },
    ],
    messages: [
      user,
      {
        role: 'assistant',
        content: [
          thinkingBlock('Eq=='),
          { type: 'text', text: 'Looking.' },
          { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Bern' } },
          { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'sunny' },
          {
            type: 'tool_result',
            tool_use_id: 'toolu_2',
            content: [{ type: 'text', text: 'disk full' }],
            is_error: true,
          },
          { type: 'text', text: 'And now?', cache_control: { type: 'ephemeral', ttl: '1h' } },
        ],
      },
      { role: 'system', content: 'Mind the time.' },
    ],
  })
  expect(losses).toEqual([])
  expect(request.items).toEqual([
    {
      kind: 'message',
      role: 'system',
      placement: 'instructions',
      parts: [
        { kind: 'text', text: 'Be brief.', cache: {} },
        { kind: 'text', text: 'Be kind.' },
      ],
    },
    hi,
    { kind: 'reasoning', issuer: 'anthropic', parts: ['hm'], signature: 'Eq==' },
    { kind: 'message', role: 'assistant', parts: [{ kind: 'text', text: 'Looking.' }] },
    { kind: 'tool-call', id: 'toolu_1', name: 'get_weather', tool: 'function', arguments: '{"city":"Bern"}' },
    { kind: 'tool-call', id: 'toolu_2', name: 'now', tool: 'function', arguments: '{}' },
    { kind: 'tool-result', callId: 'toolu_1', tool: 'function', parts: [{ kind: 'text', text: 'sunny' }] },
    {
      kind: 'tool-result',
      callId: 'toolu_2',
      tool: 'function',
      parts: [{ kind: 'text', text: 'disk full' }],
      isError: true,
    },
    { kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'And now?', cache: { ttl: '1h' } }] },
    { kind: 'message', role: 'system', parts: [{ kind: 'text', text: 'Mind the time.' }] },
  ])
})

const systems: Array<[name: string, system: unknown, texts: string[]]> = [
  ['a string', 'Be brief.', ['Be brief.']],
  ['an empty string is nothing', '', []],
  [
    'a billing line alone is dropped',
    [
      { type: 'text', text: 'x-anthropic-billing-header: cc=1' },
      { type: 'text', text: 'a' },
    ],
    ['a'],
  ],
  ['a billing line before other text is dropped', 'x-anthropic-billing-header: cc=1\nBe brief.', ['Be brief.']],
  [
    'a billing line further down is text',
    'a\nx-anthropic-billing-header: cc=1',
    ['a\nx-anthropic-billing-header: cc=1'],
  ],
]
test.each(systems)('system: %s', (_name, system, texts) => {
  const { request } = read({ ...base, system })
  const first = request.items[0]
  expect(
    first?.kind === 'message' && first.placement ? first.parts.map((part) => 'text' in part && part.text) : [],
  ).toEqual(texts)
})

const reasoningHistory: Array<[name: string, block: JsonObject, item: object]> = [
  ['unsigned thinking belongs to nobody', thinkingBlock(''), { issuer: 'unknown', parts: ['hm'] }],
  ['a bare signature is Claude’s', thinkingBlock('Eq==', ''), { issuer: 'anthropic', parts: [], signature: 'Eq==' }],
  [
    'an envelope gives the original back',
    thinkingBlock(seal({ issuer: 'openai', value: 'gAAA', kind: 'encrypted', id: 'rs_1', text: ['a', 'b'] }), 'a\n\nb'),
    { issuer: 'openai', id: 'rs_1', parts: ['a', 'b'], encrypted: 'gAAA' },
  ],
  [
    'redacted thinking',
    { type: 'redacted_thinking', data: 'data' },
    { issuer: 'anthropic', parts: [], encrypted: 'data', redacted: true },
  ],
  [
    'redacted data in an envelope',
    { type: 'redacted_thinking', data: seal({ issuer: 'xai', value: 'v', kind: 'redacted' }) },
    { issuer: 'xai', parts: [], encrypted: 'v', redacted: true },
  ],
]
test.each(reasoningHistory)('reasoning: %s', (_name, block, item) => {
  expect(items([{ role: 'assistant', content: [block] }])).toEqual([{ kind: 'reasoning', ...item }])
})

test('the signature Gemini made for a call goes back onto the call', () => {
  const content = [
    thinkingBlock(seal({ issuer: 'google', value: 'CiQ=' }), ''),
    { type: 'tool_use', id: 't', name: 'f', input: {} },
    { type: 'tool_use', id: 'u', name: 'f', input: {} },
  ]
  expect(items([{ role: 'assistant', content }])).toEqual([
    { kind: 'tool-call', id: 't', name: 'f', tool: 'function', arguments: '{}', signature: 'CiQ=' },
    { kind: 'tool-call', id: 'u', name: 'f', tool: 'function', arguments: '{}' },
  ])
})

const parts: Array<[name: string, block: JsonObject, part: object]> = [
  [
    'image base64',
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
    { kind: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } },
  ],
  [
    'image url',
    { type: 'image', source: { type: 'url', url: 'https://e.org/i' } },
    { kind: 'image', source: { type: 'url', url: 'https://e.org/i' } },
  ],
  [
    'PDF with title, context and citations',
    {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' },
      title: 'a.pdf',
      context: 'A report',
      citations: { enabled: true },
    },
    {
      kind: 'document',
      source: { type: 'base64', mediaType: 'application/pdf', data: 'AAAA' },
      title: 'a.pdf',
      context: 'A report',
      citations: true,
    },
  ],
  [
    'plain text document',
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' }, title: null },
    { kind: 'document', source: { type: 'text', text: 'abc' } },
  ],
  [
    'document of content blocks',
    {
      type: 'document',
      source: {
        type: 'content',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    },
    { kind: 'document', source: { type: 'text', text: 'a\nb' } },
  ],
  [
    'search result',
    { type: 'search_result', title: 'T', source: 'https://e.org', content: [{ type: 'text', text: 'a' }] },
    { kind: 'search-result', title: 'T', source: 'https://e.org', texts: ['a'] },
  ],
]
test.each(parts)('a part: %s', (_name, block, part) => {
  expect(items([{ role: 'user', content: [block] }])).toEqual([{ kind: 'message', role: 'user', parts: [part] }])
})

test('blocks of Anthropic’s own tools are left out of the history by name', () => {
  const content = [
    { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
    { type: 'text', text: 'Hi' },
  ]
  expect(items([{ role: 'assistant', content }], ['server-tool-history'])).toEqual([{ ...hi, role: 'assistant' }])
})

const fields: Array<[name: string, body: JsonObject, expected: Partial<CanonicalRequest>, losses: string[]]> = [
  [
    'lengths and sampling',
    { temperature: 0.25, top_p: 0.5, top_k: 3 },
    { maxOutputTokens: 100, temperature: 0.25, topP: 0.5, topK: 3 },
    [],
  ],
  ['a limit of 0', { max_tokens: 0 }, { maxOutputTokens: 0 }, []],
  ['null is absent', { temperature: null, thinking: null, tools: null, container: null, metadata: null }, {}, []],
  ['stop sequences', { stop_sequences: ['END', ' '] }, { stop: ['END'] }, ['stop']],
  ['the user', { metadata: { user_id: 'u'.repeat(150) } }, { endUser: 'u'.repeat(150) }, []],
  ['tiers', { service_tier: 'standard_only' }, { serviceTier: 'default' }, []],
  [
    'a cache mark of the request',
    { cache_control: { type: 'ephemeral', ttl: '1h' } },
    { cache: { implicit: { ttl: '1h' } } },
    [],
  ],
  [
    'adaptive thinking',
    { thinking: { type: 'adaptive' } },
    { reasoning: { mode: 'adaptive', summary: 'summarized' } },
    [],
  ],
  [
    'adaptive thinking with effort, not shown',
    { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'high' } },
    { reasoning: { mode: 'adaptive', effort: 'high', summary: 'omitted' } },
    [],
  ],
  ['effort alone', { output_config: { effort: 'low' } }, { reasoning: { effort: 'low', summary: 'summarized' } }, []],
  ['no thinking', { thinking: { type: 'disabled' } }, { reasoning: { mode: 'disabled', summary: 'summarized' } }, []],
  [
    'a thinking budget',
    { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 4000 } },
    { reasoning: { mode: 'enabled', budgetTokens: 4000, summary: 'summarized' } },
    [],
  ],
  [
    'thinking between tools only',
    { thinking: { type: 'between_tools' } },
    { reasoning: { mode: 'between_tools', summary: 'summarized' } },
    [],
  ],
  [
    'structured output',
    { output_config: { format: { type: 'json_schema', schema: { type: 'string' } } } },
    { outputFormat: { type: 'json-schema', schema: { type: 'string' }, strict: true } },
    [],
  ],
  [
    'structured output in its old place',
    { output_format: { type: 'json_schema', schema: { type: 'string' } } },
    { outputFormat: { type: 'json-schema', schema: { type: 'string' }, strict: true } },
    [],
  ],
  [
    'what belongs to Anthropic is lost by name',
    { context_management: {}, fallbacks: [], diagnostics: {}, speed: 'fast', shiny: 1 },
    {},
    ['context-management', 'diagnostics', 'fallbacks', 'speed', 'unknown-field'],
  ],
  ['a task budget', { output_config: { task_budget: { type: 'tokens', total: 1 } } }, {}, ['task-budget']],
  [
    'tools',
    {
      tools: [
        {
          name: 'f',
          description: 'd',
          input_schema: { type: 'object', properties: {}, additionalProperties: false },
          strict: true,
          cache_control: { type: 'ephemeral' },
        },
        { type: 'custom', name: 'g', input_schema: { type: 'object', properties: {} }, defer_loading: true },
        {
          type: 'web_search_20260209',
          name: 'web_search',
          max_uses: 2,
          allowed_domains: ['e.org'],
          user_location: { type: 'approximate', city: 'Bern' },
        },
        { type: 'bash_20250124', name: 'bash' },
      ],
    },
    {
      tools: [
        {
          kind: 'function',
          name: 'f',
          description: 'd',
          parameters: { type: 'object', properties: {}, additionalProperties: false },
          strict: true,
          cache: {},
        },
        { kind: 'function', name: 'g', parameters: { type: 'object', properties: {} } },
        { kind: 'web-search', maxUses: 2, allowedDomains: ['e.org'], userLocation: { city: 'Bern' } },
        { kind: 'native', type: 'bash_20250124', name: 'bash' },
      ],
    },
    ['tool-option'],
  ],
]
describe('fields', () => {
  test.each(fields)('%s', (_name, body, expected, losses) => {
    const whole = { ...base, ...body }
    const before = structuredClone(whole)
    const result = read(whole)
    expect(result.request).toMatchObject(expected)
    expect(result.losses).toEqual(losses)
    expect(whole).toEqual(before)
  })

  test('beta flags and workspaces in headers are losses', () => {
    expect(read(base, { 'anthropic-beta': 'x', 'anthropic-workspace-id': 'w' }).losses).toEqual(['beta', 'workspace'])
  })
})

const f = { name: 'f', input_schema: { type: 'object', properties: {} } }
const choices: Array<[choice: JsonObject, expected: Partial<CanonicalRequest>]> = [
  [{ type: 'auto' }, { toolChoice: { type: 'auto' } }],
  [{ type: 'any' }, { toolChoice: { type: 'required' } }],
  [{ type: 'none' }, { toolChoice: { type: 'none' } }],
  [{ type: 'tool', name: 'f' }, { toolChoice: { type: 'tool', name: 'f', tool: 'function' } }],
  [{ type: 'tool', name: 'web_search' }, { toolChoice: { type: 'native', tool: 'web_search' } }],
  [{ type: 'tool', name: 'bash' }, { toolChoice: { type: 'native', tool: 'bash_20250124' } }],
  [
    { type: 'auto', disable_parallel_tool_use: true },
    { toolChoice: { type: 'auto' }, parallelToolCalls: false },
  ],
]
test.each(choices)('tool_choice %j', (choice, expected) => {
  const tools = [f, { type: 'web_search_20250305', name: 'web_search' }, { type: 'bash_20250124', name: 'bash' }]
  expect(read({ ...base, tools, tool_choice: choice }).request).toMatchObject(expected)
})
