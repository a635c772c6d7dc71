import { afterEach, describe, expect, test } from 'vitest'
import { GatewayFault } from '../../lambda/errors.ts'
import { createSecretSource } from '../../lambda/keys/secret.ts'
import type { KeyScope, StoredKey } from '../../lambda/keys/stored-key.ts'
import { createKeyring, hashKey, presentedKey, verifyKey } from '../../lambda/keys/verify.ts'
import { createLogger } from '../../lambda/log.ts'
import { credentials, region, type SecretsServer, secretName, startSecretsServer } from './secrets-server.ts'

const stored = (id: string, key: string): StoredKey => ({ id, name: `${id}’s`, hash: hashKey(key), createdAt: '2026' })

const headers: Array<[name: string, headers: Record<string, string>, key: string | undefined]> = [
  ['a bearer token', { authorization: 'Bearer sk-1' }, 'sk-1'],
  ['a bearer token in any case, with blanks', { authorization: 'bEARER   sk-1 ' }, 'sk-1'],
  ['x-api-key', { 'x-api-key': 'sk-1' }, 'sk-1'],
  ['api-key', { 'api-key': ' sk-1 ' }, 'sk-1'],
  ['a bearer token before the others', { 'x-api-key': 'sk-2', authorization: 'Bearer sk-1' }, 'sk-1'],
  ['x-api-key beside an authorization of another kind', { authorization: 'Basic eA==', 'x-api-key': 'sk-1' }, 'sk-1'],
  ['an empty bearer token is none', { authorization: 'Bearer ' }, undefined],
  ['two words are no bearer token', { authorization: 'Bearer a b' }, undefined],
  ['blanks are no key', { 'x-api-key': '  ', 'api-key': '' }, undefined],
  ['no header', {}, undefined],
]

describe('presentedKey', () => {
  test.each(headers)('%s', (_name, given, key) => {
    expect(presentedKey(given)).toBe(key)
  })
})

describe('verifyKey', () => {
  const keys = ['a', 'b', 'c'].map((id) => stored(id, `sk-${id}`))
  test.each(['a', 'b', 'c'])('finds the key wherever it stands: %s', (id) => {
    expect(verifyKey(`sk-${id}`, keys)?.id).toBe(id)
  })
  test.each(['sk-d', '', 'sk-a ', hashKey('sk-a'), 'sk-é'])('does not know %j', (key) => {
    expect(verifyKey(key, keys)).toBeUndefined()
  })
})

const servers: SecretsServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function setUp(keys: StoredKey[]) {
  const secretWith = (list: StoredKey[]) => JSON.stringify({ SLUICE_KEYS: list })
  const server = await startSecretsServer(secretWith(keys))
  servers.push(server)
  const clock = { now: 0 }
  const settings = { secretId: secretName, region, credentials, endpoints: { secretsManager: server.url } }
  const lines: string[] = []
  const { log } = createLogger((line) => void lines.push(line))
  const source = createSecretSource({ settings, log, now: () => clock.now })
  const keyring = createKeyring(source)
  const verify = (key: string) => keyring.verify({ authorization: `Bearer ${key}` })
  const store = (list: StoredKey[]) => {
    server.secret = secretWith(list)
  }
  return { server, source, keyring, verify, clock, lines, store }
}

const refused = (message: RegExp) =>
  expect.objectContaining({ error: { code: 'authentication', message: expect.stringMatching(message) } })

describe('the keyring', () => {
  test('tells whose key it is, and nothing else of it', async () => {
    const { verify } = await setUp([stored('a', 'sk-a')])
    expect(await verify('sk-a')).toEqual({ id: 'a', name: 'a’s' })
  })

  test('refuses a request without a key, even while the secret cannot be read', async () => {
    const { keyring, server } = await setUp([])
    server.failure = 'hang'
    await expect(keyring.verify({})).rejects.toEqual(refused(/^A gateway key is needed: send it as/))
  })

  test('refuses an unknown key without repeating it', async () => {
    const { verify } = await setUp([stored('a', 'sk-a')])
    const error = await verify('sk-wrong').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(GatewayFault)
    expect(error).toEqual(refused(/^This gateway key is not known here/))
    expect(JSON.stringify(error) + String(error)).not.toContain('sk-wrong')
  })

  test.each<[scopes: string[] | undefined, inference: boolean, usage: boolean]>([
    [undefined, true, false],
    [['usage:read'], false, true],
    [['inference', 'usage:read'], true, true],
    [['something:newer'], false, false],
    [[], false, false],
  ])('a key with the scopes %j calls models: %s, reads usage: %s', async (scopes, inference, usage) => {
    const { source } = await setUp([{ ...stored('a', 'sk-a'), ...(scopes && { scopes }) }])
    const passes = (scope: KeyScope) =>
      createKeyring(source, scope)
        .verify({ authorization: 'Bearer sk-a' })
        .then(
          () => true,
          (error: GatewayFault) => {
            expect(error.error).toMatchObject({ code: 'permission', message: expect.stringMatching(/may not/) })
            return false
          },
        )
    expect([await passes('inference'), await passes('usage:read')]).toEqual([inference, usage])
  })

  test('a key made a moment ago works, and unknown keys read the secret every five seconds at most', async () => {
    const { verify, server, clock, store } = await setUp([stored('a', 'sk-a')])
    await verify('sk-a')
    store([stored('a', 'sk-a'), stored('b', 'sk-b')])
    clock.now += 5_000
    expect(await verify('sk-b')).toMatchObject({ id: 'b' })
    for (let n = 0; n < 20; n++) {
      clock.now += 249
      await expect(verify(`sk-wrong-${n}`)).rejects.toThrow()
    }
    expect(server.calls.length).toBe(2)
    clock.now += 20
    await expect(verify('sk-wrong')).rejects.toThrow()
    expect(server.calls.length).toBe(3)
  })

  test('a revoked key ends with the next reading', async () => {
    const { verify, clock, store } = await setUp([stored('a', 'sk-a')])
    await verify('sk-a')
    store([])
    clock.now += 301_000
    await expect(verify('sk-a')).rejects.toEqual(refused(/revoked/))
  })

  test('without a readable secret the answer is 503 and not 401', async () => {
    const { verify, server, clock } = await setUp([])
    server.failure = { status: 500, body: '' }
    clock.now += 1
    await expect(verify('sk-a')).rejects.toMatchObject({ error: { code: 'overloaded', status: 503 } })
  })

  test('no key is ever logged', async () => {
    const { verify, server, clock, lines } = await setUp([stored('a', 'sk-a')])
    await verify('sk-a')
    server.failure = { status: 500, body: '{"message":"broken"}' }
    clock.now += 301_000
    await verify('sk-a')
    expect(lines.length).toBe(1)
    expect(lines.join()).not.toMatch(/sk-a|a’s|[0-9a-f]{64}/)
  })
})
