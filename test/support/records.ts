import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { inject } from 'vitest'

/** Fields of a record as plain values; an attribute that is not there is undefined. */
export type StoredRecord = Record<string, string | number | boolean | string[] | undefined>

const client = () =>
  new DynamoDBClient({
    endpoint: inject('services').gateways.normal.dynamodbEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
let shared: DynamoDBClient | undefined

/** The record of an answer, by the id in its headers; it is written after the answer, so this waits for it, up to 5 s. */
export async function readRecord(requestId: string): Promise<StoredRecord> {
  shared ??= client()
  const { keyId, day } = partsOf(requestId)
  const key = { pk: { S: `REQ#${keyId}#${day}` }, sk: { S: requestId } }
  const deadline = Date.now() + 5000
  for (;;) {
    const { Item } = await shared.send(
      new GetItemCommand({ TableName: inject('services').gateways.normal.tableName, Key: key }),
    )
    if (Item) {
      return Object.fromEntries(
        Object.entries(Item).map(([name, { S, N, BOOL, L }]) => [
          name,
          S ?? BOOL ?? L?.map((text) => text.S ?? '') ?? Number(N),
        ]),
      )
    }
    if (Date.now() > deadline) throw new Error(`no record ${requestId}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** How many of the latest records of a key name this model; those of the last minutes are well within one page. */
export async function countRecords(model: string, keyId = 'local'): Promise<number> {
  shared ??= client()
  const { Count } = await shared.send(
    new QueryCommand({
      TableName: inject('services').gateways.normal.tableName,
      KeyConditionExpression: 'pk = :pk',
      ScanIndexForward: false,
      FilterExpression: '#model = :model',
      ExpressionAttributeNames: { '#model': 'model' },
      ExpressionAttributeValues: {
        ':pk': { S: `REQ#${keyId}#${new Date().toISOString().slice(0, 10)}` },
        ':model': { S: model },
      },
    }),
  )
  return Count ?? 0
}

/** `<keyId>-<UUIDv7>`, whose first 48 bits are the time in milliseconds. */
function partsOf(requestId: string): { keyId: string; day: string } {
  const uuid = requestId.slice(-36)
  const at = Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)
  return { keyId: requestId.slice(0, -37), day: new Date(at).toISOString().slice(0, 10) }
}
