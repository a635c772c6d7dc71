import { describe, expect, test } from 'vitest'
import { GatewayFault } from '../../../lambda/errors.ts'
import { seal } from '../../../lambda/events/envelope.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import type { CanonicalRequest, JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'

const hello = [{ role: 'user', content: 'Hi' }]

function read(body: JsonObject): CanonicalRequest & { losses: string[] } {
  const losses = new Losses()
  const before = JSON.stringify(body)
  const request = codec.readRequest({ model: 'm', messages: hello, ...body }, { headers: {}, losses })
  expect(JSON.stringify(body)).toBe(before)
  return { ...request, losses: losses.list() }
}

function items(...messages: JsonObject[]) {
  return read({ messages }).items
}

describe('messages', () => {
  test('a conversation becomes flat items in order', () => {
    expect(
      items(
        { role: 'system', content: 'Be kind.' },
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Weather?', name: 'ann' },
        {
          role: 'assistant',
          content: 'Checking.',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Bern"}' } },
            { id: 'b', type: 'custom', custom: { name: 'now', input: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'sunny' },
        { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'noon' }] },
        { role: 'user', content: 'Thanks' },
      ),
    ).toEqual([
      { kind: 'message', role: 'system', parts: [{ kind: 'text', text: 'Be kind.' }] },
      { kind: 'message', role: 'developer', parts: [{ kind: 'text', text: 'Be brief.' }] },
      { kind: 'message', role: 'user', name: 'ann', parts: [{ kind: 'text', text: 'Weather?' }] },
      { kind: 'message', role: 'assistant', parts: [{ kind: 'text', text: 'Checking.' }] },
      { kind: 'tool-call', id: 'a', name: 'get_weather', tool: 'function', arguments: '{"city":"Bern"}' },
      { kind: 'tool-call', id: 'b', name: 'now', tool: 'custom', arguments: '' },
      { kind: 'tool-result', callId: 'a', tool: 'function', parts: [{ kind: 'text', text: 'sunny' }] },
      { kind: 'tool-result', callId: 'b', tool: 'custom', parts: [{ kind: 'text', text: 'noon' }] },
      { kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'Thanks' }] },
    ])
  })

  test('parts keep their order and their media', () => {
    const [message] = items({
      role: 'user',
      content: [
        { type: 'text', text: 'A' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO', detail: 'low' } },
        { type: 'text', text: '' },
        { type: 'text', text: 'B', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
        { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
        { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
        { type: 'file', file: { file_data: 'data:text/plain;base64,SGk=', filename: 'a.txt' } },
      ],
    })
    expect(message).toEqual({
      kind: 'message',
      role: 'user',
      parts: [
        { kind: 'text', text: 'A' },
        { kind: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'iVBO' }, detail: 'low' },
        { kind: 'text', text: 'B', cache: { ttl: '12h' } },
        { kind: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
        { kind: 'audio', data: 'UklG', format: 'wav' },
        { kind: 'document', source: { type: 'base64', mediaType: 'application/pdf', data: 'JVBE' }, title: 'a.pdf' },
        { kind: 'document', source: { type: 'text', text: 'Hi' }, title: 'a.txt' },
      ],
    })
  })

  test('messages without content are dropped, a refusal is content', () => {
    expect(
      items(
        { role: 'system', content: '' },
        { role: 'assistant', content: null, refusal: 'No.' },
        { role: 'assistant', content: null, refusal: null, annotations: [], audio: null },
        { role: 'user', content: 'Hi' },
      ),
    ).toMatchObject([{ parts: [{ kind: 'refusal', text: 'No.' }] }, { role: 'user' }])
  })

  test('the deprecated function messages are calls and results', () => {
    const [call, result] = items(
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: '42' },
    )
    expect(call).toMatchObject({ kind: 'tool-call', name: 'f', arguments: '{}' })
    expect(result).toMatchObject({ kind: 'tool-result', callId: call?.kind === 'tool-call' ? call.id : '' })
  })

  test('fields that only echo an answer are no loss, others are', () => {
    const echo = { role: 'assistant', content: 'a', refusal: null, annotations: [], parsed: null, function_call: null }
    expect(read({ messages: [echo] }).losses).toEqual([])
    expect(read({ messages: [{ ...echo, mystery: 1 }] }).losses).toEqual(['unknown-field'])
  })
})

describe('reasoning in the history', () => {
  const format = 'anthropic-claude-v1'
  const cases: Array<{ name: string; message: JsonObject; expected: JsonObject[] }> = [
    {
      name: 'a signed text keeps its signature byte for byte',
      message: {
        reasoning_content: 'last fragment',
        reasoning_details: [{ type: 'reasoning.text', text: 'Hm', signature: 'Eq+/AB==', format, index: 0 }],
      },
      expected: [{ kind: 'reasoning', issuer: 'anthropic', parts: ['Hm'], signature: 'Eq+/AB==' }],
    },
    {
      name: 'fragments of one entry are put together',
      message: {
        reasoning_details: [
          { type: 'reasoning.text', text: 'H', format, index: 0 },
          { type: 'reasoning.text', text: 'm', format, index: 0 },
          { type: 'reasoning.text', signature: 'S', format, index: 0 },
        ],
      },
      expected: [{ kind: 'reasoning', issuer: 'anthropic', parts: ['Hm'], signature: 'S' }],
    },
    {
      name: 'redacted data is a redacted item',
      message: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'ER==', format, index: 0 }] },
      expected: [{ kind: 'reasoning', issuer: 'anthropic', parts: [], encrypted: 'ER==', redacted: true }],
    },
    {
      name: 'a summary of several parts keeps them',
      message: {
        reasoning_details: [
          { type: 'reasoning.summary', summary: 'One', format: 'openai-responses-v1', id: 'rs_1', index: 0 },
          { type: 'reasoning.summary', summary: 'Two', format: 'openai-responses-v1', id: 'rs_1', index: 1 },
          { type: 'reasoning.encrypted', data: 'gAAA', format: 'openai-responses-v1', id: 'rs_1', index: 1 },
          { type: 'reasoning.summary', summary: 'Next', format: 'openai-responses-v1', id: 'rs_2', index: 2 },
          { type: 'reasoning.encrypted', data: 'gBBB', format: 'openai-responses-v1', id: 'rs_2', index: 2 },
        ],
      },
      expected: [
        { kind: 'reasoning', issuer: 'openai', id: 'rs_1', parts: ['One', 'Two'], encrypted: 'gAAA' },
        { kind: 'reasoning', issuer: 'openai', id: 'rs_2', parts: ['Next'], encrypted: 'gBBB' },
      ],
    },
    {
      name: 'a summary and its encrypted content are one item with its id',
      message: {
        reasoning_details: [
          { type: 'reasoning.summary', summary: 'Sum', format: 'openai-responses-v1', index: 0 },
          { type: 'reasoning.encrypted', data: 'gAAA', id: 'rs_1', format: 'openai-responses-v1', index: 0 },
        ],
      },
      expected: [{ kind: 'reasoning', issuer: 'openai', id: 'rs_1', parts: ['Sum'], encrypted: 'gAAA' }],
    },
    {
      name: 'an envelope is opened',
      message: {
        reasoning_details: [
          {
            type: 'reasoning.text',
            text: 'altered',
            signature: seal({ issuer: 'openai', value: 'gAAA', text: ['Sum'], id: 'rs_1', kind: 'encrypted' }),
            index: 0,
          },
        ],
      },
      expected: [{ kind: 'reasoning', issuer: 'openai', id: 'rs_1', parts: ['Sum'], encrypted: 'gAAA' }],
    },
    {
      name: 'text alone is nobody’s',
      message: { reasoning_content: 'Hm' },
      expected: [{ kind: 'reasoning', issuer: 'unknown', parts: ['Hm'] }],
    },
  ]

  test.each(cases)('$name', ({ message, expected }) => {
    expect(items({ role: 'assistant', content: 'x', ...message }).slice(0, -1)).toEqual(expected)
  })
})

const fields: Array<{ name: string; body: JsonObject; expected: Partial<CanonicalRequest>; losses?: string[] }> = [
  {
    name: 'max_completion_tokens',
    body: { max_completion_tokens: 321, max_tokens: 1 },
    expected: { maxOutputTokens: 321 },
  },
  { name: 'max_tokens', body: { max_tokens: 321 }, expected: { maxOutputTokens: 321 } },
  {
    name: 'sampling',
    body: { temperature: 0.25, top_p: 0.5, top_k: 7, seed: 1 },
    expected: { temperature: 0.25, topP: 0.5, topK: 7, seed: 1 },
  },
  { name: 'stop as a word', body: { stop: 'END' }, expected: { stop: ['END'] } },
  {
    name: 'stop as a list without its blanks',
    body: { stop: ['END', '\n'] },
    expected: { stop: ['END'] },
    losses: ['stop'],
  },
  { name: 'several answers', body: { n: 2 }, expected: { n: 2 } },
  { name: 'logprobs', body: { logprobs: true, top_logprobs: 3 }, expected: { logprobs: { top: 3 } } },
  { name: 'effort', body: { reasoning_effort: 'low' }, expected: { reasoning: { effort: 'low', summary: 'auto' } } },
  { name: 'an effort nobody knows', body: { reasoning_effort: 'ultra' }, expected: {}, losses: ['effort'] },
  {
    name: 'thinking as Anthropic has it',
    body: { thinking: { type: 'enabled', budget_tokens: 2048 } },
    expected: { reasoning: { mode: 'enabled', budgetTokens: 2048, summary: 'auto' } },
  },
  {
    name: 'JSON mode',
    body: { response_format: { type: 'json_object' } },
    expected: { outputFormat: { type: 'json' } },
  },
  {
    name: 'a schema',
    body: {
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
    },
    expected: { outputFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true } },
  },
  { name: 'the person', body: { safety_identifier: 'p1', user: 'p2' }, expected: { endUser: 'p1' } },
  { name: 'the person as user', body: { user: 'p2' }, expected: { endUser: 'p2' } },
  {
    name: 'cache hints',
    body: {
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      prompt_cache_options: { mode: 'implicit', ttl: '30m' },
    },
    expected: {
      cache: { key: 'k', retention: '24h', options: { mode: 'implicit', ttl: '30m' }, implicit: { ttl: '30m' } },
    },
  },
  {
    name: 'a cache lifetime nobody knows',
    body: { prompt_cache_options: { mode: 'implicit', ttl: '24h' } },
    expected: { cache: { options: { mode: 'implicit', ttl: '24h' }, implicit: {} } },
  },
  {
    name: 'settings others may share',
    body: {
      store: true,
      service_tier: 'flex',
      metadata: { a: 'b' },
      verbosity: 'low',
      logit_bias: { 5: 1 },
      moderation: { a: 1 },
    },
    expected: {
      store: true,
      serviceTier: 'flex',
      metadata: { a: 'b' },
      verbosity: 'low',
      logitBias: { 5: 1 },
      moderation: { a: 1 },
    },
  },
  {
    name: 'stream options',
    body: { stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
    expected: { includeUsage: true, includeObfuscation: false },
  },
  { name: 'parallel calls off', body: { parallel_tool_calls: false }, expected: { parallelToolCalls: false } },
  {
    name: 'a prediction is lost',
    body: { prediction: { type: 'content', content: 'x' } },
    expected: {},
    losses: ['prediction'],
  },
  { name: 'an unknown field is lost', body: { mystery: 1 }, expected: {}, losses: ['unknown-field'] },
  {
    name: 'null and defaults say nothing',
    body: {
      temperature: 1,
      top_p: 1,
      n: 1,
      frequency_penalty: 0,
      presence_penalty: 0,
      logit_bias: {},
      metadata: {},
      stop: null,
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      service_tier: 'auto',
      store: false,
      response_format: { type: 'text' },
      modalities: ['text'],
      audio: null,
      mystery: null,
      logprobs: false,
    },
    expected: {},
  },
]

describe('fields', () => {
  test.each(fields)('$name', ({ body, expected, losses = [] }) => {
    const { params: _, items: __, losses: found, ...request } = read(body)
    expect(request).toEqual({ tools: [], includeUsage: false, ...expected })
    expect(found).toEqual(losses)
  })
})

describe('tools', () => {
  test('functions, custom tools, web search and tools nobody else has', () => {
    const { tools } = read({
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} }, strict: true },
        },
        { type: 'function', function: { name: 'g' } },
        {
          type: 'custom',
          custom: { name: 'c', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 's' } } },
        },
        { type: 'mystery', name: 'x' },
      ],
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Bern', country: 'CH' } },
      },
    })
    expect(tools).toEqual([
      { kind: 'function', name: 'f', description: 'd', parameters: { type: 'object', properties: {} }, strict: true },
      { kind: 'function', name: 'g' },
      { kind: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 's' } },
      { kind: 'native', type: 'mystery', name: 'x' },
      { kind: 'web-search', contextSize: 'low', userLocation: { city: 'Bern', country: 'CH' } },
    ])
  })

  test('the deprecated functions ask for deprecated answers, one call each', () => {
    expect(read({ functions: [{ name: 'f' }], function_call: { name: 'f' } })).toMatchObject({
      tools: [{ kind: 'function', name: 'f' }],
      toolChoice: { type: 'tool', name: 'f', tool: 'function' },
      legacyFunctions: true,
      parallelToolCalls: false,
    })
  })

  test('a choice counts more than that of the deprecated functions', () => {
    const { toolChoice } = read({ functions: [{ name: 'f' }], function_call: { name: 'f' }, tool_choice: 'none' })
    expect(toolChoice).toEqual({ type: 'none' })
  })

  const tools = [{ type: 'function', function: { name: 'f' } }]
  const named = (type: string) => ({ type, [type]: { name: 'f' } })
  test.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'required' }],
    [named('function'), { type: 'tool', name: 'f', tool: 'function' }],
    [named('custom'), { type: 'tool', name: 'f', tool: 'custom' }],
    [
      { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named('function')] } },
      { type: 'allowed', mode: 'required', names: ['f'] },
    ],
    [
      { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [named('function')] } },
      { type: 'allowed', mode: 'auto', names: ['f'] },
    ],
    [{ type: 'web_search' }, { type: 'native', tool: 'web_search' }],
  ])('choice %j', (choice, expected) => {
    expect(read({ tools, tool_choice: choice }).toolChoice).toEqual(expected)
  })
})

describe('mistakes are named by their path', () => {
  const part = (entry: JsonObject) => ({ messages: [{ role: 'user', content: [entry] }] })
  test.each<[string, JsonObject]>([
    ['messages', { messages: undefined }],
    ['messages', { messages: [] }],
    ['messages', { messages: 'hi' }],
    ['messages[0]', { messages: ['hi'] }],
    ['messages[1].role', { messages: [hello[0], { role: 'robot', content: 'x' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 7 }] }],
    ['messages[0].content[0].type', part({ type: 'video_url' })],
    ['messages[0].content[0].image_url.url', part({ type: 'image_url', image_url: {} })],
    ['messages[0].content[0].file.file_id', part({ type: 'file', file: { file_id: 'file-1' } })],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }],
    [
      'messages[0].tool_calls[0].function.name',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: {} }] }] },
    ],
    ['messages[0].name', { messages: [{ role: 'function', name: 'f', content: 'x' }] }],
    ['messages[0].audio', { messages: [{ role: 'assistant', audio: { id: 'a' } }] }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_completion_tokens', { max_completion_tokens: '9' }],
    ['temperature', { temperature: 'hot' }],
    ['stop', { stop: [1] }],
    ['n', { n: 1.5 }],
    ['tools', { tools: {} }],
    ['tools[0].type', { tools: [{}] }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }],
    ['tools[0].function.parameters', { tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] }],
    ['tool_choice', { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'sometimes' }],
    ['response_format', { response_format: { type: 'grammar' } }],
    ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['modalities', { audio: { voice: 'x', format: 'mp3' } }],
    ['stream_options.include_usage', { stream_options: { include_usage: 1 } }],
  ])('%s', (param, body) => {
    try {
      read(body)
    } catch (fault) {
      expect(fault).toBeInstanceOf(GatewayFault)
      expect((fault as GatewayFault).error).toMatchObject({ code: 'invalid_request', param })
      return
    }
    expect.unreachable('the request was accepted')
  })
})
