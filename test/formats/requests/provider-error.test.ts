import { describe, expect, test } from 'vitest'
import type { GatewayError } from '../../../lambda/errors.ts'
import {
  readProviderError,
  readProviderErrorObject,
  retryAfterMs,
} from '../../../lambda/formats/shared/provider-error.ts'

// Whatever a provider calls an error, exactly: what is kept of it, and what is left out.

const unsaid = 'The provider reported an error.'

describe('an error object', () => {
  const objects: [situation: string, value: unknown, expected: GatewayError][] = [
    ['nothing at all', undefined, { code: 'internal', message: unsaid, upstream: {} }],
    ['an empty object', {}, { code: 'internal', message: unsaid, upstream: {} }],
    ['an empty list', [], { code: 'internal', message: unsaid, upstream: {} }],
    ['an empty error', { error: '' }, { code: 'internal', message: unsaid, upstream: {} }],
    ['a sentence', { error: 'Why' }, { code: 'internal', message: 'Why', upstream: {} }],
    [
      'an error in an error',
      { error: { error: { message: 'Why' } } },
      { code: 'internal', message: 'Why', upstream: {} },
    ],
    ['a list of one', [{ error: { message: 'Why' } }], { code: 'internal', message: 'Why', upstream: {} }],
    ['a message beside the error', { error: {}, message: 'Why' }, { code: 'internal', message: 'Why', upstream: {} }],
    [
      'a message beside an error that has no words',
      { error: { type: 'api_error' }, message: 'Why' },
      { code: 'internal', message: 'Why', upstream: { type: 'api_error' } },
    ],
    ['a detail that is a sentence', { detail: 'Why' }, { code: 'internal', message: 'Why', upstream: {} }],
    [
      'details of several fields, some without words',
      { detail: [{ msg: 'One' }, { loc: ['n'] }, 'x', { msg: 'Two' }] },
      { code: 'internal', message: 'One; Two', upstream: {} },
    ],
    ['details without words', { detail: [{ loc: ['n'] }] }, { code: 'internal', message: unsaid, upstream: {} }],
    ['a message that is an object', { message: { detail: 'Why' } }, { code: 'internal', message: 'Why', upstream: {} }],
    [
      'a status as code, kept where it says more than the code',
      { code: 418, message: 'Why', param: 'n' },
      { code: 'invalid_request', message: 'Why', param: 'n', status: 418, upstream: { status: 418, code: '418' } },
    ],
    [
      'status_code',
      { status_code: 503 },
      { code: 'overloaded', message: 'The provider reported an error (status 503).', upstream: { status: 503 } },
    ],
    ['status', { status: 402, message: 'Why' }, { code: 'quota', message: 'Why', upstream: { status: 402 } }],
    [
      'an empty param and empty words',
      { message: 'Why', param: '', type: '', code: '' },
      { code: 'internal', message: 'Why', upstream: {} },
    ],
    [
      'a number that is no error status',
      { code: 200, message: 'Why' },
      { code: 'internal', message: 'Why', upstream: { status: 200, code: '200' } },
    ],
    [
      'a number beyond every status',
      { code: 600, message: 'Why' },
      { code: 'internal', message: 'Why', upstream: { status: 600, code: '600' } },
    ],
    [
      'the last status there is',
      { code: 599, message: 'Why' },
      { code: 'internal', message: 'Why', status: 599, upstream: { status: 599, code: '599' } },
    ],
    [
      'a word beside a status of success, which no client may be answered with',
      { type: 'invalid_request_error', code: 200, message: 'Why' },
      {
        code: 'invalid_request',
        message: 'Why',
        upstream: { status: 200, type: 'invalid_request_error', code: '200' },
      },
    ],
    [
      'the first status that is an error',
      { code: 400, message: 'Why' },
      { code: 'invalid_request', message: 'Why', status: 400, upstream: { status: 400, code: '400' } },
    ],
    [
      'a status that says less than the word',
      { code: 'context_length_exceeded', status: 413, message: 'Why' },
      { code: 'context_length', message: 'Why', upstream: { status: 413, code: 'context_length_exceeded' } },
    ],
    [
      'the word of an inner error (Azure)',
      { code: 'bad', innererror: { code: 'ResponsibleAIPolicyViolation' }, message: 'Why' },
      { code: 'content_policy', message: 'Why', upstream: { code: 'bad' } },
    ],
    [
      'a refused key, which was not the client’s',
      { type: 'authentication_error', message: 'Why' },
      {
        code: 'authentication',
        message: 'Why',
        detail: 'upstream_authentication',
        upstream: { type: 'authentication_error' },
      },
    ],
    [
      'how long to wait, in the first detail that says so',
      {
        message: 'Why',
        details: [null, 'x', {}, { retryDelay: 'soon' }, { retryDelay: '1.5s' }, { retryDelay: '9s' }],
      },
      { code: 'internal', message: 'Why', retryAfterMs: 1500, upstream: {} },
    ],
  ]
  test.each(objects)('%s', (_situation, value, expected) => {
    expect(readProviderErrorObject(value)).toStrictEqual(expected)
  })

  test('the answer’s status decides over one in its body, if it is an error', () => {
    expect(readProviderErrorObject({ code: 500 }, 429)).toMatchObject({ code: 'rate_limit', upstream: { status: 429 } })
    expect(readProviderErrorObject({ code: 500 }, 200)).toMatchObject({ code: 'internal', upstream: { status: 500 } })
    expect(readProviderErrorObject({}, 400)).toMatchObject({ code: 'invalid_request', upstream: { status: 400 } })
  })

  test.each([
    ['sk-abcdef123456', '[key]'],
    ['key: gsk_no, gsk-ABC123', 'key: gsk_no, [key]'],
    ['xai-abcdef, pplx-abcdef, rk-abcdef and pk-abcdef', '[key], [key], [key] and [key]'],
    ['sk-proj-a*****z.', '[key]'],
    ['Authorization: bearer  abc.def! was refused', 'Authorization: Bearer [key] was refused'],
    ['task-force and risk-averse', 'task-force and risk-averse'],
    ['sk-short', 'sk-short'],
  ])('keys are taken out of %j', (message, expected) => {
    expect(readProviderErrorObject({ message }).message).toBe(expected)
  })

  test.each([
    ['prompt is too long: 9 > 8', undefined, 'context_length'],
    ['Prompt is TOO long', 413, 'context_length'],
    ['prompt is too long', 422, 'context_length'],
    ['prompt is too long', 200, 'context_length'],
    ['the input is too long', 429, 'rate_limit'],
    ['exceeds the maximum number of tokens a minute', 429, 'rate_limit'],
    ['prompt is too long', 500, 'internal'],
    ['context_length_exceeded', 400, 'context_length'],
    ['a long prompt', 400, 'invalid_request'],
    ['Your credit balance is too low to access the Anthropic API.', 400, 'quota'],
  ])('%j with status %j is %s', (message, status, code) => {
    expect(readProviderErrorObject({ message }, status).code).toBe(code)
  })
})

describe('an error answer', () => {
  const read = (status: number, body: string, headers = {}) => readProviderError({ status, headers, body })

  test.each([
    ['"Why"', 400, 'Why'],
    ['', 500, 'The provider reported an error (status 500).'],
    ['  \n ', 500, 'The provider reported an error (status 500).'],
    ['upstream  connect\n error ', 503, 'upstream connect error'],
    ['a < b', 400, 'a < b'],
    ['<p>No<script>let a = "<b>"</script>way<STYLE>p{}\n</STYLE>at <b>all</b>now</p>', 502, 'No way at all now'],
    ['x'.repeat(600), 500, 'x'.repeat(500)],
  ])('of the body %j with status %d says why', (body, status, message) => {
    expect(read(status, body).message).toBe(message)
  })

  test('that has no error status and no JSON is no answer', () => {
    const malformed = { code: 'upstream_malformed', message: 'The provider answered something that is no answer.' }
    expect(read(200, 'Welcome')).toStrictEqual({ ...malformed, upstream: { status: 200 } })
    expect(read(399, 'null')).toStrictEqual({ ...malformed, upstream: { status: 399 } })
    expect(read(400, 'Welcome').code).toBe('invalid_request')
  })

  test.each(['x-request-id', 'request-id', 'apim-request-id'])('is named by %s', (header) => {
    expect(read(500, '', { [header]: 'r1' }).upstream).toStrictEqual({ status: 500, requestId: 'r1' })
  })

  test('tells the wait of its headers before that of its body', () => {
    const body = JSON.stringify({ error: { message: 'Why', details: [{ retryDelay: '9s' }] } })
    expect(read(429, body, { 'retry-after': '2' }).retryAfterMs).toBe(2000)
    expect(read(429, body).retryAfterMs).toBe(9000)
    expect(read(429, '')).not.toHaveProperty('retryAfterMs')
  })
})

test.each<[situation: string, headers: Record<string, string>, ms: number | undefined]>([
  ['milliseconds, rounded up', { 'retry-after-ms': '0.2' }, 1],
  ['milliseconds below nothing', { 'retry-after-ms': '-5' }, 0],
  ['milliseconds that are none', { 'retry-after-ms': 'soon', 'retry-after': '1' }, 1000],
  ['seconds below nothing', { 'retry-after': '-5' }, 0],
  ['no seconds', { 'retry-after': '0' }, 0],
  ['an empty value', { 'retry-after': ' ' }, undefined],
  ['for ever', { 'retry-after': 'Infinity' }, undefined],
])('the wait: %s', (_situation, headers, ms) => {
  expect(retryAfterMs(headers, 1000)).toBe(ms)
})

test('a date counts against the clock', () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString()
  const wait = retryAfterMs({ 'retry-after': inAMinute }) ?? 0
  expect(wait).toBeGreaterThan(50_000)
  expect(wait).toBeLessThanOrEqual(60_000)
})
