import { describe, expect, test } from 'vitest'
import { casesOf, check, convert, lost, type Row, refused, sent } from './support.ts'

// What becomes of a Responses request at an upstream of another format, field by field.

const item = (role: string, ...content: object[]) => ({ type: 'message', role, content })
const inputText = (text: string) => ({ type: 'input_text', text })
const outputText = (text: string) => ({ type: 'output_text', text, annotations: [] })
const text = (value: string) => ({ type: 'text', text: value })
const hi = item('user', inputText('Hi'))
const cHi = { role: 'user', content: 'Hi' }
const mHi = { role: 'user', content: [text('Hi')] }
const f = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false }
const cF = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} }, strict: false } }
const mF = { name: 'f', input_schema: { type: 'object', properties: {} } }
const adaptive = 'claude-opus-4-8'
const plain = 'gpt-4.1'
const newest = 'gpt-5.6'

const both = (outcome: Row['c']) => ({ c: outcome, m: outcome })

const fields: Row[] = [
  {
    name: 'nothing but a text',
    send: {},
    c: sent({ messages: [cHi], stream: true, stream_options: { include_usage: true }, store: undefined }),
    m: sent({ messages: [mHi], max_tokens: 4096, stream: true, thinking: undefined }),
  },
  { name: 'access_programs', send: { access_programs: ['x'] }, ...both(lost('access-programs')) },
  { name: 'background', send: { background: true }, ...both(refused('background')) },
  { name: 'background off', send: { background: false }, ...both(lost()) },
  {
    name: 'context_management',
    send: { context_management: [{ type: 'compaction' }] },
    ...both(lost('context-management')),
  },
  { name: 'conversation', send: { conversation: 'conv_1' }, ...both(refused('conversation')) },
  { name: 'previous_response_id', send: { previous_response_id: 'resp_1' }, ...both(refused('previous_response_id')) },
  { name: 'prompt', send: { prompt: { id: 'pmpt_1' } }, ...both(refused('prompt')) },
  { name: 'image', send: { image: { context_compression: 'x' } }, ...both(lost('unknown-field')) },
  {
    name: 'include of log probabilities',
    send: { include: ['message.output_text.logprobs'] },
    c: sent({ logprobs: true }),
    m: refused('include'),
  },
  { name: 'include of encrypted reasoning', send: { include: ['reasoning.encrypted_content'] }, ...both(lost()) },
  { name: 'include of something else', send: { include: ['file_search_call.results'] }, ...both(lost('include')) },
  {
    name: 'max_output_tokens',
    send: { max_output_tokens: 500 },
    c: sent({ max_completion_tokens: 500 }),
    m: sent({ max_tokens: 500 }),
  },
  { name: 'max_tool_calls', send: { max_tool_calls: 3 }, ...both(lost('max-tool-calls')) },
  {
    name: 'max_tool_calls of a search',
    send: { max_tool_calls: 3, tools: [{ type: 'web_search' }] },
    m: sent({ tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }] }),
  },
  {
    name: 'metadata',
    send: { metadata: { a: 'b' } },
    c: sent({ metadata: undefined }, 'metadata'),
    m: sent({ metadata: undefined }, 'metadata'),
  },
  {
    name: 'metadata of a stored answer',
    send: { metadata: { a: 'b' }, store: true },
    c: sent({ metadata: { a: 'b' }, store: true }),
  },
  { name: 'metadata elsewhere', send: { metadata: { a: 'b' } }, quirks: {}, c: sent({ metadata: { a: 'b' } }) },
  {
    name: 'sampling at OpenAI’s default, which need not be the provider’s',
    send: { temperature: 1, top_p: 1 },
    ...both(sent({ temperature: 1, top_p: 1 })),
  },
  {
    name: 'moderation',
    send: { moderation: { model: 'x' } },
    c: sent({ moderation: { model: 'x' } }),
    m: lost('moderation'),
  },
  {
    name: 'safety_identifier before user',
    send: { safety_identifier: 'a', user: 'b' },
    c: sent({ safety_identifier: 'a', user: undefined }),
    m: sent({ metadata: { user_id: 'a' } }),
  },
  { name: 'user', send: { user: 'b' }, c: sent({ safety_identifier: 'b' }), m: sent({ metadata: { user_id: 'b' } }) },
  {
    name: 'prompt_cache_key',
    send: { prompt_cache_key: 'k' },
    c: sent({ prompt_cache_key: 'k' }),
    m: lost('cache-hint'),
  },
  {
    name: 'prompt_cache_retention',
    send: { prompt_cache_retention: '24h' },
    c: sent({ prompt_cache_retention: '24h' }),
    m: lost('cache-hint'),
  },
  {
    name: 'prompt_cache_options',
    send: { prompt_cache_options: { mode: 'implicit', ttl: '30m' } },
    model: newest,
    c: sent({ prompt_cache_options: { mode: 'implicit', ttl: '30m' } }),
    m: sent({ cache_control: { type: 'ephemeral', ttl: '1h' } }),
  },
  {
    name: 'prompt_cache_options a model does not know',
    send: { prompt_cache_options: { mode: 'implicit' } },
    model: plain,
    c: sent({ prompt_cache_options: undefined }, 'cache-hint'),
  },
  {
    name: 'a comparison of caches',
    send: { prompt_cache_options: { comparison_response_id: 'resp_1' } },
    ...both(sent({ prompt_cache_options: undefined }, 'cache-hint')),
  },
  {
    name: 'prewarm',
    send: { prompt_cache_options: { prewarm: true } },
    c: refused('prompt_cache_options.prewarm'),
    m: sent({ max_tokens: 0 }),
  },
  { name: 'store', send: { store: true }, c: sent({ store: true }), m: sent({ store: undefined }, 'store') },
  { name: 'store off', send: { store: false }, ...both(sent({ store: undefined })) },
  {
    name: 'include_obfuscation',
    send: { stream: true, stream_options: { include_obfuscation: false } },
    c: sent({ stream_options: { include_usage: true, include_obfuscation: false } }),
    m: sent({ stream_options: undefined }),
  },
  {
    name: 'temperature and top_p',
    send: { temperature: 0.5, top_p: 0.5 },
    ...both(sent({ temperature: 0.5, top_p: 0.5 })),
  },
  {
    name: 'temperature above 1',
    send: { temperature: 2 },
    c: sent({ temperature: 2 }),
    m: sent({ temperature: 1 }, 'temperature-clamped'),
  },
  {
    name: 'top_logprobs',
    send: { top_logprobs: 3 },
    c: sent({ logprobs: true, top_logprobs: 3 }),
    m: refused('top_logprobs'),
  },
  { name: 'top_logprobs of 0', send: { top_logprobs: 0 }, ...both(lost()) },
  { name: 'verbosity', send: { text: { verbosity: 'low' } }, c: sent({ verbosity: 'low' }), m: lost('verbosity') },
  { name: 'truncation auto', send: { truncation: 'auto' }, ...both(lost('truncation')) },
  { name: 'truncation disabled', send: { truncation: 'disabled' }, ...both(lost()) },
  { name: 'tier auto', send: { service_tier: 'auto' }, ...both(lost()) },
  {
    name: 'tier default',
    send: { service_tier: 'default' },
    c: sent({ service_tier: 'default' }),
    m: sent({ service_tier: 'standard_only' }),
  },
  ...['flex', 'priority', 'fast', 'scale'].map(
    (tier): Row => ({
      name: `tier ${tier}`,
      send: { service_tier: tier },
      c: sent({ service_tier: tier }),
      m: sent({ service_tier: 'auto' }, 'service-tier'),
    }),
  ),
  {
    name: 'tier ultrafast',
    send: { service_tier: 'ultrafast' },
    c: sent({ service_tier: 'fast' }),
    m: sent({ service_tier: 'auto' }, 'service-tier'),
  },
  { name: 'a field nobody knows', send: { mystery: 1 }, ...both(sent({ mystery: undefined }, 'unknown-field')) },
  {
    name: 'fields that are null',
    send: {
      mystery: null,
      previous_response_id: null,
      conversation: null,
      tools: null,
      reasoning: null,
      text: null,
      include: null,
    },
    ...both(lost()),
  },
]

const custom = { type: 'custom', name: 'c', description: 'Draws.' }
const inputSchema = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
}
const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: "a"' }

const tools: Row[] = [
  { name: 'a function', send: { tools: [f] }, c: sent({ tools: [cF] }), m: sent({ tools: [mF] }) },
  {
    name: 'a function without parameters',
    send: { tools: [{ type: 'function', name: 'f' }] },
    c: sent({ tools: [{ type: 'function', function: { name: 'f' } }] }),
    m: sent({ tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }] }),
  },
  {
    name: 'a custom tool',
    send: { tools: [custom] },
    c: sent({ tools: [{ type: 'custom', custom: { name: 'c', description: 'Draws.' } }] }),
    m: sent({ tools: [{ name: 'c', description: 'Draws.', input_schema: inputSchema }] }),
  },
  {
    name: 'a custom tool for a server without them',
    send: { tools: [custom] },
    quirks: { wrapCustomTools: true },
    c: sent({ tools: [{ type: 'function', function: { name: 'c', description: 'Draws.', parameters: inputSchema } }] }),
  },
  {
    name: 'a grammar',
    send: { tools: [{ ...custom, format: grammar }] },
    c: sent({
      tools: [
        {
          type: 'custom',
          custom: {
            name: 'c',
            description: 'Draws.',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } },
          },
        },
      ],
    }),
    m: sent(
      {
        tools: [
          {
            name: 'c',
            description: 'Draws.\n\nThe input must match this lark grammar:\nstart: "a"',
            input_schema: inputSchema,
          },
        ],
      },
      'tool-grammar',
    ),
  },
  {
    name: 'a namespace',
    send: { tools: [{ type: 'namespace', name: 'n', tools: [f] }] },
    c: sent({ tools: [{ type: 'function', function: { ...cF.function, name: 'n__f' } }] }),
    m: sent({ tools: [{ ...mF, name: 'n__f' }] }),
  },
  { name: 'an asynchronous tool', send: { tools: [{ ...f, async: true }] }, ...both(refused('tools[0].async')) },
  {
    name: 'options only OpenAI has',
    send: { tools: [{ ...f, output_schema: {}, defer_loading: true }] },
    c: sent({ tools: [cF] }, 'tool-option'),
    m: sent({ tools: [mF] }, 'tool-option'),
  },
  {
    name: 'web search',
    send: {
      tools: [
        {
          type: 'web_search',
          filters: { allowed_domains: ['a.org'] },
          user_location: { type: 'approximate', city: 'Bern' },
          search_context_size: 'low',
        },
      ],
    },
    c: sent({ tools: undefined }, 'tool'),
    m: sent(
      {
        tools: [
          {
            type: 'web_search_20250305',
            name: 'web_search',
            allowed_domains: ['a.org'],
            user_location: { type: 'approximate', city: 'Bern' },
          },
        ],
      },
      'search-options',
    ),
  },
  {
    name: 'web search of a search model',
    send: { tools: [{ type: 'web_search', search_context_size: 'low' }] },
    model: 'gpt-4o-search-preview',
    c: sent({ web_search_options: { search_context_size: 'low' } }),
  },
  {
    name: 'web search that may not leave the index',
    send: { tools: [f, { type: 'web_search', external_web_access: false }] },
    c: sent({ tools: [cF] }, 'tool'),
    m: sent({ tools: [mF] }, 'tool'),
  },
  ...[
    'code_interpreter',
    'mcp',
    'file_search',
    'image_generation',
    'computer',
    'shell',
    'local_shell',
    'apply_patch',
    'tool_search',
    'programmatic_tool_calling',
  ].map(
    (type): Row => ({
      name: type,
      send: { tools: [f, { type }] },
      c: sent({ tools: [cF] }, 'tool'),
      m: sent({ tools: [mF] }, 'tool'),
    }),
  ),
  {
    name: 'no tools',
    send: { tools: [], tool_choice: 'auto' },
    ...both(sent({ tools: undefined, tool_choice: undefined })),
  },
  {
    name: 'choice auto',
    send: { tools: [f], tool_choice: 'auto' },
    c: sent({ tool_choice: 'auto' }),
    m: sent({ tool_choice: { type: 'auto' } }),
  },
  {
    name: 'choice none',
    send: { tools: [f], tool_choice: 'none' },
    c: sent({ tool_choice: 'none' }),
    m: sent({ tool_choice: { type: 'none' } }),
  },
  {
    name: 'choice required',
    send: { tools: [f], tool_choice: 'required' },
    c: sent({ tool_choice: 'required' }),
    m: sent({ tool_choice: { type: 'any' } }),
  },
  {
    name: 'choice of a function',
    send: { tools: [f], tool_choice: { type: 'function', name: 'f' } },
    c: sent({ tool_choice: { type: 'function', function: { name: 'f' } } }),
    m: sent({ tool_choice: { type: 'tool', name: 'f' } }),
  },
  {
    name: 'choice of a custom tool',
    send: { tools: [custom], tool_choice: { type: 'custom', name: 'c' } },
    c: sent({ tool_choice: { type: 'custom', custom: { name: 'c' } } }),
    m: sent({ tool_choice: { type: 'tool', name: 'c' } }),
  },
  {
    name: 'choice of a subset',
    send: {
      tools: [f, custom],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    },
    c: sent({
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
    }),
    m: sent({ tools: [mF], tool_choice: { type: 'auto' } }),
  },
  {
    name: 'choice of web search',
    send: { tools: [{ type: 'web_search' }], tool_choice: { type: 'web_search' } },
    c: refused('tool_choice'),
    m: sent({ tool_choice: { type: 'tool', name: 'web_search' } }),
  },
  {
    name: 'choice of a tool that has no counterpart',
    send: { tools: [{ type: 'code_interpreter' }], tool_choice: { type: 'code_interpreter' } },
    ...both(refused('tool_choice')),
  },
  {
    name: 'parallel_tool_calls off',
    send: { tools: [f], parallel_tool_calls: false },
    c: sent({ parallel_tool_calls: false }),
    m: sent({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
  },
]

const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"a":1}' }
const output = (value: unknown) => ({ type: 'function_call_output', call_id: 'call_1', output: value })
const answer = item('assistant', outputText('Look:'))
const cCall = {
  role: 'assistant',
  content: 'Look:',
  tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
}
const mCall = {
  role: 'assistant',
  content: [text('Look:'), { type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } }],
}
const cResult = (content: string) => ({ role: 'tool', tool_call_id: 'call_1', content })
const mResult = (content?: unknown, ...more: object[]) => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: 'call_1', ...(content !== undefined && { content }) }, ...more],
})
const png = 'data:image/png;base64,AA=='
const image = { type: 'input_image', image_url: png, detail: 'auto' }
const mImage = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }
const cImage = { type: 'image_url', image_url: { url: png } }

const history: Row[] = [
  {
    name: 'instructions',
    send: { instructions: 'Be brief' },
    c: sent({ messages: [{ role: 'system', content: 'Be brief' }, cHi] }),
    m: sent({ system: [text('Be brief')], messages: [mHi] }),
  },
  {
    name: 'instructions and leading items',
    send: { instructions: 'Be', input: [item('developer', inputText('brief')), hi] },
    c: sent({ messages: [{ role: 'system', content: 'Be' }, { role: 'developer', content: 'brief' }, cHi] }),
    m: sent({ system: [text('Be'), text('brief')], messages: [mHi] }),
  },
  {
    name: 'developer for a server that only knows system',
    send: { input: [item('developer', inputText('Be')), hi] },
    quirks: { developerRole: 'system' },
    c: sent({ messages: [{ role: 'system', content: 'Be' }, cHi] }),
  },
  {
    name: 'a later instruction',
    send: { input: [hi, item('system', inputText('Now'))] },
    c: sent({ messages: [cHi, { role: 'system', content: 'Now' }] }),
    m: sent({ system: [text('Now')] }, 'system-position'),
  },
  {
    name: 'items without a type',
    send: { input: [{ role: 'user', content: 'Hi' }] },
    c: sent({ messages: [cHi] }),
    m: sent({ messages: [mHi] }),
  },
  { name: 'a phase', send: { input: [hi, { ...answer, phase: 'commentary' }, hi] }, ...both(lost('phase')) },
  {
    name: 'a refusal',
    send: { input: [item('assistant', { type: 'refusal', refusal: 'No.' }), hi] },
    c: sent({ messages: [{ role: 'assistant', content: null, refusal: 'No.' }, cHi] }),
    m: sent({ messages: [{ role: 'assistant', content: [text('No.')] }, mHi] }, 'refusal-history'),
  },
  {
    name: 'a prefill',
    send: { input: [hi, answer] },
    c: lost('prefill'),
    m: sent({ messages: [mHi, { role: 'assistant', content: [text('Look:')] }] }),
  },
  {
    name: 'one turn of several items',
    send: { input: [hi, answer, call, output('42')] },
    c: sent({ messages: [cHi, cCall, cResult('42')] }),
    m: sent({ messages: [mHi, mCall, mResult('42')] }),
  },
  {
    name: 'a result and the next words',
    send: { input: [answer, call, output('42'), hi] },
    c: sent({ messages: [cCall, cResult('42'), cHi] }),
    m: sent({ messages: [mCall, mResult('42', text('Hi'))] }),
  },
  {
    name: 'an empty result',
    send: { input: [answer, call, output('')] },
    c: sent({ messages: [cCall, cResult('')] }),
    m: sent({ messages: [mCall, mResult()] }),
  },
  {
    name: 'an image in a result',
    send: { input: [answer, call, output([inputText('See'), image])] },
    c: sent(
      {
        messages: [
          cCall,
          cResult('See\n[image 1]'),
          { role: 'user', content: [text('[image 1] of the result of call call_1:'), cImage] },
        ],
      },
      'tool-result-media',
    ),
    m: sent({ messages: [mCall, mResult([text('See'), mImage])] }),
  },
  {
    name: 'a call without a result',
    send: { input: [answer, call, hi] },
    c: sent({ messages: [cCall, cResult('(no output)'), cHi] }, 'missing-tool-result'),
    m: sent({ messages: [mCall, mResult('(no output)', text('Hi'))] }, 'missing-tool-result'),
  },
  {
    name: 'a result without an id',
    send: { input: [{ type: 'function_call_output', output: 'x' }] },
    ...both(refused('input[0].call_id')),
  },
  {
    name: 'a custom call',
    send: {
      tools: [custom],
      input: [
        hi,
        { type: 'custom_tool_call', call_id: 'call_1', name: 'c', input: 'x' },
        { type: 'custom_tool_call_output', call_id: 'call_1', output: 'y' },
      ],
    },
    c: sent({
      messages: [
        cHi,
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'c', input: 'x' } }],
        },
        cResult('y'),
      ],
    }),
    m: sent({
      messages: [
        mHi,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'c', input: { input: 'x' } }] },
        mResult('y'),
      ],
    }),
  },
  ...['item_reference', 'compaction', 'compaction_trigger'].map(
    (type): Row => ({ name: type, send: { input: [hi, { type, id: 'x' }] }, ...both(refused('input[1].type')) }),
  ),
  ...[
    'web_search_call',
    'file_search_call',
    'code_interpreter_call',
    'image_generation_call',
    'mcp_call',
    'mcp_list_tools',
    'shell_call',
    'local_shell_call',
    'apply_patch_call',
    'computer_call',
    'program',
  ].map(
    (type): Row => ({
      name: `${type} in history`,
      send: { input: [hi, { type, id: 'x' }, answer, hi] },
      c: sent({ messages: [cHi, { role: 'assistant', content: 'Look:' }, cHi] }, 'server-tool-history'),
      m: lost('server-tool-history'),
    }),
  ),
  {
    name: 'tools in the middle',
    send: { input: [hi, { type: 'additional_tools', tools: [f] }] },
    c: sent({ tools: [cF] }, 'tool-search'),
    m: sent({ tools: [mF] }, 'tool-search'),
  },
  {
    name: 'settings in the middle',
    send: { input: [hi, { type: 'configuration_update', reasoning: { effort: 'low' } }] },
    c: sent({ reasoning_effort: 'low' }, 'tool-search'),
  },
  { name: 'an item nobody knows', send: { input: [hi, { type: 'mystery' }] }, ...both(lost('unknown-field')) },
]

const parts: Row[] = [
  {
    name: 'an image',
    send: { input: [item('user', image)] },
    c: sent({ messages: [{ role: 'user', content: [cImage] }] }),
    m: sent({ messages: [{ role: 'user', content: [mImage] }] }),
  },
  {
    name: 'an image with detail',
    send: { input: [item('user', { ...image, detail: 'high' })] },
    c: sent({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: png, detail: 'high' } }] }],
    }),
    m: sent({ messages: [{ role: 'user', content: [mImage] }] }, 'image-detail'),
  },
  {
    name: 'an image Claude cannot read',
    send: { input: [item('user', { ...image, image_url: 'data:image/tiff;base64,AA==' })] },
    c: lost(),
    m: refused('input'),
  },
  {
    name: 'a PDF',
    send: {
      input: [item('user', { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' })],
    },
    c: sent({
      messages: [
        {
          role: 'user',
          content: [{ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } }],
        },
      ],
    }),
    m: sent({
      messages: [
        {
          role: 'user',
          content: [
            {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
              title: 'a.pdf',
            },
          ],
        },
      ],
    }),
  },
  {
    name: 'a PDF by address',
    send: { input: [item('user', { type: 'input_file', file_url: 'https://x/a.pdf' })] },
    c: refused('input'),
    m: sent({
      messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'url', url: 'https://x/a.pdf' } }] }],
    }),
  },
  {
    name: 'a file id',
    send: { input: [item('user', { type: 'input_file', file_id: 'file-1' })] },
    ...both(refused('input[0].content[0].file_id')),
  },
  {
    name: 'audio',
    send: { input: [item('user', { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } })] },
    c: sent({
      messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }] }],
    }),
    m: refused('input'),
  },
  {
    name: 'a part nobody knows',
    send: { input: [item('user', { type: 'input_video' })] },
    ...both(refused('input[0].content[0].type')),
  },
  {
    name: 'a cache breakpoint',
    send: { input: [item('user', { ...inputText('Hi'), prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } })] },
    model: newest,
    c: sent({
      messages: [
        { role: 'user', content: [{ ...text('Hi'), prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } }] },
      ],
    }),
    m: sent({
      messages: [{ role: 'user', content: [{ ...text('Hi'), cache_control: { type: 'ephemeral', ttl: '1h' } }] }],
    }),
  },
]

const omitted = { type: 'adaptive', display: 'omitted' }
const withReasoning = (fields: object) => ({
  input: [hi, { type: 'reasoning', id: 'rs_1', summary: [], ...fields }, answer, hi],
})

const reasoning: Row[] = [
  { name: 'effort', send: { reasoning: { effort: 'low' } }, model: 'o3', c: sent({ reasoning_effort: 'low' }) },
  {
    name: 'effort, no summary asked for',
    send: { reasoning: { effort: 'low' } },
    model: adaptive,
    m: sent({ thinking: omitted, output_config: { effort: 'low' } }),
  },
  {
    name: 'effort with a summary',
    send: { reasoning: { effort: 'low', summary: 'auto' } },
    model: adaptive,
    m: sent({ thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } }),
  },
  {
    name: 'effort with a summary, old name',
    send: { reasoning: { effort: 'low', generate_summary: 'concise' } },
    model: adaptive,
    m: sent({ thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } }),
  },
  {
    name: 'effort none',
    send: { reasoning: { effort: 'none' } },
    model: adaptive,
    m: sent({ thinking: { type: 'disabled' } }),
  },
  {
    name: 'effort of a model that does not reason',
    send: { reasoning: { effort: 'low' } },
    model: plain,
    c: sent({ reasoning_effort: undefined }, 'effort'),
  },
  {
    name: 'effort none of a model that does not reason',
    send: { reasoning: { effort: 'none' } },
    model: plain,
    c: sent({ reasoning_effort: undefined }),
  },
  {
    name: 'effort minimal of a model that would stop thinking',
    send: { reasoning: { effort: 'minimal' } },
    model: 'gpt-5.1',
    c: sent({ reasoning_effort: 'low' }, 'effort'),
  },
  { name: 'a context', send: { reasoning: { context: 'all' } }, ...both(lost('reasoning-context')) },
  { name: 'mode pro', send: { reasoning: { mode: 'pro' } }, ...both(lost('reasoning-mode')) },
  {
    name: 'OpenAI’s reasoning in history',
    send: withReasoning({ encrypted_content: 'gAAA' }),
    ...both(lost('foreign-reasoning')),
  },
  {
    name: 'reasoning without its content',
    send: withReasoning({ summary: [{ type: 'summary_text', text: 'Hm' }] }),
    ...both(lost('foreign-reasoning')),
  },
  {
    name: 'Claude’s thinking in its envelope',
    send: withReasoning({
      summary: [{ type: 'summary_text', text: 'Hm' }],
      encrypted_content: 'sluice1.a.eyJ2IjoiRXFBQnNpZyJ9',
    }),
    c: lost('foreign-reasoning'),
    m: sent({
      messages: [
        mHi,
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm', signature: 'EqABsig' }, text('Look:')] },
        mHi,
      ],
    }),
  },
  {
    name: 'Claude’s redacted thinking in its envelope',
    send: withReasoning({ encrypted_content: 'sluice1.a.eyJ2IjoiRVI9PSIsImtpbmQiOiJyZWRhY3RlZCJ9' }),
    m: sent({
      messages: [
        mHi,
        { role: 'assistant', content: [{ type: 'redacted_thinking', data: 'ER==' }, text('Look:')] },
        mHi,
      ],
    }),
  },
]

const schema = { type: 'object', properties: {}, additionalProperties: false }
const format: Row[] = [
  {
    name: 'a schema',
    send: { text: { format: { type: 'json_schema', name: 'n', schema, strict: true } } },
    c: sent({ response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } } }),
  },
  {
    name: 'a schema that is not strict',
    send: { text: { format: { type: 'json_schema', name: 'n', schema } } },
    c: sent({ response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } }),
  },
  {
    name: 'a schema',
    send: { text: { format: { type: 'json_schema', name: 'n', schema } } },
    model: adaptive,
    m: sent({ output_config: { format: { type: 'json_schema', schema } } }),
  },
  {
    name: 'any JSON',
    send: { text: { format: { type: 'json_object' } } },
    c: sent({ response_format: { type: 'json_object' } }),
    m: lost('json-object'),
  },
  {
    name: 'text',
    send: { text: { format: { type: 'text' } } },
    c: sent({ response_format: undefined }),
    m: sent({ output_config: undefined }),
  },
]

const tables = { fields, tools, history, parts, reasoning, format }
describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(casesOf(rows))('%s', (_name, each) => {
    check('openai-responses', each)
  })
})

test('a call of a tool in a namespace goes back under the name that the upstream knows', () => {
  const send = {
    tools: [{ type: 'namespace', name: 'n', tools: [f] }],
    input: [hi, { ...call, namespace: 'n' }, output('42')],
  }
  expect(JSON.stringify(convert('openai-responses', 'openai-chat', { send }).body.messages)).toContain('"name":"n__f"')
  expect(JSON.stringify(convert('openai-responses', 'anthropic-messages', { send }).body.messages)).toContain(
    '"name":"n__f"',
  )
})
