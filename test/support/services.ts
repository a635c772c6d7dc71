import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LocalGateway, startLocal } from '../../infra/local/gateway.ts'
import { isStale, synthesize } from '../../infra/local/synth.ts'
import { startBrokenTable } from './broken-table.ts'
import { type FakeProvider, startFakeProvider } from './fake-provider.ts'

/**
 * The process behind the acceptance tests: synthesizes once and starts everything once for the whole run. Started by
 * `global-setup.ts`; says what it has in one message and ends when that process ends the channel.
 */

/** The gateways of a run; they differ in their settings only. */
export type GatewayName = 'normal' | 'hasty' | 'lively' | 'tableless'

export interface GatewayAccess {
  streamUrl: string
  bufferUrl: string
  tableName: string
  dynamodbEndpoint: string
}

export interface Services {
  /** The fake provider's base URL, with the control endpoints. */
  fakeProvider: string
  gatewayKey: string
  gateways: Record<GatewayName, GatewayAccess>
}

const gatewayKey = 'sk-sluice-acceptance-0123456789abcdef'
/** The last lines of each gateway; older ones are forgotten. */
const maxLogLines = 20_000

/** Clocks so short that a test can wait for them; the invocation's own time (900 s) is cut to 4 s by the reserve. */
const hastyLimits = {
  SLUICE_CONNECT_MS: '500',
  SLUICE_HEADERS_MS: '1200',
  SLUICE_FIRST_CONTENT_MS: '1300',
  SLUICE_IDLE_MS: '1200',
  SLUICE_GRACE_MS: '400',
  SLUICE_RESERVE_MS: '896000',
}

/** Silence that lasts a fifth of a second is filled: people would have to wait for it 10 s. Clients that take gzip get it. */
const livelySettings = { SLUICE_KEEP_ALIVE_MS: '200', SLUICE_COMPRESS: 'true' }

/** Variables over those of every gateway, from whoever started this process. */
const settingsOfRun = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>

const root = fileURLToPath(new URL('../..', import.meta.url))
const cdkOut = join(root, 'node_modules/.cache/acceptance/cdk.out')

async function start(): Promise<{ services: Services; close(): Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'sluice-acceptance-'))
  const logs = new Map<string, string[]>()
  const running = new Map<GatewayName, LocalGateway>()
  const closables: { close(): Promise<void> }[] = []
  const closeAll = async () => {
    for (const each of closables.reverse()) await each.close()
    rmSync(data, { recursive: true, force: true })
  }
  try {
    if (isStale(root, cdkOut)) {
      mkdirSync(cdkOut, { recursive: true })
      await synthesize(root, cdkOut)
    }
    const provider = await startFakeProvider({
      log: (query) => logs.get(query.get('name') ?? '') ?? [],
      environments: (query) => environments(running.get(query.get('name') as GatewayName)),
    })
    closables.push(provider)
    const startOne = async (name: GatewayName, settings: Record<string, string>) => {
      const gateway = await startGateway(join(data, name), provider, settings, lineKeeper(logs, name))
      closables.push(gateway)
      running.set(name, gateway)
      return gateway
    }
    const normal = await startOne('normal', {})
    const table = await startBrokenTable(normal.dynamodbEndpoint ?? '')
    closables.push(table)
    const shared = { AWS_ENDPOINT_URL_DYNAMODB: normal.dynamodbEndpoint ?? '' }
    const hasty = await startOne('hasty', { ...shared, ...hastyLimits })
    const lively = await startOne('lively', { ...shared, ...livelySettings })
    const tableless = await startOne('tableless', { AWS_ENDPOINT_URL_DYNAMODB: table.url })
    const gateways = {
      normal: access(normal),
      hasty: access(hasty),
      lively: access(lively),
      tableless: access(tableless),
    }
    return { services: { fakeProvider: provider.url, gatewayKey, gateways }, close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

function startGateway(
  dataDir: string,
  provider: FakeProvider,
  settings: Record<string, string>,
  log: (line: { source: string; text: string }) => void,
): Promise<LocalGateway> {
  if (!existsSync(dataDir)) mkdirSync(dataDir)
  // Above the default, since several test files run at once and one of them sends 50 requests at once.
  const env = {
    SLUICE_KEY: gatewayKey,
    SLUICE_CONCURRENCY: '100',
    SLUICE_PROVIDERS: JSON.stringify(providers(provider.url)),
    SLUICE_ROUTES: JSON.stringify(routes),
    // Tests of errors need not wait as long as people.
    SLUICE_BACKOFF_MS: '20',
    SLUICE_MAX_BACKOFF_MS: '2000',
    ...settings,
    ...settingsOfRun,
  }
  return startLocal({ cdkOut, dataDir, env, log, prewarm: true })
}

/** Everything OpenAI itself serves. */
const openAiFormats = [
  'openai-chat',
  'openai-responses',
  'openai-completions',
  'openai-embeddings',
  'openai-speech',
  'openai-transcription',
  'openai-images',
]

/** Providers whose ways with reasoning the gateway knows by their ids. */
const known = {
  openrouter: ['openai-chat', '/c/v1'],
  deepseek: ['openai-chat', '/c/v1'],
  anthropic: ['anthropic-messages', '/m'],
  azure: ['openai-responses', '/r/v1'],
} as const

/** Chains over several formats whose models `test/cases/retries.test.ts` registers. */
const routes = {
  chain: ['c/chain-first', 'm/chain-second', 'r/chain-third'],
  picky: ['m/picky-first', 'c/picky-second'],
  'picky-last': ['c/picky-second', 'm/picky-first'],
  'all-picky': ['m/picky-first', 'r/picky-third'],
  'dead-end': ['nowhere/model', 'dead-c/model', 'm/chain-last'],
}

/** One provider a format, one a format that nobody listens for (port 1 is never served on loopback), and the known. */
function providers(url: string): object[] {
  const formats = { c: ['openai-chat', '/v1'], m: ['anthropic-messages', ''], r: ['openai-responses', '/v1'] } as const
  const plain = Object.entries(formats).flatMap(([id, [format, base]]) => [
    { id, formats: [format], baseUrl: `${url}/${id}${base}`, apiKey: `provider-key-${id}` },
    { id: `dead-${id}`, formats: [format], baseUrl: `http://127.0.0.1:1${base}`, apiKey: 'provider-key-dead' },
  ])
  const others = Object.entries(known).map(([id, [format, path]]) => ({
    id,
    formats: [format],
    baseUrl: `${url}${path}`,
    apiKey: `provider-key-${id}`,
  }))
  const pooled = {
    id: 'pooled',
    formats: ['openai-chat'],
    baseUrl: `${url}/c/v1`,
    apiKey: ['provider-key-one', { key: 'provider-key-two', weight: 1 }],
  }
  return [
    ...plain,
    ...others,
    pooled,
    { id: 'o', formats: openAiFormats, baseUrl: `${url}/o/v1`, apiKey: 'provider-key-o' },
  ]
}

function lineKeeper(logs: Map<string, string[]>, name: string): (line: { source: string; text: string }) => void {
  const lines: string[] = []
  logs.set(name, lines)
  return ({ source, text }) => {
    lines.push(`${source}: ${text}`)
    if (lines.length > maxLogLines) lines.shift()
  }
}

function environments(gateway: LocalGateway | undefined): object[] {
  return (gateway?.functions ?? []).flatMap((each) =>
    each.environments().map((environment) => ({ function: each.name, ...environment })),
  )
}

function access({ streamUrl, bufferUrl, tableName, dynamodbEndpoint }: LocalGateway): GatewayAccess {
  if (!streamUrl || !bufferUrl || !tableName || !dynamodbEndpoint) throw new Error('the local gateway lacks a part')
  return { streamUrl, bufferUrl, tableName, dynamodbEndpoint }
}

const started = await start()
process.on('disconnect', () => {
  started.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
process.send?.(started.services)
