import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import type { TableSpec } from './template.ts'

/** The database the user named does not answer. */
export class TableError extends Error {
  constructor(endpoint: string, cause: unknown) {
    super(`No DynamoDB answers at ${endpoint}: ${(cause as Error).message || (cause as NodeJS.ErrnoException).code}`, {
      cause,
    })
    this.name = 'TableError'
  }
}

/** Creates the template's table where it does not exist yet: on demand, with the template's keys and expiry. @throws {TableError} */
export async function ensureTable(endpoint: string, region: string, table: TableSpec): Promise<'created' | 'existing'> {
  const client = new DynamoDBClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 3,
  })
  try {
    if (await tableExists(client, table.tableName)) return 'existing'
    await client.send(
      new CreateTableCommand({
        TableName: table.tableName,
        AttributeDefinitions: table.attributes,
        KeySchema: table.keys,
        BillingMode: 'PAY_PER_REQUEST',
      }),
    )
    if (table.ttlAttribute) {
      const TimeToLiveSpecification = { AttributeName: table.ttlAttribute, Enabled: true }
      await client.send(new UpdateTimeToLiveCommand({ TableName: table.tableName, TimeToLiveSpecification }))
    }
    return 'created'
  } catch (error) {
    throw new TableError(endpoint, error)
  } finally {
    client.destroy()
  }
}

async function tableExists(client: DynamoDBClient, TableName: string): Promise<boolean> {
  try {
    await client.send(new DescribeTableCommand({ TableName }))
    return true
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false
    throw error
  }
}
