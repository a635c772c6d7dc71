import { describe, expect, test } from 'vitest'
import { casesOf, check, convert, lost, type Row, refused, sent } from './support.ts'

// What becomes of a Messages request at an upstream of another format, field by field.

const user = (content: unknown) => ({ role: 'user', content })
const hi = user('Hi')
const text = (value: string) => ({ type: 'text', text: value })
const inputText = (value: string) => ({ type: 'input_text', text: value })
const rMessage = (...content: object[]) => [{ type: 'message', role: 'user', content }]
const f = { name: 'f', input_schema: { type: 'object', properties: {} } }
const cF = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }
const rF = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false }
const ephemeral = { cache_control: { type: 'ephemeral' } }
const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' } }
const plain = 'gpt-4.1'
const newest = 'gpt-5.6'

const both = (outcome: Row['c']) => ({ c: outcome, r: outcome })

const closed = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
}
const optional = { ...closed, required: [] }

const fields: Row[] = [
  {
    name: 'nothing but a message',
    send: {},
    c: sent({ max_completion_tokens: 1000, stream: true, stream_options: { include_usage: true }, messages: [hi] }),
    r: sent({
      max_output_tokens: 1000,
      stream: true,
      store: false,
      input: rMessage(inputText('Hi')),
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    }),
  },
  {
    name: 'max_tokens for a server with the older name',
    send: {},
    quirks: { maxTokensField: 'max_tokens' },
    c: sent({ max_tokens: 1000, max_completion_tokens: undefined }),
  },
  {
    name: 'max_tokens below the minimum',
    send: { max_tokens: 5 },
    c: sent({ max_completion_tokens: 5 }),
    r: sent({ max_output_tokens: 16 }, 'max-tokens-raised'),
  },
  {
    name: 'max_tokens above the model’s',
    send: { max_tokens: 64_000 },
    model: plain,
    c: sent({ max_completion_tokens: 32_768 }, 'max-tokens-clamped'),
    r: sent({ max_output_tokens: 32_768 }, 'max-tokens-clamped'),
  },
  {
    name: 'max_tokens of 0',
    send: { max_tokens: 0 },
    c: refused('max_tokens'),
    r: sent({ prompt_cache_options: { prewarm: true }, max_output_tokens: undefined }),
  },
  {
    name: 'cache_control of the request',
    send: ephemeral,
    model: newest,
    c: sent({ prompt_cache_options: { mode: 'implicit' } }),
    r: sent({ prompt_cache_options: { mode: 'implicit' } }),
  },
  {
    name: 'cache_control of the request, older model',
    send: ephemeral,
    model: plain,
    ...both(sent({ prompt_cache_options: undefined })),
  },
  {
    name: 'metadata.user_id',
    send: { metadata: { user_id: 'a' } },
    ...both(sent({ safety_identifier: 'a', metadata: undefined })),
  },
  {
    name: 'metadata.user_id for a server that only knows user',
    send: { metadata: { user_id: 'a' } },
    quirks: { endUserField: 'user' },
    c: sent({ user: 'a', safety_identifier: undefined }),
  },
  { name: 'other metadata', send: { metadata: { team: 'a' } }, ...both(lost('unknown-field')) },
  {
    name: 'effort',
    send: { output_config: { effort: 'low' } },
    model: 'o3',
    c: sent({ reasoning_effort: 'low' }),
    r: sent({ reasoning: { effort: 'low', summary: 'auto' } }),
  },
  {
    name: 'task_budget',
    send: { output_config: { task_budget: { type: 'tokens', total: 9 } } },
    ...both(lost('task-budget')),
  },
  { name: 'tier auto', send: { service_tier: 'auto' }, ...both(sent({ service_tier: 'auto' })) },
  { name: 'tier standard_only', send: { service_tier: 'standard_only' }, ...both(sent({ service_tier: 'default' })) },
  { name: 'speed', send: { speed: 'fast' }, ...both(sent({ speed: undefined }, 'speed')) },
  { name: 'standard speed', send: { speed: 'standard' }, ...both(lost()) },
  {
    name: 'stop_sequences',
    send: { stop_sequences: ['a', 'b', 'c', 'd', 'e'] },
    c: sent({ stop: ['a', 'b', 'c', 'd'] }, 'stop'),
    r: sent({ stop: undefined }, 'stop'),
  },
  {
    name: 'stop_sequences for a model that refuses them',
    send: { stop_sequences: ['a'] },
    model: 'gpt-5-mini',
    c: sent({ stop: undefined }, 'stop'),
  },
  {
    name: 'stop_sequences for a model that takes them',
    send: { stop_sequences: ['a'] },
    model: 'o3-mini',
    c: sent({ stop: ['a'] }),
  },
  { name: 'a blank stop sequence', send: { stop_sequences: ['a', ' '] }, c: sent({ stop: ['a'] }, 'stop') },
  {
    name: 'temperature and top_p',
    send: { temperature: 0.5, top_p: 0.9 },
    ...both(sent({ temperature: 0.5, top_p: 0.9 })),
  },
  {
    name: 'sampling of a model that reasons',
    send: { temperature: 0.5 },
    model: 'o3',
    ...both(sent({ temperature: undefined }, 'sampling')),
  },
  { name: 'top_k', send: { top_k: 5 }, ...both(sent({ top_k: undefined }, 'top-k')) },
  { name: 'top_k for a server that takes it', send: { top_k: 5 }, quirks: { topK: true }, c: sent({ top_k: 5 }) },
  ...[
    'container',
    'mcp_servers',
    'thread',
    'compaction',
    'billing_policy',
    'inference_geo',
    'fallback_credit_token',
  ].map(
    (field): Row => ({
      name: field,
      send: { [field]: field === 'mcp_servers' ? [{ url: 'x' }] : 'x' },
      ...both(refused(field)),
    }),
  ),
  { name: 'no mcp_servers', send: { mcp_servers: [] }, ...both(lost()) },
  { name: 'context_management', send: { context_management: { edits: [] } }, ...both(lost('context-management')) },
  { name: 'fallbacks', send: { fallbacks: [{ model: 'x' }] }, ...both(lost('fallbacks')) },
  { name: 'diagnostics', send: { diagnostics: {} }, ...both(lost('diagnostics')) },
  { name: 'anthropic-beta', send: {}, headers: { 'anthropic-beta': 'a-2026' }, ...both(lost('beta')) },
  { name: 'anthropic-version', send: {}, headers: { 'anthropic-version': '2023-06-01' }, ...both(lost()) },
  { name: 'a workspace', send: {}, headers: { 'anthropic-workspace-id': 'w' }, ...both(lost('workspace')) },
  { name: 'a field nobody knows', send: { mystery: 1 }, ...both(sent({ mystery: undefined }, 'unknown-field')) },
  {
    name: 'fields that are null',
    send: { mystery: null, tools: null, thinking: null, container: null, metadata: null, system: null },
    ...both(lost()),
  },
]

const tools: Row[] = [
  {
    name: 'a function',
    send: { tools: [{ ...f, description: 'Does.' }] },
    c: sent({
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'Does.', parameters: { type: 'object', properties: {} } },
        },
      ],
      tool_choice: undefined,
    }),
    r: sent({ tools: [{ ...rF, description: 'Does.' }] }),
  },
  {
    name: 'type custom is a function',
    send: { tools: [{ ...f, type: 'custom', strict: false }] },
    c: sent({ tools: [{ type: 'function', function: { ...cF.function, strict: false } }] }),
    r: sent({ tools: [rF] }),
  },
  {
    name: 'a strict function',
    send: { tools: [{ name: 'f', input_schema: closed, strict: true }] },
    c: sent({ tools: [{ type: 'function', function: { name: 'f', parameters: closed, strict: true } }] }),
    r: sent({ tools: [{ type: 'function', name: 'f', parameters: closed, strict: true }] }),
  },
  {
    name: 'a strict function with an optional parameter, which OpenAI would refuse',
    send: { tools: [{ name: 'f', input_schema: optional, strict: true }] },
    c: sent(
      { tools: [{ type: 'function', function: { name: 'f', parameters: optional, strict: false } }] },
      'tool-option',
    ),
    r: sent({ tools: [{ type: 'function', name: 'f', parameters: optional, strict: false }] }, 'tool-option'),
  },
  {
    name: 'a function whose schema has no properties, which OpenAI would refuse',
    send: { tools: [{ name: 'f', input_schema: { type: 'object' } }] },
    c: sent({ tools: [cF] }),
    r: sent({ tools: [rF] }),
  },
  {
    name: 'options only Anthropic has',
    send: { tools: [{ ...f, eager_input_streaming: true, input_examples: [{}] }] },
    c: sent({ tools: [cF] }, 'tool-option'),
    r: sent({ tools: [rF] }, 'tool-option'),
  },
  {
    name: 'options at their default',
    send: {
      tools: [
        { ...f, eager_input_streaming: false, input_examples: [], allowed_callers: ['direct'], defer_loading: false },
      ],
    },
    ...both(lost()),
  },
  {
    name: 'a cache mark on a tool',
    send: { tools: [{ ...f, ...ephemeral }] },
    model: newest,
    c: sent({ tools: [cF] }, 'cache-hint'),
    r: sent({ tools: [rF] }, 'cache-hint'),
  },
  {
    name: 'web search',
    send: {
      tools: [
        {
          type: 'web_search_20250305',
          name: 'web_search',
          allowed_domains: ['a.org'],
          max_uses: 2,
          user_location: { type: 'approximate', city: 'Bern' },
        },
      ],
    },
    c: sent({ tools: undefined }, 'tool'),
    r: sent({
      tools: [
        {
          type: 'web_search',
          filters: { allowed_domains: ['a.org'] },
          user_location: { type: 'approximate', city: 'Bern' },
        },
      ],
      max_tool_calls: 2,
    }),
  },
  {
    name: 'web search of a search model',
    send: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    model: 'gpt-4o-search-preview',
    c: sent({ web_search_options: {}, tools: undefined }),
  },
  ...[
    'code_execution_20250825',
    'web_fetch_20250910',
    'bash_20250124',
    'text_editor_20250728',
    'memory_20250818',
    'tool_search_tool_regex_20251119',
  ].map(
    (type): Row => ({
      name: type,
      send: { tools: [f, { type, name: 'x' }] },
      c: sent({ tools: [cF] }, 'tool'),
      r: sent({ tools: [rF] }, 'tool'),
    }),
  ),
  {
    name: 'no tools',
    send: { tools: [], tool_choice: { type: 'auto' } },
    ...both(sent({ tools: undefined, tool_choice: undefined })),
  },
  { name: 'choice auto', send: { tools: [f], tool_choice: { type: 'auto' } }, ...both(sent({ tool_choice: 'auto' })) },
  { name: 'choice none', send: { tools: [f], tool_choice: { type: 'none' } }, ...both(sent({ tool_choice: 'none' })) },
  {
    name: 'choice any',
    send: { tools: [f], tool_choice: { type: 'any' } },
    ...both(sent({ tool_choice: 'required' })),
  },
  {
    name: 'choice of a tool',
    send: { tools: [f], tool_choice: { type: 'tool', name: 'f' } },
    c: sent({ tool_choice: { type: 'function', function: { name: 'f' } } }),
    r: sent({ tool_choice: { type: 'function', name: 'f' } }),
  },
  {
    name: 'choice of web search',
    send: {
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'tool', name: 'web_search' },
    },
    c: refused('tool_choice'),
    r: sent({ tool_choice: { type: 'web_search' } }),
  },
  {
    name: 'choice of a tool that has no counterpart',
    send: { tools: [{ type: 'bash_20250124', name: 'bash' }], tool_choice: { type: 'tool', name: 'bash' } },
    ...both(refused('tool_choice')),
  },
  {
    name: 'at most one call',
    send: { tools: [f], tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    ...both(sent({ parallel_tool_calls: false, tool_choice: 'auto' })),
  },
]

const call = {
  role: 'assistant',
  content: [text('Look:'), { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } }],
}
const cCall = {
  role: 'assistant',
  content: 'Look:',
  tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
}
const result = (fields: object = {}) =>
  user([{ type: 'tool_result', tool_use_id: 'toolu_1', content: '42', ...fields }])
const cResult = (content: string) => ({ role: 'tool', tool_call_id: 'toolu_1', content })
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }
const cImage = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }
const rImage = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' }

/** What follows the call in `input`. */
const rResult = (output: unknown) => ({ type: 'function_call_output', call_id: 'toolu_1', output })

const history: Row[] = [
  {
    name: 'a system text',
    send: { system: 'Be brief' },
    c: sent({ messages: [{ role: 'system', content: 'Be brief' }, hi] }),
    r: sent({ instructions: 'Be brief', input: rMessage(inputText('Hi')) }),
  },
  {
    name: 'system blocks',
    send: { system: [text('Be'), text('brief')] },
    c: sent({ messages: [{ role: 'system', content: [text('Be'), text('brief')] }, hi] }),
    r: sent({ instructions: 'Be\n\nbrief' }),
  },
  {
    name: 'system with a cache mark',
    send: { system: [{ ...text('Be'), ...ephemeral }] },
    model: newest,
    c: sent({ messages: [{ role: 'system', content: [{ ...text('Be'), ...breakpoint }] }, hi] }),
    r: sent({
      instructions: undefined,
      input: [
        { type: 'message', role: 'system', content: [{ ...inputText('Be'), ...breakpoint }] },
        ...rMessage(inputText('Hi')),
      ],
    }),
  },
  {
    name: 'system with a cache mark nobody knows',
    send: { system: [{ ...text('Be'), ...ephemeral }] },
    model: plain,
    c: sent({ messages: [{ role: 'system', content: 'Be' }, hi] }, 'cache-hint'),
    r: sent({ instructions: 'Be' }, 'cache-hint'),
  },
  {
    name: 'the billing line of Claude Code',
    send: { system: [text('x-anthropic-billing-header: cc_version=1;'), text('Be brief')] },
    c: sent({ messages: [{ role: 'system', content: 'Be brief' }, hi] }),
    r: sent({ instructions: 'Be brief' }),
  },
  {
    name: 'a later system message',
    send: { messages: [hi, { role: 'system', content: 'Now' }] },
    c: sent({ messages: [hi, { role: 'system', content: 'Now' }] }),
    r: sent({
      input: [...rMessage(inputText('Hi')), { type: 'message', role: 'system', content: [inputText('Now')] }],
    }),
  },
  { name: 'a prefill', send: { messages: [hi, { role: 'assistant', content: 'So' }] }, ...both(lost('prefill')) },
  {
    name: 'a call and its result',
    send: { messages: [call, result()] },
    c: sent({ messages: [cCall, cResult('42')] }),
    r: lost(),
  },
  {
    name: 'a failed call',
    send: { messages: [call, result({ is_error: true })] },
    c: sent({ messages: [cCall, cResult('Error: 42')] }, 'is-error'),
    r: lost('is-error'),
  },
  {
    name: 'a failed call that says so',
    send: { messages: [call, result({ is_error: true, content: 'Error: no' })] },
    c: sent({ messages: [cCall, cResult('Error: no')] }, 'is-error'),
    r: lost('is-error'),
  },
  {
    name: 'an empty result',
    send: { messages: [call, result({ content: undefined })] },
    c: sent({ messages: [cCall, cResult('')] }),
    r: lost(),
  },
  {
    name: 'an image in a result',
    send: { messages: [call, result({ content: [text('See'), image] })] },
    c: sent(
      {
        messages: [cCall, cResult('See\n[image 1]'), user([text('[image 1] of the result of call toolu_1:'), cImage])],
      },
      'tool-result-media',
    ),
    r: lost(),
  },
  {
    name: 'results and the next words',
    send: { messages: [call, user([{ type: 'tool_result', tool_use_id: 'toolu_1', content: '42' }, text('Go on')])] },
    c: sent({ messages: [cCall, cResult('42'), user('Go on')] }),
  },
  {
    name: 'words before results',
    send: { messages: [call, user([text('Go on'), { type: 'tool_result', tool_use_id: 'toolu_1', content: '42' }])] },
    c: sent({ messages: [cCall, cResult('42'), user('Go on')] }),
  },
  {
    name: 'a call without a result',
    send: { messages: [call, hi] },
    c: sent({ messages: [cCall, cResult('(no output)'), hi] }, 'missing-tool-result'),
    r: lost('missing-tool-result'),
  },
  {
    name: 'a tool reference in a result',
    send: { messages: [call, result({ content: [{ type: 'tool_reference', tool_name: 'g' }] })] },
    c: sent({ messages: [cCall, cResult('')] }, 'tool-result-media'),
  },
  ...['server_tool_use', 'web_search_tool_result', 'code_execution_tool_result', 'container_upload'].map(
    (type): Row => ({
      name: `${type} in history`,
      send: { messages: [hi, { role: 'assistant', content: [text('a'), { type, id: 'x' }] }, hi] },
      c: sent({ messages: [hi, { role: 'assistant', content: 'a' }, hi] }, 'server-tool-history'),
      r: lost('server-tool-history'),
    }),
  ),
  {
    name: 'a compacted history',
    send: { messages: [hi, { role: 'assistant', content: [{ type: 'compaction', content: 'x' }] }] },
    ...both(refused('messages[1].content[0]')),
  },
]

const parts: Row[] = [
  {
    name: 'an image',
    send: { messages: [user([image])] },
    c: sent({ messages: [user([cImage])] }),
    r: sent({ input: rMessage(rImage) }),
  },
  {
    name: 'an image by address',
    send: { messages: [user([{ type: 'image', source: { type: 'url', url: 'https://x/a.png' } }])] },
    c: sent({ messages: [user([{ type: 'image_url', image_url: { url: 'https://x/a.png' } }])] }),
    r: sent({ input: rMessage({ type: 'input_image', image_url: 'https://x/a.png', detail: 'auto' }) }),
  },
  {
    name: 'an image by file id',
    send: { messages: [user([{ type: 'image', source: { type: 'file', file_id: 'x' } }])] },
    ...both(refused('messages[0].content[0].source')),
  },
  {
    name: 'a changed image',
    send: { messages: [user([{ ...image, transformations: [] }])] },
    ...both(lost('unknown-field')),
  },
  {
    name: 'a PDF',
    send: {
      messages: [
        user([
          { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' } },
        ]),
      ],
    },
    c: sent({
      messages: [user([{ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } }])],
    }),
    r: sent({
      input: rMessage({ type: 'input_file', file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' }),
    }),
  },
  {
    name: 'a PDF by address',
    send: { messages: [user([{ type: 'document', source: { type: 'url', url: 'https://x/a.pdf' } }])] },
    c: refused('messages'),
    r: sent({ input: rMessage({ type: 'input_file', file_url: 'https://x/a.pdf' }) }),
  },
  {
    name: 'a text document',
    send: {
      messages: [
        user([{ type: 'document', title: 'T', source: { type: 'text', media_type: 'text/plain', data: 'Body' } }]),
      ],
    },
    c: sent({ messages: [user('T\nBody')] }, 'document'),
    r: sent({ input: rMessage({ type: 'input_file', file_data: 'data:text/plain;base64,Qm9keQ==', filename: 'T' }) }),
  },
  {
    name: 'a document with context and citations',
    send: {
      messages: [
        user([
          {
            type: 'document',
            context: 'Old',
            citations: { enabled: true },
            source: { type: 'text', media_type: 'text/plain', data: 'Body' },
          },
        ]),
      ],
    },
    c: sent({ messages: [user('Old\nBody')] }, 'document', 'citations'),
    r: sent(
      {
        input: rMessage(inputText('Old'), {
          type: 'input_file',
          file_data: 'data:text/plain;base64,Qm9keQ==',
          filename: 'document.txt',
        }),
      },
      'document',
      'citations',
    ),
  },
  {
    name: 'a document of blocks',
    send: { messages: [user([{ type: 'document', source: { type: 'content', content: [text('a'), text('b')] } }])] },
    c: sent({ messages: [user('a\nb')] }, 'document'),
    r: lost(),
  },
  {
    name: 'a search result',
    send: { messages: [user([{ type: 'search_result', title: 'T', source: 'https://x', content: [text('Body')] }])] },
    c: sent({ messages: [user('T\nhttps://x\nBody')] }, 'search-result'),
    r: sent({ input: rMessage(inputText('T\nhttps://x\nBody')) }, 'search-result'),
  },
  {
    name: 'a cache mark',
    send: { messages: [user([{ ...text('Hi'), cache_control: { type: 'ephemeral', ttl: '1h' } }])] },
    model: newest,
    c: sent({ messages: [user([{ ...text('Hi'), prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }])] }),
    r: sent({ input: rMessage({ ...inputText('Hi'), prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }) }),
  },
  {
    name: 'a cache mark nobody knows',
    send: { messages: [user([{ ...text('Hi'), ...ephemeral }])] },
    model: plain,
    c: sent({ messages: [hi] }, 'cache-hint'),
    r: sent({ input: rMessage(inputText('Hi')) }, 'cache-hint'),
  },
]

const thought = { type: 'thinking', thinking: 'Hm', signature: 'S' }
const withThought = (block: object) => ({ messages: [hi, { role: 'assistant', content: [block, text('4')] }, hi] })

const reasoning: Row[] = [
  {
    name: 'thinking disabled',
    send: { thinking: { type: 'disabled' } },
    model: 'gpt-5.1',
    c: sent({ reasoning_effort: 'none' }),
    r: sent({ reasoning: { effort: 'none' } }),
  },
  {
    name: 'thinking disabled, always thinking',
    send: { thinking: { type: 'disabled' } },
    model: 'o3',
    c: sent({ reasoning_effort: 'low' }, 'thinking-always-on'),
    r: sent({ reasoning: { effort: 'low' } }, 'thinking-always-on'),
  },
  {
    name: 'thinking disabled, never thinking',
    send: { thinking: { type: 'disabled' } },
    model: plain,
    ...both(sent({ reasoning_effort: undefined, reasoning: undefined })),
  },
  ...(
    [
      [1024, 'minimal'],
      [2048, 'low'],
      [5000, 'medium'],
      [8000, 'high'],
      [9999, 'high'],
    ] as const
  ).map(
    ([budget_tokens, effort]): Row => ({
      name: `a budget of ${budget_tokens} of 10000`,
      send: { max_tokens: 10_000, thinking: { type: 'enabled', budget_tokens } },
      c: sent({ reasoning_effort: effort }),
      r: sent({ reasoning: { effort, summary: 'auto' } }),
    }),
  ),
  {
    name: 'a budget of a model that does not reason',
    send: { thinking: { type: 'enabled', budget_tokens: 1024 } },
    model: plain,
    ...both(sent({ reasoning_effort: undefined, reasoning: undefined }, 'effort')),
  },
  {
    name: 'adaptive thinking',
    send: { thinking: { type: 'adaptive' } },
    c: sent({ reasoning_effort: undefined }),
    r: sent({ reasoning: { summary: 'auto' } }),
  },
  {
    name: 'adaptive thinking with effort',
    send: { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
    c: sent({ reasoning_effort: 'max' }),
    r: sent({ reasoning: { effort: 'max', summary: 'auto' } }),
  },
  {
    name: 'thinking that is not to be shown',
    send: { thinking: { type: 'adaptive', display: 'omitted' } },
    r: sent({ reasoning: undefined }),
  },
  {
    name: 'thinking between tools',
    send: { thinking: { type: 'between_tools' } },
    c: sent({ reasoning_effort: undefined }, 'thinking-mode'),
    r: lost('thinking-mode'),
  },
  { name: 'Claude’s thinking in history', send: withThought(thought), ...both(lost('foreign-reasoning')) },
  {
    name: 'redacted thinking in history',
    send: withThought({ type: 'redacted_thinking', data: 'x' }),
    ...both(lost('foreign-reasoning')),
  },
  {
    name: 'thinking that a provider wants back',
    send: withThought(thought),
    quirks: { replayReasoning: true },
    c: sent({ messages: [hi, { role: 'assistant', content: '4', reasoning_content: 'Hm' }, hi] }),
  },
  {
    name: 'OpenAI’s reasoning in its envelope',
    send: withThought({
      type: 'thinking',
      thinking: 'Hm',
      signature: 'sluice1.o.eyJ2IjoiZ0FBQSIsImlkIjoicnNfMSIsImtpbmQiOiJlbmNyeXB0ZWQifQ',
    }),
    c: lost('foreign-reasoning'),
    r: lost(),
  },
]

const asked = (schema: object, strict: boolean) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'response', schema, strict } },
})
const askedFlat = (schema: object, strict: boolean) => ({
  text: { format: { type: 'json_schema', name: 'response', schema, strict } },
})
const looseSchemas: [name: string, schema: object][] = [
  ['a schema with an optional property', optional],
  ['a schema that is open', { ...closed, additionalProperties: undefined }],
  ['a schema with a default', { ...closed, properties: { a: { type: 'string', default: 'x' } } }],
  ['a schema with an optional property in a definition', { ...closed, $defs: { A: optional } }],
  [
    'a schema with an optional property in a list',
    { ...closed, properties: { a: { type: 'array', items: optional } } },
  ],
  ['a schema with an optional property in a choice', { ...closed, properties: { a: { anyOf: [optional] } } }],
  ['a schema of an object or nothing that is open', { ...closed, properties: { a: { type: ['object', 'null'] } } }],
]
const output: Row[] = [
  {
    name: 'a schema',
    send: { output_config: { format: { type: 'json_schema', schema: closed } } },
    c: sent(asked(closed, true)),
    r: sent(askedFlat(closed, true)),
  },
  {
    name: 'the deprecated output_format',
    send: { output_format: { type: 'json_schema', schema: closed } },
    c: sent(asked(closed, true)),
  },
  // OpenAI's strict mode would refuse the whole request.
  ...looseSchemas.map(([name, schema]) => ({
    name,
    send: { output_config: { format: { type: 'json_schema', schema } } },
    c: sent(asked(schema, false), 'schema-keyword'),
    r: sent(askedFlat(schema, false), 'schema-keyword'),
  })),
  {
    name: 'another form',
    send: { output_config: { format: { type: 'xml' } } },
    ...both(refused('output_config.format.type')),
  },
]

const tables = { fields, tools, history, parts, reasoning, output }
describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(casesOf(rows))('%s', (_name, each) => {
    check('anthropic-messages', each)
  })
})

const rCall = [
  {
    type: 'message',
    role: 'assistant',
    id: expect.stringMatching(/^msg_/),
    status: 'completed',
    content: [{ type: 'output_text', text: 'Look:', annotations: [] }],
  },
  { type: 'function_call', call_id: 'toolu_1', name: 'f', arguments: '{"a":1}' },
]

test.each([
  ['text', result(), rResult('42')],
  ['a failure', result({ is_error: true }), rResult('Error: 42')],
  ['nothing', result({ content: [] }), rResult('')],
  ['an image', result({ content: [text('See'), image] }), rResult([inputText('See'), rImage])],
])('a Responses upstream gets %s as the call’s output', (_, message, output) => {
  const { input } = convert('anthropic-messages', 'openai-responses', { send: { messages: [call, message] } }).body
  expect(input).toEqual([...rCall, output])
})

test('OpenAI’s own reasoning goes back as it was, directly before its answer', () => {
  const block = {
    type: 'thinking',
    thinking: 'Hm',
    signature: 'sluice1.o.eyJ2IjoiZ0FBQSIsImlkIjoicnNfMSIsImtpbmQiOiJlbmNyeXB0ZWQifQ',
  }
  const { input } = convert('anthropic-messages', 'openai-responses', { send: withThought(block) }).body
  expect(input).toMatchObject([
    { role: 'user' },
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'gAAA' },
    { role: 'assistant' },
    { role: 'user' },
  ])
})

test('the long user id of Claude Code is hashed', () => {
  const send = { metadata: { user_id: 'user_'.repeat(30) } }
  const { safety_identifier } = convert('anthropic-messages', 'openai-chat', { send }).body
  expect(safety_identifier).toMatch(/^[0-9a-f]{64}$/)
})
