import type { UsageShards } from '../config.ts'
import { recordOf, requestPartition } from '../metrics/item.ts'
import type { RecordStatus, UsageRecord } from '../metrics/record.ts'
import { type ActiveDay, ActiveDays } from './active-days.ts'
import { mapBounded } from './bounded.ts'
import { dayMs, floorTo, type Period } from './period.ts'
import { readRequestId, uuidFloor, uuidOf } from './request-id.ts'
import { pagesOf, type TableReader } from './table-reader.ts'

/** Partitions (one a key and day) that one call opens; beyond it the page ends early, with a position to go on from. */
const maxPartitions = 2_000
/** Pages of up to 1 MB (about 1,000 records) that one call reads of one partition. Only rare filters meet it. */
const maxPages = 10
/** Items of a page at least, so that a filter does not turn one question into hundreds. */
const minPageItems = 50

export interface RequestFilter {
  /** Ids of the keys whose requests are wanted. */
  keys: readonly string[]
  /** Over how many partitions their aggregates are spread. */
  shards: UsageShards
  period: Period
  /** As the client asked for it, with or without the provider, or as the provider says it served. */
  model?: string
  provider?: string
  status?: RecordStatus
}

export interface RequestPage {
  /** Newest first. */
  records: UsageRecord[]
  /**
   * Where the next page begins; absent when there is nothing older in the period. A page may be shorter than asked for
   * and still have a next one: then reading on would have taken too long.
   */
  next?: string
}

/** One request by its id, which names its key and its day. */
export async function readRequest(table: TableReader, requestId: string): Promise<UsageRecord | undefined> {
  const parts = readRequestId(requestId)
  const item = parts && (await table.get(requestPartition(parts.keyId, new Date(parts.at).toISOString()), requestId))
  return item && recordOf(item)
}

/**
 * The latest requests of some keys, merged: each day's partitions are read newest first, then those of the day before.
 * @param limit records a page has at most
 * @param before `next` of the page before
 */
export async function latestRequests(
  table: TableReader,
  filter: RequestFilter,
  limit: number,
  before?: string,
): Promise<RequestPage> {
  const { from, to } = filter.period
  const ceiling = before ?? uuidFloor(to)
  const records: UsageRecord[] = []
  const active = new ActiveDays(table, filter.keys, filter.shards)
  let opened = 0
  // Of the newest day all keys are asked: it most often has them all, and asking which would take as long as looking.
  let next: ActiveDay | undefined = { day: lastDay(ceiling), keys: [...filter.keys] }
  for (; next && next.day + dayMs > from; next = await active.before(next.day, from)) {
    const { day, keys }: ActiveDay = next
    if (opened > 0 && opened + keys.length > maxPartitions) return { records, next: uuidFloor(day + dayMs) }
    opened += keys.length
    const slice = { floor: uuidFloor(Math.max(day, from)), ceiling, day }
    // One more than wanted: whether there is a next page must be known, not guessed.
    const wanted = limit + 1 - records.length
    const runs = await mapBounded(keys, (keyId) => readRun(table, filter, keyId, slice, wanted))
    const { found, reached } = mergeRuns(runs)
    records.push(...found)
    if (records.length > limit) return { records: records.slice(0, limit), next: positionOf(records[limit - 1]) }
    if (reached !== undefined) return { records, next: reached }
  }
  return { records }
}

/** The day whose last moment is before the ceiling. */
function lastDay(ceiling: string): number {
  const at = Number.parseInt(ceiling.slice(0, 8) + ceiling.slice(9, 13), 16)
  const isFloor = ceiling === uuidFloor(at)
  return floorTo(dayMs, isFloor ? at - 1 : at)
}

function positionOf(record: UsageRecord | undefined): string {
  return record ? uuidOf(record.requestId) : ''
}

interface Slice {
  day: number
  /** Inclusive. */
  floor: string
  /** Exclusive. */
  ceiling: string
}

/** What was read of one partition, newest first. */
interface Run {
  records: UsageRecord[]
  /** UUID down to which nothing is missing; absent if the partition was read to its end. */
  reached?: string
}

async function readRun(
  table: TableReader,
  filter: RequestFilter,
  keyId: string,
  { day, floor, ceiling }: Slice,
  wanted: number,
): Promise<Run> {
  const question = {
    pk: requestPartition(keyId, new Date(day).toISOString()),
    range: { from: `${keyId}-${floor}`, to: `${keyId}-${ceiling}` },
    newestFirst: true,
    limit: Math.max(wanted, minPageItems),
  }
  const records: UsageRecord[] = []
  let reached: string | undefined
  for await (const page of pagesOf(table, question, maxPages)) {
    // The table's bounds are inclusive, the ceiling is not.
    const read = page.items.map(recordOf).filter(({ requestId }) => uuidOf(requestId) < ceiling)
    records.push(...read.filter((record) => matches(record, filter)))
    reached = page.next && uuidOf(page.next)
    if (records.length >= wanted) break
  }
  return { records, ...(reached !== undefined && { reached }) }
}

/** Newest first, as far back as every run goes. */
function mergeRuns(runs: readonly Run[]): { found: UsageRecord[]; reached?: string } {
  const ends = runs.flatMap(({ reached }) => reached ?? [])
  const reached = ends.length > 0 ? ends.reduce((a, b) => (a > b ? a : b)) : undefined
  const found = runs
    .flatMap(({ records }) => records)
    .filter(({ requestId }) => reached === undefined || uuidOf(requestId) >= reached)
    .sort((a, b) => (uuidOf(a.requestId) < uuidOf(b.requestId) ? 1 : -1))
  return { found, ...(reached !== undefined && { reached }) }
}

function matches(record: UsageRecord, { model, provider, status }: RequestFilter): boolean {
  return (
    (status === undefined || record.status === status) &&
    (provider === undefined || record.provider === provider) &&
    (model === undefined || isModel(record, model))
  )
}

function isModel({ model: asked, servedModel, provider }: UsageRecord, wanted: string): boolean {
  return wanted === asked || wanted === servedModel || (provider !== null && asked === `${provider}/${wanted}`)
}
