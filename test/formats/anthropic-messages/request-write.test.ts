import { describe, expect, test } from 'vitest'
import { clampCallId } from '../../../lambda/events/ids.ts'
import type { CanonicalRequest, Item, JsonObject, Part, Tool } from '../../../lambda/events/request.ts'
import { capabilitiesOf } from '../../../lambda/providers/models.ts'
import { write } from './support.ts'

const text = (value: string): Part => ({ kind: 'text', text: value })
const message = (role: 'system' | 'developer' | 'user' | 'assistant', ...parts: Part[]): Item => ({
  kind: 'message',
  role,
  parts,
})
const user = message('user', text('Hi'))
const call = (id: string, args = '{}', name = 'f'): Item => ({
  kind: 'tool-call',
  id,
  name,
  tool: 'function',
  arguments: args,
})
const result = (callId: string, value = 'ok'): Item => ({
  kind: 'tool-result',
  callId,
  tool: 'function',
  parts: [text(value)],
})
const thought = (more: object = {}): Item => ({
  kind: 'reasoning',
  issuer: 'anthropic',
  parts: ['hm'],
  signature: 'Eq==',
  ...more,
})
const tool = (name: string, more: object = {}): Tool => ({
  kind: 'function',
  name,
  parameters: { type: 'object' },
  ...more,
})

const textBlock = (value: string) => ({ type: 'text', text: value })
const use = (id: string, input: unknown = {}, name = 'f') => ({ type: 'tool_use', id, name, input })
const answer = (tool_use_id: string, content = 'ok') => ({ type: 'tool_result', tool_use_id, content })
const turn = (role: string, ...content: unknown[]) => ({ role, content })

const histories: Array<
  [name: string, items: Item[], expected: { system?: unknown[]; messages: unknown[] }, losses: string[]]
> = [
  [
    'both instructions lead, turns alternate, results come first',
    [
      message('system', text('Be brief.')),
      message('developer', text('Be kind.')),
      user,
      message('assistant', text('Looking.')),
      call('call_1', '{"city":"Bern"}', 'get_weather'),
      call('call_2', '', 'now'),
      result('call_1', 'sunny'),
      result('call_2', 'noon'),
      message('user', text('And?')),
    ],
    {
      system: [textBlock('Be brief.'), textBlock('Be kind.')],
      messages: [
        turn('user', textBlock('Hi')),
        turn(
          'assistant',
          textBlock('Looking.'),
          use('call_1', { city: 'Bern' }, 'get_weather'),
          use('call_2', {}, 'now'),
        ),
        turn('user', answer('call_1', 'sunny'), answer('call_2', 'noon'), textBlock('And?')),
      ],
    },
    [],
  ],
  [
    'results move directly behind their calls, in the order of the calls',
    [user, call('a'), call('b'), message('user', text('wait')), result('b', 'B'), result('a', 'A')],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a'), use('b')),
        turn('user', answer('a', 'A'), answer('b', 'B'), textBlock('wait')),
      ],
    },
    [],
  ],
  [
    'a call without a result gets one if the conversation went on',
    [user, call('a'), call('b'), result('a'), message('assistant', text('so'))],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a'), use('b')),
        turn('user', answer('a'), answer('b', '(no output)')),
        turn('assistant', textBlock('so')),
      ],
    },
    ['missing-tool-result'],
  ],
  [
    'calls at the very end wait for their results',
    [user, call('a')],
    { messages: [turn('user', textBlock('Hi')), turn('assistant', use('a'))] },
    [],
  ],
  [
    'a result without a call stays where it is',
    [user, result('ghost')],
    { messages: [turn('user', textBlock('Hi'), answer('ghost'))] },
    [],
  ],
  [
    'a call id that is used again finds the result of its own turn',
    [user, call('a'), result('a', '1'), call('a'), result('a', '2')],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a')),
        turn('user', answer('a', '1')),
        turn('assistant', use('a')),
        turn('user', answer('a', '2')),
      ],
    },
    [],
  ],
  [
    'a result that stays where it is does not answer a later call',
    [user, result('a', 'early'), call('a'), result('a', 'late')],
    {
      messages: [
        turn('user', textBlock('Hi'), answer('a', 'early')),
        turn('assistant', use('a')),
        turn('user', answer('a', 'late')),
      ],
    },
    [],
  ],
  [
    'illegal call ids become the same legal one in call and result',
    [user, call('llm:0'), result('llm:0')],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use(clampCallId('llm:0'))),
        turn('user', answer(clampCallId('llm:0'))),
      ],
    },
    [],
  ],
  [
    'empty text and messages left without content are dropped',
    [message('user', text(''), text('Hi')), message('assistant', text('')), message('user', text('x'))],
    { messages: [turn('user', textBlock('Hi'), textBlock('x'))] },
    [],
  ],
  [
    'a later instruction moves to the front',
    [user, message('assistant', text('a')), message('system', text('Mind.')), message('user', text('b'))],
    {
      system: [textBlock('Mind.')],
      messages: [turn('user', textBlock('Hi')), turn('assistant', textBlock('a')), turn('user', textBlock('b'))],
    },
    ['system-position'],
  ],
  [
    'the blank at the end of a prefill is trimmed',
    [user, message('assistant', text('The answer is '))],
    { messages: [turn('user', textBlock('Hi')), turn('assistant', textBlock('The answer is'))] },
    [],
  ],
  [
    'a prefill of blanks is none',
    [user, message('assistant', text('  '))],
    { messages: [turn('user', textBlock('Hi'))] },
    [],
  ],
  [
    'signed and redacted reasoning of Claude keeps its place',
    [
      user,
      thought(),
      call('a'),
      thought({ parts: [], signature: undefined, encrypted: 'data', redacted: true, issuer: 'bedrock' }),
      call('b'),
      result('a'),
      result('b'),
    ],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn(
          'assistant',
          { type: 'thinking', thinking: 'hm', signature: 'Eq==' },
          use('a'),
          { type: 'redacted_thinking', data: 'data' },
          use('b'),
        ),
        turn('user', answer('a'), answer('b')),
      ],
    },
    [],
  ],
  [
    'reasoning of others and unsigned reasoning is dropped, never text',
    [
      user,
      thought({ issuer: 'openai' }),
      thought({ issuer: 'unknown', signature: undefined }),
      message('assistant', text('x')),
      user,
    ],
    { messages: [turn('user', textBlock('Hi')), turn('assistant', textBlock('x')), turn('user', textBlock('Hi'))] },
    ['foreign-reasoning'],
  ],
  [
    'refusals, names and phases',
    [
      { kind: 'message', role: 'user', name: 'Ann', parts: [text('Hi')] },
      { kind: 'message', role: 'assistant', phase: 'final_answer', parts: [{ kind: 'refusal', text: 'No.' }] },
      user,
    ],
    { messages: [turn('user', textBlock('Hi')), turn('assistant', textBlock('No.')), turn('user', textBlock('Hi'))] },
    ['message-name', 'phase', 'refusal-history'],
  ],
  [
    'custom calls and arguments that were cut go under input',
    [
      user,
      { kind: 'tool-call', id: 'a', name: 'patch', tool: 'custom', arguments: '*** Begin' },
      call('b', '{"city":"Zür'),
      result('a'),
      result('b'),
    ],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a', { input: '*** Begin' }, 'patch'), use('b', { input: '{"city":"Zür' })),
        turn('user', answer('a'), answer('b')),
      ],
    },
    [],
  ],
  [
    'parts of every kind keep their order',
    [
      message(
        'user',
        text('A'),
        { kind: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'high' },
        text('B'),
        { kind: 'image', source: { type: 'url', url: 'https://e.org/i' } },
        { kind: 'document', source: { type: 'base64', mediaType: 'application/pdf', data: 'BBBB' }, title: 'a.pdf' },
        { kind: 'document', source: { type: 'base64', mediaType: 'text/plain', data: 'YWJj' } },
        { kind: 'search-result', title: 'T', source: 's', texts: ['x'] },
      ),
    ],
    {
      messages: [
        turn(
          'user',
          textBlock('A'),
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          textBlock('B'),
          { type: 'image', source: { type: 'url', url: 'https://e.org/i' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' }, title: 'a.pdf' },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
          { type: 'search_result', title: 'T', source: 's', content: [textBlock('x')] },
        ),
      ],
    },
    ['image-detail'],
  ],
  [
    'results with images, errors, and nothing',
    [
      user,
      call('a'),
      call('b'),
      {
        kind: 'tool-result',
        callId: 'a',
        tool: 'function',
        isError: true,
        parts: [text('x'), { kind: 'image', source: { type: 'url', url: 'u' } }],
      },
      { kind: 'tool-result', callId: 'b', tool: 'function', parts: [text('')] },
    ],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a'), use('b')),
        turn(
          'user',
          {
            type: 'tool_result',
            tool_use_id: 'a',
            is_error: true,
            content: [textBlock('x'), { type: 'image', source: { type: 'url', url: 'u' } }],
          },
          { type: 'tool_result', tool_use_id: 'b' },
        ),
      ],
    },
    [],
  ],
]
describe('history', () => {
  test.each(histories)('%s', (_name, items, expected, losses) => {
    const written = write({ items })
    expect({ system: written.body.system, messages: written.body.messages }).toEqual({ system: undefined, ...expected })
    expect(written.losses).toEqual(losses)
  })

  test('a model that takes later instructions gets them in place, but only after a user turn', () => {
    const later = message('system', text('Mind.'))
    const { body, losses } = write(
      { items: [user, later, message('assistant', text('a')), later, user] },
      { laterSystem: true },
    )
    expect(body.messages).toEqual([
      turn('user', textBlock('Hi')),
      turn('system', textBlock('Mind.')),
      turn('assistant', textBlock('a')),
      turn('user', textBlock('Hi')),
    ])
    expect(body.system).toEqual([textBlock('Mind.')])
    expect(losses).toEqual(['system-position'])
  })
})

type Fields = [name: string, request: Partial<CanonicalRequest>, model: string, body: JsonObject, losses: string[]]
const fields: Fields[] = [
  ['always streams', {}, 'claude-sonnet-4-5', { stream: true, model: 'claude-x' }, []],
  [
    'sampling passes where the model takes it',
    { maxOutputTokens: 321, temperature: 0.25, topP: 0.5, topK: 9 },
    'claude-sonnet-4-5',
    { max_tokens: 321, temperature: 0.25, top_p: 0.5, top_k: 9 },
    [],
  ],
  ['without a limit the model’s own', {}, 'claude-opus-4-6', { max_tokens: 128000 }, []],
  ['without a limit and a known model', {}, 'glm-4', { max_tokens: 4096 }, []],
  [
    'a limit above the ceiling',
    { maxOutputTokens: 99999 },
    'claude-sonnet-4-5',
    { max_tokens: 64000 },
    ['max-tokens-clamped'],
  ],
  ['a cache pre-warm', { cache: { prewarm: true } }, 'claude-sonnet-4-5', { max_tokens: 0 }, []],
  ['a temperature above 1', { temperature: 1.7 }, 'claude-sonnet-4-5', { temperature: 1 }, ['temperature-clamped']],
  [
    'sampling of a model that has none',
    { temperature: 0.2, topP: 0.5, topK: 3 },
    'claude-opus-4-7',
    { temperature: undefined, top_p: undefined, top_k: undefined },
    ['sampling'],
  ],
  ['stop sequences', { stop: ['END', 'STOP'] }, 'x', { stop_sequences: ['END', 'STOP'] }, []],
  ['a short user id', { endUser: 'ann' }, 'x', { metadata: { user_id: 'ann' } }, []],
  [
    'a long user id is hashed',
    { endUser: 'a'.repeat(65) },
    'x',
    { metadata: { user_id: '635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0' } },
    [],
  ],
  ['tier default', { serviceTier: 'default' }, 'x', { service_tier: 'standard_only' }, []],
  ['tier flex', { serviceTier: 'flex' }, 'x', { service_tier: 'auto' }, ['service-tier']],
  [
    'a cache mark of the request',
    { cache: { implicit: { ttl: '30m' } } },
    'x',
    { cache_control: { type: 'ephemeral', ttl: '1h' } },
    [],
  ],
  [
    'what M has no field for',
    {
      frequencyPenalty: 1,
      logitBias: { a: 1 },
      seed: 1,
      metadata: { a: 'b' },
      moderation: {},
      store: true,
      verbosity: 'low',
      cache: { key: 'k' },
      maxToolCalls: 3,
    },
    'x',
    { metadata: undefined },
    ['cache-hint', 'logit-bias', 'max-tool-calls', 'metadata', 'moderation', 'penalty', 'seed', 'store', 'verbosity'],
  ],
  [
    'defaults are silent',
    { frequencyPenalty: 0, logitBias: {}, store: false, verbosity: 'medium', metadata: {} },
    'x',
    {},
    [],
  ],

  [
    'effort on an adaptive model',
    { reasoning: { effort: 'minimal' } },
    'claude-opus-5-5',
    { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
    [],
  ],
  [
    'effort that is not shown',
    { reasoning: { effort: 'high', summary: 'omitted' } },
    'claude-opus-5-5',
    { thinking: { type: 'adaptive', display: 'omitted' } },
    [],
  ],
  [
    'effort above what the model lists',
    { reasoning: { effort: 'xhigh' } },
    'claude-opus-4-6',
    { output_config: { effort: 'high' } },
    ['effort'],
  ],
  [
    'effort as a budget',
    { maxOutputTokens: 9000, reasoning: { effort: 'low' } },
    'claude-sonnet-4-5',
    { thinking: { type: 'enabled', budget_tokens: 1800, display: 'summarized' } },
    [],
  ],
  [
    'a budget has a minimum',
    { maxOutputTokens: 2000, reasoning: { effort: 'low' } },
    'claude-sonnet-4-5',
    { thinking: { type: 'enabled', budget_tokens: 1024, display: 'summarized' } },
    [],
  ],
  [
    'no room for a budget',
    { maxOutputTokens: 1024, reasoning: { effort: 'low' } },
    'claude-sonnet-4-5',
    { thinking: undefined },
    ['thinking-budget'],
  ],
  [
    'the budget the client named',
    { maxOutputTokens: 9000, reasoning: { mode: 'enabled', budgetTokens: 3000 } },
    'claude-opus-4-6',
    { thinking: { type: 'enabled', budget_tokens: 3000, display: 'summarized' } },
    [],
  ],
  ['effort none', { reasoning: { effort: 'none' } }, 'claude-sonnet-4-5', { thinking: { type: 'disabled' } }, []],
  [
    'effort none where thinking cannot be off',
    { reasoning: { effort: 'none' } },
    'claude-opus-5-5',
    { thinking: undefined, output_config: { effort: 'low' } },
    ['thinking-always-on'],
  ],
  [
    'effort none where only the notes between tools stay',
    { reasoning: { effort: 'none' } },
    'claude-sonnet-5-5',
    { thinking: { type: 'between_tools' } },
    [],
  ],
  [
    'effort of a model that does not think',
    { reasoning: { effort: 'high' } },
    'claude-3-5-haiku-latest',
    { thinking: undefined },
    ['thinking-mode'],
  ],
  [
    'an unknown model gets a budget',
    { reasoning: { effort: 'medium' } },
    'glm-4',
    { thinking: { type: 'enabled', budget_tokens: 2048, display: 'summarized' } },
    [],
  ],
  [
    'thinking wants temperature 1',
    { maxOutputTokens: 9000, temperature: 0.3, topP: 0.97, topK: 3, reasoning: { effort: 'low' } },
    'claude-sonnet-4-5',
    { temperature: undefined, top_p: 0.97, top_k: undefined },
    ['sampling'],
  ],
  [
    'reasoning settings without effort ask for nothing',
    { reasoning: { summary: 'auto' } },
    'claude-opus-4-6',
    { thinking: undefined, output_config: undefined },
    [],
  ],
  [
    'a budget needs the thinking of the last tool turn',
    { maxOutputTokens: 9000, items: [user, call('a'), result('a')], reasoning: { effort: 'low' } },
    'claude-sonnet-4-5',
    { thinking: undefined },
    ['thinking-history'],
  ],
  [
    'a budget with the thinking of the last tool turn',
    {
      maxOutputTokens: 9000,
      items: [user, thought(), call('a'), result('a'), call('b'), result('b')],
      reasoning: { effort: 'low' },
    },
    'claude-sonnet-4-5',
    { thinking: { type: 'enabled', budget_tokens: 1800, display: 'summarized' } },
    [],
  ],
  [
    'adaptive thinking needs no history',
    { items: [user, call('a'), result('a')], reasoning: { effort: 'low' } },
    'claude-opus-4-6',
    { thinking: { type: 'adaptive', display: 'summarized' } },
    [],
  ],
  [
    'a forced tool and thinking exclude each other',
    { maxOutputTokens: 9000, tools: [tool('f')], toolChoice: { type: 'required' }, reasoning: { effort: 'low' } },
    'claude-sonnet-4-5',
    { thinking: undefined, tool_choice: { type: 'any' } },
    ['thinking-forced-tool'],
  ],
  [
    'a model that thinks by default is told not to for a forced tool',
    { tools: [tool('f')], toolChoice: { type: 'required' }, reasoning: { effort: 'low' } },
    'claude-opus-5',
    { thinking: { type: 'disabled' }, output_config: undefined, tool_choice: { type: 'any' } },
    ['thinking-forced-tool'],
  ],
]
describe('fields', () => {
  test.each(fields)('%s', (_name, request, model, expected, losses) => {
    const written = write({ items: [user], ...request }, capabilitiesOf(model))
    for (const [field, value] of Object.entries(expected)) expect(written.body[field], field).toEqual(value)
    expect(written.losses).toEqual(losses)
  })
})

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
    { tools: [{ name: 'g', input_schema: { type: 'object' } }], tool_choice: { type: 'any' } },
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
    { tools: [{ name: 'g', input_schema: { type: 'object' } }] },
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
    { tools: [{ name: 'g', input_schema: { type: 'object' } }] },
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

test('of more than four cache marks the last four stay', () => {
  const marked = (value: string): Part => ({ kind: 'text', text: value, cache: {} })
  const { body, losses } = write({
    items: [message('system', marked('s')), message('user', marked('a'), marked('b'), marked('c'))],
    tools: [tool('f', { cache: { ttl: '12h' } }), tool('g', { cache: {} })],
  })
  const count = JSON.stringify(body).split('"cache_control"').length - 1
  expect(count).toBe(4)
  expect(JSON.stringify(body.tools)).not.toContain('cache_control')
  expect(losses).toEqual(['cache-hint', 'cache-ttl'])
})

const refused: Array<[name: string, request: Partial<CanonicalRequest>, param: string]> = [
  ['several answers', { n: 2 }, 'n'],
  ['token probabilities', { logprobs: {}, params: { logprobs: 'top_logprobs' } }, 'top_logprobs'],
  [
    'audio',
    { items: [message('user', { kind: 'audio', data: 'A', format: 'wav' })], params: { items: 'messages' } },
    'messages',
  ],
  [
    'images of other types',
    {
      items: [message('user', { kind: 'image', source: { type: 'base64', mediaType: 'image/bmp', data: 'A' } })],
      params: { items: 'input' },
    },
    'input',
  ],
  [
    'a forced tool of another provider',
    { tools: [{ kind: 'native', type: 'code_interpreter' }], toolChoice: { type: 'native', tool: 'code_interpreter' } },
    'tool_choice',
  ],
  ['two tools of one name', { tools: [tool('f'), tool('f')] }, 'tools'],
]
test.each(refused)('%s are refused', (_name, request, param) => {
  let error: unknown
  try {
    write({ items: [user], ...request })
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ error: { code: 'invalid_request', param } })
})

const models: Array<[model: string, expected: object]> = [
  ['claude-opus-4-5-20251101', { maxOutputTokens: 64000, structuredOutput: true }],
  ['us.anthropic.claude-opus-4-6-v1', { maxOutputTokens: 128000 }],
  ['claude-opus-4-5@20251101', { efforts: ['low', 'medium', 'high'] }],
  ['claude-opus-4-20250514', { maxOutputTokens: 32000 }],
  ['claude-opus-4-1', { maxOutputTokens: 32000 }],
  ['claude-opus-5-5', { forcedTools: false, thinking: ['adaptive'] }],
  ['claude-opus-5', { thinking: ['adaptive', 'disabled'] }],
  ['claude-opus-5-7', { maxOutputTokens: 64000, sampling: 'none' }],
  ['claude-opus-4-9', { thinking: ['adaptive'], sampling: 'none' }],
  ['claude-3-5-sonnet-20241022', { maxOutputTokens: 8192 }],
  ['claude-3-opus-20240229', { maxOutputTokens: 4096 }],
]
test.each(models)('the capabilities of %s', (model, expected) => {
  expect(capabilitiesOf(model)).toMatchObject(expected)
})
