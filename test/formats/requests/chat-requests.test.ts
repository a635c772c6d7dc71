import { describe, expect, test } from 'vitest'
import { casesOf, check, convert, lost, type Row, refused, sent } from './support.ts'

// What becomes of a Chat Completions request at an upstream of another format, field by field.

const user = (content: unknown) => ({ role: 'user', content })
const hi = user('Hi')
const f = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }
const strictF = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false }
const mF = { name: 'f', input_schema: { type: 'object', properties: {} } }
const custom = { type: 'custom', custom: { name: 'c', description: 'Draws.' } }
const inputSchema = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
}
const grammar = { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } }
const mBlock = (...content: object[]) => [{ role: 'user', content }]
const rMessage = (...content: object[]) => [{ type: 'message', role: 'user', content }]
const text = (value: string) => ({ type: 'text', text: value })
const inputText = (value: string) => ({ type: 'input_text', text: value })
const adaptive = 'claude-opus-4-8'
const budget = 'claude-sonnet-4-5'
const opus46 = 'claude-opus-4-6'

const fields: Row[] = [
  {
    name: 'nothing but a message',
    send: {},
    m: sent({ max_tokens: 4096, stream: true, tools: undefined }),
    r: sent({
      store: false,
      stream: true,
      tools: undefined,
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    }),
  },
  {
    name: 'audio',
    send: { audio: { voice: 'alloy', format: 'wav' } },
    m: refused('modalities'),
    r: refused('modalities'),
  },
  {
    name: 'modalities with audio',
    send: { modalities: ['text', 'audio'] },
    m: refused('modalities'),
    r: refused('modalities'),
  },
  { name: 'modalities of text', send: { modalities: ['text'] }, m: lost(), r: lost() },
  { name: 'frequency_penalty', send: { frequency_penalty: 0.5 }, m: lost('penalty'), r: lost('penalty') },
  { name: 'presence_penalty', send: { presence_penalty: -0.5 }, m: lost('penalty'), r: lost('penalty') },
  { name: 'penalties at their default', send: { frequency_penalty: 0, presence_penalty: null }, m: lost(), r: lost() },
  { name: 'logit_bias', send: { logit_bias: { 50256: -100 } }, m: lost('logit-bias'), r: lost('logit-bias') },
  {
    name: 'logprobs',
    send: { logprobs: true, top_logprobs: 3 },
    m: refused('logprobs'),
    r: sent({ include: ['reasoning.encrypted_content', 'message.output_text.logprobs'], top_logprobs: 3 }),
  },
  { name: 'logprobs switched off', send: { logprobs: false }, m: lost(), r: lost() },
  {
    name: 'max_completion_tokens before max_tokens',
    send: { max_completion_tokens: 500, max_tokens: 9 },
    m: sent({ max_tokens: 500 }),
    r: sent({ max_output_tokens: 500 }),
  },
  { name: 'max_tokens', send: { max_tokens: 500 }, m: sent({ max_tokens: 500 }), r: sent({ max_output_tokens: 500 }) },
  {
    name: 'max_tokens below the minimum',
    send: { max_tokens: 5 },
    m: sent({ max_tokens: 5 }),
    r: sent({ max_output_tokens: 16 }, 'max-tokens-raised'),
  },
  {
    name: 'max_tokens above the model’s',
    send: { max_tokens: 900_000 },
    model: 'claude-3-opus',
    m: sent({ max_tokens: 4096 }, 'max-tokens-clamped'),
  },
  {
    name: 'max_tokens above the model’s',
    send: { max_tokens: 900_000 },
    model: 'gpt-4.1',
    r: sent({ max_output_tokens: 32_768 }, 'max-tokens-clamped'),
  },
  { name: 'no limit where one is required', send: {}, model: adaptive, m: sent({ max_tokens: 128_000 }) },
  {
    name: 'metadata',
    send: { metadata: { a: 'b' } },
    m: sent({ metadata: undefined }, 'metadata'),
    r: sent({ metadata: { a: 'b' } }),
  },
  {
    name: 'moderation',
    send: { moderation: { model: 'x' } },
    m: lost('moderation'),
    r: sent({ moderation: { model: 'x' } }),
  },
  { name: 'n of 2', send: { n: 2 }, m: refused('n'), r: refused('n') },
  { name: 'n of 1', send: { n: 1 }, m: lost(), r: lost() },
  {
    name: 'prediction',
    send: { prediction: { type: 'content', content: 'x' } },
    m: lost('prediction'),
    r: lost('prediction'),
  },
  {
    name: 'prompt_cache_key',
    send: { prompt_cache_key: 'k' },
    m: lost('cache-hint'),
    r: sent({ prompt_cache_key: 'k' }),
  },
  {
    name: 'prompt_cache_retention',
    send: { prompt_cache_retention: '24h' },
    m: lost('cache-hint'),
    r: sent({ prompt_cache_retention: '24h' }),
  },
  {
    name: 'prompt_cache_options',
    send: { prompt_cache_options: { mode: 'implicit', ttl: '30m' } },
    m: sent({ cache_control: { type: 'ephemeral', ttl: '1h' } }),
  },
  {
    name: 'prompt_cache_options',
    send: { prompt_cache_options: { mode: 'implicit', ttl: '30m' } },
    model: 'gpt-5.6',
    r: sent({ prompt_cache_options: { mode: 'implicit', ttl: '30m' } }),
  },
  {
    name: 'prompt_cache_options a model does not know',
    send: { prompt_cache_options: { mode: 'implicit' } },
    model: 'gpt-4.1',
    r: sent({ prompt_cache_options: undefined }, 'cache-hint'),
  },
  {
    name: 'safety_identifier before user',
    send: { safety_identifier: 'a', user: 'b' },
    m: sent({ metadata: { user_id: 'a' } }),
    r: sent({ safety_identifier: 'a', user: undefined }),
  },
  { name: 'user', send: { user: 'b' }, m: sent({ metadata: { user_id: 'b' } }), r: sent({ safety_identifier: 'b' }) },
  { name: 'seed', send: { seed: 7 }, m: lost('seed'), r: lost('seed') },
  { name: 'stop, a string', send: { stop: 'END' }, m: sent({ stop_sequences: ['END'] }), r: lost('stop') },
  {
    name: 'stop with a blank entry',
    send: { stop: ['END', '\n'] },
    m: sent({ stop_sequences: ['END'] }, 'stop'),
    r: lost('stop'),
  },
  { name: 'store', send: { store: true }, m: sent({ store: undefined }, 'store'), r: sent({ store: true }) },
  { name: 'store off', send: { store: false }, m: lost(), r: sent({ store: false }) },
  {
    name: 'include_usage',
    send: { stream: true, stream_options: { include_usage: true } },
    m: sent({ stream_options: undefined }),
    r: sent({ stream_options: undefined }),
  },
  {
    name: 'include_obfuscation',
    send: { stream: true, stream_options: { include_obfuscation: false } },
    m: sent({ stream_options: undefined }),
    r: sent({ stream_options: { include_obfuscation: false } }),
  },
  {
    name: 'temperature and top_p',
    send: { temperature: 0.5, top_p: 0.5 },
    m: sent({ temperature: 0.5, top_p: 0.5 }),
    r: sent({ temperature: 0.5, top_p: 0.5 }),
  },
  {
    name: 'temperature above 1',
    send: { temperature: 1.5 },
    m: sent({ temperature: 1 }, 'temperature-clamped'),
    r: sent({ temperature: 1.5 }),
  },
  {
    name: 'temperature of a model without sampling',
    send: { temperature: 0.5, top_p: 0.5 },
    model: adaptive,
    m: sent({ temperature: undefined, top_p: undefined }, 'sampling'),
  },
  {
    name: 'temperature of a model without sampling',
    send: { temperature: 0.5, top_p: 0.5 },
    model: 'o3',
    r: sent({ temperature: undefined, top_p: undefined }, 'sampling'),
  },
  { name: 'top_p that even such a model takes', send: { top_p: 0.99 }, model: adaptive, m: sent({ top_p: 0.99 }) },
  { name: 'top_k', send: { top_k: 5 }, m: sent({ top_k: 5 }), r: lost('top-k') },
  { name: 'verbosity', send: { verbosity: 'low' }, m: lost('verbosity'), r: sent({ text: { verbosity: 'low' } }) },
  {
    name: 'a field nobody knows',
    send: { mystery: 1 },
    m: sent({ mystery: undefined }, 'unknown-field'),
    r: sent({ mystery: undefined }, 'unknown-field'),
  },
  {
    name: 'fields that are null',
    send: {
      mystery: null,
      stop: null,
      tools: null,
      user: null,
      n: null,
      response_format: null,
      metadata: null,
      stream_options: null,
    },
    m: lost(),
    r: lost(),
  },
  { name: 'tier auto', send: { service_tier: 'auto' }, m: lost(), r: lost() },
  {
    name: 'tier default',
    send: { service_tier: 'default' },
    m: sent({ service_tier: 'standard_only' }),
    r: sent({ service_tier: 'default' }),
  },
  {
    name: 'tier flex',
    send: { service_tier: 'flex' },
    m: sent({ service_tier: 'auto' }, 'service-tier'),
    r: sent({ service_tier: 'flex' }),
  },
  {
    name: 'tier priority',
    send: { service_tier: 'priority' },
    m: sent({ service_tier: 'auto' }, 'service-tier'),
    r: sent({ service_tier: 'priority' }),
  },
  {
    name: 'tier scale',
    send: { service_tier: 'scale' },
    m: sent({ service_tier: 'auto' }, 'service-tier'),
    r: sent({ service_tier: 'scale' }),
  },
]

const tools: Row[] = [
  {
    name: 'a function',
    send: { tools: [f] },
    m: sent({ tools: [mF], tool_choice: undefined }),
    r: sent({ tools: [strictF] }),
  },
  ...[{}, { type: 'object' }, { properties: {} }, { type: null, properties: null }].map((parameters) => ({
    name: `a function with the parameters ${JSON.stringify(parameters)}`,
    send: { tools: [{ type: 'function', function: { name: 'f', parameters } }] },
    m: sent({ tools: [mF] }),
    r: sent({ tools: [strictF] }),
  })),
  {
    name: 'a function without parameters',
    send: { tools: [{ type: 'function', function: { name: 'f', description: 'Does.' } }] },
    m: sent({ tools: [{ name: 'f', description: 'Does.', input_schema: { type: 'object', properties: {} } }] }),
    r: sent({
      tools: [
        {
          type: 'function',
          name: 'f',
          description: 'Does.',
          parameters: { type: 'object', properties: {} },
          strict: false,
        },
      ],
    }),
  },
  {
    name: 'the deprecated functions',
    send: { functions: [{ name: 'f', parameters: { type: 'object', properties: {} } }], function_call: { name: 'f' } },
    m: sent({ tools: [mF], tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true } }),
    r: sent({ tools: [strictF], tool_choice: { type: 'function', name: 'f' }, parallel_tool_calls: false }),
  },
  {
    name: 'a custom tool',
    send: { tools: [custom] },
    m: sent({ tools: [{ name: 'c', description: 'Draws.', input_schema: inputSchema }] }),
    r: sent({ tools: [{ type: 'custom', name: 'c', description: 'Draws.' }] }),
  },
  {
    name: 'a custom tool with a grammar',
    send: { tools: [{ type: 'custom', custom: { name: 'c', format: grammar } }] },
    m: sent(
      {
        tools: [
          { name: 'c', description: 'The input must match this lark grammar:\nstart: "a"', input_schema: inputSchema },
        ],
      },
      'tool-grammar',
    ),
    r: sent({
      tools: [{ type: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } }],
    }),
  },
  {
    name: 'web_search_options',
    send: {
      web_search_options: {
        search_context_size: 'high',
        user_location: { type: 'approximate', approximate: { city: 'Bern' } },
      },
    },
    m: sent(
      {
        tools: [
          { type: 'web_search_20250305', name: 'web_search', user_location: { type: 'approximate', city: 'Bern' } },
        ],
      },
      'search-options',
    ),
    r: sent({
      tools: [
        { type: 'web_search', search_context_size: 'high', user_location: { type: 'approximate', city: 'Bern' } },
      ],
    }),
  },
  {
    name: 'a tool of another provider',
    send: { tools: [f, { type: 'mystery' }] },
    m: sent({ tools: [mF] }, 'tool'),
    r: sent({ tools: [strictF] }, 'tool'),
  },
  {
    name: 'no tools',
    send: { tools: [], tool_choice: 'auto' },
    m: sent({ tools: undefined, tool_choice: undefined }),
    r: sent({ tools: undefined, tool_choice: undefined }),
  },
  {
    name: 'choice auto',
    send: { tools: [f], tool_choice: 'auto' },
    m: sent({ tool_choice: { type: 'auto' } }),
    r: sent({ tool_choice: 'auto' }),
  },
  {
    name: 'choice none',
    send: { tools: [f], tool_choice: 'none' },
    m: sent({ tool_choice: { type: 'none' }, tools: [mF] }),
    r: sent({ tool_choice: 'none' }),
  },
  {
    name: 'choice required',
    send: { tools: [f], tool_choice: 'required' },
    m: sent({ tool_choice: { type: 'any' } }),
    r: sent({ tool_choice: 'required' }),
  },
  {
    name: 'choice of a function',
    send: { tools: [f], tool_choice: { type: 'function', function: { name: 'f' } } },
    m: sent({ tool_choice: { type: 'tool', name: 'f' } }),
    r: sent({ tool_choice: { type: 'function', name: 'f' } }),
  },
  {
    name: 'choice of a custom tool',
    send: { tools: [custom], tool_choice: { type: 'custom', custom: { name: 'c' } } },
    m: sent({ tool_choice: { type: 'tool', name: 'c' } }),
    r: sent({ tool_choice: { type: 'custom', name: 'c' } }),
  },
  {
    name: 'choice of a subset',
    send: {
      tools: [f, custom],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [f] } },
    },
    m: sent({ tools: [mF], tool_choice: { type: 'any' } }),
    r: sent({ tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] } }),
  },
  {
    name: 'choice of another provider’s tool',
    send: { tools: [f], tool_choice: { type: 'mystery' } },
    m: refused('tool_choice'),
    r: refused('tool_choice'),
  },
  {
    name: 'a forced call of a model that refuses it',
    send: { tools: [f], tool_choice: 'required' },
    model: 'claude-opus-5-5',
    m: sent({ tool_choice: { type: 'auto' } }, 'tool-choice'),
  },
  {
    name: 'parallel_tool_calls off',
    send: { tools: [f], parallel_tool_calls: false },
    m: sent({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
    r: sent({ parallel_tool_calls: false }),
  },
  {
    name: 'parallel_tool_calls off with a choice',
    send: { tools: [f], tool_choice: 'required', parallel_tool_calls: false },
    m: sent({ tool_choice: { type: 'any', disable_parallel_tool_use: true } }),
    r: sent({ tool_choice: 'required', parallel_tool_calls: false }),
  },
  {
    name: 'parallel_tool_calls on',
    send: { tools: [f], parallel_tool_calls: true },
    m: sent({ tool_choice: undefined }),
    r: sent({ parallel_tool_calls: undefined }),
  },
  {
    name: 'a name that does not fit',
    send: { tools: [{ type: 'function', function: { name: 'a.b', parameters: { type: 'object', properties: {} } } }] },
    m: sent({ tools: [{ name: 'a_b_2e7336dc', input_schema: { type: 'object', properties: {} } }] }),
  },
  { name: 'two tools of one name', send: { tools: [f, f] }, m: refused('tools'), r: refused('tools') },
  {
    name: 'strict',
    send: {
      tools: [
        { type: 'function', function: { name: 'f', strict: true, parameters: { type: 'object', properties: {} } } },
      ],
    },
    model: adaptive,
    m: sent({
      tools: [
        { name: 'f', strict: true, input_schema: { type: 'object', properties: {}, additionalProperties: false } },
      ],
    }),
  },
  {
    name: 'strict',
    send: {
      tools: [
        { type: 'function', function: { name: 'f', strict: true, parameters: { type: 'object', properties: {} } } },
      ],
    },
    r: sent({ tools: [{ ...strictF, strict: true }] }),
  },
]

const call = {
  role: 'assistant',
  content: 'Look:',
  tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
}
const mCall = {
  role: 'assistant',
  content: [text('Look:'), { type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } }],
}
const rCall = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"a":1}' }

const history: Row[] = [
  {
    name: 'leading instructions',
    send: { messages: [{ role: 'system', content: 'Be' }, { role: 'developer', content: 'brief' }, hi] },
    m: sent({ system: [text('Be'), text('brief')], messages: mBlock(text('Hi')) }),
    r: sent({
      instructions: undefined,
      input: [
        { type: 'message', role: 'system', content: [inputText('Be')] },
        { type: 'message', role: 'developer', content: [inputText('brief')] },
        ...rMessage(inputText('Hi')),
      ],
    }),
  },
  {
    name: 'a later instruction',
    send: { messages: [hi, { role: 'system', content: 'Now' }] },
    m: sent({ system: [text('Now')] }, 'system-position'),
    r: sent({
      input: [...rMessage(inputText('Hi')), { type: 'message', role: 'system', content: [inputText('Now')] }],
    }),
  },
  {
    name: 'a later instruction a model takes in place',
    send: { messages: [hi, { role: 'system', content: 'Now' }] },
    model: adaptive,
    m: sent({ system: undefined, messages: [...mBlock(text('Hi')), { role: 'system', content: [text('Now')] }] }),
  },
  {
    name: 'a name of a message',
    send: { messages: [{ ...hi, name: 'Ann' }] },
    m: sent({ messages: mBlock(text('Hi')) }, 'message-name'),
    r: sent({ input: rMessage(inputText('Hi')) }, 'message-name'),
  },
  {
    name: 'a refusal',
    send: { messages: [{ role: 'assistant', content: null, refusal: 'No.' }, hi] },
    m: sent({ messages: [{ role: 'assistant', content: [text('No.')] }, ...mBlock(text('Hi'))] }, 'refusal-history'),
    r: lost(),
  },
  {
    name: 'audio of an earlier answer',
    send: { messages: [{ role: 'assistant', audio: { id: 'a' } }, hi] },
    m: refused('messages[0].audio'),
    r: refused('messages[0].audio'),
  },
  {
    name: 'a prefill',
    send: { messages: [hi, { role: 'assistant', content: 'So ' }] },
    m: sent({ messages: [...mBlock(text('Hi')), { role: 'assistant', content: [text('So')] }] }),
    r: lost('prefill'),
  },
  {
    name: 'an empty text',
    send: { messages: [user([text(''), text('Hi')])] },
    m: sent({ messages: mBlock(text('Hi')) }),
    r: sent({ input: rMessage(inputText('Hi')) }),
  },
  {
    name: 'a call and its result',
    send: { messages: [hi, call, { role: 'tool', tool_call_id: 'call_1', content: '42' }] },
    m: sent({
      messages: [
        ...mBlock(text('Hi')),
        mCall,
        ...mBlock({ type: 'tool_result', tool_use_id: 'call_1', content: '42' }),
      ],
    }),
    r: lost(),
  },
  {
    name: 'an empty result',
    send: { messages: [hi, call, { role: 'tool', tool_call_id: 'call_1', content: '' }] },
    m: sent({ messages: [...mBlock(text('Hi')), mCall, ...mBlock({ type: 'tool_result', tool_use_id: 'call_1' })] }),
    r: lost(),
  },
  {
    name: 'a result and the user’s next words',
    send: { messages: [call, { role: 'tool', tool_call_id: 'call_1', content: '42' }, hi] },
    m: sent({
      messages: [mCall, ...mBlock({ type: 'tool_result', tool_use_id: 'call_1', content: '42' }, text('Hi'))],
    }),
  },
  {
    name: 'a call without a result',
    send: { messages: [call, hi] },
    m: sent(
      {
        messages: [
          mCall,
          ...mBlock({ type: 'tool_result', tool_use_id: 'call_1', content: '(no output)' }, text('Hi')),
        ],
      },
      'missing-tool-result',
    ),
    r: lost('missing-tool-result'),
  },
  {
    name: 'a result under no id',
    send: { messages: [{ role: 'tool', content: '42' }] },
    m: refused('messages[0].tool_call_id'),
    r: refused('messages[0].tool_call_id'),
  },
  { name: 'no messages', send: { messages: [] }, m: refused('messages'), r: refused('messages') },
  {
    name: 'a role nobody knows',
    send: { messages: [{ role: 'judge', content: 'x' }] },
    m: refused('messages[0].role'),
    r: refused('messages[0].role'),
  },
]

const pdf = 'data:application/pdf;base64,JVBE'
const parts: Row[] = [
  {
    name: 'an image as data',
    send: { messages: [user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }])] },
    m: sent({ messages: mBlock({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }) }),
    r: sent({ input: rMessage({ type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' }) }),
  },
  {
    name: 'an image by address, with detail',
    send: { messages: [user([{ type: 'image_url', image_url: { url: 'https://x/a.png', detail: 'low' } }])] },
    m: sent({ messages: mBlock({ type: 'image', source: { type: 'url', url: 'https://x/a.png' } }) }, 'image-detail'),
    r: sent({ input: rMessage({ type: 'input_image', image_url: 'https://x/a.png', detail: 'low' }) }),
  },
  {
    name: 'an image Claude cannot read',
    send: { messages: [user([{ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AA==' } }])] },
    m: refused('messages'),
    r: lost(),
  },
  {
    name: 'a PDF',
    send: { messages: [user([{ type: 'file', file: { file_data: pdf, filename: 'a.pdf' } }])] },
    m: sent({
      messages: mBlock({
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
        title: 'a.pdf',
      }),
    }),
    r: sent({ input: rMessage({ type: 'input_file', file_data: pdf, filename: 'a.pdf' }) }),
  },
  {
    name: 'a file id',
    send: { messages: [user([{ type: 'file', file: { file_id: 'file-1' } }])] },
    m: refused('messages[0].content[0].file.file_id'),
    r: refused('messages[0].content[0].file.file_id'),
  },
  {
    name: 'audio',
    send: { messages: [user([{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }])] },
    m: refused('messages'),
    r: refused('messages'),
  },
  {
    name: 'video',
    send: { messages: [user([{ type: 'video_url', video_url: { url: 'https://x' } }])] },
    m: refused('messages[0].content[0].type'),
    r: refused('messages[0].content[0].type'),
  },
  {
    name: 'a cache breakpoint',
    send: { messages: [user([{ ...text('Hi'), prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }])] },
    m: sent({ messages: mBlock({ ...text('Hi'), cache_control: { type: 'ephemeral', ttl: '1h' } }) }, 'cache-ttl'),
  },
  {
    name: 'a cache breakpoint',
    send: { messages: [user([{ ...text('Hi'), prompt_cache_breakpoint: { mode: 'explicit' } }])] },
    model: 'gpt-5.6',
    r: sent({ input: rMessage({ ...inputText('Hi'), prompt_cache_breakpoint: { mode: 'explicit' } }) }),
  },
  {
    name: 'a cache breakpoint a model does not know',
    send: { messages: [user([{ ...text('Hi'), prompt_cache_breakpoint: { mode: 'explicit' } }])] },
    model: 'gpt-4.1',
    r: sent({ input: rMessage(inputText('Hi')) }, 'cache-hint'),
  },
  {
    name: 'cache_control, as M has it',
    send: { messages: [user([{ ...text('Hi'), cache_control: { type: 'ephemeral' } }])] },
    m: sent({ messages: mBlock({ ...text('Hi'), cache_control: { type: 'ephemeral' } }) }),
  },
  {
    name: 'five cache marks',
    send: {
      messages: [
        user(['a', 'b', 'c', 'd', 'e'].map((each) => ({ ...text(each), cache_control: { type: 'ephemeral' } }))),
      ],
    },
    m: sent(
      {
        messages: mBlock(
          text('a'),
          ...['b', 'c', 'd', 'e'].map((each) => ({ ...text(each), cache_control: { type: 'ephemeral' } })),
        ),
      },
      'cache-hint',
    ),
  },
]

const efforts: Array<[effort: string, adaptive: object, opus46: object, share: number | undefined]> = [
  ['minimal', { effort: 'low' }, { effort: 'low' }, 0.1],
  ['low', { effort: 'low' }, { effort: 'low' }, 0.2],
  ['medium', { effort: 'medium' }, { effort: 'medium' }, 0.5],
  ['high', { effort: 'high' }, { effort: 'high' }, 0.8],
  ['xhigh', { effort: 'xhigh' }, { effort: 'high' }, 0.95],
  ['max', { effort: 'max' }, { effort: 'max' }, 0.95],
]

const thinking = { type: 'adaptive', display: 'summarized' }
const reasoning: Row[] = [
  ...efforts.map(
    ([effort, output_config]): Row => ({
      name: `effort ${effort}, adaptive`,
      send: { reasoning_effort: effort },
      model: adaptive,
      m: sent({ thinking, output_config }),
    }),
  ),
  ...efforts.map(
    ([effort, , output_config]): Row => ({
      name: `effort ${effort}, a model without xhigh`,
      send: { reasoning_effort: effort },
      model: opus46,
      m: sent({ thinking, output_config }, ...(effort === 'xhigh' ? (['effort'] as const) : [])),
    }),
  ),
  ...efforts.map(
    ([effort, , , share]): Row => ({
      name: `effort ${effort}, budget`,
      send: { reasoning_effort: effort, max_tokens: 20_000 },
      model: budget,
      m: sent({
        thinking: { type: 'enabled', budget_tokens: 20_000 * (share ?? 0), display: 'summarized' },
        output_config: undefined,
      }),
    }),
  ),
  ...['low', 'medium', 'high'].map(
    (effort): Row => ({
      name: `effort ${effort}`,
      send: { reasoning_effort: effort },
      model: 'o3',
      r: sent({ reasoning: { effort, summary: 'auto' } }),
    }),
  ),
  {
    name: 'effort none',
    send: { reasoning_effort: 'none' },
    model: adaptive,
    m: sent({ thinking: { type: 'disabled' }, output_config: undefined }),
  },
  {
    name: 'effort none',
    send: { reasoning_effort: 'none' },
    model: budget,
    m: sent({ thinking: { type: 'disabled' } }),
  },
  {
    name: 'effort none, always thinking',
    send: { reasoning_effort: 'none' },
    model: 'claude-mythos-5',
    m: sent({ thinking: undefined, output_config: { effort: 'low' } }, 'thinking-always-on'),
  },
  {
    name: 'effort none',
    send: { reasoning_effort: 'none' },
    model: 'gpt-5.1',
    r: sent({ reasoning: { effort: 'none' } }),
  },
  {
    name: 'effort none, always thinking',
    send: { reasoning_effort: 'none' },
    model: 'o3',
    r: sent({ reasoning: { effort: 'low' } }, 'thinking-always-on'),
  },
  {
    name: 'effort max of a model without it',
    send: { reasoning_effort: 'max' },
    model: 'gpt-5.1',
    r: sent({ reasoning: { effort: 'high', summary: 'auto' } }, 'effort'),
  },
  {
    name: 'effort of a model that does not reason',
    send: { reasoning_effort: 'low' },
    model: 'gpt-4.1',
    r: sent({ reasoning: undefined, include: undefined }, 'effort'),
  },
  { name: 'an effort nobody knows', send: { reasoning_effort: 'heroic' }, m: lost('effort'), r: lost('effort') },
  {
    name: 'a budget too small',
    send: { reasoning_effort: 'low', max_tokens: 2000 },
    model: budget,
    m: sent({ thinking: { type: 'enabled', budget_tokens: 1024, display: 'summarized' } }),
  },
  {
    name: 'no room for a budget',
    send: { reasoning_effort: 'low', max_tokens: 1024 },
    model: budget,
    m: sent({ thinking: undefined }, 'thinking-budget'),
  },
  {
    name: 'thinking, as M has it',
    send: { thinking: { type: 'enabled', budget_tokens: 2048 }, max_tokens: 9000 },
    model: budget,
    m: sent({ thinking: { type: 'enabled', budget_tokens: 2048, display: 'summarized' } }),
  },
  {
    name: 'thinking, as M has it',
    send: { thinking: { type: 'disabled' } },
    model: 'gpt-5.1',
    r: sent({ reasoning: { effort: 'none' } }),
  },
  {
    name: 'thinking and a forced tool',
    send: { reasoning_effort: 'low', tools: [f], tool_choice: 'required' },
    model: opus46,
    m: sent({ thinking: undefined, tool_choice: { type: 'any' } }, 'thinking-forced-tool'),
  },
  {
    name: 'budget thinking and a lost history',
    send: {
      reasoning_effort: 'low',
      max_tokens: 9000,
      messages: [call, { role: 'tool', tool_call_id: 'call_1', content: '42' }],
    },
    model: budget,
    m: sent({ thinking: undefined }, 'thinking-history'),
  },
  {
    name: 'sampling of budget thinking',
    send: { reasoning_effort: 'low', max_tokens: 9000, temperature: 0.2, top_k: 4 },
    model: budget,
    m: sent({ temperature: undefined, top_k: undefined }, 'sampling'),
  },
]

const schema = { type: 'object', properties: { a: { type: 'number', minimum: 1 } }, required: ['a'] }
const open = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false }
const format = { type: 'json_schema', json_schema: { name: 'n', schema } }
const jsonSentence = 'Answer with one JSON object and nothing else: no prose, no code fence.'

const output: Row[] = [
  {
    name: 'a schema',
    send: { response_format: format },
    model: adaptive,
    m: sent({ output_config: { format: { type: 'json_schema', schema: open } } }, 'schema-keyword'),
  },
  {
    name: 'a schema',
    send: { response_format: format },
    r: sent({ text: { format: { type: 'json_schema', name: 'n', schema, strict: false } } }),
  },
  {
    name: 'a strict schema',
    send: {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', description: 'd', strict: true, schema: open },
      },
    },
    r: sent({ text: { format: { type: 'json_schema', name: 'n', description: 'd', schema: open, strict: true } } }),
  },
  {
    name: 'a schema of a model without them',
    send: { response_format: format },
    model: 'claude-3-opus',
    m: sent({
      tools: [{ name: 'json_response', description: 'Gives the answer to the user.', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'json_response' },
    }),
  },
  {
    name: 'a schema beside tools',
    send: { response_format: format, tools: [f] },
    model: 'claude-3-opus',
    m: sent({ tools: [mF], output_config: undefined }, 'structured-output'),
  },
  {
    name: 'any JSON',
    send: { response_format: { type: 'json_object' } },
    m: sent({ system: [text(jsonSentence)] }, 'json-object'),
    r: sent({ text: { format: { type: 'json_object' } } }),
  },
  {
    name: 'text',
    send: { response_format: { type: 'text' } },
    m: sent({ output_config: undefined }),
    r: sent({ text: undefined }),
  },
  {
    name: 'a form of T',
    send: { response_format: { type: 'grammar', grammar: 'x' } },
    m: refused('response_format'),
    r: refused('response_format'),
  },
]

const tables = { fields, tools, history, parts, reasoning, output }
describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(casesOf(rows))('%s', (_name, each) => {
    check('openai-chat', each)
  })
})

test('a long id of a user is hashed, so that two people stay two', () => {
  const hash = /^[0-9a-f]{64}$/
  const m = convert('openai-chat', 'anthropic-messages', { send: { user: 'x'.repeat(65) } }).body
  expect(m.metadata).toEqual({ user_id: expect.stringMatching(hash) })
  const r = convert('openai-chat', 'openai-responses', { send: { user: 'x'.repeat(65) } }).body
  expect(r.safety_identifier).toMatch(hash)
})

test('calls and results are items of their own at a Responses upstream', () => {
  const messages = [hi, call, { role: 'tool', tool_call_id: 'call_1', content: '42' }]
  const { input } = convert('openai-chat', 'openai-responses', { send: { messages } }).body
  expect(input).toEqual([
    ...rMessage(inputText('Hi')),
    {
      type: 'message',
      role: 'assistant',
      id: expect.stringMatching(/^msg_/),
      status: 'completed',
      content: [{ type: 'output_text', text: 'Look:', annotations: [] }],
    },
    rCall,
    { type: 'function_call_output', call_id: 'call_1', output: '42' },
  ])
})
