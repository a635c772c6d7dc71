import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashKey } from '../../lambda/keys/verify.ts'

const start = fileURLToPath(new URL('../../infra/local/start.ts', import.meta.url))
/** Synthesized by the acceptance tests' global setup before any of these tests runs. */
const cdkOut = fileURLToPath(new URL('../../node_modules/.cache/acceptance/cdk.out', import.meta.url))

/** A gateway of its own, as `npm start` runs it, whose table and keys belong to the test. */
export interface Gateway {
  usageUrl: string
  streamUrl: string
  dynamodbEndpoint: string
  tableName: string
  /** SLUICE_DATA */
  dataDir: string
  /** The local key, which is for everything. */
  key: string
  /** The key with that name, as text. */
  keyNamed(name: string): string
  close(): Promise<void>
}

export interface TestKey {
  id: string
  name: string
  scopes?: string[]
}

export async function npmStart(keys: readonly TestKey[]): Promise<Gateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-usage-'))
  const stored = keys.map((key) => ({ ...key, hash: hashKey(keyNamed(key.name)), createdAt: '2026-01-01T00:00:00Z' }))
  await writeFile(join(dataDir, 'secret.json'), JSON.stringify({ SLUICE_KEYS: stored }))
  const env = { PATH: process.env.PATH, PORT: '0', SLUICE_DATA: dataDir, SLUICE_KEY: 'sk-sluice-usage-test' }
  const child = spawn(process.execPath, [start, '--assembly', cdkOut], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const line = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000)
    })
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    child.once('exit', () => reject(new Error(`npm start ended:\n${said}`)))
  })
  const ready = JSON.parse(line) as Omit<Gateway, 'dataDir' | 'keyNamed' | 'close'>
  const close = async () => {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
    await rm(dataDir, { recursive: true, force: true })
  }
  return { ...ready, dataDir, keyNamed, close }
}

function keyNamed(name: string): string {
  return `sk-sluice-named-${name}`
}
