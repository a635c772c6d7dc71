import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type LocalGateway, startLocal } from '../../infra/local/gateway.ts'
import { processUsage } from '../../infra/local/process-usage.ts'
import { isStale, synthesize } from '../../infra/local/synth.ts'
import { hashKey } from '../../lambda/keys/verify.ts'
import { addSums, aggregateSortKey, sumsOf, usagePartition } from '../../lambda/metrics/aggregate.ts'
import { keyListPartition } from '../../lambda/metrics/dynamo-key-list.ts'
import type { Item } from '../../lambda/metrics/item.ts'
import { sampleRecord } from '../metrics/sample-record.ts'

/**
 * `npm run usage-speed`: how long the usage URL takes to answer for a month of 50 keys with 10 models each (15,500 sums of
 * days, 120 requests in each), through HTTP, in the local runtime: in a new process, then warm.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const cdkOut = join(root, 'node_modules/.cache/acceptance/cdk.out')
const rounds = 3
const keys = Array.from({ length: 50 }, (_, at) => `key${at}`)
const models = ['gpt-5', 'gpt-5-mini', 'gpt-4o', 'o3', 'o4-mini'].map((model) => ({ provider: 'openai', model }))
const claudes = ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'claude-opus-4-1', 'claude-sonnet-4']
const all = [...models, ...claudes.map((model) => ({ provider: 'anthropic', model }))]
const month = '2026-05'
const key = 'sk-sluice-usage-speed'

const times = `start_time=${Date.UTC(2026, 4, 1) / 1000}&end_time=${Date.UTC(2026, 5, 1) / 1000}&bucket_width=1d&limit=31`
const span = 'from=2026-05-01&to=2026-06-01'
const paths = [
  `/v1/organization/usage/completions?${times}`,
  `/v1/organization/usage/completions?${times}&group_by=model`,
  `/v1/organization/usage/completions?${times}&group_by=api_key_id,model`.replace('limit=31', 'limit=7'),
  `/v1/organization/costs?${times}&group_by=api_key_id`,
  `/v1/usage/summary?${span}`,
  `/v1/usage/summary?${span}&bucket=day&group_by=model`,
  `/v1/usage/summary?${span}&bucket=day&group_by=key`,
  // What the page asks for.
  `/v1/usage/overview?${span}&bucket=day&by=model`,
  `/v1/usage/requests?${span}&limit=25`,
]

const data = mkdtempSync(join(tmpdir(), 'sluice-usage-speed-'))
try {
  if (isStale(root, cdkOut)) {
    mkdirSync(cdkOut, { recursive: true })
    await synthesize(root, cdkOut)
  }
  const stored = keys.map((id) => ({ id, name: id, hash: hashKey(`sk-${id}`), createdAt: '2026-01-01T00:00:00Z' }))
  writeFileSync(join(data, 'secret.json'), JSON.stringify({ SLUICE_KEYS: stored }))
  const env = { PATH: process.env.PATH, SLUICE_KEY: key }
  const gateway = await startLocal({ cdkOut, dataDir: data, env, log: () => undefined })
  try {
    await seed(gateway)
    for (const path of paths) console.log(await measure(gateway, path))
  } finally {
    await gateway.close()
  }
} finally {
  rmSync(data, { recursive: true, force: true })
}

/** A line: the path, milliseconds cold and warm (median), CPU milliseconds of the function warm, size. */
async function measure(gateway: LocalGateway, path: string): Promise<string> {
  await endEnvironments(gateway)
  const cold = await ask(gateway, path)
  const warm: Awaited<ReturnType<typeof ask>>[] = []
  for (let round = 0; round < rounds; round++) warm.push(await ask(gateway, path))
  const median = (values: number[]) => values.sort((a, b) => a - b)[rounds >> 1] ?? 0
  const [wall, cpu] = [median(warm.map(({ ms }) => ms)), median(warm.map(({ cpuMs }) => cpuMs))]
  const text = [`cold ${cold.ms.toFixed(0)} ms`, `warm ${wall.toFixed(0)} ms (CPU ${cpu.toFixed(0)} ms)`]
  return `${text.join(', ').padEnd(48)} ${(cold.bytes / 1024).toFixed(0).padStart(5)} KB  ${path}`
}

async function ask(gateway: LocalGateway, path: string): Promise<{ ms: number; cpuMs: number; bytes: number }> {
  const before = cpuMs(gateway)
  const start = performance.now()
  const response = await fetch(gateway.usageUrl + path, { headers: { authorization: `Bearer ${key}` } })
  const { length } = await response.text()
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
  return { ms: performance.now() - start, cpuMs: cpuMs(gateway) - before, bytes: length }
}

function environments(gateway: LocalGateway) {
  return gateway.functions.find(({ name }) => name === 'usage')?.environments() ?? []
}

function cpuMs(gateway: LocalGateway): number {
  return environments(gateway).reduce((sum, { pid }) => sum + (processUsage(pid).cpuMs ?? 0), 0)
}

async function endEnvironments(gateway: LocalGateway): Promise<void> {
  for (const { pid } of environments(gateway)) process.kill(pid, 'SIGKILL')
  while (environments(gateway).length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function seed({ tableName = '', dynamodbEndpoint = '' }: LocalGateway): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint: dynamodbEndpoint, region: 'us-east-1', credentials })
  const days = Array.from({ length: 31 }, (_, at) => `${month}-${String(at + 1).padStart(2, '0')}`)
  const sums = Array.from({ length: 20 }, daySums)
  const items = keys.flatMap((keyId) => [
    { pk: { S: keyListPartition }, sk: { S: keyId } },
    ...days.flatMap((day) =>
      all.map(({ provider, model }, at): Item => {
        const sk = aggregateSortKey({ keyId, day, provider, model })
        return { pk: { S: usagePartition(keyId, month) }, sk: { S: sk }, ...sums[(at + Number(day.slice(8))) % 20] }
      }),
    ),
  ])
  for (let at = 0; at < items.length; at += 25) {
    const puts = items.slice(at, at + 25).map((item) => ({ PutRequest: { Item: item } }))
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: puts } }))
  }
  client.destroy()
}

/** The sums of a day of 120 requests, whose times spread as those of a model do. */
function daySums(): Item {
  const sums: Record<string, number> = {}
  for (let at = 0; at < 120; at++) {
    const ttftMs = 300 * 2 ** (Math.random() * 3)
    const record = {
      ...sampleRecord,
      ttftMs,
      durationMs: ttftMs * 2 ** (Math.random() * 5),
      costUsdMicros: 1_234,
      costReason: null,
    }
    addSums(sums, sumsOf({ ...record, status: at % 40 === 0 ? 'error' : 'success', cacheReadTokens: 1_000 }))
  }
  return Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, { N: String(value) }]))
}
