import { uuidV7 } from '../../lambda/events/ids.ts'
import { createLogger } from '../../lambda/log.ts'
import { createRecorder } from '../../lambda/metrics/dynamo.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { sampleRecord } from '../metrics/sample-record.ts'

/** A record of a request that came then; the rest as in the sample unless said. */
export function recordAt(at: number, keyId: string, fields: Partial<UsageRecord> = {}): UsageRecord {
  const requestId = `${keyId}-${uuidV7(at)}`
  return { ...sampleRecord, ...fields, requestId, keyId, startedAt: new Date(at).toISOString() }
}

/** Writes records as the gateway does. @throws if one is spilled */
export async function store(
  records: readonly UsageRecord[],
  { tableName, dynamodbEndpoint }: { tableName: string; dynamodbEndpoint: string },
  usageShards: Readonly<Record<string, number>> = { anonymous: 8 },
): Promise<void> {
  const spilled: string[] = []
  const settings = {
    table: tableName,
    recordDays: 90,
    usageShards,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoints: { dynamodb: dynamodbEndpoint },
  }
  const recorder = createRecorder({ settings, logger: createLogger((line) => spilled.push(line)), timeoutMs: 20_000 })
  const waiting = records.values()
  const writer = async () => {
    for (const record of waiting) await recorder.record(record)
  }
  await Promise.all([writer(), writer(), writer(), writer()])
  if (spilled.length > 0) throw new Error(`spilled: ${spilled[0]}`)
}

type Counted = {
  [Field in keyof UsageRecord]: UsageRecord[Field] extends number | null ? Field : never
}[keyof UsageRecord]

/** The sum of a field, added up from the records themselves. */
export function sum(records: readonly UsageRecord[], field: Counted): number {
  return records.reduce((total, record) => total + (record[field] ?? 0), 0)
}

/** Three weeks of May 2026: three keys and strangers, six models of two providers, all kinds of endpoints, all statuses. */
export function seededMonth(): UsageRecord[] {
  const records: UsageRecord[] = []
  for (let day = 1; day <= 21; day++) {
    for (const [at, keyId] of ['alpha', 'beta', 'gamma'].entries()) {
      for (const [index, work] of works.entries()) {
        if ((day + at + index) % 3 === 0) continue
        const time = Date.UTC(2026, 4, day, (day * 5 + index * 3) % 24, at, index)
        records.push(recordAt(time, keyId, { ...work, ttftMs: 100 + day * 10, durationMs: 1000 + day * 100 }))
      }
    }
    records.push(recordAt(Date.UTC(2026, 4, day, 12), 'anonymous', rejected))
  }
  return records
}

/** What the provider never saw. */
const rejected: Partial<UsageRecord> = {
  provider: null,
  model: 'nonsense',
  servedModel: null,
  status: 'rejected',
  httpStatus: 401,
  errorCode: 'authentication',
  attempts: 0,
  inputTokens: null,
  outputTokens: null,
  cacheWriteTokens: null,
  serverToolCounts: null,
  costUsdMicros: 0,
  costReason: 'not-billed',
  ttftMs: null,
  usageSource: 'none',
}

const works: Partial<UsageRecord>[] = [
  { provider: 'openai', model: 'gpt-5', costUsdMicros: 1_234, inputTokens: 100, cacheReadTokens: 50, outputTokens: 20 },
  { provider: 'anthropic', model: 'anthropic/claude-sonnet-4-5', costUsdMicros: 5_000, cacheWrite1hTokens: 7 },
  {
    provider: 'anthropic',
    model: 'claude-haiku-4-5',
    costUsdMicros: 77,
    status: 'truncated',
    errorCode: 'upstream_truncated',
  },
  {
    provider: 'openai',
    model: 'text-embedding-3-small',
    endpoint: '/embeddings',
    costUsdMicros: 3,
    inputTokens: 900,
    outputTokens: null,
    cacheWriteTokens: null,
  },
  { provider: 'openai', model: 'tts-1', endpoint: '/audio/speech', costUsdMicros: null, characters: 321 },
  { provider: 'openai', model: 'whisper-1', endpoint: '/audio/transcriptions', costUsdMicros: 60, seconds: 12.345 },
  { provider: 'openai', model: 'gpt-image-1', endpoint: '/images/generations', costUsdMicros: 40_000, images: 2 },
]
