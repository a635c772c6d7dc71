import { describe, expect, test } from 'vitest'
import type { CacheMark, CanonicalRequest, JsonObject, Part } from '../../../lambda/events/request.ts'
import { capabilitiesOf } from '../../../lambda/providers/models.ts'
import { call, message, result, text, thought, tool, user } from './items.ts'
import { write } from './support.ts'

type Fields = [name: string, request: Partial<CanonicalRequest>, model: string, body: JsonObject, losses: string[]]
const fields: Fields[] = [
  ['always streams', {}, 'claude-sonnet-4-5', { stream: true, model: 'claude-x' }, []],
  [
    'sampling passes where the model takes it',
    { maxOutputTokens: 321, temperature: 0.25, topP: 0.5, topK: 9 },
    'claude-sonnet-4',
    { max_tokens: 321, temperature: 0.25, top_p: 0.5, top_k: 9 },
    [],
  ],
  ...['claude-opus-4-1', 'claude-sonnet-4-5', 'claude-opus-4-6'].map(
    (model): Fields => [
      `${model} takes temperature or top_p, not both`,
      { temperature: 0.25, topP: 0.5 },
      model,
      { temperature: 0.25, top_p: undefined },
      ['sampling'],
    ],
  ),
  [
    'a temperature that is the default beside top_p says nothing',
    { temperature: 1, topP: 0.5 },
    'claude-sonnet-4-5',
    { temperature: undefined, top_p: 0.5 },
    [],
  ],
  [
    'neither does a top_p of all beside a temperature',
    { temperature: 0.25, topP: 1 },
    'claude-sonnet-4-5',
    { temperature: 0.25, top_p: undefined },
    [],
  ],
  ['top_p alone', { topP: 0.5 }, 'claude-sonnet-4-5', { temperature: undefined, top_p: 0.5 }, []],
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
    'a budget and a prefill',
    { maxOutputTokens: 9000, items: [user, message('assistant', text('{'))], reasoning: { effort: 'low' } },
    'claude-sonnet-4-5',
    { thinking: undefined },
    ['thinking-history'],
  ],
  [
    'a prefill with thinking',
    { maxOutputTokens: 9000, items: [user, thought(), message('assistant', text('{'))], reasoning: { effort: 'low' } },
    'claude-sonnet-4-5',
    {
      thinking: undefined,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        { role: 'assistant', content: [{ type: 'text', text: '{' }] },
      ],
    },
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

test('behind a cache mark of five minutes none is of an hour, which Anthropic refuses', () => {
  const marked = (value: string, cache: CacheMark): Part => ({ kind: 'text', text: value, cache })
  const { body, losses } = write({
    items: [
      message('system', marked('a', { ttl: '1h' })),
      message('user', marked('b', {}), marked('c', { ttl: '1h' })),
    ],
    cache: { implicit: { ttl: '1h' } },
  })
  const long = { type: 'ephemeral', ttl: '1h' }
  const short = { type: 'ephemeral', ttl: '5m' }
  expect(body.system).toMatchObject([{ cache_control: long }])
  expect(body.messages).toMatchObject([
    {
      content: [
        { text: 'b', cache_control: { type: 'ephemeral' } },
        { text: 'c', cache_control: short },
      ],
    },
  ])
  expect(body.cache_control).toEqual(short)
  expect(losses).toEqual(['cache-ttl'])
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
