import { startDemoProvider } from './demo-provider.ts'
import { startDynamodb } from './dynamodb.ts'
import { EnvironmentPool } from './environment-pool.ts'
import type { FunctionSpec, LogSink } from './function-spec.ts'
import { type FunctionUrl, serveFunctionUrl } from './function-url.ts'
import type { LocalServices } from './function-variables.ts'
import { localKey, localSecret, usesDemo } from './local-secret.ts'
import { ensureTable } from './local-table.ts'
import { type ProcessUsage, processUsage } from './process-usage.ts'
import { checkSettings, readProviders, SettingError } from './provider-setting.ts'
import { serveSecrets } from './secrets-endpoint.ts'
import type { Closable } from './server.ts'
import { readStack, type StackSpec } from './template.ts'

export interface LocalOptions {
  /** Folder that `cdk synth` wrote. */
  cdkOut: string
  /** Folder of the embedded database, the local key and secret.json. */
  dataDir: string
  /** The user's environment: credentials, SLUICE_* and AWS_ENDPOINT_URL_DYNAMODB are read from it. */
  env: Record<string, string | undefined>
  /** Ports by function name; the system chooses those that are missing or 0. */
  ports?: Record<string, number>
  /** Lines of the functions and of the local runtime. */
  log: LogSink
  /** Starts one environment a function ahead of the first request. */
  prewarm?: boolean
}

/** One execution environment as the bench looks at it. */
export interface EnvironmentReport extends ProcessUsage {
  pid: number
  phase: string
}

export interface LocalFunction {
  name: string
  url: string
  /** Environments that exist now. */
  environments(): EnvironmentReport[]
}

export interface LocalGateway extends Closable {
  streamUrl: string | undefined
  bufferUrl: string | undefined
  usageUrl: string | undefined
  key: string
  tableName: string | undefined
  dynamodbEndpoint: string | undefined
  /** Providers a request can name now, for the example lines. */
  secret(): Record<string, unknown>
  /** True when only the demo provider can answer. */
  demo: boolean
  functions: LocalFunction[]
  /** Reads `cdkOut` again; from now on new requests run the new code. */
  reload(): void
}

const DEFAULT_REGION = 'us-east-1'
const DEFAULT_CONCURRENCY = 50

/**
 * Serves every function URL of the synthesized stack on loopback, each request in a real aws-lambda-ric process.
 * @throws {TemplateError | SettingError | DynamodbUnavailableError | PortTakenError} after ending what it had started
 */
export async function startLocal(options: LocalOptions): Promise<LocalGateway> {
  const started: Closable[] = []
  const closeAll = async () => {
    // In reverse: a function may still write its record while the database is there.
    for (const each of started.splice(0).reverse()) await each.close()
  }
  try {
    return await assemble(options, started, closeAll)
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function assemble(options: LocalOptions, started: Closable[], close: () => Promise<void>): Promise<LocalGateway> {
  const { env, dataDir, cdkOut } = options
  readProviders(env.SLUICE_PROVIDERS) // a fault in the setting must stop the start, not the first request
  const concurrency = readConcurrency(env.SLUICE_CONCURRENCY)
  const stack = readStack(cdkOut, env.AWS_REGION ?? DEFAULT_REGION)
  const key = localKey(env, dataDir)
  const demo = track(started, await startDemoProvider())
  const secret = () => localSecret({ userEnv: env, dataDir, key, demo: demo.entry })
  checkSettings(env, secret())
  const services = await startServices(options, stack, secret, started)
  const functions: RunningFunction[] = []
  for (const spec of stack.functions) {
    functions.push(await startFunction(spec, services, concurrency, options, started))
  }
  const urlOf = (name: string) => functions.find((each) => each.name === name)?.url
  return {
    streamUrl: urlOf('stream'),
    bufferUrl: urlOf('buffer'),
    usageUrl: urlOf('usage'),
    key,
    tableName: stack.table?.tableName,
    dynamodbEndpoint: services.dynamodbEndpoint,
    secret,
    demo: usesDemo(secret(), demo.entry),
    functions,
    reload: () => reload(functions, readStack(cdkOut, stack.region)),
    close,
  }
}

function track<T extends Closable>(started: Closable[], each: T): T {
  started.push(each)
  return each
}

async function startServices(
  { env, dataDir, log }: LocalOptions,
  { region, table, secretName }: StackSpec,
  secret: () => Record<string, unknown>,
  started: Closable[],
): Promise<LocalServices> {
  const say = (text: string) => log({ source: 'local', text })
  const services: LocalServices = { region }
  if (table) {
    services.dynamodbEndpoint =
      env.AWS_ENDPOINT_URL_DYNAMODB || track(started, await startDynamodb(dataDir, log)).endpoint
    await ensureTable(services.dynamodbEndpoint, region, table)
  }
  if (secretName) {
    services.secretsEndpoint = track(started, await serveSecrets(secretName, region, secret, say)).endpoint
  }
  return services
}

interface RunningFunction extends LocalFunction {
  pool: EnvironmentPool
}

async function startFunction(
  spec: FunctionSpec,
  services: LocalServices,
  concurrency: number,
  { env, ports, log, prewarm }: LocalOptions,
  started: Closable[],
): Promise<RunningFunction> {
  const pool = track(started, new EnvironmentPool({ spec, services, userEnv: env, log, concurrency }))
  const server: FunctionUrl = track(started, await serveFunctionUrl(pool, ports?.[spec.name] ?? 0, log))
  if (prewarm) {
    pool.warm().catch((error: Error) => log({ source: spec.name, text: `cannot start: ${error.message}` }))
  }
  return { name: spec.name, url: server.url, pool, environments: () => [...pool.environments].flatMap(report) }
}

function report(environment: { pid: number | undefined; phase: string }): EnvironmentReport[] {
  const { pid, phase } = environment
  return pid === undefined ? [] : [{ pid, phase, ...processUsage(pid) }]
}

function reload(functions: RunningFunction[], stack: StackSpec): void {
  for (const spec of stack.functions) functions.find((each) => each.name === spec.name)?.pool.replace(spec)
}

function readConcurrency(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_CONCURRENCY
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new SettingError(`SLUICE_CONCURRENCY must be a number from 1, not "${text}"`)
  return value
}
