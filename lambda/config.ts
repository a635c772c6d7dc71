import { type PriceOverrides, priceFaults } from './metrics/price-overrides.ts'
import { type RouteTable, routeFaults } from './providers/routes.ts'

/** Clocks of one request; all in milliseconds. When one of the provider's runs out, the client gets a timeout error. */
export interface Limits {
  /** TCP and TLS to the provider. */
  connectMs: number
  /** From the request's last byte to the provider's status line. */
  headersMs: number
  /** From there to the first content: models may think for minutes. */
  firstContentMs: number
  /** Silence between two pieces of content; pings and comments are silence too. */
  idleMs: number
  /** Wait after the finish reason for usage that trails it; then the answer ends without. */
  graceMs: number
  /** Silence after which the answer's head is committed and keep-alives start. */
  keepAliveMs: number
  /** Kept before the function's deadline to end the stream properly and write the record. */
  reserveMs: number
  /** With `drain` as what to do on a disconnect: how long an answer is read on that nobody takes. */
  drainMs: number
}

/**
 * What becomes of a provider's answer whose client has left: it is aborted at once, or drained (read on, for `drainMs` at
 * most) so that the record has the provider's own final usage. Of what is drained nothing is kept, so no bytes are counted.
 */
export const disconnectPolicies = ['abort', 'drain'] as const
export type OnDisconnect = (typeof disconnectPolicies)[number]

/** How often a provider is tried before the client has got anything, and how long is waited between. */
export interface RetryPolicy {
  /** Tries a target gets, the first included; then the next target of the route. */
  triesPerTarget: number
  /** Milliseconds before the first repetition; doubles with each further one, up to `maxBackoffMs`. */
  backoffMs: number
  /** A longer wait than this is not waited: the next target is tried, or the client gets the error and its delay. */
  maxBackoffMs: number
}

/** CloudWatch's namespace of the gateway's metrics where the stack gives no other (its own name). */
export const defaultNamespace = 'Sluice'

export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** What the log tells of answers beside their requests: see “Look into an answer” in the README. */
export const debugAspects = ['frames', 'events', 'timing'] as const
export type DebugAspect = (typeof debugAspects)[number]

/** By key id: how many partitions its aggregates are spread over. */
export type UsageShards = Readonly<Record<string, number>>

/** Beyond it a month of one key takes the reader too many queries. */
export const maxUsageShards = 64

/** A function's variables, checked. */
export interface Settings {
  limits: Limits
  onDisconnect: OnDisconnect
  /** Answers go out in gzip to clients that take it. */
  compress: boolean
  debug: ReadonlySet<DebugAspect>
  /** Days until a request's own record expires. */
  recordDays: number
  /** Reasoning goes to Chat clients as text unless a request says otherwise. */
  thinkingText?: true
  retry: RetryPolicy
  /** Names clients may ask for, and the models to try for them. */
  routes: RouteTable
  /** Prices over those of the price table. */
  prices: PriceOverrides
  /** By key id: partitions a hot key's aggregates are spread over. A key that is not here has one. */
  usageShards: UsageShards
  /** Name of the table. */
  table: string
  /** Name or ARN of the secret. */
  secretId: string
  region: string
  /** The function's role; Lambda sets them, and they last as long as the environment. */
  credentials: AwsCredentials
  /** Base URLs that replace the services' own. */
  endpoints: { dynamodb?: string; secretsManager?: string }
  /** CloudWatch's name for the gateway's own metrics: two gateways in one account need two. */
  namespace: string
}

/** A setting that cannot be used. The message is for the operator: each fault with its name or path, one a line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** Beyond Lambda's longest life of a request (15 minutes) a clock would never run out. */
const maxMs = 900_000

const limitVariables = {
  connectMs: ['SLUICE_CONNECT_MS', 5_000],
  headersMs: ['SLUICE_HEADERS_MS', 120_000],
  firstContentMs: ['SLUICE_FIRST_CONTENT_MS', 600_000],
  idleMs: ['SLUICE_IDLE_MS', 120_000],
  graceMs: ['SLUICE_GRACE_MS', 2_000],
  keepAliveMs: ['SLUICE_KEEP_ALIVE_MS', 10_000],
  reserveMs: ['SLUICE_RESERVE_MS', 5_000],
  drainMs: ['SLUICE_DRAIN_MS', 30_000],
} as const satisfies Record<keyof Limits, readonly [variable: string, byDefault: number]>

/**
 * Reads the function's variables. An empty variable is as good as none.
 * @throws SettingsError naming every variable at fault, its value and what is expected
 */
export function readSettings(env: Environment = process.env): Settings {
  const reader = new VariableReader(env)
  const limits = Object.entries(limitVariables).map(([name, [variable, byDefault]]) => [
    name,
    reader.integer(variable, byDefault, maxMs, 'milliseconds'),
  ])
  const settings: Settings = {
    limits: Object.fromEntries(limits) as Limits,
    onDisconnect: reader.choice('SLUICE_ON_DISCONNECT', disconnectPolicies),
    compress: reader.boolean('SLUICE_COMPRESS'),
    debug: reader.words('SLUICE_DEBUG', debugAspects),
    recordDays: reader.integer('SLUICE_RECORD_DAYS', 90, 3650, 'days'),
    ...(reader.boolean('SLUICE_REASONING_TEXT') && { thinkingText: true }),
    retry: readRetryPolicy(reader),
    routes: reader.json('SLUICE_ROUTES', routeFaults),
    prices: reader.json('SLUICE_PRICES', priceFaults),
    usageShards: reader.json('SLUICE_USAGE_SHARDS', shardFaults),
    table: reader.required('SLUICE_TABLE', 'the name of the table'),
    secretId: reader.required('SLUICE_SECRET_ID', 'the name or ARN of the secret'),
    region: reader.text('AWS_REGION') ?? reader.required('AWS_DEFAULT_REGION', 'a region, here or in AWS_REGION'),
    credentials: readCredentials(reader),
    endpoints: readEndpoints(reader),
    namespace: reader.text('SLUICE_NAMESPACE') ?? defaultNamespace,
  }
  if (reader.faults.length > 0) throw new SettingsError(reader.faults.join('\n'))
  return settings
}

/**
 * The port of the plain HTTP server; 0 lets the system choose.
 * @throws SettingsError
 */
export function readPort(env: Environment = process.env): number {
  const value = env.PORT?.trim() || '8080'
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (port <= 65_535) return port
  throw new SettingsError(`PORT is ${JSON.stringify(value)}: expected a port, from 0 to 65535`)
}

function readRetryPolicy(reader: VariableReader): RetryPolicy {
  return {
    triesPerTarget: reader.integer('SLUICE_TRIES_PER_TARGET', 2, 10, 'tries'),
    backoffMs: reader.integer('SLUICE_BACKOFF_MS', 250, maxMs, 'milliseconds'),
    maxBackoffMs: reader.integer('SLUICE_MAX_BACKOFF_MS', 5_000, maxMs, 'milliseconds'),
  }
}

function shardFaults(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ['expected an object of numbers']
  return Object.entries(value)
    .filter(([, count]) => !Number.isInteger(count) || count < 1 || count > maxUsageShards)
    .map(([key]) => `${key}: expected a whole number from 1 to ${maxUsageShards}`)
}

function readCredentials(reader: VariableReader): AwsCredentials {
  const sessionToken = reader.text('AWS_SESSION_TOKEN')
  return {
    accessKeyId: reader.required('AWS_ACCESS_KEY_ID', 'an access key id'),
    secretAccessKey: reader.required('AWS_SECRET_ACCESS_KEY', 'a secret access key'),
    ...(sessionToken && { sessionToken }),
  }
}

/** As the SDKs do: a service's own variable wins over that of all services. */
function readEndpoints(reader: VariableReader): Settings['endpoints'] {
  const every = reader.url('AWS_ENDPOINT_URL')
  const dynamodb = reader.url('AWS_ENDPOINT_URL_DYNAMODB') ?? every
  const secretsManager = reader.url('AWS_ENDPOINT_URL_SECRETS_MANAGER') ?? every
  return { ...(dynamodb && { dynamodb }), ...(secretsManager && { secretsManager }) }
}

/** Collects the faults of all variables, so that the operator sees them at once. */
class VariableReader {
  readonly faults: string[] = []
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  text(name: string): string | undefined {
    return this.#env[name]?.trim() || undefined
  }

  required(name: string, expected: string): string {
    const value = this.text(name)
    if (value === undefined) this.faults.push(`${name} is not set: expected ${expected}`)
    return value ?? ''
  }

  integer(name: string, byDefault: number, max: number, unit: string): number {
    const value = this.text(name)
    if (value === undefined) return byDefault
    const number = /^\d+$/.test(value) ? Number(value) : 0
    if (number < 1 || number > max) this.#fault(name, value, `a whole number of ${unit} from 1 to ${max}`)
    return number
  }

  /** JSON in which `faultsOf` finds no fault, so that it is a `Value`; without the variable an empty object. */
  json<Value extends object>(name: string, faultsOf: (value: unknown) => string[]): Value {
    const text = this.text(name)
    if (text === undefined) return {} as Value
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      this.faults.push(`${name} is not JSON: ${error instanceof Error ? error.message : error}`)
      return {} as Value
    }
    this.faults.push(...faultsOf(value).map((fault) => `${name}: ${fault}`))
    return value as Value
  }

  boolean(name: string): boolean {
    const value = this.text(name)
    if (value !== undefined && value !== 'true' && value !== 'false') this.#fault(name, value, 'true or false')
    return value === 'true'
  }

  /** One of several words; without the variable the first. */
  choice<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.text(name) ?? words[0]
    const word = words.find((each) => each === value)
    if (word === undefined) this.#fault(name, value, words.join(' or '))
    return word ?? words[0]
  }

  /** Any of several words, with commas between. */
  words<Word extends string>(name: string, known: readonly Word[]): ReadonlySet<Word> {
    const given = this.text(name)?.split(',') ?? []
    const words = given.map((each) => known.find((word) => word === each.trim()))
    if (words.includes(undefined)) this.#fault(name, given.join(), `any of ${known.join(', ')}`)
    return new Set(words.filter((word) => word !== undefined))
  }

  url(name: string): string | undefined {
    const value = this.text(name)
    if (value === undefined || isHttpUrl(value)) return value
    this.#fault(name, value, 'an http or https URL')
    return undefined
  }

  #fault(name: string, value: string, expected: string): void {
    this.faults.push(`${name} is ${JSON.stringify(value)}: expected ${expected}`)
  }
}

/** True for what `fetch` and `node:http` can reach. */
export function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}
