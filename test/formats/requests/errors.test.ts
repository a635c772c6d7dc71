import { describe, expect, test } from 'vitest'
import type { ErrorCode, GatewayError } from '../../../lambda/errors.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { readProviderErrorObject } from '../../../lambda/formats/shared/provider-error.ts'
import { SseReader, sseData, sseEvent } from '../../../lambda/framing/sse.ts'
import { codecs } from '../../support/codecs.ts'

// What a client is told when the provider refuses, in its own format: before the answer as a status, after it in band.

const formats = Object.keys(codecs) as FormatId[]

interface Told {
  status: number
  type: string
  code?: string | null
}

interface Row {
  name: string
  status: number
  /** What the provider answers; `error` in C's shape unless it says otherwise. */
  body: unknown
  headers?: Record<string, string>
  code: ErrorCode
  openai: Told
  anthropic: Told
}

const openai = (error: JsonObject) => ({ error: { message: 'Why', type: null, param: null, code: null, ...error } })
const anthropic = (type: string, message = 'Why') => ({ type: 'error', error: { type, message }, request_id: 'req_1' })

const invalid = { status: 400, type: 'invalid_request_error' }
const contextRow = {
  code: 'context_length',
  openai: { ...invalid, code: 'context_length_exceeded' },
  anthropic: invalid,
} as const
const policyRow = {
  code: 'content_policy',
  openai: { ...invalid, code: 'content_policy_violation' },
  anthropic: invalid,
} as const
const quotaRow = {
  code: 'quota',
  openai: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  anthropic: { status: 402, type: 'billing_error' },
} as const
const overloadRow = {
  code: 'overloaded',
  openai: { status: 503, type: 'server_error', code: 'overloaded' },
  anthropic: { status: 529, type: 'overloaded_error' },
} as const
const rateRow = {
  code: 'rate_limit',
  openai: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  anthropic: { status: 429, type: 'rate_limit_error' },
} as const

/** A status with the word of OpenAI, of Anthropic, and with nothing to go by. */
const rows: Row[] = [
  {
    name: '400',
    status: 400,
    body: openai({ type: 'invalid_request_error' }),
    code: 'invalid_request',
    openai: { ...invalid, code: null },
    anthropic: invalid,
  },
  {
    name: '405',
    status: 405,
    body: '',
    code: 'invalid_request',
    openai: { ...invalid, status: 405, code: null },
    anthropic: { ...invalid, status: 405 },
  },
  {
    name: '418',
    status: 418,
    body: '',
    code: 'invalid_request',
    openai: { ...invalid, status: 418, code: null },
    anthropic: { ...invalid, status: 418 },
  },
  {
    name: '400 with its own code',
    status: 400,
    body: openai({ code: 'unsupported_value' }),
    code: 'invalid_request',
    openai: { ...invalid, code: 'unsupported_value' },
    anthropic: invalid,
  },
  { name: 'a full context, by code', status: 400, body: openai({ code: 'context_length_exceeded' }), ...contextRow },
  ...[
    'prompt is too long: 9 tokens',
    'This model’s maximum context length is 9',
    'Input is too long for requested model',
    'exceeds the maximum number of tokens allowed',
    'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000',
    'Your input exceeds the context window of this model.',
    'Input exceeds maximum allowed input length of 9 tokens',
    'This model’s maximum prompt length is 9 but the request contains 10 tokens.',
    'Please reduce the length of the messages or completion.',
    "The input (9 tokens) is longer than the model's context length (8 tokens).",
    'Invalid request: Your request exceeded model token limit: 9 (requested: 10)',
    'invalid params, context window exceeds limit (2013)',
    'Range of input length should be [1, 9]',
    'The total length of all messages is too long.',
    'the request exceeds the available context size, try increasing it',
    'The number of tokens to keep is greater than the context length',
    'prompt too long; exceeded max context length by 4 tokens',
  ].map(
    (message): Row => ({
      name: message,
      status: 400,
      body: anthropic('invalid_request_error', message),
      ...contextRow,
    }),
  ),
  ...['content_filter', 'content_policy_violation', 'ResponsibleAIPolicyViolation'].map(
    (code): Row => ({ name: code, status: 400, body: openai({ code }), ...policyRow }),
  ),
  {
    name: '401',
    status: 401,
    body: anthropic('authentication_error'),
    code: 'authentication',
    openai: { status: 401, type: 'invalid_request_error', code: 'upstream_authentication' },
    anthropic: { status: 401, type: 'authentication_error' },
  },
  { name: '402', status: 402, body: anthropic('billing_error'), ...quotaRow },
  {
    name: 'insufficient_quota',
    status: 429,
    body: openai({ type: 'insufficient_quota', code: 'insufficient_quota' }),
    ...quotaRow,
  },
  {
    name: 'billing_hard_limit_reached',
    status: 400,
    body: openai({ code: 'billing_hard_limit_reached' }),
    ...quotaRow,
  },
  {
    name: '403',
    status: 403,
    body: anthropic('permission_error'),
    code: 'permission',
    openai: { status: 403, type: 'invalid_request_error', code: 'permission_denied' },
    anthropic: { status: 403, type: 'permission_error' },
  },
  {
    name: '404',
    status: 404,
    body: openai({ code: 'model_not_found' }),
    code: 'not_found',
    openai: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
    anthropic: { status: 404, type: 'not_found_error' },
  },
  {
    name: '404 without a word',
    status: 404,
    body: 'Not Found',
    code: 'not_found',
    openai: { status: 404, type: 'invalid_request_error', code: null },
    anthropic: { status: 404, type: 'not_found_error' },
  },
  {
    name: '408',
    status: 408,
    body: '',
    code: 'timeout',
    openai: { status: 408, type: 'server_error', code: 'timeout' },
    anthropic: { status: 408, type: 'timeout_error' },
  },
  {
    name: '409',
    status: 409,
    body: anthropic('conflict_error'),
    code: 'conflict',
    openai: { status: 409, type: 'invalid_request_error', code: null },
    anthropic: { status: 409, type: 'conflict_error' },
  },
  {
    name: '413',
    status: 413,
    body: anthropic('request_too_large'),
    code: 'too_large',
    openai: { status: 413, type: 'invalid_request_error', code: 'request_too_large' },
    anthropic: { status: 413, type: 'request_too_large' },
  },
  {
    name: '422 with a detail',
    status: 422,
    body: { detail: [{ loc: ['body', 'n'], msg: 'Why' }] },
    code: 'unprocessable',
    openai: { status: 422, type: 'invalid_request_error', code: null },
    anthropic: { status: 422, type: 'invalid_request_error' },
  },
  {
    name: '424',
    status: 424,
    body: '',
    code: 'internal',
    openai: { status: 424, type: 'server_error', code: null },
    anthropic: { status: 424, type: 'api_error' },
  },
  { name: '429', status: 429, body: openai({ code: 'rate_limit_exceeded' }), ...rateRow },
  { name: '429 of Anthropic', status: 429, body: anthropic('rate_limit_error'), ...rateRow },
  {
    name: '499',
    status: 499,
    body: '',
    code: 'internal',
    openai: { status: 499, type: 'server_error', code: null },
    anthropic: { status: 499, type: 'api_error' },
  },
  {
    name: '500',
    status: 500,
    body: openai({ type: 'server_error' }),
    code: 'internal',
    openai: { status: 500, type: 'server_error', code: null },
    anthropic: { status: 500, type: 'api_error' },
  },
  ...[502, 503, 529].map(
    (status): Row => ({ name: String(status), status, body: '<html><body>Bad</body></html>', ...overloadRow }),
  ),
  { name: '529 with its word', status: 529, body: anthropic('overloaded_error'), ...overloadRow },
  {
    name: '504',
    status: 504,
    body: '',
    code: 'timeout',
    openai: { status: 504, type: 'server_error', code: 'timeout' },
    anthropic: { status: 504, type: 'timeout_error' },
  },
  {
    name: 'a list of one error',
    status: 400,
    body: [{ error: { code: 400, message: 'Why', status: 'INVALID_ARGUMENT' } }],
    code: 'invalid_request',
    openai: { ...invalid, code: '400' },
    anthropic: invalid,
  },
  {
    name: '200 with a page',
    status: 200,
    body: '<html>login</html>',
    code: 'upstream_malformed',
    openai: { status: 502, type: 'server_error', code: 'upstream_malformed' },
    anthropic: { status: 502, type: 'api_error' },
  },
]

const bodyText = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body))

function told(client: FormatId, error: GatewayError): { told: Told; headers: Record<string, string>; message: string } {
  const answer = codecs[client].writeError(error, 'key-1')
  const body = answer.body as { error: { type: string; code?: string | null; message: string } }
  const { type, code, message } = body.error
  const said =
    client === 'anthropic-messages'
      ? { status: answer.status, type }
      : { status: answer.status, type, code: code ?? null }
  return { told: said, headers: answer.headers ?? {}, message }
}

describe.each(formats)('%s upstream', (upstream) => {
  describe.each(formats)('%s client', (client) => {
    test.each(rows)('$name', ({ status, body, headers = {}, code, openai, anthropic }) => {
      const error = codecs[upstream].readError({ status, headers, body: bodyText(body) })
      expect(error.code).toBe(code)
      expect(told(client, error).told).toEqual(client === 'anthropic-messages' ? anthropic : openai)
    })
  })
})

describe.each(formats)('%s client', (client) => {
  const read = (status: number, headers: Record<string, string>, body: unknown = openai({})) =>
    codecs['openai-chat'].readError({ status, headers, body: bodyText(body) })

  test.each([
    ['seconds', { 'retry-after': '20' }, '20'],
    ['a part of a second', { 'retry-after': '0.2' }, '1'],
    ['milliseconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, '2'],
  ])('is told to wait: %s', (_, headers, expected) => {
    expect(told(client, read(429, headers)).headers['retry-after']).toBe(expected)
  })

  test('is told to wait as long as Google says in the body', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '38.2s' }]
    expect(told(client, read(429, {}, openai({ details }))).headers['retry-after']).toBe('39')
  })

  test('is not told to wait where the provider did not', () => {
    expect(told(client, read(429, {})).headers).not.toHaveProperty('retry-after')
  })

  test('a full context is recognised by the words its programs look for', () => {
    const error = read(400, {}, openai({ code: 'context_length_exceeded', message: 'Too many tokens' }))
    const { message } = told(client, error)
    expect(message).toBe(client === 'anthropic-messages' ? 'prompt is too long: Too many tokens' : 'Too many tokens')
  })

  test('is not retried in vain when the provider’s account is empty', () => {
    const { headers } = told(client, read(429, {}, openai({ code: 'insufficient_quota' })))
    if (client !== 'anthropic-messages') expect(headers['x-should-retry']).toBe('false')
    else expect(headers).not.toHaveProperty('retry-after')
  })

  test('never sees a key', () => {
    const { message } = told(
      client,
      read(401, {}, openai({ message: 'Incorrect API key provided: sk-proj-abcdef123456' })),
    )
    expect(message).toBe('Incorrect API key provided: [key]')
  })
})

/** What an error is when only its word tells: inside a stream there is no status to go by. */
const words: Partial<Record<ErrorCode, string[]>> = {
  invalid_request: ['invalid_request_error', 'INVALID_ARGUMENT', 'FAILED_PRECONDITION'],
  context_length: ['context_length_exceeded', 'exceed_context_size_error'],
  content_policy: ['content_filter', 'content_policy_violation', 'ResponsibleAIPolicyViolation'],
  authentication: ['invalid_api_key', 'authentication_error', 'upstream_authentication', 'UNAUTHENTICATED'],
  quota: ['insufficient_quota', 'billing_hard_limit_reached', 'billing_error'],
  permission: ['permission_denied', 'permission_error', 'PERMISSION_DENIED'],
  not_found: ['model_not_found', 'not_found_error', 'NOT_FOUND'],
  conflict: ['conflict_error'],
  too_large: ['request_too_large'],
  rate_limit: ['rate_limit_exceeded', 'rate_limit_error', 'RESOURCE_EXHAUSTED', 'too_many_requests'],
  internal: ['server_error', 'internal_error', 'internal_server_error', 'api_error', 'INTERNAL', 'mystery', 'toString'],
  overloaded: [
    'overloaded',
    'overloaded_error',
    'server_overloaded',
    'service_unavailable',
    'engine_overloaded_error',
    'UNAVAILABLE',
  ],
  timeout: ['timeout', 'timeout_error', 'DEADLINE_EXCEEDED'],
  // Another gateway of this kind.
  upstream_unreachable: ['upstream_unreachable'],
  upstream_malformed: ['upstream_malformed'],
  upstream_truncated: ['upstream_truncated'],
  upstream_too_large: ['upstream_too_large'],
}
const eachWord = Object.entries(words).flatMap(([code, list]) => list.map((word) => ({ word, code })))

test.each(eachWord)('$word in a stream is $code', ({ word, code }) => {
  for (const key of ['code', 'type', 'status']) {
    expect(readProviderErrorObject({ error: { message: 'Why', [key]: word } })).toMatchObject({ code, message: 'Why' })
  }
})

// In band: every in-stream error of every format, for every client.

const streams: Record<FormatId, Array<{ name: string; text: string }>> = {
  'openai-chat': [
    { name: 'an error object', text: sseData(JSON.stringify(openai({ message: 'Too busy', code: 'overloaded' }))) },
    {
      name: 'Groq’s error event',
      text: sseEvent('error', JSON.stringify({ error: { message: 'Too busy', code: 'overloaded' } })),
    },
    {
      name: 'an error, then [DONE]',
      text: sseData(JSON.stringify(openai({ message: 'Too busy', code: 'overloaded' }))) + sseData('[DONE]'),
    },
    {
      name: 'OpenRouter’s chunk',
      text: sseData(
        JSON.stringify({
          id: 'x',
          error: { code: 529, message: 'Too busy' },
          choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
        }),
      ),
    },
  ],
  'anthropic-messages': [
    { name: 'an error event', text: sseEvent('error', JSON.stringify(anthropic('overloaded_error', 'Too busy'))) },
  ],
  'openai-responses': [
    {
      name: 'a nested error',
      text: sseEvent('error', JSON.stringify({ type: 'error', error: { code: 'overloaded', message: 'Too busy' } })),
    },
    {
      name: 'a flat error',
      text: sseEvent('error', JSON.stringify({ type: 'error', code: 'overloaded', message: 'Too busy', param: null })),
    },
    {
      name: 'a failed response',
      text: sseEvent(
        'response.failed',
        JSON.stringify({
          type: 'response.failed',
          response: { status: 'failed', error: { code: 'server_overloaded', message: 'Too busy' } },
        }),
      ),
    },
  ],
}

const inBand: Record<FormatId, RegExp> = {
  'openai-chat':
    /^data: \{"error":\{"message":"Too busy","type":"server_error","param":null,"code":"overloaded"\}\}\n\n$/,
  'anthropic-messages':
    /event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error","message":"Too busy"\},"request_id":"key-1"\}\n\n$/,
  'openai-responses':
    /event: error\ndata: \{"type":"error".*"code":"overloaded","message":"Too busy".*\n\nevent: response.failed\ndata: .*"status":"failed".*"error":\{"code":"server_error","message":"Too busy"\}.*\n\n$/,
}

function convertStream(upstream: FormatId, client: FormatId, text: string): string {
  const decoder = codecs[upstream].createDecoder({ quirks: {}, mint: (prefix) => `${prefix}1` })
  const encoder = codecs[client].createEncoder({
    requestId: 'key-1',
    createdAt: 1,
    mint: (prefix) => `${prefix}1`,
    request: { items: [], tools: [], includeUsage: true, params: {} },
    wire: { model: 'm' },
    losses: new Losses(),
  })
  let written = ''
  const emit = (event: StreamEvent) => {
    written += encoder.push(event)
  }
  for (const frame of new SseReader().push(Buffer.from(text))) decoder.push(frame, emit)
  decoder.end(emit)
  return written + encoder.end()
}

const passages = formats.flatMap((upstream) =>
  formats.flatMap((client) => streams[upstream].map(({ name, text }) => ({ upstream, client, name, text }))),
)

test.each(passages)('$upstream → $client, in band: $name', ({ upstream, client, text }) => {
  const written = convertStream(upstream, client, text)
  expect(written).toMatch(inBand[client])
  expect(written).not.toContain('[DONE]')
  expect(written.match(/"message":"Too busy"/g)?.length).toBeLessThanOrEqual(3)
})
