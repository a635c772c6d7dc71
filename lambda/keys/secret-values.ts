import * as z from 'zod/mini'
import { isHttpUrl, SettingsError } from '../config.ts'
import { builtInProviders } from '../providers/index.ts'
import { type ProviderConfig, providerFormats } from '../providers/provider.ts'
import type { StoredKey } from './stored-key.ts'

/** What the secret holds, ready for use. */
export interface SecretValues {
  /** Those of `SLUICE_PROVIDERS` first, then the built-in ones that have a key; ids are unique. */
  providers: ProviderConfig[]
  keys: StoredKey[]
}

const text = z.string({ error: 'expected a text' })
const filled = text.check(z.minLength(1, 'expected a text that is not empty'))
const httpUrl = text.check(z.refine(isHttpUrl, 'expected an http or https URL'))

/** One of several keys: its text, or with the share of the requests it gets. */
const poolKey = z.union(
  [filled, z.object({ key: filled, weight: z.number().check(z.positive()) })],
  'expected a key, or {key, weight}',
)

const providerSchema = z.looseObject(
  {
    id: text.check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected letters, digits and any of . _ -')),
    formats: z
      .array(
        z.enum(providerFormats, {
          error: ({ input }) =>
            `unknown format ${JSON.stringify(input)}; expected one of ${providerFormats.join(', ')}`,
        }),
        'expected a list of formats',
      )
      .check(z.minLength(1, 'expected at least one format')),
    baseUrl: httpUrl,
    apiKey: z.optional(
      z.union([text, z.array(poolKey).check(z.minLength(1, 'expected a key'))], 'expected a key, or a list of keys'),
    ),
    headers: z.optional(z.record(text, text, 'expected an object of texts')),
  },
  'expected an object',
)

const keySchema = z.looseObject(
  {
    // A request id is `<keyId>-<UUID>` and a partition `REQ#<keyId>#<day>`, so neither sign may be in it.
    id: text.check(z.regex(/^[A-Za-z0-9_]{1,64}$/, 'expected up to 64 letters, digits or _')),
    name: filled,
    hash: text.check(z.regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in lower-case hex')),
    createdAt: filled,
    scopes: z.optional(z.array(filled, 'expected a list of scopes')),
  },
  'expected an object',
)

const secretSchema = z.looseObject(
  {
    OPENAI_API_KEY: z.optional(text),
    OPENAI_BASE_URL: z.optional(z.union([z.literal(''), httpUrl], 'expected an http or https URL')),
    ANTHROPIC_API_KEY: z.optional(text),
    ANTHROPIC_BASE_URL: z.optional(z.union([z.literal(''), httpUrl], 'expected an http or https URL')),
    SLUICE_PROVIDERS: z.optional(z.array(providerSchema, 'expected a list')),
    SLUICE_KEYS: z.optional(z.array(keySchema, 'expected a list')),
  },
  'expected a JSON object',
)

/**
 * Reads the secret's JSON, whose names are those of the local variables. The two lists may also be texts that hold
 * JSON: so they are in a variable, and so the Secrets Manager console stores them.
 * @throws SettingsError naming every path at fault, for example `SLUICE_PROVIDERS[1].formats[0]: …`. No value but that
 *   of a format is in it, as values here are secrets.
 */
export function readSecret(json: string): SecretValues {
  const secret: unknown = parseJson(json, 'the secret')
  if (typeof secret === 'object' && secret !== null) {
    const lists = secret as Record<string, unknown>
    for (const name of ['SLUICE_PROVIDERS', 'SLUICE_KEYS']) {
      const list = lists[name]
      if (typeof list === 'string') lists[name] = list.trim() === '' ? undefined : parseJson(list, name)
    }
  }
  const result = secretSchema.safeParse(secret)
  if (!result.success) throw new SettingsError(result.error.issues.map(describeIssue).join('\n'))
  const { SLUICE_PROVIDERS: custom = [], SLUICE_KEYS: keys = [] } = result.data
  refuseRepeatedIds('SLUICE_PROVIDERS', custom)
  refuseRepeatedIds('SLUICE_KEYS', keys)
  return {
    providers: listProviders(custom.map(toProvider), result.data),
    keys: keys.map(({ id, name, hash, createdAt, scopes }) => ({
      id,
      name,
      hash,
      createdAt,
      ...(scopes && { scopes }),
    })),
  }
}

/** Custom providers stand before the built-in ones and replace those of the same id. */
function listProviders(custom: ProviderConfig[], secret: z.infer<typeof secretSchema>): ProviderConfig[] {
  const providers = [...custom]
  for (const { id, formats, baseUrl, apiKeyName, baseUrlName } of builtInProviders) {
    const apiKey = secret[apiKeyName]
    if (!apiKey || custom.some((provider) => provider.id === id)) continue
    providers.push({ id, formats: [...formats], baseUrl: withoutSlash(secret[baseUrlName] || baseUrl), apiKey })
  }
  return providers
}

function toProvider({ id, formats, baseUrl, apiKey, headers }: z.infer<typeof providerSchema>): ProviderConfig {
  const lowered = headers && Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return {
    id,
    formats,
    baseUrl: withoutSlash(baseUrl),
    ...keysOf(apiKey),
    ...(lowered && { headers: Object.fromEntries(lowered) }),
  }
}

function keysOf(apiKey: z.infer<typeof providerSchema>['apiKey']): Pick<ProviderConfig, 'apiKey' | 'keys'> {
  if (apiKey === undefined || apiKey === '') return {}
  if (typeof apiKey === 'string') return { apiKey }
  const keys = apiKey.map((entry) => (typeof entry === 'string' ? { key: entry, weight: 1 } : entry))
  return { apiKey: keys[0]?.key ?? '', keys }
}

function refuseRepeatedIds(list: string, entries: ReadonlyArray<{ id: string }>): void {
  const seen = new Set<string>()
  for (const [index, { id }] of entries.entries()) {
    if (seen.has(id)) throw new SettingsError(`${list}[${index}].id: "${id}" is there twice`)
    seen.add(id)
  }
}

function parseJson(json: string, name: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // The parser's own message quotes the text, which is secret; so it is not even kept as the cause.
    throw new SettingsError(`${name}: not valid JSON`)
  }
}

function describeIssue({ path, message }: { path: PropertyKey[]; message: string }): string {
  const steps = path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at > 0 ? '.' : ''}${String(step)}`))
  return `${steps.join('') || 'the secret'}: ${message}`
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
