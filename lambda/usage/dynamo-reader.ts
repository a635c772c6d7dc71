import type { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { AwsCredentials } from '../config.ts'
import type { Item } from '../metrics/item.ts'
import type { ItemPage, PartitionQuery, TableReader } from './table-reader.ts'

const connectTimeoutMs = 2_000
/** A page of 1 MB takes some hundred milliseconds; beyond this an attempt is given up and made again. */
const attemptTimeoutMs = 10_000
const maxAttempts = 4
/** More than the readers ask for at once. */
const maxSockets = 32

export interface DynamoReaderOptions {
  /** Name or ARN of the table. */
  table: string
  /** Both as every AWS SDK finds them if they are not given. */
  region?: string
  credentials?: AwsCredentials
  endpoint?: string
}

/** The client and the commands, wherever they come from. */
export interface ReaderSdk {
  client: Pick<DynamoDBClient, 'send'>
  GetItemCommand: typeof import('./dynamo-client.ts')['GetItemCommand']
  QueryCommand: typeof import('./dynamo-client.ts')['QueryCommand']
}

/** Starts to load the SDK at once, so that at module scope it happens in the platform's initialisation time. */
export function createDynamoReader(options: DynamoReaderOptions): TableReader {
  const connecting = connect(options)
  connecting.catch(() => undefined) // the first read reports it
  return dynamoReader(() => connecting, options.table)
}

/** Reads are eventually consistent: half the price, and a record shows up within a second. */
export function dynamoReader(load: () => Promise<ReaderSdk>, table: string): TableReader {
  return {
    async get(pk, sk) {
      const { client, GetItemCommand } = await load()
      const key = { pk: { S: pk }, sk: { S: sk } }
      return (await client.send(new GetItemCommand({ TableName: table, Key: key }))).Item
    },
    async query(question) {
      const { client, QueryCommand } = await load()
      const { Items = [], LastEvaluatedKey } = await client.send(new QueryCommand(queryInput(table, question)))
      return pageOf(Items, LastEvaluatedKey)
    },
  }
}

async function connect({ region, credentials, endpoint }: DynamoReaderOptions): Promise<ReaderSdk> {
  const { DynamoDBClient, GetItemCommand, QueryCommand } = await import('./dynamo-client.ts')
  const client = new DynamoDBClient({
    ...(region && { region }),
    ...(credentials && { credentials }),
    ...(endpoint && { endpoint }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: attemptTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
    },
  })
  // It prepares every answer for a log that nobody keeps, which is a fifth of the time that reading a month takes.
  client.middlewareStack.remove('loggerMiddleware')
  readPlainly(client)
  return { client, GetItemCommand, QueryCommand }
}

/**
 * The answers of these two commands are what their JSON says: only binary attributes, of which there are none, would differ.
 * The SDK walks through each by its schema, which takes three times as long as the rest of reading a month.
 */
function readPlainly(client: DynamoDBClient): void {
  const protocol = client.config.protocol as unknown as Protocol
  const bySchema = protocol.deserializeResponse.bind(protocol)
  protocol.deserializeResponse = async (operation, context, response) => {
    if (response.statusCode !== 200) return bySchema(operation, context, response)
    return { ...((await json(response.body)) as object), $metadata: { httpStatusCode: 200 } }
  }
}

/** The one method of the SDK's protocol that is replaced, whose own type depends on each operation. */
interface Protocol {
  deserializeResponse(
    operation: unknown,
    context: unknown,
    response: { statusCode: number; body: Readable },
  ): Promise<unknown>
}

function queryInput(TableName: string, { pk, range, newestFirst, only, limit, after }: PartitionQuery) {
  return {
    TableName,
    KeyConditionExpression: range ? 'pk = :pk AND sk BETWEEN :from AND :to' : 'pk = :pk',
    ExpressionAttributeValues: {
      ':pk': { S: pk },
      ...(range && { ':from': { S: range.from }, ':to': { S: range.to } }),
    },
    ScanIndexForward: !newestFirst,
    ...(only && {
      // By number, since some names are words of the language.
      ProjectionExpression: only.map((_, at) => `#${at}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(only.map((name, at) => [`#${at}`, name])),
    }),
    ...(limit !== undefined && { Limit: limit }),
    ...(after !== undefined && { ExclusiveStartKey: { pk: { S: pk }, sk: { S: after } } }),
  }
}

function pageOf(items: Item[], last: Item | undefined): ItemPage {
  const next = last?.sk?.S
  return { items, ...(next !== undefined && { next }) }
}
