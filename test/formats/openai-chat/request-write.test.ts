import { describe, expect, test } from 'vitest'
import { GatewayFault } from '../../../lambda/errors.ts'
import type { CanonicalRequest, Item, JsonObject, Part } from '../../../lambda/events/request.ts'
import { quirksOf } from '../../../lambda/providers/quirks.ts'
import { type Given, write } from './support.ts'

function messages(items: Item[], given?: Given): unknown {
  return write({ items }, given).body.messages
}

const text = (value: string): Part => ({ kind: 'text', text: value })
const say = (role: 'system' | 'developer' | 'user' | 'assistant', ...parts: Part[]): Item => ({
  kind: 'message',
  role,
  parts,
})
const call = (id: string, name: string, json = ''): Item => ({
  kind: 'tool-call',
  id,
  name,
  tool: 'function',
  arguments: json,
})
const result = (callId: string, ...parts: Part[]): Item => ({ kind: 'tool-result', callId, tool: 'function', parts })
const wireCall = (id: string, name: string, json = '{}') => ({
  id,
  type: 'function',
  function: { name, arguments: json },
})

describe('messages', () => {
  test('a conversation: one assistant message a turn, results directly behind it', () => {
    expect(
      messages([
        say('system', text('Be kind.')),
        say('developer', text('Be brief.')),
        say('user', text('Weather?')),
        say('assistant', text('Checking.')),
        call('a', 'get_weather', '{"city":"Bern"}'),
        call('b', 'now'),
        result('a', text('sunny')),
        result('b', text('noon')),
        say('user', text('Thanks')),
      ]),
    ).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: 'Checking.',
        tool_calls: [wireCall('a', 'get_weather', '{"city":"Bern"}'), wireCall('b', 'now')],
      },
      { role: 'tool', tool_call_id: 'a', content: 'sunny' },
      { role: 'tool', tool_call_id: 'b', content: 'noon' },
      { role: 'user', content: 'Thanks' },
    ])
  })

  test('calls without text have null content', () => {
    expect(messages([call('a', 'f'), result('a')])).toEqual([
      { role: 'assistant', content: null, tool_calls: [wireCall('a', 'f')] },
      { role: 'tool', tool_call_id: 'a', content: '' },
    ])
  })

  test('a result that comes late moves behind its call', () => {
    expect(messages([call('a', 'f'), say('user', text('And?')), result('a', text('1'))])).toMatchObject([
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'user' },
    ])
  })

  test('a missing result is added if the history goes on, which is a named loss', () => {
    const { body, losses } = write({ items: [call('a', 'f'), say('user', text('And?'))] })
    expect(body.messages).toMatchObject([{}, { role: 'tool', content: '(no output)' }, {}])
    expect(losses).toEqual(['missing-tool-result'])
    expect(write({ items: [call('a', 'f')] }).body.messages).toHaveLength(1)
  })

  test('a failed result says so in its text', () => {
    const failed: Item = {
      kind: 'tool-result',
      callId: 'a',
      tool: 'function',
      isError: true,
      parts: [text('disk full')],
    }
    const { body, losses } = write({ items: [call('a', 'f'), failed] })
    expect(body.messages).toMatchObject([{}, { content: 'Error: disk full' }])
    expect(losses).toEqual(['is-error'])
  })

  test('pictures of results follow the run of results', () => {
    const image: Part = { kind: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'iVBO' } }
    const { body, losses } = write({
      items: [call('a', 'f'), call('b', 'g'), result('a', text('see'), image), result('b', text('ok'))],
    })
    expect(body.messages).toEqual([
      expect.objectContaining({ role: 'assistant' }),
      { role: 'tool', tool_call_id: 'a', content: 'see\n[image 1]' },
      { role: 'tool', tool_call_id: 'b', content: 'ok' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '[image 1] of the result of call a:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
        ],
      },
    ])
    expect(losses).toEqual(['tool-result-media'])
  })

  test('parts of a user turn keep their order', () => {
    expect(
      messages([
        say(
          'user',
          text('A'),
          { kind: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'iVBO' }, detail: 'low' },
          text('B'),
          { kind: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
          { kind: 'document', source: { type: 'base64', mediaType: 'application/pdf', data: 'JVBE' }, title: 'a.pdf' },
          { kind: 'audio', data: 'UklG', format: 'wav' },
        ),
      ]),
    ).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'A' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO', detail: 'low' } },
          { type: 'text', text: 'B' },
          { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
          { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
        ],
      },
    ])
  })

  test('text documents and search results become text', () => {
    const { body, losses } = write({
      items: [
        say(
          'user',
          { kind: 'document', source: { type: 'text', text: 'body' }, title: 'Title', citations: true },
          { kind: 'search-result', title: 'T', source: 'https://example.org', texts: ['one', 'two'] },
        ),
      ],
    })
    expect(body.messages).toMatchObject([
      { content: [{ text: 'Title\nbody' }, { text: 'T\nhttps://example.org\none\ntwo' }] },
    ])
    expect(losses).toEqual(['citations', 'document', 'search-result'])
  })

  test('a last assistant message is no prefill here, which is a named loss', () => {
    expect(write({ items: [say('user', text('Hi')), say('assistant', text('{'))] }).losses).toEqual(['prefill'])
  })

  test('a refusal has its own field', () => {
    expect(messages([say('assistant', { kind: 'refusal', text: 'No.' }), say('user', text('Why?'))])).toMatchObject([
      { role: 'assistant', content: null, refusal: 'No.' },
      {},
    ])
  })

  test('cache marks: the last four where the model knows them, else none', () => {
    const marked = ['1', '2', '3', '4', '5'].map(
      (value): Part => ({ kind: 'text', text: value, cache: value === '5' ? { ttl: '1h' } : {} }),
    )
    const { body, losses } = write({ items: [say('user', ...marked)] }, { capabilities: { cacheBreakpoints: true } })
    const mark = { prompt_cache_breakpoint: { mode: 'explicit' } }
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: '1' },
          { type: 'text', text: '2', ...mark },
          { type: 'text', text: '3', ...mark },
          { type: 'text', text: '4', ...mark },
          { type: 'text', text: '5', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
        ],
      },
    ])
    expect(losses).toEqual(['cache-hint'])
    const plain = write({ items: [say('user', ...marked)] })
    expect(JSON.stringify(plain.body)).not.toContain('breakpoint')
    expect(plain.losses).toEqual(['cache-hint'])
  })
})

describe('reasoning of earlier turns', () => {
  const thought: Item = { kind: 'reasoning', issuer: 'anthropic', parts: ['Hm'], signature: 'S' }
  const items = [thought, say('assistant', text('4')), say('user', text('And?'))]

  test('is left out where the provider has no field for it', () => {
    const { body, losses } = write({ items })
    expect(JSON.stringify(body)).not.toContain('Hm')
    expect(losses).toEqual(['foreign-reasoning'])
  })

  test('what the model said before and after it stays two texts of one message', () => {
    const { body } = write({
      items: [say('assistant', text('Look'), text('ing.')), thought, say('assistant', text('4'))],
    })
    expect(body.messages).toEqual([{ role: 'assistant', content: 'Looking.\n\n4' }])
  })

  test('leaves no message where it was all there was of a turn', () => {
    const { body } = write({ items: [say('user', text('Q')), thought, say('user', text('Go on'))] })
    expect(body.messages).toEqual([
      { role: 'user', content: 'Q' },
      { role: 'user', content: 'Go on' },
    ])
  })

  test('goes back as text to providers that want it', () => {
    const { body, losses } = write({ items }, { quirks: quirksOf({ id: 'deepseek', baseUrl: '' }) })
    expect(body.messages).toMatchObject([{ role: 'assistant', content: '4', reasoning_content: 'Hm' }, {}])
    expect(losses).toEqual([])
  })

  test('goes back as details, bytes unchanged', () => {
    const { body } = write({ items }, { quirks: quirksOf({ id: 'openrouter', baseUrl: '' }) })
    expect(body.messages).toMatchObject([
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'Hm', signature: 'S', format: 'anthropic-claude-v1', index: 0 },
        ],
      },
      {},
    ])
  })
})

const items = [say('user', text('Hi'))]
const streaming = { model: 'gpt-x', stream: true, stream_options: { include_usage: true } }
const fields: Array<{
  name: string
  request: Partial<CanonicalRequest>
  given?: Given
  expected: JsonObject
  losses?: string[]
}> = [
  { name: 'nothing but the messages', request: {}, expected: {} },
  {
    name: 'limit and sampling',
    request: { maxOutputTokens: 321, temperature: 0.25, topP: 0.5, stop: ['END', 'STOP'], seed: 7, n: 2 },
    expected: { max_completion_tokens: 321, temperature: 0.25, top_p: 0.5, stop: ['END', 'STOP'], seed: 7, n: 2 },
  },
  {
    name: 'the limit under its older name',
    request: { maxOutputTokens: 321 },
    given: { quirks: { maxTokensField: 'max_tokens' } },
    expected: { max_tokens: 321 },
  },
  {
    name: 'a limit above the model’s',
    request: { maxOutputTokens: 9000 },
    given: { capabilities: { maxOutputTokens: 4096 } },
    expected: { max_completion_tokens: 4096 },
    losses: ['max-tokens-clamped'],
  },
  {
    name: 'five stop sequences',
    request: { stop: ['1', '2', '3', '4', '5'] },
    expected: { stop: ['1', '2', '3', '4'] },
    losses: ['stop'],
  },
  {
    name: 'stop sequences for a model that refuses them',
    request: { stop: ['END'] },
    given: { capabilities: { stop: false } },
    expected: {},
    losses: ['stop'],
  },
  { name: 'top-k', request: { topK: 5 }, expected: {}, losses: ['top-k'] },
  { name: 'top-k where it is known', request: { topK: 5 }, given: { quirks: { topK: true } }, expected: { top_k: 5 } },
  {
    name: 'sampling for a model that refuses it',
    request: { temperature: 0.5, topP: 0.5, logprobs: { top: 2 } },
    given: { capabilities: { sampling: 'none' } },
    expected: {},
    losses: ['sampling'],
  },
  {
    name: 'the default temperature for a model that refuses any',
    request: { temperature: 1, topP: 1 },
    given: { capabilities: { sampling: 'none' } },
    expected: {},
  },
  { name: 'logprobs', request: { logprobs: { top: 2 } }, expected: { logprobs: true, top_logprobs: 2 } },
  { name: 'an effort', request: { reasoning: { effort: 'xhigh' } }, expected: { reasoning_effort: 'xhigh' } },
  {
    name: 'an effort the model does not take',
    request: { reasoning: { effort: 'xhigh' } },
    given: { capabilities: { efforts: ['low', 'medium', 'high'] } },
    expected: { reasoning_effort: 'high' },
    losses: ['effort'],
  },
  {
    name: 'a budget is the nearest effort',
    request: { maxOutputTokens: 9000, reasoning: { mode: 'enabled', budgetTokens: 1024 } },
    expected: { max_completion_tokens: 9000, reasoning_effort: 'minimal' },
  },
  { name: 'no thinking', request: { reasoning: { mode: 'disabled' } }, expected: { reasoning_effort: 'none' } },
  {
    name: 'no thinking for a model that always thinks',
    request: { reasoning: { mode: 'disabled' } },
    given: { capabilities: { efforts: ['low', 'high'] } },
    expected: { reasoning_effort: 'low' },
    losses: ['thinking-always-on'],
  },
  { name: 'adaptive thinking without an effort', request: { reasoning: { mode: 'adaptive' } }, expected: {} },
  {
    name: 'thinking between tools',
    request: { reasoning: { mode: 'between_tools' } },
    expected: {},
    losses: ['thinking-mode'],
  },
  {
    name: 'a schema without a name is strict',
    request: { outputFormat: { type: 'json-schema', schema: { type: 'object' } } },
    expected: {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'response', schema: { type: 'object' }, strict: true },
      },
    },
  },
  {
    name: 'a schema as it was given',
    request: { outputFormat: { type: 'json-schema', name: 'n', schema: {}, strict: false } },
    expected: { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, strict: false } } },
  },
  {
    name: 'settings R shares',
    given: { capabilities: { cacheBreakpoints: true } },
    request: {
      endUser: 'p1',
      metadata: { a: 'b' },
      serviceTier: 'ultrafast',
      store: true,
      verbosity: 'low',
      cache: { key: 'k', retention: '24h', options: { mode: 'explicit', comparison_response_id: 'r' } },
      includeObfuscation: false,
      maxToolCalls: 3,
    },
    expected: {
      safety_identifier: 'p1',
      metadata: { a: 'b' },
      service_tier: 'fast',
      store: true,
      verbosity: 'low',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      prompt_cache_options: { mode: 'explicit' },
      stream_options: { include_usage: true, include_obfuscation: false },
    },
    losses: ['cache-hint', 'max-tool-calls'],
  },
  {
    name: 'store: false is C’s own default',
    request: { store: false },
    expected: {},
  },
  {
    name: 'a long id of a person is hashed',
    request: { endUser: 'x'.repeat(150) },
    expected: { safety_identifier: expect.stringMatching(/^[0-9a-f]{64}$/) },
  },
  {
    name: 'fields a provider refuses are left out',
    request: { store: true, metadata: { a: 'b' }, endUser: 'p' },
    given: { quirks: quirksOf({ id: 'x', baseUrl: 'https://api.groq.com/openai/v1' }) },
    expected: { user: 'p' },
    losses: ['metadata', 'store'],
  },
]

describe('fields', () => {
  test.each(fields)('$name', ({ request: given, given: context, expected, losses = [] }) => {
    const { body, losses: found } = write({ items, ...given }, context)
    expect(JSON.parse(JSON.stringify({ ...body, messages: undefined }))).toEqual({ ...streaming, ...expected })
    expect(found).toEqual(losses)
  })

  test('stream options are left out for a provider that refuses them', () => {
    expect(write({ items }, { quirks: { streamOptions: false } }).body).not.toHaveProperty('stream_options')
  })
})

describe('tools', () => {
  test('functions and custom tools in C’s form', () => {
    const { body, losses } = write({
      items,
      tools: [
        {
          kind: 'function',
          name: 'f',
          description: 'd',
          parameters: { type: 'object', properties: {} },
          strict: false,
          cache: {},
        },
        { kind: 'function', name: 'g' },
        { kind: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 's' } },
        { kind: 'native', type: 'code_interpreter' },
        { kind: 'web-search' },
      ],
      parallelToolCalls: false,
      toolChoice: { type: 'allowed', mode: 'auto', names: ['f', 'c'] },
    })
    expect(body.tools).toEqual([
      {
        type: 'function',
        function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} }, strict: false },
      },
      { type: 'function', function: { name: 'g' } },
      {
        type: 'custom',
        custom: { name: 'c', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 's' } } },
      },
    ])
    expect(body.parallel_tool_calls).toBe(false)
    expect(body.tool_choice).toEqual({
      type: 'allowed_tools',
      allowed_tools: {
        mode: 'auto',
        tools: [
          { type: 'function', function: { name: 'f' } },
          { type: 'custom', custom: { name: 'c' } },
        ],
      },
    })
    expect(losses).toEqual(['cache-hint', 'tool'])
  })

  test('a custom tool is wrapped for a provider without them, and the way back is told', () => {
    const { body, restore, losses } = write(
      {
        items: [{ kind: 'tool-call', id: 'a', name: 'c', tool: 'custom', arguments: 'raw' }, result('a')],
        tools: [{ kind: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } }],
        toolChoice: { type: 'tool', name: 'c', tool: 'custom' },
      },
      { quirks: { wrapCustomTools: true } },
    )
    expect(body.tools).toMatchObject([
      { type: 'function', function: { name: 'c', parameters: { required: ['input'] } } },
    ])
    expect(body.messages).toMatchObject([{ tool_calls: [wireCall('a', 'c', '{"input":"raw"}')] }, {}])
    expect(body.tool_choice).toEqual({ type: 'function', function: { name: 'c' } })
    expect(restore.get('c')).toMatchObject({ tool: 'custom', unwrapInput: true })
    expect(losses).toEqual(['tool-grammar'])
  })

  test('names that are too long or in a namespace are clamped everywhere alike', () => {
    const name = `tool.${'x'.repeat(95)}`
    const { body, restore } = write({
      items: [call('a', name), result('a')],
      tools: [
        { kind: 'function', name },
        { kind: 'function', name: 'read', namespace: 'files' },
      ],
      toolChoice: { type: 'tool', name, tool: 'function' },
    })
    const [long, spaced] = body.tools as Array<{ function: { name: string } }>
    expect(long?.function.name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(spaced?.function.name).toBe('files__read')
    expect(body.tool_choice).toEqual({ type: 'function', function: { name: long?.function.name } })
    expect(body.messages).toMatchObject([{ tool_calls: [{ function: { name: long?.function.name } }] }, {}])
    expect(restore.get(long?.function.name ?? '')?.name).toBe(name)
    expect(restore.get('files__read')).toMatchObject({ name: 'read', namespace: 'files' })
  })

  test('web search exists for search models', () => {
    const tools: CanonicalRequest['tools'] = [
      { kind: 'web-search', contextSize: 'low', userLocation: { city: 'Bern' }, allowedDomains: ['example.org'] },
    ]
    const { body, losses } = write({ items, tools }, { model: 'gpt-4o-search-preview' })
    expect(body.web_search_options).toEqual({
      search_context_size: 'low',
      user_location: { type: 'approximate', approximate: { city: 'Bern' } },
    })
    expect(losses).toEqual(['search-options'])
  })

  test('a choice and a ban on parallel calls need tools', () => {
    const { body } = write({ items, toolChoice: { type: 'required' }, parallelToolCalls: false })
    expect(body).not.toHaveProperty('tool_choice')
    expect(body).not.toHaveProperty('parallel_tool_calls')
  })

  test('Mistral gets ids of nine alphanumerics, the same for a call and its result', () => {
    const { body } = write(
      { items: [call('toolu_01', 'f'), result('toolu_01')] },
      { quirks: quirksOf({ id: 'mistral', baseUrl: '' }) },
    )
    const [assistant, tool] = body.messages as [{ tool_calls: Array<{ id: string }> }, { tool_call_id: string }]
    expect(assistant.tool_calls[0]?.id).toMatch(/^[A-Za-z0-9]{9}$/)
    expect(tool.tool_call_id).toBe(assistant.tool_calls[0]?.id)
  })
})

test('an id of more than 40 characters becomes a shorter one, the same for a call and its result', () => {
  const long = `fc_${'0f'.repeat(24)}`
  const ids = [`${long}a`, `${long}b`, 'x'.repeat(40), `${'x'.repeat(39)}:`]
  const { body } = write({ items: ids.flatMap((id) => [call(id, 'f'), result(id)]) })
  const sent = body.messages as { tool_calls?: { id: string }[]; tool_call_id?: string }[]
  const called = sent.flatMap((each) => each.tool_calls?.map(({ id }) => id) ?? [])
  expect(called).toEqual(sent.flatMap((each) => each.tool_call_id ?? []))
  expect(new Set(called).size).toBe(4)
  for (const id of called) expect(id).toMatch(/^[A-Za-z0-9_-]{1,40}$/)
  expect(called[2]).toBe('x'.repeat(40))
})

describe('what would change the answer is refused under the client’s own name', () => {
  test.each<[string, Partial<CanonicalRequest>]>([
    ['max_tokens', { maxOutputTokens: 0, params: { maxOutputTokens: 'max_tokens' } }],
    ['prompt_cache_options.prewarm', { cache: { prewarm: true }, params: { cache: 'prompt_cache_options' } }],
    ['tool_choice', { toolChoice: { type: 'native', tool: 'code_interpreter' } }],
    [
      'input',
      {
        items: [say('user', { kind: 'document', source: { type: 'url', url: 'https://example.org/a.pdf' } })],
        params: { items: 'input' },
      },
    ],
    [
      'tools',
      {
        tools: [
          { kind: 'function', name: 'a__b' },
          { kind: 'function', name: 'b', namespace: 'a' },
        ],
      },
    ],
  ])('%s', (param, given) => {
    try {
      write({ items, ...given })
    } catch (fault) {
      expect(fault).toBeInstanceOf(GatewayFault)
      expect((fault as GatewayFault).error).toMatchObject({ code: 'invalid_request', param })
      return
    }
    expect.unreachable('the request was written')
  })
})
