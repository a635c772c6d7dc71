import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { GatewayFault } from '../../lambda/errors.ts'
import { createSecretSource, type SecretSource } from '../../lambda/keys/secret.ts'
import { createLogger } from '../../lambda/log.ts'
import { credentials, region, type SecretsServer, secretName, startSecretsServer } from './secrets-server.ts'

const secretOf = (id: string) =>
  JSON.stringify({ SLUICE_KEYS: [{ id, name: id, hash: 'a'.repeat(64), createdAt: '2026-01-01' }] })

const servers: SecretsServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

interface Setup {
  server: SecretsServer
  source: SecretSource
  lines: string[]
  clock: { now: number }
  /** Ids of the keys `get` gives. */
  ids(): Promise<string[]>
  /** Resolves once the server has had this many calls, or fails. */
  called(times: number): Promise<void>
}

async function setUp(options: { secret?: string; before?: (server: SecretsServer) => void; secretKey?: string } = {}) {
  const server = await startSecretsServer(options.secret ?? secretOf('one'))
  servers.push(server)
  options.before?.(server)
  const lines: string[] = []
  const clock = { now: Date.parse('2026-05-01T00:00:00Z') }
  const settings = {
    secretId: secretName,
    region,
    credentials: { ...credentials, ...(options.secretKey && { secretAccessKey: options.secretKey }) },
    endpoints: { secretsManager: server.url },
  }
  const now = () => clock.now
  const { log } = createLogger((line) => void lines.push(line), now)
  const source = createSecretSource({ settings, log, now })
  const ids = async () => (await source.get()).keys.map(({ id }) => id)
  const called = (times: number) => expect.poll(() => server.calls.length, { timeout: 1000, interval: 2 }).toBe(times)
  return { server, source, lines, clock, ids, called } satisfies Setup
}

async function faultOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return error instanceof GatewayFault ? error.error : error
}

describe('the secret', () => {
  test('is read at once with a valid signature, and once for many requests', async () => {
    const { server, ids, called } = await setUp()
    await called(1)
    expect(await Promise.all([ids(), ids(), ids()])).toEqual([['one'], ['one'], ['one']])
    expect(server.calls).toEqual(['GetSecretValue'])
  })

  test('is not given to whoever signs with the wrong key', async () => {
    const { source, lines } = await setUp({ secretKey: 'wrong' })
    expect(await faultOf(source.get())).toMatchObject({ code: 'overloaded', status: 503 })
    expect(lines.join()).toContain('InvalidSignatureException')
  })

  test('older than a minute is read again in the background, while the old values serve', async () => {
    const { server, ids, clock, called } = await setUp()
    expect(await ids()).toEqual(['one'])
    server.secret = secretOf('two')
    clock.now += 59_000
    expect(await ids()).toEqual(['one'])
    await sleep(30) // nothing must come, and that is seen only by waiting
    expect(server.calls.length).toBe(1)
    clock.now += 2_000
    expect(await ids()).toEqual(['one'])
    await called(2)
    await expect.poll(ids).toEqual(['two'])
    expect(server.calls.length).toBe(2)
  })

  test('older than five minutes is read again before it serves, as keys may have been revoked long ago', async () => {
    const { server, ids, clock } = await setUp()
    expect(await ids()).toEqual(['one'])
    server.secret = secretOf('two')
    clock.now += 301_000
    expect(await ids()).toEqual(['two'])
  })

  test('that cannot be read again leaves the last values, one log line, and a pause', async () => {
    const { server, ids, lines, clock } = await setUp()
    expect(await ids()).toEqual(['one'])
    server.failure = { status: 500, body: '{"__type":"InternalServiceError","message":"later"}' }
    clock.now += 301_000
    expect([await ids(), await ids()]).toEqual([['one'], ['one']])
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'error',
        time: '2026-05-01T00:05:01.000Z',
        message: 'the secret cannot be read again; its last values stay',
        error: 'Error: Secrets Manager answered 500 InternalServiceError: later',
      },
    ])
    server.failure = undefined
    server.secret = secretOf('two')
    clock.now += 5_000
    expect(await ids()).toEqual(['two'])
  })

  test('that cannot be read is a 503 for people, a log line, and the next request tries again', async () => {
    const { server, source, lines, ids } = await setUp({
      before: (server) => {
        server.failure = { status: 400, body: '{"__type":"AccessDeniedException","message":"no"}' }
      },
    })
    const fault = await faultOf(source.get())
    expect(fault).toEqual({
      code: 'overloaded',
      status: 503,
      message: 'The gateway cannot read its keys at the moment. Try again in a few seconds.',
      retryAfterMs: 2_000,
    })
    expect(lines.length).toBe(1)
    server.failure = undefined
    expect(await ids()).toEqual(['one'])
    expect(server.calls.length).toBe(2)
  })

  const unusable: Array<[name: string, failure: SecretsServer['failure'], secret: string | undefined, error: string]> =
    [
      ['is no JSON', undefined, '{"OPENAI_API_KEY": sk-hidden}', 'SettingsError: the secret: not valid JSON'],
      [
        'has a wrong value',
        undefined,
        '{"OPENAI_BASE_URL":"sk-hidden"}',
        'SettingsError: OPENAI_BASE_URL: expected an http or https URL',
      ],
      [
        'is binary',
        { status: 200, body: '{"SecretBinary":"sk-hidden"}' },
        undefined,
        'Error: the secret has no text (SecretString)',
      ],
      [
        'comes as a page of HTML',
        { status: 502, body: '<html>sk-hidden</html>' },
        undefined,
        'Error: Secrets Manager answered 502 : no reason',
      ],
      [
        'is larger than any secret',
        { status: 200, body: `"${'x'.repeat(600 * 1024)}"` },
        undefined,
        'Error: the answer has more than 524288 bytes',
      ],
    ]
  test.each(unusable)(
    'that %s is a 503, and the log says why without a value',
    async (_name, failure, secret, error) => {
      const { source, lines } = await setUp({
        ...(secret !== undefined && { secret }),
        before: (server) => {
          server.failure = failure
        },
      })
      expect(await faultOf(source.get())).toMatchObject({ code: 'overloaded', status: 503 })
      expect(lines.map((line) => JSON.parse(line).error)).toEqual([error])
      expect(lines.join()).not.toContain('sk-hidden')
    },
  )

  test('from a server that is not there is a 503', async () => {
    const { source, lines } = await setUp({ before: (server) => void server.close() })
    expect(await faultOf(source.get())).toMatchObject({ code: 'overloaded', status: 503 })
    expect(lines.join()).toContain('ECONNREFUSED')
  })

  test('whose reading froze with the environment is read anew', async () => {
    const { server, ids, clock, called } = await setUp()
    expect(await ids()).toEqual(['one'])
    server.failure = 'hang'
    clock.now += 61_000
    expect(await ids()).toEqual(['one'])
    await called(2)
    server.failure = undefined
    server.secret = secretOf('two')
    clock.now += 3_600_000 // frozen for an hour, the connection is dead
    expect(await ids()).toEqual(['two'])
  })

  test('read because of an unknown key is read again only after the pause', async () => {
    const { server, source, ids, clock } = await setUp()
    await ids()
    server.secret = secretOf('two')
    const refresh = async () => (await source.refreshIfOlderThan(5_000)).keys[0]?.id
    expect(await refresh()).toBe('one')
    clock.now += 5_000
    expect(await refresh()).toBe('two')
    server.secret = secretOf('three')
    clock.now += 4_999
    expect(await refresh()).toBe('two')
    clock.now += 1
    server.failure = { status: 500, body: '' }
    expect(await refresh()).toBe('two')
    expect(server.calls.length).toBe(3)
  })
})
