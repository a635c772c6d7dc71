import type { LambdaFunctionURLEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, type Fixture, fixtureSpec, serveFixture } from './support.ts'

let fixture: Fixture

beforeAll(async () => {
  fixture = await serveFixture(fixtureSpec({ name: 'buffer', handler: 'buffer.handler', invokeMode: 'BUFFERED' }))
})
afterAll(() => fixture.close())

async function eventOf(
  path: string,
  headers: Record<string, string | string[]> = {},
  body?: string | Buffer,
): Promise<LambdaFunctionURLEvent> {
  const answer = await call(`${fixture.url}${path}`, { headers }, body)
  expect(answer.status).toBe(200)
  return JSON.parse(answer.bytes.toString('utf8'))
}

describe('the event of a function URL', () => {
  test('has the fields of payload format 2.0 and no others', async () => {
    const event = await eventOf('/event', { 'user-agent': 'tests/1' })
    expect(Object.keys(event)).toEqual([
      'version',
      'routeKey',
      'rawPath',
      'rawQueryString',
      'headers',
      'requestContext',
      'isBase64Encoded',
    ])
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/event',
      rawQueryString: '',
      requestContext: {
        accountId: 'anonymous',
        apiId: 'buffer',
        domainName: 'buffer.lambda-url.local',
        domainPrefix: 'buffer',
        http: { method: 'GET', path: '/event', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'tests/1' },
        routeKey: '$default',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      },
      isBase64Encoded: false,
    })
    expect(Math.abs(event.requestContext.timeEpoch - Date.now())).toBeLessThan(10_000)
    expect(event.requestContext.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('joins repeated headers and query parameters with a comma and keeps the raw query', async () => {
    const event = await eventOf('/event?a=1&b=x%20y&a=2&empty=', { 'X-Repeated': ['one', 'two'], Accept: '*/*' })
    expect(event.rawQueryString).toBe('a=1&b=x%20y&a=2&empty=')
    expect(event.queryStringParameters).toEqual({ a: '1,2', b: 'x y', empty: '' })
    expect(event.headers['x-repeated']).toBe('one,two')
    expect(event.headers.accept).toBe('*/*')
  })

  test('has cookies in a list of their own and not among the headers', async () => {
    const event = await eventOf('/event', { cookie: 'a=1; b=2' })
    expect(event.cookies).toEqual(['a=1', 'b=2'])
    expect(event.headers).not.toHaveProperty('cookie')
  })

  test('keeps credentials and leaves out what belongs to the connection', async () => {
    const event = await eventOf('/event', { authorization: 'Bearer k', connection: 'keep-alive', te: 'trailers' })
    expect(event.headers.authorization).toBe('Bearer k')
    expect(event.headers).not.toHaveProperty('connection')
    expect(event.headers).not.toHaveProperty('te')
    expect(event.headers['x-amzn-trace-id']).toMatch(/^Root=1-/)
    expect(event.headers['x-forwarded-for']).toBe('127.0.0.1')
  })

  const utf8 = Buffer.from('{"ä":"€"}')
  test.each([
    { type: 'application/json', body: utf8, text: true },
    { type: 'application/json; charset=utf-8', body: utf8, text: true },
    { type: 'text/plain', body: utf8, text: true },
    { type: 'application/xml', body: utf8, text: true },
    { type: 'application/javascript', body: utf8, text: true },
    { type: 'application/x-www-form-urlencoded', body: utf8, text: false },
    { type: 'multipart/form-data; boundary=x', body: utf8, text: false },
    { type: 'application/octet-stream', body: Buffer.from([0, 255, 128]), text: false },
    { type: undefined, body: utf8, text: false },
    { type: 'application/json', body: Buffer.from([0x1f, 0x8b, 0xff]), text: false },
  ])('gives a $type body of $body.length bytes as text: $text', async ({ type, body, text }) => {
    const event = await eventOf('/event', type ? { 'content-type': type } : {}, body)
    expect(event.isBase64Encoded).toBe(!text)
    expect(Buffer.from(event.body ?? '', text ? 'utf8' : 'base64')).toEqual(body)
  })

  test('over 6 MB is answered with 413 by the platform, also when only the escaping makes it so', async () => {
    const headers = { 'content-type': 'application/json' }
    for (const body of [Buffer.alloc(6_300_000, 'a'), Buffer.alloc(3_200_000, '"')]) {
      const answer = await call(`${fixture.url}/event`, { headers }, body)
      expect(answer.status).toBe(413)
      expect(answer.headers['x-amzn-errortype']).toBe('RequestEntityTooLargeException')
      expect(JSON.parse(answer.bytes.toString()).Message).toContain('smaller than 6291456 bytes')
    }
  })

  test('just under 6 MB reaches the function', async () => {
    const answer = await call(
      `${fixture.url}/object`,
      { headers: { 'content-type': 'text/plain' } },
      Buffer.alloc(6_280_000, 'a'),
    )
    expect(answer.status).toBe(200)
  })
})
