import { describe, expect, test } from 'vitest'
import type { ErrorCode, GatewayError } from '../../../lambda/errors.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { retryAfterMs } from '../../../lambda/formats/shared/provider-error.ts'

const written: Array<[ErrorCode, number, string, string | null]> = [
  ['invalid_request', 400, 'invalid_request_error', null],
  ['context_length', 400, 'invalid_request_error', 'context_length_exceeded'],
  ['content_policy', 400, 'invalid_request_error', 'content_policy_violation'],
  ['authentication', 401, 'invalid_request_error', 'invalid_api_key'],
  ['quota', 402, 'insufficient_quota', 'budget_exceeded'],
  ['permission', 403, 'invalid_request_error', 'permission_denied'],
  ['not_found', 404, 'invalid_request_error', null],
  ['method_not_allowed', 405, 'invalid_request_error', 'method_not_allowed'],
  ['conflict', 409, 'invalid_request_error', null],
  ['too_large', 413, 'invalid_request_error', 'request_too_large'],
  ['unprocessable', 422, 'invalid_request_error', null],
  ['rate_limit', 429, 'rate_limit_error', 'rate_limit_exceeded'],
  ['internal', 500, 'server_error', null],
  ['upstream_unreachable', 502, 'server_error', 'upstream_unreachable'],
  ['upstream_malformed', 502, 'server_error', 'upstream_malformed'],
  ['upstream_truncated', 502, 'server_error', 'upstream_truncated'],
  ['upstream_too_large', 502, 'server_error', 'upstream_too_large'],
  ['overloaded', 503, 'server_error', 'overloaded'],
  ['timeout', 504, 'server_error', 'timeout'],
]

describe('written', () => {
  test.each(written)('%s is %i %s %s', (code, status, type, word) => {
    expect(codec.writeError({ code, message: 'why' }, 'request-1')).toEqual({
      status,
      headers: { 'x-request-id': 'request-1' },
      body: { error: { message: 'why', type, param: null, code: word } },
    })
  })

  test('param, detail, status and the wait are told', () => {
    const error: GatewayError = {
      code: 'not_found',
      message: 'No such model.',
      param: 'model',
      detail: 'model_not_found',
      status: 400,
      retryAfterMs: 1001,
    }
    expect(codec.writeError(error, 'r')).toEqual({
      status: 400,
      headers: { 'x-request-id': 'r', 'retry-after': '2' },
      body: {
        error: { message: 'No such model.', type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
      },
    })
  })

  test('an empty account of the provider is not the client’s budget, and is not retried', () => {
    expect(codec.writeError({ code: 'quota', message: 'x', upstream: { status: 429 } }, 'r')).toMatchObject({
      status: 429,
      headers: { 'x-should-retry': 'false' },
      body: { error: { type: 'insufficient_quota', code: 'insufficient_quota' } },
    })
  })
})

const body = (error: unknown) => JSON.stringify({ error })
const object = (fields: object) => body({ message: 'why', type: null, param: null, code: null, ...fields })

const read: Array<{ name: string; status: number; body: string; expected: Partial<GatewayError> }> = [
  {
    name: '400',
    status: 400,
    body: object({ param: 'n' }),
    expected: { code: 'invalid_request', message: 'why', param: 'n' },
  },
  {
    name: '400 context',
    status: 400,
    body: object({ code: 'context_length_exceeded' }),
    expected: { code: 'context_length' },
  },
  {
    name: '400 context by its sentence',
    status: 400,
    body: object({ message: "This model's maximum context length is 10 tokens." }),
    expected: { code: 'context_length' },
  },
  {
    name: '400 filter (Azure)',
    status: 400,
    body: object({ code: 'content_filter' }),
    expected: { code: 'content_policy' },
  },
  {
    name: '401',
    status: 401,
    body: object({}),
    expected: { code: 'authentication', detail: 'upstream_authentication' },
  },
  { name: '402', status: 402, body: object({}), expected: { code: 'quota' } },
  { name: '403', status: 403, body: object({}), expected: { code: 'permission' } },
  { name: '404', status: 404, body: object({ code: 'model_not_found' }), expected: { code: 'not_found' } },
  { name: '405 keeps its status', status: 405, body: object({}), expected: { code: 'invalid_request', status: 405 } },
  { name: '408 keeps its status', status: 408, body: object({}), expected: { code: 'timeout', status: 408 } },
  { name: '409', status: 409, body: object({}), expected: { code: 'conflict' } },
  { name: '413', status: 413, body: object({ code: 'rate_limit_exceeded' }), expected: { code: 'too_large' } },
  {
    name: '422 of FastAPI',
    status: 422,
    body: JSON.stringify({ detail: [{ loc: ['body', 'n'], msg: 'Extra inputs are not permitted' }] }),
    expected: { code: 'unprocessable', message: 'Extra inputs are not permitted' },
  },
  {
    name: '422 of Mistral',
    status: 422,
    body: JSON.stringify({
      object: 'error',
      message: { detail: [{ msg: 'Extra inputs' }] },
      type: 'invalid_request_error',
    }),
    expected: { code: 'unprocessable', message: 'Extra inputs' },
  },
  { name: '429', status: 429, body: object({ code: 'rate_limit_exceeded' }), expected: { code: 'rate_limit' } },
  { name: '429 quota', status: 429, body: object({ code: 'insufficient_quota' }), expected: { code: 'quota' } },
  { name: '500', status: 500, body: '', expected: { code: 'internal', message: expect.stringContaining('500') } },
  { name: '502', status: 502, body: object({}), expected: { code: 'overloaded' } },
  { name: '503', status: 503, body: object({}), expected: { code: 'overloaded' } },
  { name: '504', status: 504, body: object({}), expected: { code: 'timeout' } },
  { name: '529', status: 529, body: object({}), expected: { code: 'overloaded' } },
  {
    name: 'a page',
    status: 502,
    body: '<html><head><title>Bad Gateway</title><style>a{}</style></head><body>nginx</body></html>',
    expected: { code: 'overloaded', message: 'Bad Gateway nginx' },
  },
  { name: 'a sentence', status: 400, body: body('Something is off'), expected: { message: 'Something is off' } },
  {
    name: 'a list (Gemini)',
    status: 400,
    body: `[${object({})}]`,
    expected: { code: 'invalid_request', message: 'why' },
  },
  {
    name: 'Google’s wait',
    status: 429,
    body: body({ message: 'x', code: 429, status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '38.2s' }] }),
    expected: { code: 'rate_limit', retryAfterMs: 38200 },
  },
  {
    name: 'a 200 that holds an error',
    status: 200,
    body: object({ type: 'overloaded_error' }),
    expected: { code: 'overloaded' },
  },
  { name: 'a 200 with a page', status: 200, body: '<html>', expected: { code: 'upstream_malformed' } },
  {
    name: 'a key in the message',
    status: 401,
    body: object({ message: 'Incorrect API key provided: sk-proj-abc***xyz. Bearer abcdef' }),
    expected: { message: 'Incorrect API key provided: [key] Bearer [key]' },
  },
]

describe('read', () => {
  test.each(read)('$name', ({ status, body: text, expected }) => {
    const error = codec.readError({ status, headers: { 'x-request-id': 'up-1' }, body: text })
    expect(error).toMatchObject({ ...expected, upstream: { status, requestId: 'up-1' } })
  })

  test('a status that says no more than the code is left to each client format', () => {
    expect(codec.readError({ status: 503, headers: {}, body: object({}) })).not.toHaveProperty('status')
  })
})

test.each<[string, Record<string, string>, number | undefined]>([
  ['seconds', { 'retry-after': '2' }, 2000],
  ['a part of a second', { 'retry-after': '0.5' }, 500],
  ['milliseconds first', { 'retry-after': '9', 'retry-after-ms': '1500' }, 1500],
  ['a date', { 'retry-after': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 9000],
  ['a date that has passed', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
  ['nothing', {}, undefined],
  ['nonsense', { 'retry-after': 'soon' }, undefined],
])('the wait as %s', (_, headers, expected) => {
  expect(retryAfterMs(headers, 1000)).toBe(expected)
})
