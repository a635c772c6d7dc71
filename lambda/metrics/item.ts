import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { UsageRecord } from './record.ts'

/** An item of the table as the low-level API has it. */
export type Item = Record<string, AttributeValue>

type AttributeKind = 'text' | 'number' | 'flag' | 'texts' | 'numbers'

/** How each field of a record is stored. A field the table does not name breaks the build. */
const attributes = {
  requestId: 'text',
  startedAt: 'text',
  keyId: 'text',
  clientFormat: 'text',
  upstreamFormat: 'text',
  endpoint: 'text',
  mode: 'text',
  provider: 'text',
  model: 'text',
  servedModel: 'text',
  streamed: 'flag',
  status: 'text',
  httpStatus: 'number',
  errorCode: 'text',
  finishReason: 'text',
  rawFinishReason: 'text',
  inputTokens: 'number',
  outputTokens: 'number',
  cacheReadTokens: 'number',
  cacheWriteTokens: 'number',
  cacheWrite1hTokens: 'number',
  reasoningTokens: 'number',
  audioInputTokens: 'number',
  audioOutputTokens: 'number',
  imageInputTokens: 'number',
  imageOutputTokens: 'number',
  characters: 'number',
  seconds: 'number',
  images: 'number',
  serverToolCounts: 'numbers',
  serviceTier: 'text',
  costUsdMicros: 'number',
  costSource: 'text',
  costReason: 'text',
  priceVersion: 'text',
  upstreamHeadersMs: 'number',
  ttfbMs: 'number',
  ttftMs: 'number',
  gapP95Ms: 'number',
  gapMaxMs: 'number',
  tokensPerSecond: 'number',
  durationMs: 'number',
  frames: 'number',
  bytesOut: 'number',
  toolCalls: 'number',
  attempts: 'number',
  failedAttempts: 'texts',
  usageSource: 'text',
  losses: 'texts',
  userAgent: 'text',
  upstreamRequestId: 'text',
} as const satisfies Record<keyof UsageRecord, AttributeKind>

const writers = {
  text: (value) => ({ S: String(value) }),
  number: (value) => ({ N: String(value) }),
  flag: (value) => ({ BOOL: value === true }),
  texts: (value) => ({ L: (value as string[]).map((text) => ({ S: text })) }),
  numbers: (value) => ({
    M: Object.fromEntries(Object.entries(value as object).map(([name, count]) => [name, { N: String(count) }])),
  }),
} as const satisfies Record<AttributeKind, (value: unknown) => AttributeValue>

const readers = {
  text: ({ S }) => S,
  number: ({ N }) => Number(N),
  flag: ({ BOOL }) => BOOL,
  texts: ({ L }) => L?.map(({ S }) => S),
  numbers: ({ M }) => M && Object.fromEntries(Object.entries(M).map(([name, { N }]) => [name, Number(N)])),
} as const satisfies Record<AttributeKind, (attribute: AttributeValue) => unknown>

/** Partition of the request items of one key and day; `startedAt` is ISO 8601 in UTC. */
export function requestPartition(keyId: string, startedAt: string): string {
  return `REQ#${keyId}#${startedAt.slice(0, 10)}`
}

/**
 * The request item of a record: every field under its own name, typed. A null is left out, since a gap reads as null,
 * costs no bytes and keeps the attribute out of filters.
 * @param recordDays days after the request's start at which the item expires (`expiresAt`, in epoch seconds); counted
 *   from the start and not from the writing, so that writing it again later gives the same item
 */
export function itemOf(record: UsageRecord, recordDays: number): Item {
  const item: Item = {
    pk: { S: requestPartition(record.keyId, record.startedAt) },
    sk: { S: record.requestId },
    expiresAt: { N: String(Math.floor(Date.parse(record.startedAt) / 1000) + recordDays * 86_400) },
  }
  for (const [name, kind] of Object.entries(attributes)) {
    // A log line of an older gateway, stored later, lacks what was not known then.
    const value = record[name as keyof UsageRecord] ?? null
    if (value !== null) item[name] = writers[kind](value)
  }
  return item
}

/** The record in an item that `itemOf` made. Fields an older gateway did not write yet are null. */
export function recordOf(item: Item): UsageRecord {
  const fields = Object.entries(attributes).map(([name, kind]) => {
    const attribute = item[name]
    return [name, attribute ? (readers[kind](attribute) ?? null) : null]
  })
  return Object.fromEntries(fields) as UsageRecord
}
