import { expect, test } from 'vitest'
import { Losses } from '../../../lambda/events/losses.ts'
import type { CacheMark, Effort, JsonObject, OutputFormat } from '../../../lambda/events/request.ts'
import { strictSchema } from '../../../lambda/formats/anthropic-messages/schema.ts'
import { fitsStrictMode } from '../../../lambda/formats/anthropic-messages/strict-mode.ts'
import { message, text, tool, user } from './items.ts'
import { read, write } from './support.ts'

// Every word of the tables, since a typing error in one is seen by nothing else.

const base: JsonObject = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }

test.each([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'prefixItems',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
])('Anthropic’s structured output takes no %s', (keyword) => {
  expect(strictSchema({ [keyword]: 1 }, new Losses())).toEqual({})
})

test.each(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'])(
  'it takes the format %s',
  (format) => {
    expect(strictSchema({ format }, new Losses())).toEqual({ format })
  },
)

test.each([
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'uniqueItems',
  'default',
])('OpenAI’s strict mode takes no %s', (keyword) => {
  expect(fitsStrictMode({ [keyword]: 1 })).toBe(false)
})

test.each<[effort: Effort, tokens: number]>([
  ['minimal', 2000],
  ['low', 4000],
  ['medium', 10_000],
  ['high', 16_000],
  ['xhigh', 19_000],
  ['max', 19_000],
])('effort %s may think for %i of 20,000 tokens', (effort, budget_tokens) => {
  const { body } = write({ items: [user], maxOutputTokens: 20_000, reasoning: { effort } })
  expect(body.thinking).toMatchObject({ budget_tokens })
})

test.each<[effort: Effort]>([['low'], ['medium'], ['high'], ['xhigh'], ['max']])('effort %s is a level', (effort) => {
  const capabilities = { thinking: ['adaptive'], efforts: [effort] } as const
  const { body } = write({ items: [user], reasoning: { effort: 'low' } }, capabilities)
  expect(body.output_config).toEqual({ effort })
})

test.each([
  [0.94, 'none'],
  [0.95, 0.95],
])('where the model thinks, a top_p of %d is %s', (topP, sent) => {
  const { body } = write({ items: [user], topP, reasoning: { effort: 'low' } }, { thinking: ['adaptive'] })
  expect(body.top_p ?? 'none').toBe(sent)
})

test.each([
  [0.98, 'none'],
  [0.99, 0.99],
])('where sampling is fixed, a top_p of %d is %s', (topP, sent) => {
  expect(write({ items: [user], topP }, { sampling: 'none' }).body.top_p ?? 'none').toBe(sent)
})

test.each<[lifetime: CacheMark['ttl'], ttl: string | undefined, losses: string[]]>([
  [undefined, undefined, []],
  ['5m', '5m', []],
  ['30m', '1h', []],
  ['1h', '1h', []],
  ['12h', '1h', ['cache-ttl']],
])('a cache mark of %s is one of %s', (lifetime, ttl, losses) => {
  const written = write({ items: [user], cache: { implicit: lifetime ? { ttl: lifetime } : {} } })
  expect(written.body.cache_control).toEqual({ type: 'ephemeral', ...(ttl && { ttl }) })
  expect(written.losses).toEqual(losses)
})

test.each(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])('images of type %s are taken', (mediaType) => {
  const source = { type: 'base64', mediaType, data: 'AAAA' } as const
  expect(write({ items: [message('user', { kind: 'image', source })] }).body.messages).toMatchObject([
    { content: [{ source: { media_type: mediaType } }] },
  ])
})

test.each(['server_tool_use', 'mcp_tool_use', 'mcp_tool_listing', 'container_upload', 'fallback', 'x_tool_result'])(
  'a block of type %s is Anthropic’s own',
  (type) => {
    const messages = [{ role: 'assistant', content: [{ type }, { type: 'text', text: 'x' }] }]
    expect(read({ ...base, messages }).losses).toEqual(['server-tool-history'])
  },
)

test.each([
  'thread',
  'compaction',
  'billing_policy',
  'fallback_credit_token',
  'inference_geo',
  'container',
  'mcp_servers',
])('the field %s is refused by its name', (field) => {
  expect(() => read({ ...base, [field]: 'x' })).toThrow(`${field} cannot be served by a provider that does not speak`)
})

test.each([
  ['context_management', 'context-management'],
  ['fallbacks', 'fallbacks'],
  ['diagnostics', 'diagnostics'],
  ['user_profile_id', 'workspace'],
  ['workspace_id', 'workspace'],
  ['speed', 'speed'],
])('the field %s is a loss', (field, loss) => {
  expect(read({ ...base, [field]: 'x' }).losses).toEqual([loss])
})

test('errors call each field what the client called it', () => {
  expect(read(base).request.params).toEqual({
    items: 'messages',
    maxOutputTokens: 'max_tokens',
    stop: 'stop_sequences',
    endUser: 'metadata.user_id',
    reasoning: 'thinking',
    outputFormat: 'output_config.format',
    cache: 'cache_control',
  })
})

test('a form is asked for in these words', () => {
  const schema = { type: 'object', properties: {}, additionalProperties: false }
  const system = (outputFormat: OutputFormat) =>
    write({ items: [message('user', text('Hi'))], tools: [tool('f')], outputFormat }).body.system
  expect(system({ type: 'json' })).toEqual([
    { type: 'text', text: 'Answer with one JSON object and nothing else: no prose, no code fence.' },
  ])
  expect(system({ type: 'json-schema', schema })).toEqual([
    {
      type: 'text',
      text: `Answer with JSON and nothing else: no prose, no code fence. It must match this JSON schema:\n${JSON.stringify(schema)}`,
    },
  ])
  expect(write({ items: [user], outputFormat: { type: 'json-schema', schema } }).body.tools).toEqual([
    { name: 'json_response', description: 'Gives the answer to the user.', input_schema: schema },
  ])
})
