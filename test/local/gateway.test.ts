import { join } from 'node:path'
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogLine } from '../../infra/local/function-spec.ts'
import { type LocalGateway, startLocal } from '../../infra/local/gateway.ts'
import { readyText } from '../../infra/local/ready.ts'
import { type Folder, fixtureTemplate, temporaryFolder, writeAssembly } from './assembly.ts'

const clientOptions = (endpoint: string | undefined) => ({
  endpoint: endpoint ?? '',
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
})

let folder: Folder
let gateway: LocalGateway
const lines: LogLine[] = []

function start(env: Record<string, string> = {}): Promise<LocalGateway> {
  const { path } = folder
  return startLocal({
    cdkOut: join(path, 'cdk.out'),
    dataDir: join(path, 'data'),
    env,
    log: (line) => lines.push(line),
  })
}

async function environment(): Promise<Record<string, string>> {
  return JSON.parse(await (await fetch(`${gateway.streamUrl}/environment`)).text())
}

beforeAll(async () => {
  folder = temporaryFolder()
  writeAssembly(join(folder.path, 'cdk.out'))
  gateway = await start()
})
afterAll(async () => {
  await gateway.close()
  folder.remove()
})

describe('the local gateway', () => {
  test('serves every function of the template', async () => {
    expect(gateway.functions.map((each) => each.name)).toEqual(['stream', 'buffer'])
    expect((await fetch(`${gateway.streamUrl}/pid`)).status).toBe(200)
    expect(await (await fetch(`${gateway.bufferUrl}/object`)).json()).toEqual({ greeting: 'hello' })
    expect(gateway.usageUrl).toBeUndefined()
  })

  test('reports memory and processor time of the function processes', async () => {
    const pid = Number(await (await fetch(`${gateway.streamUrl}/pid`)).text())
    const report = gateway.functions[0]?.environments().find((each) => each.pid === pid)
    expect(report?.rssBytes).toBeGreaterThan(20_000_000)
    expect(report?.cpuMs).toBeGreaterThan(5)
  })

  test('creates the template’s table with its keys and expiry', async () => {
    const client = new DynamoDBClient(clientOptions(gateway.dynamodbEndpoint))
    const { Table } = await client.send(new DescribeTableCommand({ TableName: gateway.tableName }))
    expect(Table?.KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ])
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
    const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName: gateway.tableName }))
    expect(ttl.TimeToLiveDescription?.AttributeName).toBe('expiresAt')
    client.destroy()
  })

  test('points its functions to the local table, secret and database', async () => {
    const variables = await environment()
    expect(variables).toMatchObject({
      SLUICE_TABLE: gateway.tableName,
      AWS_ENDPOINT_URL_DYNAMODB: gateway.dynamodbEndpoint,
    })
    const client = new SecretsManagerClient(clientOptions(variables.AWS_ENDPOINT_URL_SECRETS_MANAGER))
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: variables.SLUICE_SECRET_ID }))
    expect(JSON.parse(SecretString ?? '')).toMatchObject({
      SLUICE_PROVIDERS: [{ id: 'demo' }],
      SLUICE_KEYS: [{ id: 'local' }],
    })
    client.destroy()
  })

  test('runs changed code after a reload', async () => {
    writeAssembly(join(folder.path, 'cdk.out'), fixtureTemplate({ CHANGED: 'yes' }))
    gateway.reload()
    const variables = await environment()
    expect(variables.CHANGED).toBe('yes')
  })

  test('tells a person where everything is and three lines to paste', () => {
    const text = readyText(gateway)
    expect(text).toContain(gateway.streamUrl)
    expect(text).toContain(gateway.key)
    expect(text.match(/^ {2}curl /gm)).toHaveLength(3)
    expect(text).toContain('"model":"demo/text","stream":true')
  })

  test('uses the database it is told to use, and ends what it started and nothing else', async () => {
    const other = await start({ AWS_ENDPOINT_URL_DYNAMODB: gateway.dynamodbEndpoint ?? '', SLUICE_KEY: 'mine' })
    expect([other.dynamodbEndpoint, other.key]).toEqual([gateway.dynamodbEndpoint, 'mine'])
    const pid = Number(await (await fetch(`${other.streamUrl}/pid`)).text())
    await other.close()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await expect(fetch(`${other.streamUrl}/pid`)).rejects.toThrow()
    expect((await fetch(`${gateway.streamUrl}/pid`)).status).toBe(200)
  })

  test('keeps items and key over a restart', async () => {
    const item = { pk: { S: 'a' }, sk: { S: 'b' } }
    const first = new DynamoDBClient(clientOptions(gateway.dynamodbEndpoint))
    await first.send(new PutItemCommand({ TableName: gateway.tableName, Item: item }))
    first.destroy()
    const { key, dynamodbEndpoint } = gateway
    await gateway.close()
    await expect(fetch(dynamodbEndpoint ?? '')).rejects.toThrow()
    gateway = await start()
    expect(gateway.key).toBe(key)
    const second = new DynamoDBClient(clientOptions(gateway.dynamodbEndpoint))
    const { Items } = await second.send(new ScanCommand({ TableName: gateway.tableName }))
    second.destroy()
    expect(Items).toEqual([item])
  })

  test.each([
    [{ SLUICE_PROVIDERS: '[{"id":"a"}]' }, 'SLUICE_PROVIDERS[0].formats'],
    [{ SLUICE_CONCURRENCY: 'many' }, 'SLUICE_CONCURRENCY must be a number'],
  ])('does not start with a faulty setting: %o', async (env, message) => {
    await expect(start(env as Record<string, string>)).rejects.toThrow(message)
  })
})
