import { describe, expect, test } from 'vitest'
import { seal } from '../../../lambda/events/envelope.ts'
import type { CanonicalRequest, JsonObject, Tool } from '../../../lambda/events/request.ts'
import { read } from './support.ts'

const base: JsonObject = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }
const thinking = (signature: string, thinking = '') => ({ type: 'thinking', thinking, signature })
const google = seal({ issuer: 'google', value: 'CiQ=' })
const use = { type: 'tool_use', id: 't', name: 'f', input: {} }
const call = { kind: 'tool-call', id: 't', name: 'f', tool: 'function', arguments: '{}' }
const message = (role: string, ...parts: object[]) => ({ kind: 'message', role, parts })
const text = (value: string) => ({ kind: 'text', text: value })

const turns: Array<[name: string, role: string, content: unknown[], items: object[], losses: string[]]> = [
  [
    'empty text between texts',
    'user',
    [
      { type: 'text', text: '' },
      { type: 'text', text: 'Hi' },
    ],
    [message('user', text('Hi'))],
    [],
  ],
  [
    'Gemini’s signature before a text',
    'assistant',
    [thinking(google), { type: 'text', text: 'x' }],
    [{ kind: 'reasoning', issuer: 'google', parts: [], signature: 'CiQ=' }, message('assistant', text('x'))],
    [],
  ],
  [
    'Gemini’s signature with thoughts before a call',
    'assistant',
    [thinking(google, 'hm'), use],
    [{ kind: 'reasoning', issuer: 'google', parts: ['hm'], signature: 'CiQ=' }, call],
    [],
  ],
  [
    'Claude’s signature of thinking that is not shown, before a call',
    'assistant',
    [thinking('Eq=='), use],
    [{ kind: 'reasoning', issuer: 'anthropic', parts: [], signature: 'Eq==' }, call],
    [],
  ],
  [
    'the signature of another provider before a call',
    'assistant',
    [thinking(seal({ issuer: 'xai', value: 'v', kind: 'encrypted' })), use],
    [{ kind: 'reasoning', issuer: 'xai', parts: [], encrypted: 'v' }, call],
    [],
  ],
  [
    'thinking that has neither text nor signature, and redacted thinking without data',
    'assistant',
    [{ type: 'thinking' }, { type: 'redacted_thinking' }],
    [
      { kind: 'reasoning', issuer: 'unknown', parts: [] },
      { kind: 'reasoning', issuer: 'anthropic', parts: [], encrypted: '', redacted: true },
    ],
    [],
  ],
  [
    'what only a tool of Anthropic answers',
    'user',
    [
      {
        type: 'tool_result',
        tool_use_id: 't',
        content: [{ type: 'tool_reference', tool_name: 'f' }, { type: 'browser_state' }, { type: 'text', text: 'ok' }],
      },
    ],
    [{ kind: 'tool-result', callId: 't', tool: 'function', parts: [text('ok')] }],
    ['tool-result-media'],
  ],
  [
    'a browser’s state alone',
    'user',
    [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'browser_state' }] }],
    [{ kind: 'tool-result', callId: 't', tool: 'function', parts: [] }],
    ['tool-result-media'],
  ],
  [
    'a document of text and an image',
    'user',
    [{ type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'a' }, { type: 'image' }] } }],
    [message('user', { kind: 'document', source: { type: 'text', text: 'a' } })],
    ['document'],
  ],
  [
    'a search result to be cited, and one that is not',
    'user',
    [
      { type: 'search_result', title: 'T', source: 's', content: [], citations: { enabled: true } },
      { type: 'search_result', title: 'T', source: 's', citations: { enabled: false } },
    ],
    [
      message(
        'user',
        { kind: 'search-result', title: 'T', source: 's', texts: [], citations: true },
        { kind: 'search-result', title: 'T', source: 's', texts: [] },
      ),
    ],
    [],
  ],
  [
    'cache marks of the lifetimes there are, and of one there is not',
    'user',
    ['5m', '1h', '2h'].map((ttl) => ({ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl } })),
    [
      message(
        'user',
        { ...text('x'), cache: { ttl: '5m' } },
        { ...text('x'), cache: { ttl: '1h' } },
        { ...text('x'), cache: {} },
      ),
    ],
    [],
  ],
]
test.each(turns)('%s', (_name, role, content, items, losses) => {
  const result = read({ ...base, messages: [{ role, content }] })
  expect(result.request.items).toEqual(items)
  expect(result.losses).toEqual(losses)
})

test('a system prompt of no blocks is none', () => {
  expect(read({ ...base, system: [] }).request.items).toHaveLength(1)
})

const f = { name: 'f', input_schema: { type: 'object', properties: {} } }
const tool: Tool = { kind: 'function', name: 'f', parameters: f.input_schema }
const fields: Array<[name: string, body: JsonObject, expected: Partial<CanonicalRequest>, losses: string[]]> = [
  ['usage is always told', {}, { includeUsage: true }, []],
  ['no stop sequence', { stop_sequences: [] }, { stop: undefined }, []],
  ['blank stop sequences alone', { stop_sequences: [' '] }, { stop: undefined }, ['stop']],
  ['a user that is null', { metadata: { user_id: null } }, { endUser: undefined }, []],
  ['other metadata', { metadata: { team: 't' } }, { endUser: undefined }, ['unknown-field']],
  [
    'an effort nobody knows yet',
    { output_config: { effort: 'ultra' } },
    { reasoning: { effort: 'max', summary: 'summarized' } },
    [],
  ],
  [
    'an output option nobody knows yet',
    { output_config: { tone: 'dry' } },
    { reasoning: undefined },
    ['unknown-field'],
  ],
  [
    'output options that say nothing',
    { output_config: { tone: null, task_budget: null } },
    { reasoning: undefined },
    [],
  ],
  ['tier auto', { service_tier: 'auto' }, { serviceTier: 'auto' }, []],
  ['speed standard', { speed: 'standard' }, {}, []],
  ['MCP servers that are none', { mcp_servers: [] }, {}, []],
  [
    'a schema that strict mode does not take',
    { output_config: { format: { type: 'json_schema', schema: { type: 'object', properties: {} } } } },
    { outputFormat: { type: 'json-schema', schema: { type: 'object', properties: {} }, strict: false } },
    ['schema-keyword'],
  ],
  [
    'both places of a form',
    {
      output_config: { format: { type: 'json_schema', schema: { type: 'string' } } },
      output_format: { type: 'json_schema', schema: { type: 'number' } },
    },
    { outputFormat: { type: 'json-schema', schema: { type: 'string' }, strict: true } },
    [],
  ],
  ['examples of a tool’s input', { tools: [{ ...f, input_examples: [{}] }] }, { tools: [tool] }, ['tool-option']],
  ['a tool without a schema', { tools: [{ name: 'f' }] }, { tools: [{ kind: 'function', name: 'f' }] }, []],
  ['no examples', { tools: [{ ...f, input_examples: [] }] }, { tools: [tool] }, []],
  [
    'a tool for programs',
    { tools: [{ ...f, allowed_callers: ['direct', 'code_execution_20260120'] }] },
    { tools: [tool] },
    ['tool-option'],
  ],
  ['a tool for the model', { tools: [{ ...f, allowed_callers: ['direct'] }] }, { tools: [tool] }, []],
  [
    'a tool whose input streams eagerly',
    { tools: [{ ...f, eager_input_streaming: true }] },
    { tools: [tool] },
    ['tool-option'],
  ],
  [
    'where a search is from',
    {
      tools: [
        {
          type: 'web_search_20250305',
          name: 'web_search',
          blocked_domains: ['e.org', 7],
          user_location: { type: 'approximate', city: 'Bern', region: 'BE', country: 'CH', timezone: 'Europe/Zurich' },
        },
      ],
    },
    {
      tools: [
        {
          kind: 'web-search',
          blockedDomains: ['e.org'],
          userLocation: { city: 'Bern', region: 'BE', country: 'CH', timezone: 'Europe/Zurich' },
        },
      ],
    },
    [],
  ],
]
test.each(fields)('field: %s', (_name, body, expected, losses) => {
  const result = read({ ...base, ...body })
  for (const [field, value] of Object.entries(expected)) {
    expect(result.request[field as keyof CanonicalRequest], field).toEqual(value)
  }
  expect(result.losses).toEqual(losses)
})

describe('a chosen tool', () => {
  const webSearch = { type: 'web_search_20250305', name: 'web_search' }
  const own = { ...f, name: 'web_search' }
  const choices: Array<[what: string, tools: JsonObject[], name: string, choice: object]> = [
    ['the search itself', [f, webSearch], 'web_search', { type: 'native', tool: 'web_search' }],
    ['a tool of the client with that name', [own, webSearch], 'web_search', { type: 'tool', name: 'web_search' }],
    ['that name where there is no search', [f], 'web_search', { type: 'tool', name: 'web_search' }],
    ['another name beside the search', [webSearch], 'g', { type: 'tool', name: 'g' }],
    ['a tool of the client beside the search', [f, webSearch], 'f', { type: 'tool', name: 'f' }],
  ]
  test.each(choices)('%s', (_what, tools, name, choice) => {
    const { request } = read({ ...base, tools, tool_choice: { type: 'tool', name } })
    expect(request.toolChoice).toMatchObject(choice)
  })

  test('without parallel calls names that field in errors', () => {
    const { request } = read({ ...base, tool_choice: { type: 'auto', disable_parallel_tool_use: true } })
    expect(request.params.parallelToolCalls).toBe('tool_choice.disable_parallel_tool_use')
  })
})

test.each(['anthropic-user-profile-id', 'anthropic-workspace-id'])('the header %s is a loss', (header) => {
  expect(read(base, { [header]: 'x' }).losses).toEqual(['workspace'])
})
