import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type ProcessUsage, processUsage } from '../../infra/local/process-usage.ts'
import { type Closable, closeServer, listenOnLoopback } from '../../infra/local/server.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'

/**
 * The public gateway that is measured beside ours: what someone would pick instead. It is a server of its own and not a
 * function, so nothing of the local runtime stands between it and its client; it keeps no keys, records or prices.
 * The other packages are those it was published with: newer ones do not start.
 */
const packages = [
  '@portkey-ai/gateway@1.15.2',
  'hono@4.9.7',
  '@hono/node-server@1.13.5',
  '@hono/node-ws@1.2.0',
] as const
const entry = 'node_modules/@portkey-ai/gateway/build/start-server.js'

/** The registry may be out of reach; the bench goes on without the peer then. */
const fetchMs = 60_000
const startMs = 15_000
/** A process that has used no processor time for so long has nothing left to do for the last answer. */
const restMs = 15
const restAtMostMs = 5_000

export interface Peer extends Closable {
  /** `http://127.0.0.1:port` */
  url: string
  /** What sends a request to the bench's provider in that format. */
  headers(upstream: FormatId): Record<string, string>
  /**
   * What the process has used, once it has come to rest.
   * @throws when it does not within 5 s
   */
  settled(): Promise<ProcessUsage>
}

const providerNames = {
  'openai-chat': 'openai',
  'anthropic-messages': 'anthropic',
  'openai-responses': 'openai',
} as const satisfies Record<FormatId, string>

/**
 * Fetches the peer into a temporary folder, runs none of its install scripts and starts it in a process of its own.
 * @param providerUrl what it posts to
 * @returns why it cannot be had, where it cannot
 */
export async function startPeer(providerUrl: string): Promise<Peer | string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-peer-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefer-offline', '--prefix', folder]
  try {
    await promisify(execFile)('npm', ['install', ...options, ...packages], { timeout: fetchMs })
  } catch (error) {
    await remove()
    return `it could not be fetched: ${(error as Error).message.split('\n', 1)[0]}`
  }
  const peer = await start(join(folder, entry), providerUrl)
  if (typeof peer === 'string') {
    await remove()
    return peer
  }
  return { ...peer, close: () => peer.close().then(remove) }
}

async function start(file: string, providerUrl: string): Promise<Peer | string> {
  const port = await freePort()
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = spawn(process.execPath, [file, `--port=${port}`, '--headless'], { env, stdio: 'ignore' })
  const exited = once(child, 'exit')
  const close = async () => {
    child.kill()
    await exited
  }
  const url = `http://127.0.0.1:${port}`
  if (child.pid === undefined || !(await answers(url))) {
    await close()
    return `it did not answer within ${startMs / 1000} s`
  }
  const { pid } = child
  const headers = (upstream: FormatId) => ({
    'x-portkey-provider': providerNames[upstream],
    'x-portkey-custom-host': `${providerUrl}/v1`,
  })
  return { url, headers, settled: () => settled(pid), close }
}

/** It cannot be told to choose one itself. */
async function freePort(): Promise<number> {
  const server = createServer()
  const { port } = await listenOnLoopback(server, 0)
  await closeServer(server)
  return port
}

async function answers(url: string): Promise<boolean> {
  const deadline = performance.now() + startMs
  while (performance.now() < deadline) {
    const found = await fetch(url).then(
      (response) => response.ok,
      // Refused until it listens.
      () => false,
    )
    if (found) return true
    await sleep(100)
  }
  return false
}

async function settled(pid: number): Promise<ProcessUsage> {
  const deadline = performance.now() + restAtMostMs
  let last = processUsage(pid)
  while (performance.now() < deadline) {
    await sleep(restMs)
    const next = processUsage(pid)
    if (next.cpuMs === last.cpuMs) return next
    last = next
  }
  throw new Error('the peer did not come to rest')
}
