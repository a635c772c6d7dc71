import { describe, expect, test } from 'vitest'
import type { ErrorCode, GatewayError } from '../../../lambda/errors.ts'
import { readErrorEvent } from '../../../lambda/formats/anthropic-messages/error.ts'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import { checkError } from '../../support/grammar/error-shape.ts'

const statuses: Array<[code: ErrorCode, status: number, type: string]> = [
  ['invalid_request', 400, 'invalid_request_error'],
  ['context_length', 400, 'invalid_request_error'],
  ['content_policy', 400, 'invalid_request_error'],
  ['authentication', 401, 'authentication_error'],
  ['quota', 402, 'billing_error'],
  ['permission', 403, 'permission_error'],
  ['not_found', 404, 'not_found_error'],
  ['method_not_allowed', 405, 'invalid_request_error'],
  ['conflict', 409, 'conflict_error'],
  ['too_large', 413, 'request_too_large'],
  ['unprocessable', 422, 'invalid_request_error'],
  ['rate_limit', 429, 'rate_limit_error'],
  ['internal', 500, 'api_error'],
  ['upstream_unreachable', 502, 'api_error'],
  ['upstream_malformed', 502, 'api_error'],
  ['upstream_truncated', 502, 'api_error'],
  ['upstream_too_large', 502, 'api_error'],
  ['timeout', 504, 'timeout_error'],
  ['overloaded', 529, 'overloaded_error'],
]

describe('errors for M clients', () => {
  test.each(statuses)('%s is %i %s', (code, status, type) => {
    const written = codec.writeError({ code, message: 'Why.' }, 'req_1')
    const message = code === 'context_length' ? 'prompt is too long: Why.' : 'Why.'
    expect(written).toEqual({ status, body: { type: 'error', error: { type, message }, request_id: 'req_1' } })
    expect(checkError('M', written.status, JSON.stringify(written.body))).toEqual([])
  })

  const more: Array<[name: string, error: GatewayError, expected: object]> = [
    ['overload is always 529', { code: 'overloaded', message: 'x', status: 503 }, { status: 529 }],
    ['a status of the provider’s own is kept', { code: 'invalid_request', message: 'x', status: 415 }, { status: 415 }],
    [
      'a full context begins with the words that clients look for',
      { code: 'context_length', message: 'Your prompt is too long.' },
      { body: { error: { message: 'prompt is too long: Your prompt is too long.' } } },
    ],
    [
      'and begins with them once',
      { code: 'context_length', message: 'Prompt is too long: 9 > 8' },
      { body: { error: { message: 'Prompt is too long: 9 > 8' } } },
    ],
    [
      'whole seconds to wait, rounded up',
      { code: 'rate_limit', message: 'x', retryAfterMs: 1200 },
      { headers: { 'retry-after': '2' } },
    ],
  ]
  test.each(more)('%s', (_name, error, expected) => {
    expect(codec.writeError(error, 'r')).toMatchObject(expected)
  })
})

const anthropic = (type: string, message = 'Why.') =>
  JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_9' })
const answers: Array<[name: string, status: number, headers: Record<string, string>, body: string, expected: object]> =
  [
    ['an overload', 529, {}, anthropic('overloaded_error'), { code: 'overloaded', message: 'Why.' }],
    [
      'a rate limit that says how long',
      429,
      { 'retry-after': '7' },
      anthropic('rate_limit_error'),
      { code: 'rate_limit', retryAfterMs: 7000 },
    ],
    [
      'a full context',
      400,
      {},
      anthropic('invalid_request_error', 'prompt is too long: 9 > 8'),
      { code: 'context_length', message: 'prompt is too long: 9 > 8' },
    ],
    ['billing', 402, {}, anthropic('billing_error'), { code: 'quota' }],
    [
      'the gateway’s key is refused',
      401,
      {},
      anthropic('authentication_error'),
      { code: 'authentication', detail: 'upstream_authentication' },
    ],
    [
      'the provider’s request id is kept for the record',
      400,
      { 'request-id': 'req_8' },
      anthropic('invalid_request_error'),
      { upstream: { status: 400, requestId: 'req_8' } },
    ],
    ['HTML', 502, {}, '<html><body><h1>Bad gateway</h1></body></html>', { code: 'overloaded', message: 'Bad gateway' }],
    ['nothing', 500, {}, '', { code: 'internal', message: expect.stringContaining('500') }],
  ]
test('an error in a stream names the request it belongs to, where it says so', () => {
  const event = { type: 'error', error: { type: 'overloaded_error', message: 'Why.' } }
  const error = { code: 'overloaded', message: 'Why.' }
  expect(readErrorEvent({ ...event, request_id: 'req_9' })).toStrictEqual({
    ...error,
    upstream: { type: 'overloaded_error', requestId: 'req_9' },
  })
  expect(readErrorEvent(event)).toStrictEqual({ ...error, upstream: { type: 'overloaded_error' } })
})

describe('errors of M providers', () => {
  test.each(answers)('%s', (_name, status, headers, body, expected) => {
    expect(codec.readError({ status, headers, body })).toMatchObject(expected)
  })
})
