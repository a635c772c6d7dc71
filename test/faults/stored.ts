import { type AttributeValue, DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb'
import type { Services } from '../support/services.ts'
import type { StoredOutcome } from './judge.ts'

type Item = Record<string, AttributeValue>

/** How long records may lag behind their answers, milliseconds. */
const lagMs = 5_000

/**
 * The records of these models' requests since `startedAt`, by model without its provider. Waits until each model has one,
 * for up to 5 s.
 */
export async function readRecords(
  services: Services,
  startedAt: number,
  models: ReadonlySet<string>,
): Promise<Map<string, StoredOutcome[]>> {
  const deadline = Date.now() + lagMs
  for (;;) {
    const found = await queryAll(services, startedAt, models)
    if (found.size === models.size || Date.now() > deadline) return found
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function queryAll({ gateways }: Services, startedAt: number, models: ReadonlySet<string>) {
  const { dynamodbEndpoint: endpoint, tableName } = gateways.normal
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
  const found = new Map<string, StoredOutcome[]>()
  for await (const item of itemsSince(client, tableName, startedAt)) {
    const model = item.model?.S?.split('/').at(-1) ?? ''
    if (models.has(model)) found.set(model, [...(found.get(model) ?? []), outcomeIn(item)])
  }
  client.destroy()
  return found
}

/** The local key's records, page by page. */
async function* itemsSince(client: DynamoDBClient, tableName: string, startedAt: number): AsyncGenerator<Item> {
  // A UUIDv7 begins with its time: 48 bits of milliseconds.
  const time = (startedAt - 1).toString(16).padStart(12, '0')
  for (const day of new Set([startedAt, Date.now()].map((at) => new Date(at).toISOString().slice(0, 10)))) {
    const query = {
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk AND sk >= :from',
      ExpressionAttributeValues: {
        ':pk': { S: `REQ#local#${day}` },
        ':from': { S: `local-${time.slice(0, 8)}-${time.slice(8)}` },
      },
    }
    for await (const { Items } of paginateQuery({ client }, query)) yield* Items ?? []
  }
}

function outcomeIn({ requestId, sk, status, httpStatus, errorCode }: Item): StoredOutcome {
  return {
    requestId: requestId?.S ?? sk?.S ?? '',
    status: status?.S ?? '',
    httpStatus: Number(httpStatus?.N),
    errorCode: errorCode?.S,
  }
}
