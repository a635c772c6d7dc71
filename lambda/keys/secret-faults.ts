import { isHttpUrl } from '../config.ts'
import { asObject } from '../events/json.ts'
import type { PoolKey } from '../providers/key-pool.ts'
import { type ProviderFormat, providerFormats } from '../providers/provider.ts'
import type { StoredKey } from './stored-key.ts'

/** The secret as its JSON holds it, once nothing is wrong with it. */
export interface RawSecret {
  OPENAI_API_KEY?: string
  OPENAI_BASE_URL?: string
  ANTHROPIC_API_KEY?: string
  ANTHROPIC_BASE_URL?: string
  SLUICE_PROVIDERS?: RawProvider[]
  SLUICE_KEYS?: StoredKey[]
}

export interface RawProvider {
  id: string
  formats: ProviderFormat[]
  baseUrl: string
  /** One key, or several: each alone, or with the share of the requests it gets. */
  apiKey?: string | Array<string | PoolKey>
  headers?: Record<string, string>
}

/** What is wrong with the value at a path, as `path: what`. The value itself is not told, since it may be a key. */
type Rule = (value: unknown, path: string) => string[]

const text: Rule = (value, path) => (typeof value === 'string' ? [] : [`${path}: expected a text`])
const filled = textOf((value) => value !== '', 'expected a text that is not empty')
/** What HTTP can carry as a header's value: a line break, easily copied along, is none. */
const isSendable = (value: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
const sendable = textOf(isSendable, 'expected a text that a header can carry, without line breaks')
const httpUrl = textOf(isHttpUrl, 'expected an http or https URL')
const httpUrlOrNone = textOf((value) => value === '' || isHttpUrl(value), 'expected an http or https URL')

const format: Rule = (value, path) => {
  if ((providerFormats as readonly unknown[]).includes(value)) return []
  return [`${path}: unknown format ${JSON.stringify(value)}; expected one of ${providerFormats.join(', ')}`]
}

const apiKey: Rule = (value, path) => {
  if (typeof value === 'string') return sendable(value, path)
  const isGood = Array.isArray(value) && value.length > 0 && value.every(isPoolKey)
  return isGood
    ? []
    : [`${path}: expected a key, or a list of keys, each alone or as {key, weight}, without line breaks`]
}

const headers: Rule = (value, path) => {
  const object = asObject(value)
  if (!object) return [`${path}: expected an object of texts`]
  return Object.entries(object).flatMap(([name, each]) =>
    /^[\w!#$%&'*+.^`|~-]+$/.test(name) ? sendable(each, `${path}.${name}`) : [`${path}: expected names of headers`],
  )
}

const provider = objectOf({
  id: textOf((id) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id), 'expected letters, digits and any of . _ -'),
  formats: (value, path) =>
    Array.isArray(value) && value.length === 0
      ? [`${path}: expected at least one format`]
      : listOf(format, 'expected a list of formats')(value, path),
  baseUrl: httpUrl,
  apiKey: optional(apiKey),
  headers: optional(headers),
} satisfies Record<keyof RawProvider, Rule>)

const key = objectOf({
  // A request id is `<keyId>-<UUID>` and a partition `REQ#<keyId>#<day>`, so neither sign may be in it.
  id: textOf((id) => /^[A-Za-z0-9_]{1,64}$/.test(id), 'expected up to 64 letters, digits or _'),
  name: filled,
  hash: textOf((hash) => /^[0-9a-f]{64}$/.test(hash), 'expected a SHA-256 in lower-case hex'),
  createdAt: filled,
  scopes: optional(listOf(filled, 'expected a list of scopes')),
} satisfies Record<keyof StoredKey, Rule>)

const secret = {
  OPENAI_API_KEY: optional(sendable),
  OPENAI_BASE_URL: optional(httpUrlOrNone),
  ANTHROPIC_API_KEY: optional(sendable),
  ANTHROPIC_BASE_URL: optional(httpUrlOrNone),
  SLUICE_PROVIDERS: optional(listOf(provider, 'expected a list')),
  SLUICE_KEYS: optional(listOf(key, 'expected a list')),
} satisfies Record<keyof RawSecret, Rule>

/**
 * All that is wrong with a secret, or an empty list: then it is a `RawSecret`. Fields nobody knows are no fault. Rules by
 * hand, as for routes and prices: a validator and its schema were 27 KB more that each environment had to load.
 */
export function secretFaults(value: unknown): string[] {
  const object = asObject(value)
  if (!object) return ['the secret: expected a JSON object']
  return Object.entries(secret).flatMap(([name, rule]) => rule(object[name], name))
}

function textOf(isGood: (value: string) => boolean, expected: string): Rule {
  return (value, path) => {
    const faults = text(value, path)
    return faults.length > 0 || isGood(value as string) ? faults : [`${path}: ${expected}`]
  }
}

function optional(rule: Rule): Rule {
  return (value, path) => (value === undefined ? [] : rule(value, path))
}

function listOf(rule: Rule, expected: string): Rule {
  return (value, path) =>
    Array.isArray(value) ? value.flatMap((each, at) => rule(each, `${path}[${at}]`)) : [`${path}: ${expected}`]
}

function objectOf(fields: Record<string, Rule>): Rule {
  return (value, path) => {
    const object = asObject(value)
    if (!object) return [`${path}: expected an object`]
    return Object.entries(fields).flatMap(([name, rule]) => rule(object[name], `${path}.${name}`))
  }
}

function isPoolKey(value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && isSendable(value)
  const { key, weight } = asObject(value) ?? {}
  return typeof key === 'string' && key !== '' && isSendable(key) && Number.isFinite(weight) && (weight as number) > 0
}
