import { SettingsError } from '../config.ts'
import { builtInProviders } from '../providers/index.ts'
import type { ProviderConfig } from '../providers/provider.ts'
import { type RawProvider, type RawSecret, secretFaults } from './secret-faults.ts'
import type { StoredKey } from './stored-key.ts'

/** What the secret holds, ready for use. */
export interface SecretValues {
  /** Those of `SLUICE_PROVIDERS` first, then the built-in ones that have a key; ids are unique. */
  providers: ProviderConfig[]
  keys: StoredKey[]
}

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
  const faults = secretFaults(secret)
  if (faults.length > 0) throw new SettingsError(faults.join('\n'))
  const raw = secret as RawSecret
  const { SLUICE_PROVIDERS: custom = [], SLUICE_KEYS: keys = [] } = raw
  refuseRepeatedIds('SLUICE_PROVIDERS', custom)
  refuseRepeatedIds('SLUICE_KEYS', keys)
  return {
    providers: listProviders(custom.map(toProvider), raw),
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
function listProviders(custom: ProviderConfig[], secret: RawSecret): ProviderConfig[] {
  const providers = [...custom]
  for (const { id, formats, baseUrl, apiKeyName, baseUrlName } of builtInProviders) {
    const apiKey = secret[apiKeyName]
    if (!apiKey || custom.some((provider) => provider.id === id)) continue
    providers.push({ id, formats: [...formats], baseUrl: withoutSlash(secret[baseUrlName] || baseUrl), apiKey })
  }
  return providers
}

function toProvider({ id, formats, baseUrl, apiKey, headers }: RawProvider): ProviderConfig {
  const lowered = headers && Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return {
    id,
    formats,
    baseUrl: withoutSlash(baseUrl),
    ...keysOf(apiKey),
    ...(lowered && { headers: Object.fromEntries(lowered) }),
  }
}

function keysOf(apiKey: RawProvider['apiKey']): Pick<ProviderConfig, 'apiKey' | 'keys'> {
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

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
