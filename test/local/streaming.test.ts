import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PreludeReader } from '../../infra/local/url-answer.ts'
import { call, type Fixture, fixtureSpec, serveFixture, until } from './support.ts'

let fixture: Fixture

beforeAll(async () => {
  fixture = await serveFixture(fixtureSpec(), { userEnv: { SLUICE_IDLE_MS: '7', SLUICE_KEY: 'k', HOME: '/root' } })
})
afterAll(() => fixture.close())

describe('a RESPONSE_STREAM function URL', () => {
  test('hands every chunk on the moment it is written', async () => {
    const answer = await call(`${fixture.url}/tokens`)
    expect(answer.chunks.map((chunk) => chunk.text)).toEqual([
      'data: 0\n\n',
      'data: 1\n\n',
      'data: 2\n\n',
      'data: 3\n\n',
    ])
    const gaps = answer.chunks.slice(1).map((chunk, index) => chunk.at - (answer.chunks[index]?.at ?? 0))
    for (const gap of gaps) expect(gap).toBeGreaterThan(40)
  })

  test('sends status and headers with the first write, not with the first byte of the body', async () => {
    const begun = performance.now()
    const response = await fetch(`${fixture.url}/head-only-first`)
    expect(performance.now() - begun).toBeLessThan(250)
    expect(response.status).toBe(202)
    expect(await response.text()).toBe('late')
  })

  test('takes status, headers and cookies from the prelude and renames what the platform keeps for itself', async () => {
    const answer = await call(`${fixture.url}/headers`)
    expect(answer.status).toBe(418)
    expect(answer.bytes.toString()).toBe('tea')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain',
      'x-amzn-remapped-www-authenticate': 'Bearer',
      'x-amzn-remapped-date': 'yesterday',
      'x-amzn-remapped-server': 'mine',
      'x-amzn-remapped-connection': 'close',
      'x-amzn-remapped-content-length': '3',
      'x-number': '7',
      'set-cookie': ['a=1; Path=/', 'b=2'],
      'transfer-encoding': 'chunked',
    })
    expect(answer.rawHeaders.map((name) => name.toLowerCase())).not.toContain('content-length')
    expect(answer.rawHeaders.map((name) => name.toLowerCase())).not.toContain('www-authenticate')
  })

  test('without a prelude answers 200 with the type of setContentType()', async () => {
    const answer = await call(`${fixture.url}/plain`)
    expect([answer.status, answer.headers['content-type'], answer.bytes.toString()]).toEqual([
      200,
      'text/plain',
      'no prelude',
    ])
  })

  test('loses status and headers of a stream that ends without a write, and says so', async () => {
    const answer = await call(`${fixture.url}/no-write`)
    expect([answer.status, answer.bytes.toString()]).toEqual([200, 'lost'])
    expect(fixture.lines.some((line) => line.text.includes('without a first write()'))).toBe(true)
  })

  test.each(['/throw-early', '/crash', '/bad-prelude'])(
    'answers 502 for a failure before the first byte: %s',
    async (path) => {
      const answer = await call(`${fixture.url}${path}`)
      expect([answer.status, answer.bytes.toString()]).toEqual([502, 'Internal Server Error'])
    },
  )

  test.each(['/throw-late', '/crash-late'])('cuts the connection for a failure in the middle: %s', async (path) => {
    const answer = await call(`${fixture.url}${path}`)
    expect([answer.status, answer.bytes.toString(), answer.cut]).toEqual([200, 'half', true])
    expect((await call(`${fixture.url}/pid`)).status).toBe(200)
  })

  test('tells the handler the time it has left', async () => {
    const { remainingMs } = JSON.parse((await call(`${fixture.url}/event`)).bytes.toString())
    expect(remainingMs).toBeGreaterThan(9000)
    expect(remainingMs).toBeLessThanOrEqual(10_000)
  })

  test('does not tell the function that its client has left', async () => {
    const lines = () => fixture.lines.filter((line) => line.text.includes('wrote everything')).length
    const before = lines()
    const outgoing = request(`${fixture.url}/until-told`, (response) => response.once('data', () => response.destroy()))
    outgoing.on('error', () => outgoing.destroy())
    outgoing.end()
    await until(() => lines() === before + 1)
  })

  test('passes 20 MB through to a slow reader without keeping it', async () => {
    const response = await fetch(`${fixture.url}/big?megabytes=20`)
    let size = 0
    for await (const chunk of response.body ?? []) {
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, 200))
      size += chunk.length
    }
    expect(size).toBe(20 * 1024 * 1024)
  })

  test('cuts a stream of more than 200 MB', async () => {
    const response = await fetch(`${fixture.url}/big?megabytes=201`)
    await expect(
      (async () => {
        for await (const chunk of response.body ?? []) chunk.length
      })(),
    ).rejects.toThrow()
  })

  test('runs the function with Lambda’s variables, the template’s, the user’s limits and nothing else of the user', async () => {
    const variables = JSON.parse((await call(`${fixture.url}/environment`)).bytes.toString())
    expect(variables).toMatchObject({
      FROM_TEMPLATE: 'yes',
      SLUICE_IDLE_MS: '7',
      _HANDLER: 'stream.handler',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'stream',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:2',
    })
    expect(variables).not.toHaveProperty('SLUICE_KEY')
    expect(variables).not.toHaveProperty('HOME')
  })
})

describe('the prelude of a streamed answer', () => {
  const prelude = JSON.stringify({ statusCode: 201, headers: { 'x-ä': 'ü' }, cookies: ['a=1'] })
  const whole = Buffer.concat([Buffer.from(prelude), Buffer.alloc(8), Buffer.from('body')])

  test('is read whichever way it is split', () => {
    for (let at = 1; at < whole.length; at++) {
      const reader = new PreludeReader()
      const first = reader.push(whole.subarray(0, at))
      const parsed = first ?? reader.push(whole.subarray(at))
      expect(parsed?.head).toEqual({
        status: 201,
        headers: ['x-ä', 'ü', 'content-type', 'application/octet-stream', 'set-cookie', 'a=1'],
      })
      const rest = first ? Buffer.concat([first.rest, whole.subarray(at)]) : parsed?.rest
      expect(rest?.toString()).toBe('body')
    }
  })

  test('keeps NUL bytes of the body', () => {
    const body = Buffer.alloc(16)
    expect(new PreludeReader().push(Buffer.concat([Buffer.from('{}'), Buffer.alloc(8), body]))?.rest).toEqual(body)
  })
})
