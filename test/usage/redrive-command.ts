import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { Item } from '../../lambda/metrics/item.ts'

const script = fileURLToPath(new URL('../../infra/cli/usage.ts', import.meta.url))

/** The command a person runs, with the log of the functions; gives what it says. */
export function redriveByCommand(lines: readonly string[], dynamodbEndpoint: string, home: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: home, AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint }
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [script, 'redrive', '-'], { env, timeout: 30_000 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    )
    child.stdin?.end(`${lines.join('\n')}\n`)
  })
}

/** Everything that is in the table. */
export async function itemsIn(tableName: string | undefined, endpoint: string): Promise<Item[]> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
  const items: Item[] = []
  let ExclusiveStartKey: Item | undefined
  do {
    const page = await client.send(
      new ScanCommand({ TableName: tableName, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    )
    items.push(...(page.Items ?? []))
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey)
  client.destroy()
  return items
}

/** The sum of an attribute over items whose sort key begins so. */
export function sumOf(items: readonly Item[], sk: string, name: string): number {
  return items.filter((item) => item.sk?.S?.startsWith(sk)).reduce((sum, item) => sum + Number(item[name]?.N ?? 0), 0)
}
