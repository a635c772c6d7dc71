import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteTableCommand, DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { startDynamodb } from '../../infra/local/dynamodb.ts'
import { ensureTable } from '../../infra/local/local-table.ts'
import type { RecorderOptions } from '../../lambda/metrics/dynamo.ts'
import type { Item } from '../../lambda/metrics/item.ts'

/** A DynamoDB with the gateway's table, and hands to look into it. */
export interface TestTable {
  endpoint: string
  client: DynamoDBClient
  settings: RecorderOptions['settings']
  get(pk: string, sk: string): Promise<Item | undefined>
  /** All items of a partition. */
  query(pk: string): Promise<Item[]>
  close(): Promise<void>
}

const region = 'eu-central-1'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** The database of a test run: an embedded one of its own, or the one that `SLUICE_TEST_DYNAMODB` is the URL of. */
async function startEngine(): Promise<{ endpoint: string; close(): Promise<void> }> {
  const given = process.env.SLUICE_TEST_DYNAMODB
  if (given) return { endpoint: given, close: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), 'sluice-table-'))
  const { endpoint, close } = await startDynamodb(folder, () => undefined)
  return {
    endpoint,
    async close() {
      await close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function startTestTable(): Promise<TestTable> {
  const { endpoint, close } = await startEngine()
  // A database that others use too has tables of other runs.
  const table = `records-${randomUUID()}`
  const key = (AttributeName: 'pk' | 'sk', KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType })
  await ensureTable(endpoint, region, {
    tableName: table,
    attributes: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    keys: [key('pk', 'HASH'), key('sk', 'RANGE')],
    ttlAttribute: 'expiresAt',
  })
  const client = new DynamoDBClient({ endpoint, region, credentials })
  return {
    endpoint,
    client,
    settings: { table, recordDays: 90, usageShards: {}, region, credentials, endpoints: { dynamodb: endpoint } },
    async get(pk, sk) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: { pk: { S: pk }, sk: { S: sk } } }),
      )
      return Item
    },
    async query(pk) {
      const items: Item[] = []
      let ExclusiveStartKey: Item | undefined
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': { S: pk } },
            ...(ExclusiveStartKey && { ExclusiveStartKey }),
          }),
        )
        items.push(...(page.Items ?? []))
        ExclusiveStartKey = page.LastEvaluatedKey
      } while (ExclusiveStartKey)
      return items
    },
    async close() {
      await client.send(new DeleteTableCommand({ TableName: table }))
      client.destroy()
      await close()
    },
  }
}
