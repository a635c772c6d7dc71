import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readSecret } from '../../lambda/keys/secret-values.ts'
import { hashKey, verifyKey } from '../../lambda/keys/verify.ts'
import { credentials, region, type SecretsServer, secretName, startSecretsServer } from '../keys/secrets-server.ts'

const script = new URL('../../infra/cli/keys.ts', import.meta.url).pathname
const keyForm = /^sk-sluice-[0-9A-Za-z]{43}\n$/

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-keys-'))
  file = join(folder, 'secret.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Outcome {
  status: number
  stdout: string
  stderr: string
}

/** Runs the command with nothing of this process's environment. */
function keys(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { HOME: folder, SLUICE_DATA: folder, ...env }, timeout: 20_000 }
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

const idIn = ({ stderr }: Outcome) => /has the id ([a-z2-7]{10});/.exec(stderr)?.[1] ?? ''
const storedIn = (json: string) => readSecret(json).keys

describe('keys of this machine', () => {
  test('a new key is printed once, alone on stdout, and only its hash is stored', async () => {
    const made = await keys(['create', 'my app'])
    expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(keyForm) })
    const text = await readFile(file, 'utf8')
    const key = made.stdout.trim()
    expect(verifyKey(key, storedIn(text))).toMatchObject({ id: idIn(made), name: 'my app' })
    expect(text + made.stderr).not.toContain(key)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('list shows ids, ages and names, oldest first, and neither keys nor hashes', async () => {
    const younger = { id: 'bbb', name: 'second', hash: hashKey('2'), createdAt: '2026-02-03T04:05:06.000Z' }
    const older = { id: 'aaaaaaaaaa', name: 'first one', hash: hashKey('1'), createdAt: '2026-01-02T03:04:05.000Z' }
    await writeFile(file, JSON.stringify({ SLUICE_KEYS: [younger, older] }))
    const { status, stdout, stderr } = await keys(['list'])
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout:
        'ID          CREATED (UTC)     FOR        NAME\n' +
        'aaaaaaaaaa  2026-01-02 03:04  inference  first one\n' +
        'bbb         2026-02-03 04:05  inference  second\n',
    })
    expect(stdout + stderr).not.toMatch(/[0-9a-f]{64}/)
  })

  test('a key made for reading usage is for nothing else', async () => {
    const made = await keys(['create', 'dashboard', '--scope', 'usage:read'])
    const [stored] = storedIn(await readFile(file, 'utf8'))
    expect(stored).toMatchObject({ id: idIn(made), name: 'dashboard', scopes: ['usage:read'] })
    expect((await keys(['list'])).stdout).toContain('usage:read  dashboard')
  })

  test('an unknown scope and a scope for anything but a new key are refused', async () => {
    expect(await keys(['create', 'x', '--scope', 'admin'])).toMatchObject({
      status: 1,
      stderr: 'No scope is called admin. There are: inference, usage:read\n',
    })
    expect(await keys(['list', '--scope', 'inference'])).toMatchObject({ status: 1, stdout: '' })
  })

  test('an empty list says how to make a key', async () => {
    const { status, stdout, stderr } = await keys(['list'])
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).toContain('npm run keys -- create <name>')
  })

  test('a revoked key is gone, everything else in the file stays', async () => {
    await writeFile(file, JSON.stringify({ OPENAI_API_KEY: 'sk-o', FUTURE: { a: [1] } }), { mode: 0o644 })
    const [first, second] = [await keys(['create', 'a']), await keys(['create', 'b'])]
    expect(await keys(['revoke', idIn(first)])).toMatchObject({ status: 0, stdout: '' })
    const text = await readFile(file, 'utf8')
    expect(JSON.parse(text)).toMatchObject({ OPENAI_API_KEY: 'sk-o', FUTURE: { a: [1] } })
    expect(storedIn(text).map(({ id }) => id)).toEqual([idIn(second)])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  const mistakes: Array<[name: string, args: string[], stderr: RegExp]> = [
    ['no command', [], /^Gateway keys:/],
    ['an unknown command', ['remove', 'x'], /^Gateway keys:/],
    ['a word every object has', ['toString'], /^Gateway keys:/],
    ['an unknown option', ['list', '--all'], /^Unknown option '--all'/],
    ['no name', ['create'], /^Say: npm run keys -- create <name> \(in quotes if it has blanks\)\n$/],
    ['a name of two words without quotes', ['create', 'my', 'app'], /^Say: npm run keys -- create <name>/],
    ['a blank name', ['create', '  '], /^A name has 1 to 64 characters/],
    ['a name of two lines', ['create', 'a\nb'], /^A name has 1 to 64 characters/],
    ['an unknown id', ['revoke', 'nobody'], /^No key has the id nobody in the file .*keys -- list\n$/],
    ['an id too many', ['list', 'x'], /^Say: npm run keys -- list\n$/],
    ['both places', ['list', '--local', '--secret', 'x'], /^--local excludes --deployed and --secret\.\n$/],
  ]
  test('a mistake is told in a line, ends with status 1 and changes nothing', async () => {
    for (const [name, args, stderr] of mistakes) {
      expect(await keys(args), name).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(stderr) })
    }
    await expect(stat(file)).rejects.toThrow('ENOENT')
    await expect(stat(`${file}.new`)).rejects.toThrow('ENOENT')
  })

  test('a file that is no list of keys is not overwritten, and not quoted', async () => {
    for (const text of ['{"OPENAI_API_KEY": sk-hidden', '["sk-hidden"]', '{"SLUICE_KEYS":{"sk-hidden":1}}']) {
      await writeFile(file, text)
      const { status, stderr } = await keys(['create', 'a'])
      expect(status).toBe(1)
      expect(stderr).toMatch(/^the file .* does not hold a list of keys: .* Mend it by hand/)
      expect(stderr).not.toContain('sk-hidden')
      expect(await readFile(file, 'utf8')).toBe(text)
    }
  })

  test('a second command at the same time does not undo the first', async () => {
    await writeFile(`${file}.new`, '')
    const { status, stderr } = await keys(['create', 'a'])
    expect(status).toBe(1)
    expect(stderr).toContain('Another command is changing')
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })

  test('--help is no mistake', async () => {
    expect(await keys(['--help'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Gateway keys:/) })
  })
})

describe('keys of the deployed gateway', () => {
  const servers: SecretsServer[] = []
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()))
  })

  async function deployed(secret?: string) {
    const server = await startSecretsServer(secret)
    servers.push(server)
    const env = {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    }
    return { server, env }
  }

  test('with credentials a key goes into the secret of the stack and leaves the rest of it alone', async () => {
    const { server, env } = await deployed('{"SLUICE_KEYS":[],"ANTHROPIC_API_KEY":"sk-a"}')
    const made = await keys(['create', 'ci'], env)
    expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(keyForm) })
    expect(made.stderr).toContain(`the secret ${secretName}`)
    expect(server.calls).toEqual(['ListSecrets', 'GetSecretValue', 'PutSecretValue'])
    expect(verifyKey(made.stdout.trim(), storedIn(server.secret ?? ''))).toMatchObject({ name: 'ci' })
    expect(JSON.parse(server.secret ?? '')).toMatchObject({ ANTHROPIC_API_KEY: 'sk-a' })
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })

  test('a key is listed and revoked in the secret that is named', async () => {
    const key = { id: 'abc', name: 'ci', hash: hashKey('k'), createdAt: '2026-01-02T03:04:05.000Z' }
    const { server, env } = await deployed(JSON.stringify({ SLUICE_KEYS: [key] }))
    const listed = await keys(['list', '--secret', secretName], env)
    expect(listed).toMatchObject({ status: 0, stdout: expect.stringContaining('abc  2026-01-02 03:04  inference  ci') })
    expect(await keys(['revoke', 'abc', '--secret', secretName], env)).toMatchObject({ status: 0 })
    expect(storedIn(server.secret ?? '')).toEqual([])
    expect(server.calls).not.toContain('ListSecrets')
  })

  test('--local means this machine in spite of credentials', async () => {
    const { server, env } = await deployed('{}')
    expect(await keys(['create', 'a', '--local'], env)).toMatchObject({ status: 0 })
    expect(server.calls).toEqual([])
    expect(storedIn(await readFile(file, 'utf8')).length).toBe(1)
  })

  test('a secret that is full is not written', async () => {
    const { server, env } = await deployed(JSON.stringify({ FILL: 'x'.repeat(65_500) }))
    const { status, stdout, stderr } = await keys(['create', 'a'], env)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^A secret holds 65536 bytes/)
    expect(server.calls).not.toContain('PutSecretValue')
  })

  test('failures say what to do', async () => {
    const { env } = await deployed('{}')
    const { AWS_REGION, ...homeless } = env
    expect(AWS_REGION).toBe(region)
    const failures: Array<[args: string[], env: Record<string, string>, stderr: RegExp]> = [
      [['list', '--secret', 'wrong'], env, /^ResourceNotFoundException: .*\nCheck --secret and AWS_REGION/],
      [['list'], { ...env, AWS_SECRET_ACCESS_KEY: 'x' }, /^InvalidSignatureException: .*\nRenew the AWS credentials/],
      [['list'], homeless, /Region is missing\nSet AWS_REGION/],
    ]
    for (const [args, variables, stderr] of failures) {
      expect(await keys(args, variables)).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(stderr) })
    }
  })
})
