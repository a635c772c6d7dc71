import { createHash } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { localKey, localSecret } from '../../infra/local/local-secret.ts'
import { readProviders } from '../../infra/local/provider-setting.ts'
import { serveSecrets } from '../../infra/local/secrets-endpoint.ts'
import { type Folder, temporaryFolder } from './assembly.ts'

let folder: Folder
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const demo = { id: 'demo', formats: ['anthropic-messages'], baseUrl: 'http://127.0.0.1:1', apiKey: 'demo' }
const local = {
  id: 'local',
  name: 'local',
  hash: createHash('sha256').update('k').digest('hex'),
  createdAt: '1970-01-01T00:00:00.000Z',
  scopes: ['inference', 'usage:read'],
}
const secretOf = (userEnv: Record<string, string>) => localSecret({ userEnv, dataDir: folder.path, key: 'k', demo })
const keep = (value: unknown) => writeFileSync(join(folder.path, 'secret.json'), JSON.stringify(value))

describe('the local secret', () => {
  test('holds the demo provider and the local key when the user has set nothing', () => {
    expect(secretOf({ HOME: '/root', PATH: '/bin' })).toEqual({ SLUICE_PROVIDERS: [demo], SLUICE_KEYS: [local] })
  })

  test('holds the user’s provider credentials instead of the demo', () => {
    const env = { OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', ANTHROPIC_API_KEY: '' }
    expect(secretOf(env)).toEqual({
      OPENAI_API_KEY: 'o',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      SLUICE_PROVIDERS: [],
      SLUICE_KEYS: [local],
    })
  })

  test('holds the user’s further providers, which replace those of the file with the same id', () => {
    const own = { id: 'own', formats: ['openai-chat'], baseUrl: 'http://127.0.0.1:9/v1', apiKey: 'k' }
    keep({
      SLUICE_PROVIDERS: [
        { ...own, apiKey: 'old' },
        { ...own, id: 'other' },
      ],
    })
    expect(secretOf({ SLUICE_PROVIDERS: JSON.stringify([own]) }).SLUICE_PROVIDERS).toEqual([
      { ...own, id: 'other' },
      own,
    ])
  })

  test('is read afresh: keys that appear in the file while it runs are there at once', () => {
    expect(secretOf({}).SLUICE_KEYS).toEqual([local])
    const made = { id: 'alice', name: 'Alice', hash: 'ab', createdAt: '2026-01-01T00:00:00.000Z' }
    keep({ SLUICE_KEYS: [made], ANTHROPIC_API_KEY: 'from-file' })
    expect(secretOf({})).toEqual({ ANTHROPIC_API_KEY: 'from-file', SLUICE_PROVIDERS: [], SLUICE_KEYS: [made, local] })
  })

  test('says which file is broken', () => {
    writeFileSync(join(folder.path, 'secret.json'), '{')
    expect(() => secretOf({})).toThrow(/secret\.json is not JSON/)
  })
})

describe('the local key', () => {
  test('is the user’s own where there is one', () => {
    expect(localKey({ SLUICE_KEY: 'mine' }, folder.path)).toBe('mine')
  })

  test('is made once, stays the same and is nobody else’s to read', () => {
    const key = localKey({}, folder.path)
    expect(key).toMatch(/^sk-sluice-[\w-]{32}$/)
    expect(localKey({}, folder.path)).toBe(key)
    expect(statSync(join(folder.path, 'key')).mode & 0o777).toBe(0o600)
  })
})

describe('SLUICE_PROVIDERS', () => {
  const twin = { id: 'a', formats: ['openai-chat'], baseUrl: 'http://h' }

  test.each([
    ['[', /^SLUICE_PROVIDERS: not valid JSON/],
    ['{}', /^SLUICE_PROVIDERS: expected a list/],
    ['[1]', /^SLUICE_PROVIDERS\[0\]: expected an object/],
    ['[{"formats":["openai-chat"],"baseUrl":"http://h"}]', /^SLUICE_PROVIDERS\[0\]\.id: expected/],
    ['[{"id":"a/b","formats":["openai-chat"],"baseUrl":"http://h"}]', /^SLUICE_PROVIDERS\[0\]\.id: expected/],
    [JSON.stringify([twin, twin]), /\[1\]\.id: "a" is there twice/],
    ['[{"id":"a","baseUrl":"http://h"}]', /\[0\]\.formats: expected a list/],
    ['[{"id":"a","formats":["chat"],"baseUrl":"http://h"}]', /\[0\]\.formats\[0\]: unknown format "chat"/],
    ['[{"id":"a","formats":["openai-chat"],"baseUrl":"localhost:1"}]', /\[0\]\.baseUrl: expected/],
    ['[{"id":"a","formats":["openai-chat"],"baseUrl":"http://h","apiKey":1}]', /\[0\]\.apiKey: expected/],
  ])('names the fault in %s', (text, message) => {
    expect(() => readProviders(text)).toThrow(message)
  })

  test('may be absent or empty', () => {
    expect([readProviders(undefined), readProviders(' ')]).toEqual([[], []])
  })
})

describe('the local Secrets Manager', () => {
  async function withClient(run: (client: SecretsManagerClient) => Promise<void>, read: () => Record<string, unknown>) {
    const server = await serveSecrets('Secret123', 'us-east-1', read, () => undefined)
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
    const client = new SecretsManagerClient({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials,
      maxAttempts: 1,
    })
    try {
      await run(client)
    } finally {
      client.destroy()
      await server.close()
    }
  }

  test('answers the official client with the current content, by name and by ARN', async () => {
    let count = 0
    await withClient(
      async (client) => {
        const first = await client.send(new GetSecretValueCommand({ SecretId: 'Secret123' }))
        expect(first).toMatchObject({ Name: 'Secret123', SecretString: '{"count":1}' })
        const second = await client.send(new GetSecretValueCommand({ SecretId: first.ARN }))
        expect(second.SecretString).toBe('{"count":2}')
      },
      () => ({ count: ++count }),
    )
  })

  test('refuses another secret and reports one that cannot be read', async () => {
    const broken = () => {
      throw new Error('secret.json is not JSON')
    }
    await withClient(async (client) => {
      const other = client.send(new GetSecretValueCommand({ SecretId: 'other' }))
      await expect(other).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
      const own = client.send(new GetSecretValueCommand({ SecretId: 'Secret123' }))
      await expect(own).rejects.toMatchObject({ name: 'InternalServiceError', message: 'secret.json is not JSON' })
    }, broken)
  })
})
