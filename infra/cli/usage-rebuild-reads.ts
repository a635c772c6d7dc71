import { paginateQuery, paginateScan, type QueryCommandInput } from '@aws-sdk/client-dynamodb'
import {
  addSums,
  aggregateSortKey,
  aggregatesOf,
  readAggregateKeys,
  sumsOf,
  usagePartitions,
} from '../../lambda/metrics/aggregate.ts'
import { type Item, recordOf } from '../../lambda/metrics/item.ts'
import type { UsageTable } from './usage-table.ts'

/** A key that something is stored of on a day (`yyyy-mm-dd`). */
export interface KeyDay {
  keyId: string
  day: string
  /** Partitions of its sums of that month, there or not: several for a key with shards, now or in the past. */
  partitions: string[]
}

/** Sums by the sort key of their aggregate, all shards together. */
export type SumsByKey = ReadonlyMap<string, Readonly<Record<string, number>>>

/**
 * All keys with records or sums. Nothing lists them (a list would be one more write for every request, and keys that
 * were revoked are in no list), so this reads the whole table, its keys only: half a read unit for 4 KB of items.
 */
export async function findKeys(table: UsageTable, day: string, seen: (items: number) => void): Promise<KeyDay[]> {
  const month = day.slice(0, 7)
  const keys = new Map<string, Set<string>>()
  let items = 0
  const pages = paginateScan(
    { client: table.client },
    {
      TableName: table.settings.table,
      ProjectionExpression: 'pk',
      FilterExpression:
        '(begins_with(pk, :req) AND contains(pk, :day)) OR (begins_with(pk, :use) AND contains(pk, :month))',
      ExpressionAttributeValues: {
        ':req': { S: 'REQ#' },
        ':day': { S: `#${day}` },
        ':use': { S: 'USE#' },
        ':month': { S: `#${month}` },
      },
    },
  )
  for await (const { Items = [], ScannedCount = 0 } of pages) {
    items += ScannedCount
    seen(items)
    for (const { pk } of Items) {
      const [kind, keyId = ''] = pk?.S?.split('#') ?? []
      const partitions = keys.get(keyId) ?? new Set()
      if (kind === 'USE' && pk?.S) partitions.add(pk.S)
      keys.set(keyId, partitions)
    }
  }
  return [...keys].map(([keyId, found]) => {
    // Also those that requests may be making right now.
    const partitions = [...found, ...usagePartitions(keyId, month, table.settings.usageShards)]
    return { keyId, day, partitions: [...new Set(partitions)] }
  })
}

/** What the records of a key and day add up to. */
export async function recordSums(
  table: UsageTable,
  { keyId, day }: KeyDay,
): Promise<{ sums: SumsByKey; count: number }> {
  const sums = new Map<string, Record<string, number>>()
  let count = 0
  for await (const item of query(table, `REQ#${keyId}#${day}`)) {
    const record = recordOf(item)
    const added = sumsOf(record)
    for (const name of aggregatesOf(record)) addTo(sums, aggregateSortKey(name), added)
    count++
  }
  return { sums, count }
}

/** The sums of a key and day that are stored. */
export async function storedSums(table: UsageTable, { partitions, day }: KeyDay): Promise<SumsByKey> {
  const sums = new Map<string, Record<string, number>>()
  const dd = day.slice(8, 10)
  for (const pk of partitions) {
    for (const prefix of [`D#${dd}#`, `H#${dd}T`]) {
      for await (const item of query(table, pk, prefix)) {
        const sk = item.sk?.S ?? ''
        if (readAggregateKeys(pk, sk)) addTo(sums, sk, numbersIn(item))
      }
    }
  }
  return sums
}

function addTo(sums: Map<string, Record<string, number>>, sk: string, added: Readonly<Record<string, number>>): void {
  const sum = sums.get(sk) ?? {}
  addSums(sum, added)
  sums.set(sk, sum)
}

function numbersIn(item: Item): Record<string, number> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, { N }]) => (N === undefined ? [] : [[name, Number(N)]])),
  )
}

/** The items of a partition, as they are at this moment. */
async function* query({ client, settings }: UsageTable, pk: string, prefix?: string): AsyncGenerator<Item> {
  const input: QueryCommandInput = {
    TableName: settings.table,
    ConsistentRead: true,
    KeyConditionExpression: prefix === undefined ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': { S: pk }, ...(prefix !== undefined && { ':prefix': { S: prefix } }) },
  }
  for await (const { Items = [] } of paginateQuery({ client }, input)) yield* Items
}
