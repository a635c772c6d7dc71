import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Metafile } from 'esbuild'
import type { Bundle } from '../../infra/bundle.ts'
import { Environment } from '../../infra/local/environment.ts'
import { localSecret } from '../../infra/local/local-secret.ts'
import { readProviders } from '../../infra/local/provider-setting.ts'
import { serveSecrets } from '../../infra/local/secrets-endpoint.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { firstByte, requestEvent } from './first-request.ts'
import { startProvider } from './provider-process.ts'
import { writeScript } from './script.ts'
import { providerIds, providerSettings } from './stage.ts'

const region = 'us-east-1'
const secretName = 'bench'
const key = 'sk-bench'
/** The record is written in this time, or its writing has failed for want of a database. */
const restMs = 20_000

/** What a new environment loaded of its bundle for its first request, chunk by chunk. */
export interface FirstLoads {
  /** Until the request to the provider was sent. */
  before: LoadedChunk[]
  /** From then until the environment asked for more work. */
  after: LoadedChunk[]
}

export interface LoadedChunk {
  bytes: number
  /** Source files, relative to the project, the largest first. */
  inputs: string[]
}

/** Runs a bundle of the stream function in the local runtime, traces what it loads, and has it serve one request. */
export async function traceFirstRequest(bundle: Bundle, client: FormatId, upstream: FormatId): Promise<FirstLoads> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-trace-'))
  const trace = join(folder, 'trace')
  await writeFile(trace, '')
  const provider = await startProvider()
  const providers = readProviders(JSON.stringify(providerSettings(provider.url)))
  const userEnv = { SLUICE_PROVIDERS: JSON.stringify(providers) }
  const [demo] = providers
  if (!demo) throw new Error('the bench has no providers')
  const secret = () => localSecret({ userEnv, dataDir: folder, key, demo })
  const secrets = await serveSecrets(secretName, region, secret, () => {})
  try {
    const model = `${providerIds[upstream]}/${writeScript({ deltas: 1, everyMs: 0, thinkMs: 50 })}`
    await serveOne(bundle, trace, secrets.endpoint, requestEvent(client, model, key))
    return split(await readFile(trace, 'utf8'), new URL(provider.url).host, await readChunks(bundle))
  } finally {
    await provider.close()
    await secrets.close()
    await rm(folder, { recursive: true })
  }
}

async function serveOne(bundle: Bundle, trace: string, secretsEndpoint: string, event: Buffer): Promise<void> {
  const idle = Promise.withResolvers<void>()
  const environment = new Environment({
    spec: {
      name: bundle.name,
      codeDir: bundle.directory,
      handler: `${bundle.name}.handler`,
      env: {
        SLUICE_TABLE: 'bench',
        SLUICE_SECRET_ID: secretName,
        SLUICE_BENCH_TRACE: trace,
        NODE_OPTIONS: `--import ${new URL('./module-trace.ts', import.meta.url).href}`,
      },
      memoryMb: 512,
      timeoutMs: restMs,
      invokeMode: 'RESPONSE_STREAM',
      runtime: 'nodejs24.x',
    },
    // Nothing listens there: the record cannot be written, but what writes it is loaded.
    services: { region, secretsEndpoint, dynamodbEndpoint: 'http://127.0.0.1:1' },
    userEnv: {},
    log: () => {},
    onIdle: () => idle.resolve(),
    onEnded: () => idle.reject(new Error('the function ended before it asked for more work')),
  })
  try {
    await environment.ready
    await firstByte(environment, event)
    await idle.promise
  } finally {
    // Its end is ours now, and nobody's failure.
    idle.promise.catch(() => {})
    await environment.end()
  }
}

/** @throws when no request went to the provider */
function split(trace: string, providerHost: string, chunks: Map<string, LoadedChunk>): FirstLoads {
  const lines = trace.split('\n')
  const sent = lines.indexOf(`request ${providerHost}`)
  if (sent < 0) throw new Error(`no request to ${providerHost} in the trace:\n${trace}`)
  const loaded = (part: string[]) => part.flatMap((line) => chunks.get(line.replace(/^load /, '')) ?? [])
  return { before: loaded(lines.slice(0, sent)), after: loaded(lines.slice(sent)) }
}

/** The chunks of a bundle by the URL they are loaded from. */
async function readChunks({ directory, metafile, name }: Bundle): Promise<Map<string, LoadedChunk>> {
  const { outputs } = JSON.parse(await readFile(metafile, 'utf8')) as Metafile
  const entry = Object.keys(outputs).find((path) => basename(path) === `${name}.mjs`) ?? ''
  return new Map(
    Object.entries(outputs).map(([path, { bytes, inputs }]) => [
      pathToFileURL(join(directory, path.slice(dirname(entry).length + 1))).href,
      { bytes, inputs: Object.keys(inputs).sort((a, b) => sizeIn(inputs, b) - sizeIn(inputs, a)) },
    ]),
  )
}

function sizeIn(inputs: Metafile['outputs'][string]['inputs'], name: string): number {
  return inputs[name]?.bytesInOutput ?? 0
}
