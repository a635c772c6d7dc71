import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProviderEntry, readProviders } from './provider-setting.ts'

type Variables = Record<string, string | undefined>

/** Credentials of the user's environment that belong into the secret, under the names the official SDKs use. */
const CREDENTIAL = /^[A-Z][A-Z0-9_]*_(API_KEY|BASE_URL)$/
/** Keys of the providers the gateway knows by name; without any of them the demo provider answers. */
const PROVIDER_KEYS = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY']
/** The local key never changes, so its record need not either. */
const LOCAL_KEY_CREATED_AT = '1970-01-01T00:00:00.000Z'

export interface SecretSources {
  userEnv: Variables
  dataDir: string
  /** The gateway key of this run, as text. */
  key: string
  /** Added when no other provider can be reached. */
  demo: ProviderEntry
}

/** The data folder holds something unreadable. */
export class LocalSecretError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LocalSecretError'
  }
}

/**
 * What the gateway's secret holds in a local run, read afresh on every call: `secret.json` of the data folder (written
 * by the operator's tools, also while this runs), the user's environment over it, the demo provider if nothing else can
 * answer, and the local key.
 * @throws {LocalSecretError} when secret.json is no JSON object
 */
export function localSecret({ userEnv, dataDir, key, demo }: SecretSources): Record<string, unknown> {
  const file = readSecretFile(dataDir)
  const credentials = Object.fromEntries(
    Object.entries(userEnv).filter(([name, value]) => value && CREDENTIAL.test(name)),
  )
  const providers = mergeProviders(entries(file.SLUICE_PROVIDERS), readProviders(userEnv.SLUICE_PROVIDERS))
  const merged = { ...file, ...credentials }
  const canAnswer = providers.length > 0 || PROVIDER_KEYS.some((name) => name in merged)
  return {
    ...merged,
    SLUICE_PROVIDERS: canAnswer ? providers : [demo],
    SLUICE_KEYS: [...entries(file.SLUICE_KEYS), keyRecord(key)],
  }
}

/** Whether the demo provider is the only one that can answer. */
export function usesDemo(secret: Record<string, unknown>, demo: ProviderEntry): boolean {
  return entries(secret.SLUICE_PROVIDERS).includes(demo)
}

/** The gateway key of this run: SLUICE_KEY, or one made once and kept in the data folder. */
export function localKey(userEnv: Variables, dataDir: string): string {
  if (userEnv.SLUICE_KEY) return userEnv.SLUICE_KEY
  const file = join(dataDir, 'key')
  const kept = readText(file)?.trim()
  if (kept) return kept
  const fresh = `sk-sluice-${randomBytes(24).toString('base64url')}`
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(file, `${fresh}\n`, { mode: 0o600 })
  return fresh
}

/** Whoever sits at this machine may both call models and read usage with it. */
function keyRecord(key: string): Record<string, unknown> {
  const hash = createHash('sha256').update(key).digest('hex')
  return { id: 'local', name: 'local', hash, createdAt: LOCAL_KEY_CREATED_AT, scopes: ['inference', 'usage:read'] }
}

function readSecretFile(dataDir: string): Record<string, unknown> {
  const path = join(dataDir, 'secret.json')
  const text = readText(path)
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    throw new LocalSecretError(`${path} is not JSON: ${(error as Error).message}`)
  }
  throw new LocalSecretError(`${path} must hold a JSON object`)
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function entries(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** The user's entries replace those of the file that have the same id. */
function mergeProviders(file: unknown[], user: ProviderEntry[]): unknown[] {
  const ids = new Set(user.map((entry) => entry.id))
  return [...file.filter((entry) => !ids.has(String((entry as Partial<ProviderEntry>).id))), ...user]
}
