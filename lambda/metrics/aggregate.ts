import { createHash } from 'node:crypto'
import type { UsageShards } from '../config.ts'
import { countedModel, none } from './counted-model.ts'
import { bucketOf, type Histogram } from './histogram.ts'
import type { UsageRecord } from './record.ts'
import { kindOf } from './usage-kind.ts'

/** Sums over a day or an hour of one key, provider and model: attributes of the table's aggregate items, all whole numbers. */
export type Sums = Readonly<Record<string, number>>

/** Whose sums: one provider and model in one day or hour (UTC) of one key. */
export interface AggregateName {
  keyId: string
  /** `yyyy-mm-dd` */
  day: string
  /** 0 to 23; undefined for the sums of the day. */
  hour?: number
  /** `-` for requests that went to none. */
  provider: string
  /** As the client asked, without the provider's prefix; `-` if it was no model anyone has. */
  model: string
}

export const countedFields = [
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'cacheWrite1hTokens',
  'reasoningTokens',
  'audioInputTokens',
  'audioOutputTokens',
  'imageInputTokens',
  'imageOutputTokens',
  'characters',
  'images',
  'costUsdMicros',
  'bytesOut',
  'toolCalls',
  'attempts',
] as const satisfies readonly (keyof UsageRecord)[]

/** Times whose sum (in whole milliseconds) and histogram are kept. */
export const timedFields = { ttft: 'ttftMs', duration: 'durationMs' } as const
export type Timed = keyof typeof timedFields

/**
 * What a record adds to the sums of its day and hour; nothing that is 0. Beside the record's own counts: `requests`,
 * `streamed`, `estimated` (counts that are estimates), `unpriced` (cost unknown), `status_<status>`,
 * `kind_<kind>` (of `usage-kind.ts`, but for completions, which are the rest),
 * `tool_<server tool>`, `soundMs` (the record's `seconds`), `ttftMs` and `durationMs` (sums, each request rounded to a millisecond), and one
 * `ttft_<bucket>` and `duration_<bucket>` of `histogram.ts`.
 */
export function sumsOf(record: UsageRecord): Sums {
  const sums: Record<string, number> = {
    requests: 1,
    streamed: record.streamed ? 1 : 0,
    estimated: record.usageSource === 'estimated' ? 1 : 0,
    unpriced: record.costUsdMicros === null ? 1 : 0,
    [`status_${record.status}`]: 1,
  }
  const kind = kindOf(record.endpoint)
  if (kind !== 'completions') sums[`kind_${kind}`] = 1
  for (const field of countedFields) sums[field] = record[field] ?? 0
  sums.soundMs = Math.round((record.seconds ?? 0) * 1000)
  for (const [tool, count] of Object.entries(record.serverToolCounts ?? {})) sums[`tool_${tool}`] = count
  for (const [name, field] of Object.entries(timedFields)) {
    const ms = record[field]
    if (ms === null) continue
    sums[field] = Math.round(ms)
    sums[`${name}_${bucketOf(ms)}`] = 1
  }
  return Object.fromEntries(Object.entries(sums).filter(([, value]) => value !== 0))
}

/** The histogram in sums that were read. */
export function histogramIn(sums: Sums, timed: Timed): Histogram {
  const prefix = `${timed}_`
  const buckets = Object.entries(sums).filter(([name]) => name.startsWith(prefix))
  return new Map(buckets.map(([name, count]) => [Number(name.slice(prefix.length)), count]))
}

/** Adds sums to sums. */
export function addSums(sum: Record<string, number>, sums: Sums): void {
  for (const [name, value] of Object.entries(sums)) sum[name] = (sum[name] ?? 0) + value
}

/** The day and the hour a record counts in. */
export function aggregatesOf(record: UsageRecord): [day: AggregateName, hour: AggregateName] {
  const { keyId, startedAt } = record
  const name = { keyId, day: startedAt.slice(0, 10), provider: record.provider ?? none, model: countedModel(record) }
  return [name, { ...name, hour: Number(startedAt.slice(11, 13)) }]
}

/** The sort key of sums: `D#<dd>#<provider>#<model>` or `H#<dd>T<hh>#<provider>#<model>`. */
export function aggregateSortKey({ day, hour, provider, model }: AggregateName): string {
  const dd = day.slice(8, 10)
  const time = hour === undefined ? `D#${dd}` : `H#${dd}T${String(hour).padStart(2, '0')}`
  return `${time}#${provider}#${model}`
}

/** The name behind an aggregate item's keys; undefined if they are none. A provider has no `#` in it, a model may. */
export function readAggregateKeys(pk: string, sk: string): AggregateName | undefined {
  const [, keyId, month] = /^USE#([^#]+)#(\d{4}-\d{2})(?:#\d+)?$/.exec(pk) ?? []
  const [, dayOfDay, dayOfHour, hh, provider, model] = /^(?:D#(\d{2})|H#(\d{2})T(\d{2}))#([^#]*)#(.*)$/s.exec(sk) ?? []
  if (keyId === undefined || provider === undefined || model === undefined) return undefined
  const day = `${month}-${dayOfDay ?? dayOfHour}`
  return { keyId, day, ...(hh !== undefined && { hour: Number(hh) }), provider, model }
}

/** The partition of a key's month; a key with shards has several, the first of which looks like that of any other key. */
export function usagePartition(keyId: string, month: string, shard = 0): string {
  return `USE#${keyId}#${month}${shard === 0 ? '' : `#${shard}`}`
}

/** Every partition a reader has to sum for a key's month (`yyyy-mm`). */
export function usagePartitions(keyId: string, month: string, shards: UsageShards): string[] {
  return Array.from({ length: shardCount(keyId, shards) }, (_, shard) => usagePartition(keyId, month, shard))
}

/** The partition a record adds to: always the same one, so that a repeated write is the same write. */
export function partitionOf({ keyId, requestId, startedAt }: UsageRecord, shards: UsageShards): string {
  const shard = createHash('sha256').update(requestId).digest().readUInt32BE(0) % shardCount(keyId, shards)
  return usagePartition(keyId, startedAt.slice(0, 7), shard)
}

function shardCount(keyId: string, shards: UsageShards): number {
  return Object.hasOwn(shards, keyId) ? (shards[keyId] ?? 1) : 1
}
