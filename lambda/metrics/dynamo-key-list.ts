import type { Sdk } from './dynamo-store.ts'
import type { UsageRecord } from './record.ts'

/** Partition of the list of keys that ever left a record, with the key's id as sort key. */
export const keyListPartition = 'KEYS'

/**
 * Puts keys on the list by which a reader finds the usage of those that were revoked since. Once an environment and key,
 * and outside the record's transaction: the list is one partition that all keys share, and nothing may wait for it.
 */
export class KeyList {
  readonly #table: string
  readonly #listed = new Set<string>()

  constructor(table: string) {
    this.#table = table
  }

  /** @throws what the SDK throws; the next record of the key tries again */
  async add(sdk: Sdk, { keyId, startedAt }: Pick<UsageRecord, 'keyId' | 'startedAt'>, signal: AbortSignal) {
    if (this.#listed.has(keyId)) return
    const Update = {
      TableName: this.#table,
      Key: { pk: { S: keyListPartition }, sk: { S: keyId } },
      UpdateExpression: 'SET firstUsedAt = if_not_exists(firstUsedAt, :at)',
      ExpressionAttributeValues: { ':at': { S: startedAt } },
    }
    await sdk.client.send(new sdk.TransactWriteItemsCommand({ TransactItems: [{ Update }] }), { abortSignal: signal })
    this.#listed.add(keyId)
  }
}
