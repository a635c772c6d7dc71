import { describe, expect, test } from 'vitest'
import { GatewayFault } from '../../../lambda/errors.ts'
import { seal } from '../../../lambda/events/envelope.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import { type CanonicalRequest, type JsonObject, paramOf } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-responses/index.ts'

function read(body: JsonObject): { request: CanonicalRequest; losses: string[] } {
  const losses = new Losses()
  const request = codec.readRequest({ model: 'm', input: 'Hi', ...body }, { headers: {}, losses })
  return { request, losses: losses.list() }
}

function fault(body: JsonObject) {
  try {
    read(body)
  } catch (error) {
    if (error instanceof GatewayFault) return error.error
    throw error
  }
  throw new Error('the request was accepted')
}

const items = (...input: unknown[]) => read({ input }).request.items
const user = (...parts: JsonObject[]) => ({ type: 'message', role: 'user', content: parts })

describe('input', () => {
  test('a string is a user message', () => {
    expect(items()).toEqual([])
    expect(read({}).request.items).toEqual([{ kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }])
  })

  test('instructions come first, in their own place', () => {
    expect(read({ instructions: 'Be brief.' }).request.items[0]).toEqual({
      kind: 'message',
      role: 'system',
      placement: 'instructions',
      parts: [{ kind: 'text', text: 'Be brief.' }],
    })
  })

  test('messages with and without a type, of every role', () => {
    expect(
      items(
        { role: 'developer', content: 'D' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'U' }] },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          phase: 'commentary',
          content: [{ type: 'output_text', text: 'A' }],
        },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'R' }] },
        { role: 'user', content: [{ type: 'text', text: 'As in Chat' }] },
      ),
    ).toEqual([
      { kind: 'message', role: 'developer', parts: [{ kind: 'text', text: 'D' }] },
      { kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'U' }] },
      { kind: 'message', role: 'assistant', id: 'msg_1', phase: 'commentary', parts: [{ kind: 'text', text: 'A' }] },
      { kind: 'message', role: 'assistant', parts: [{ kind: 'refusal', text: 'R' }] },
      { kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'As in Chat' }] },
    ])
  })

  test('empty texts and messages without content are dropped', () => {
    expect(items({ role: 'user', content: '' }, user({ type: 'input_text', text: '' }))).toEqual([])
  })

  test('images and files keep their order', () => {
    const [message] = items(
      user(
        { type: 'input_text', text: 'A', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
        { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'high' },
        { type: 'input_image', image_url: 'https://a/b.png', detail: 'auto' },
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
        { type: 'input_file', file_data: 'JVBE' },
        { type: 'input_file', file_url: 'https://a/b.pdf' },
        { type: 'input_file', filename: 'a.txt', file_data: 'data:text/plain;base64,SGk=' },
        { type: 'input_file', file_data: 'data:text/plain;charset=utf-8;base64,SGk=' },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
      ),
    )
    expect(message).toMatchObject({
      parts: [
        { kind: 'text', text: 'A', cache: { ttl: '12h' } },
        { kind: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'high' },
        { kind: 'image', source: { type: 'url', url: 'https://a/b.png' } },
        { kind: 'document', source: { type: 'base64', mediaType: 'application/pdf', data: 'JVBE' }, title: 'a.pdf' },
        { kind: 'document', source: { type: 'base64', mediaType: 'application/pdf', data: 'JVBE' } },
        { kind: 'document', source: { type: 'url', url: 'https://a/b.pdf' } },
        { kind: 'document', source: { type: 'text', text: 'Hi' }, title: 'a.txt' },
        { kind: 'document', source: { type: 'text', text: 'Hi' } },
        { kind: 'audio', data: 'AA==', format: 'wav' },
      ],
    })
  })

  test('calls and their results', () => {
    expect(
      items(
        { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'f', namespace: 'ns', arguments: '{"x":1}' },
        { type: 'custom_tool_call', call_id: 'b', name: 'sql', input: 'SELECT 1' },
        { type: 'function_call_output', call_id: 'a', output: 'sunny' },
        {
          type: 'custom_tool_call_output',
          call_id: 'b',
          output: [
            { type: 'input_text', text: 'T' },
            { type: 'input_image', image_url: 'https://a' },
          ],
        },
      ),
    ).toEqual([
      {
        kind: 'tool-call',
        id: 'a',
        itemId: 'fc_1',
        name: 'f',
        namespace: 'ns',
        tool: 'function',
        arguments: '{"x":1}',
      },
      { kind: 'tool-call', id: 'b', name: 'sql', tool: 'custom', arguments: 'SELECT 1' },
      { kind: 'tool-result', callId: 'a', tool: 'function', parts: [{ kind: 'text', text: 'sunny' }] },
      {
        kind: 'tool-result',
        callId: 'b',
        tool: 'custom',
        parts: [
          { kind: 'text', text: 'T' },
          { kind: 'image', source: { type: 'url', url: 'https://a' } },
        ],
      },
    ])
  })

  test('a call may lack its arguments', () => {
    expect(items({ type: 'function_call', call_id: 'c', name: 'f' })).toMatchObject([{ name: 'f', arguments: '' }])
  })

  const summary = [{ type: 'summary_text', text: 'hm' }]
  test.each([
    [
      'bare encrypted content is OpenAI’s',
      { id: 'rs_1', summary, encrypted_content: 'gAAAA' },
      { issuer: 'openai', id: 'rs_1', parts: ['hm'], encrypted: 'gAAAA' },
    ],
    [
      'a sealed signature is its issuer’s again',
      { id: 'rs_2', summary, encrypted_content: seal({ issuer: 'anthropic', value: 'S' }) },
      { issuer: 'anthropic', parts: ['hm'], signature: 'S' },
    ],
    [
      'a sealed text and id win over the item’s own',
      {
        id: 'rs_2',
        summary,
        encrypted_content: seal({ issuer: 'xai', value: 'X', kind: 'encrypted', id: 'rs_x', text: ['a', 'b'] }),
      },
      { issuer: 'xai', id: 'rs_x', parts: ['a', 'b'], encrypted: 'X' },
    ],
    [
      'sealed redacted data is redacted again',
      { summary: [], encrypted_content: seal({ issuer: 'anthropic', value: 'D', kind: 'redacted' }) },
      { issuer: 'anthropic', parts: [], encrypted: 'D', redacted: true },
    ],
    [
      'raw reasoning text is marked as such',
      { id: 'rs_3', summary: [], content: [{ type: 'reasoning_text', text: 'raw' }] },
      { issuer: 'openai', id: 'rs_3', parts: ['raw'], raw: true },
    ],
    [
      'a summary is told rather than the raw text beside it',
      { id: 'rs_4', summary, content: [{ type: 'reasoning_text', text: 'raw' }] },
      { issuer: 'openai', id: 'rs_4', parts: ['hm'] },
    ],
  ])('%s', (_, item, expected) => {
    expect(items({ type: 'reasoning', ...item })).toEqual([{ kind: 'reasoning', ...expected }])
  })

  test('a sealed signature of a call goes back to the call', () => {
    const encrypted_content = seal({ issuer: 'google', value: 'G', id: 'call_1' })
    expect(
      items(
        { type: 'reasoning', summary: [], encrypted_content },
        { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
      ),
    ).toEqual([{ kind: 'tool-call', id: 'call_1', name: 'f', tool: 'function', arguments: '{}', signature: 'G' }])
  })

  test.each([
    [{ type: 'web_search_call', id: 'ws_1' }, 'server-tool-history'],
    [{ type: 'shell_call_output', call_id: 'c' }, 'server-tool-history'],
    [{ type: 'mcp_approval_request', id: 'mcpr_1' }, 'server-tool-history'],
    [{ type: 'mcp_approval_response', approve: true }, 'server-tool-history'],
    [{ type: 'computer_call_output', call_id: 'c' }, 'server-tool-history'],
    [{ type: 'local_shell_call_output', id: 'c' }, 'server-tool-history'],
    [{ type: 'apply_patch_call_output', call_id: 'c' }, 'server-tool-history'],
    [{ type: 'program_output', call_id: 'c' }, 'server-tool-history'],
    [{ type: 'tool_search_call' }, 'tool-search'],
    [{ type: 'brand_new' }, 'unknown-field'],
  ])('%j is left out', (item, loss) => {
    expect(read({ input: [item] })).toMatchObject({ request: { items: [] }, losses: [loss] })
  })

  test('tools and settings that come in the middle count', () => {
    const { request, losses } = read({
      reasoning: { effort: 'low' },
      input: [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [{ type: 'function', name: 'f', parameters: null, strict: null }],
        },
        { type: 'tool_search_output', call_id: 'c', tools: [{ type: 'function', name: 'g' }] },
        { type: 'configuration_update', reasoning: { effort: 'high' }, text: { verbosity: 'low' } },
      ],
    })
    expect(request).toMatchObject({
      tools: [
        { kind: 'function', name: 'f' },
        { kind: 'function', name: 'g' },
      ],
      reasoning: { effort: 'high' },
      verbosity: 'low',
    })
    expect(losses).toEqual(['tool-search'])
  })
})

describe('tools', () => {
  test('functions, custom tools, namespaces and searches', () => {
    const schema = { type: 'object', properties: {} }
    const { request, losses } = read({
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: schema, strict: false },
        { type: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
        {
          type: 'namespace',
          name: 'ns',
          description: '',
          tools: [{ type: 'function', name: 'g', parameters: schema }],
        },
        {
          type: 'web_search',
          filters: { allowed_domains: ['a.ch'] },
          user_location: { type: 'approximate', city: 'Bern' },
          search_context_size: 'medium',
        },
        { type: 'code_interpreter', container: { type: 'auto' } },
      ],
    })
    expect(request.tools).toEqual([
      { kind: 'function', name: 'f', description: 'd', parameters: schema, strict: false },
      { kind: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
      { kind: 'function', name: 'g', parameters: schema, namespace: 'ns' },
      { kind: 'web-search', allowedDomains: ['a.ch'], userLocation: { city: 'Bern' } },
      { kind: 'native', type: 'code_interpreter' },
    ])
    expect(losses).toEqual([])
  })

  test('a search that may not go out is left out', () => {
    const { request, losses } = read({ tools: [{ type: 'web_search', external_web_access: false }] })
    expect(request.tools).toEqual([])
    expect(losses).toEqual(['tool'])
  })

  test('options that no other format has are a loss', () => {
    const tool = { type: 'function', name: 'f', parameters: {}, strict: false }
    expect(read({ tools: [{ ...tool, defer_loading: true }] }).losses).toEqual(['tool-option'])
    expect(read({ tools: [{ ...tool, allowed_callers: ['programmatic'] }] }).losses).toEqual(['tool-option'])
    expect(read({ tools: [{ ...tool, allowed_callers: ['direct'] }] }).losses).toEqual([])
    expect(read({ tools: [{ ...tool, output_schema: { type: 'object' } }] }).losses).toEqual(['tool-option'])
    expect(read({ tools: [{ type: 'custom', name: 'c', defer_loading: true }] }).losses).toEqual(['tool-option'])
    expect(fault({ tools: [{ ...tool, async: true }] }).param).toBe('tools[0].async')
  })

  const namespaced = {
    tools: [
      { type: 'function', name: 'f', parameters: {} },
      {
        type: 'namespace',
        name: 'ns',
        tools: [
          { type: 'function', name: 'g', parameters: {} },
          { type: 'custom', name: 'd' },
        ],
      },
    ],
  }
  test.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'required' }],
    [
      { type: 'function', name: 'f' },
      { type: 'tool', name: 'f', tool: 'function' },
    ],
    [
      { type: 'function', name: 'g' },
      { type: 'tool', name: 'g', tool: 'function', namespace: 'ns' },
    ],
    [
      { type: 'custom', name: 'c' },
      { type: 'tool', name: 'c', tool: 'custom' },
    ],
    [
      { type: 'custom', name: 'd' },
      { type: 'tool', name: 'd', tool: 'custom', namespace: 'ns' },
    ],
    [
      { type: 'function', name: 'g', namespace: 'other' },
      { type: 'tool', name: 'g', tool: 'function', namespace: 'other' },
    ],
    [{ type: 'web_search_preview' }, { type: 'native', tool: 'web_search' }],
    [
      { type: 'allowed_tools', tools: [{ type: 'web_search' }] },
      { type: 'allowed', mode: 'auto', names: ['web_search'] },
    ],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] },
      { type: 'allowed', mode: 'required', names: ['f'] },
    ],
  ])('tool_choice %j', (tool_choice, expected) => {
    expect(read({ ...namespaced, tool_choice }).request.toolChoice).toEqual(expected)
  })
})

describe('settings', () => {
  test.each<[JsonObject, Partial<CanonicalRequest>]>([
    [
      { max_output_tokens: 321, temperature: 0.25, top_p: 0.5 },
      { maxOutputTokens: 321, temperature: 0.25, topP: 0.5 },
    ],
    [{ parallel_tool_calls: false }, { parallelToolCalls: false }],
    [{ max_tool_calls: 3 }, { maxToolCalls: 3 }],
    [{ reasoning: { effort: 'low' } }, { reasoning: { effort: 'low', summary: 'omitted' } }],
    [{ reasoning: { summary: 'detailed' } }, { reasoning: { summary: 'detailed' } }],
    [{}, { reasoning: { summary: 'omitted' }, includeUsage: true }],
    [{ text: { verbosity: 'low' } }, { verbosity: 'low' }],
    [{ text: { format: { type: 'json_object' } } }, { outputFormat: { type: 'json' } }],
    [
      { text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } } },
      { outputFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true } },
    ],
    [{ safety_identifier: 's', user: 'u' }, { endUser: 's' }],
    [{ user: 'u' }, { endUser: 'u' }],
    [{ store: false }, { store: false }],
    ...(['default', 'flex', 'priority', 'fast', 'ultrafast', 'scale'] as const).map(
      (tier): [JsonObject, Partial<CanonicalRequest>] => [{ service_tier: tier }, { serviceTier: tier }],
    ),
    [{ metadata: { a: 'b' } }, { metadata: { a: 'b' } }],
    [{ stream_options: { include_obfuscation: false } }, { includeObfuscation: false }],
    [{ prompt_cache_key: 'k', prompt_cache_retention: '24h' }, { cache: { key: 'k', retention: '24h' } }],
    [
      { prompt_cache_options: { mode: 'implicit', ttl: '30m', prewarm: true } },
      { cache: { prewarm: true, options: { mode: 'implicit', ttl: '30m' }, implicit: { ttl: '30m' } } },
    ],
    [{ include: ['message.output_text.logprobs'] }, { logprobs: {} }],
    [{ top_logprobs: 2 }, { logprobs: { top: 2 } }],
  ])('%j', (body, expected) => {
    const { request, losses } = read(body)
    expect(request).toMatchObject(expected)
    expect(losses).toEqual([])
  })

  test('defaults and nulls say nothing', () => {
    const body = {
      instructions: null,
      parallel_tool_calls: true,
      service_tier: 'auto',
      truncation: 'disabled',
      background: false,
      include: ['reasoning.encrypted_content'],
      text: { format: { type: 'text' }, verbosity: 'medium' },
      top_logprobs: 0,
      temperature: null,
      previous_response_id: null,
      stream: true,
      tools: [],
      context_management: [],
      reasoning: { effort: null, summary: null, context: 'auto', mode: 'standard' },
    }
    const { request, losses } = read(body)
    expect({ request, losses }).toEqual(read({ tools: [] }))
    expect(request).not.toHaveProperty('store')
    expect(request).not.toHaveProperty('cache')
  })

  test.each<[JsonObject, string]>([
    [{ access_programs: { cyber: 'standard' } }, 'access-programs'],
    [{ context_management: [{ type: 'compaction' }] }, 'context-management'],
    [{ truncation: 'auto' }, 'truncation'],
    [{ include: ['file_search_call.results'] }, 'include'],
    [{ reasoning: { context: 'all_turns' } }, 'reasoning-context'],
    [{ reasoning: { mode: 'pro' } }, 'reasoning-mode'],
    [{ prompt_cache_options: { comparison_response_id: 'resp_1' } }, 'cache-hint'],
    [{ service_tier: 'brand_new' }, 'service-tier'],
    [{ client_metadata: {} }, 'unknown-field'],
    [{ image: { context_compression: 'auto' } }, 'unknown-field'],
  ])('%j is a loss', (body, loss) => {
    expect(read(body).losses).toEqual([loss])
  })

  test('fields that another provider refuses are named as the client names them', () => {
    const { request } = read({})
    const fields = ['items', 'outputFormat', 'verbosity', 'endUser', 'cache', 'reasoning', 'toolChoice'] as const
    expect(fields.map((field) => paramOf(request, field))).toEqual([
      'input',
      'text.format',
      'text.verbosity',
      'safety_identifier',
      'prompt_cache_options',
      'reasoning.effort',
      'tool_choice',
    ])
  })

  test('the client’s body is not changed', () => {
    const body = {
      model: 'm',
      input: [user({ type: 'input_text', text: 'x' })],
      tools: [{ type: 'custom', name: 'c' }],
    }
    const before = structuredClone(body)
    read(body)
    expect(body).toEqual(before)
  })
})

test('a coding agent’s request keeps all but what belongs to OpenAI', () => {
  const { request, losses } = read({
    instructions: 'You are an agent.',
    input: [
      { type: 'message', id: 'msg_d', role: 'developer', content: [{ type: 'input_text', text: 'Rules.' }] },
      { type: 'message', id: 'msg_u', role: 'user', content: [{ type: 'input_text', text: 'List files.' }] },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' },
      { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'shell', arguments: '{"cmd":"ls"}' },
      { type: 'function_call_output', call_id: 'c', output: 'a.txt' },
    ],
    tools: [
      { type: 'function', name: 'shell', parameters: { type: 'object', properties: {} }, strict: false },
      {
        type: 'namespace',
        name: 'mcp',
        description: 'More tools',
        tools: [{ type: 'function', name: 'read', parameters: { type: 'object', properties: {} }, strict: false }],
      },
      { type: 'web_search', external_web_access: false },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: 'k',
    client_metadata: { turn: '1' },
  })
  expect(request.items.map((item) => item.kind)).toEqual([
    'message',
    'message',
    'message',
    'reasoning',
    'tool-call',
    'tool-result',
  ])
  expect(request.tools.map((tool) => [tool.kind, 'namespace' in tool && tool.namespace])).toEqual([
    ['function', false],
    ['function', 'mcp'],
  ])
  expect(request).toMatchObject({ reasoning: { summary: 'auto' }, cache: { key: 'k' }, store: false })
  expect(losses).toEqual(['tool', 'tool-option', 'unknown-field'])
})

describe('a request that cannot be read is refused, and names the field', () => {
  test.each<[JsonObject, string]>([
    [{ input: 7 }, 'input'],
    [{ input: undefined }, 'input'],
    [{ input: ['x'] }, 'input[0]'],
    [{ input: [{ role: 'robot', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user', content: 5 }] }, 'input[0].content'],
    [{ input: [user({ type: 'input_text', text: 5 })] }, 'input[0].content[0].text'],
    [{ input: [user({ type: 'hologram' })] }, 'input[0].content[0].type'],
    [{ input: [user({ type: 'input_image', file_id: 'file-1' })] }, 'input[0].content[0].file_id'],
    [{ input: [user({ type: 'input_audio' })] }, 'input[0].content[0].input_audio'],
    [{ input: [{ type: 'function_call_output', output: 'x' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type'],
    [{ input: [{ type: 'compaction', encrypted_content: 'x' }] }, 'input[0].type'],
    [{ background: true }, 'background'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ prompt: { id: 'p' } }, 'prompt'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ type: 'custom', name: 'c', async: true }] }, 'tools[0].async'],
    [{ tool_choice: 'maybe' }, 'tool_choice'],
    [{ reasoning: { effort: 'enormous' } }, 'reasoning.effort'],
    [{ text: { format: { type: 'json_schema', name: 'n' } } }, 'text.format.schema'],
    [{ instructions: ['x'] }, 'instructions'],
  ])('%j', (body, param) => {
    const { code, param: named, message } = fault(body)
    expect({ code, param: named }).toEqual({ code: 'invalid_request', param })
    expect(message.length).toBeGreaterThan(10)
  })

  test.each<[JsonObject, string]>([
    [{ temperature: 'hot' }, 'Expected "temperature" to be a number, but it is "hot".'],
    [{ instructions: 7 }, 'Expected "instructions" to be a string, but it is a number.'],
    [{ store: 'yes, '.repeat(20) }, `Expected "store" to be true or false, but it is "${'yes, '.repeat(8)}".`],
    [{ tools: {} }, 'Expected "tools" to be an array, but it is an object.'],
    [{ metadata: [] }, 'Expected "metadata" to be an object, but it is an array.'],
    [{ input: [null] }, 'Expected "input[0]" to be an object, but it is null.'],
    [{ truncation: true }, 'Expected "truncation" to be a string, but it is a boolean.'],
    [{ tool_choice: 'maybe' }, 'Expected "tool_choice" to be one of auto, none, required, but it is "maybe".'],
  ])('%j: %s', (body, message) => {
    expect(fault(body).message).toBe(message)
  })
})
