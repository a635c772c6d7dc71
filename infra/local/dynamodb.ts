import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { LogSink } from './function-spec.ts'
import type { Closable } from './server.ts'

const START_TIMEOUT_MS = 10_000
/** A port can be lost between choosing and using it; that is rare, three times in a row is something else. */
const START_ATTEMPTS = 3

export interface Dynamodb extends Closable {
  endpoint: string
}

/** No database can be had on this machine; the message says what to do instead. */
export class DynamodbUnavailableError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(
      `The embedded DynamoDB cannot run here: ${reason}.\n` +
        'Run another one, for example DynamoDB Local (docker run -p 8000:8000 amazon/dynamodb-local),\n' +
        'and start again with AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 npm start',
      options,
    )
    this.name = 'DynamodbUnavailableError'
  }
}

/**
 * Ends the database when this process ends, however it ends: the shell holds a pipe to us and kills its child when the
 * pipe closes. Without it a killed `npm start` would leave the database behind with its file open.
 */
const GUARD = 'exec 3<&0; "$@" </dev/null & child=$!; (cat <&3 >/dev/null; kill $child 2>/dev/null) & wait $child'

/**
 * Starts the embedded DynamoDB with its file under `dataDir`, on a port the system chooses.
 * @throws {DynamodbUnavailableError}
 */
export async function startDynamodb(dataDir: string, log: LogSink): Promise<Dynamodb> {
  const binary = findBinary()
  mkdirSync(dataDir, { recursive: true })
  let failure: Error | undefined
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const started = await tryStart(binary, join(dataDir, 'dynamodb.sqlite'), log)
    if (!(started instanceof Error)) return started
    failure = started
  }
  throw new DynamodbUnavailableError(failure?.message ?? 'it did not start', { cause: failure })
}

function findBinary(): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new DynamodbUnavailableError(`it is built for linux-x64, this is ${process.platform}-${process.arch}`)
  }
  try {
    const manifest = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json')
    const binary = join(dirname(manifest), 'dynoxide')
    if (existsSync(binary)) return binary
  } catch (error) {
    throw new DynamodbUnavailableError('the optional package @dynoxide/linux-x64 is not installed', { cause: error })
  }
  throw new DynamodbUnavailableError('the package @dynoxide/linux-x64 holds no program')
}

async function tryStart(binary: string, file: string, log: LogSink): Promise<Dynamodb | Error> {
  const port = await freePort()
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file]
  const child = spawn('sh', ['-c', GUARD, 'sh', binary, ...args], { stdio: ['pipe', 'ignore', 'pipe'], detached: true })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-2000)
  })
  child.stdin.on('error', () => child.stdin.destroy()) // the shell may be gone already; its exit is what counts
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code) => resolve(complaint.trim() || `it ended with status ${code}`))
  })
  const endpoint = `http://127.0.0.1:${port}`
  const failure = await Promise.race([answers(endpoint), exited])
  if (failure !== undefined) {
    child.stdin.destroy()
    return new Error(failure)
  }
  let closing = false
  void exited.then((reason) => {
    if (!closing) log({ source: 'local', text: `the embedded DynamoDB ended: ${reason}` })
  })
  const close = async () => {
    closing = true
    await stop(child, exited)
  }
  return { endpoint, close }
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.stdin?.destroy()
  await exited
}

/** Resolves with undefined once the server answers, or with what kept it from answering in time. */
async function answers(endpoint: string): Promise<string | undefined> {
  const deadline = Date.now() + START_TIMEOUT_MS
  let last: unknown
  while (Date.now() < deadline) {
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(1000) })
      return undefined
    } catch (error) {
      last = error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  return `it did not answer within ${START_TIMEOUT_MS / 1000} s: ${String(last)}`
}

/** The database cannot tell which port the system gave it, so the port is chosen here. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
