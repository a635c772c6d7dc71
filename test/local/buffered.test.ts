import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, type Fixture, fixtureSpec, serveFixture } from './support.ts'

let fixture: Fixture
let streamed: Fixture

beforeAll(async () => {
  const buffered = { name: 'buffer', invokeMode: 'BUFFERED' } as const
  fixture = await serveFixture(fixtureSpec({ ...buffered, handler: 'buffer.handler' }))
  streamed = await serveFixture(fixtureSpec({ ...buffered, handler: 'stream.handler' }))
})
afterAll(() => Promise.all([fixture.close(), streamed.close()]))

describe('a BUFFERED function URL', () => {
  test('answers with status, headers, cookies and body of the returned object, and the platform ids', async () => {
    const answer = await call(`${fixture.url}/full`)
    expect(answer.status).toBe(201)
    expect(answer.bytes.toString()).toBe('made')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '4',
      'x-amzn-remapped-date': 'yesterday',
      'set-cookie': ['a=1', 'b=2'],
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}/),
    })
    expect(answer.headers.date).not.toBe('yesterday')
  })

  test('decodes a base64 body', async () => {
    const answer = await call(`${fixture.url}/base64`)
    expect(answer.headers['content-type']).toBe('image/png')
    expect(answer.bytes).toEqual(Buffer.from([0x89, 0x50, 0, 0xff]))
  })

  test.each([
    ['/object', '{"greeting":"hello"}'],
    ['/string', '"hello"'],
    ['/nothing', 'null'],
  ])('answers 200 with the JSON of a value without statusCode: %s', async (path, body) => {
    const answer = await call(`${fixture.url}${path}`)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.bytes.toString()).toBe(body)
  })

  test('takes application/json for an object without content-type', async () => {
    expect((await call(`${fixture.url}/event`)).headers['content-type']).toBe('application/json')
  })

  test.each(['/throw', '/bad-status', '/bad-body', '/bad-header', '/crash'])(
    'answers 502 for a handler that fails: %s',
    async (path) => {
      const answer = await call(`${fixture.url}${path}`)
      expect(answer.status).toBe(502)
      expect(answer.headers['x-amzn-errortype']).toBe('InternalServerErrorException')
      expect(answer.bytes.toString()).toBe('Internal Server Error')
    },
  )

  test('says in the log why an answer could not be sent', async () => {
    const answer = await call(`${fixture.url}/bad-body`)
    const id = String(answer.headers['x-amzn-requestid'])
    expect(fixture.lines.map((line) => line.text).join('\n')).toContain(
      `${id} the function's answer cannot be sent: body must`,
    )
  })

  test('answers 502 for a value over 6 MB and works on', async () => {
    expect((await call(`${fixture.url}/big?bytes=6291000`)).status).toBe(200)
    expect((await call(`${fixture.url}/big?bytes=6291556`)).status).toBe(502)
    expect((await call(`${fixture.url}/object`)).status).toBe(200)
  })

  test('gives the whole answer of a streaming handler at once', async () => {
    const answer = await call(`${streamed.url}/tokens`)
    expect(answer.headers['content-length']).toBe('36')
    expect(answer.bytes.toString()).toBe('data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\n')
    expect((await call(`${streamed.url}/big?megabytes=7`)).status).toBe(502)
    expect((await call(`${streamed.url}/throw-late`)).status).toBe(502)
  })
})
