import { createHash } from 'node:crypto'
import type { TransactWriteItem, TransactWriteItemsInput, Update } from '@aws-sdk/client-dynamodb'
import type { Settings } from '../config.ts'
import { aggregateSortKey, aggregatesOf, partitionOf, type Sums, sumsOf } from './aggregate.ts'
import { itemOf } from './item.ts'
import type { UsageRecord } from './record.ts'

export type TransactionSettings = Pick<Settings, 'table' | 'recordDays' | 'usageShards'>

/**
 * All that a record changes, as one: its item, unless it is there already; the sums of its day and hour; what its key has
 * spent. Either all of it happens or nothing, and since the item's condition fails the second time, all of it once.
 * Two write units an item and kilobyte, so 6 to 10 a request.
 */
export function transactionOf(record: UsageRecord, settings: TransactionSettings): TransactWriteItemsInput {
  const { table } = settings
  const Item = itemOf(record, settings.recordDays)
  const pk = partitionOf(record, settings.usageShards)
  const sums = sumsOf(record)
  const items: TransactWriteItem[] = [
    { Put: { TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' } },
    ...aggregatesOf(record).map((name) => ({ Update: addition(table, pk, aggregateSortKey(name), sums) })),
  ]
  if (record.costUsdMicros) {
    // The key's item may not exist yet: ADD makes it.
    items.push({ Update: addition(table, `KEY#${record.keyId}`, 'KEY', { spendMicros: record.costUsdMicros }) })
  }
  return { TransactItems: items, ClientRequestToken: tokenOf(record.requestId) }
}

/** Adds to the number attributes of an item, which is made if it is not there. */
export function addition(TableName: string, pk: string, sk: string, sums: Sums): Update {
  const entries = Object.entries(sums)
  return {
    TableName,
    Key: { pk: { S: pk }, sk: { S: sk } },
    // By number, since names of tools may hold anything.
    UpdateExpression: `ADD ${entries.map((_, at) => `#a${at} :a${at}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], at) => [`#a${at}`, name])),
    ExpressionAttributeValues: Object.fromEntries(entries.map(([, value], at) => [`:a${at}`, { N: String(value) }])),
  }
}

/** 36 characters, which is all a client token may have; a request id is longer. */
export function tokenOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 36)
}
