import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../../lambda/log.ts'
import { createRecorder } from '../../lambda/metrics/dynamo.ts'
import { sampleRecord } from './sample-record.ts'
import { startTestTable, type TestTable } from './test-table.ts'

let database: TestTable

beforeAll(async () => {
  database = await startTestTable()
  const recorder = createRecorder({ settings: database.settings, logger: createLogger(() => {}) })
  const failed = { status: 'error', httpStatus: 502, errorCode: 'upstream_unreachable' } as const
  const requestId = (end: string) => `k1-01890a5d-ac96-774b-bcce-b302099a${end}`
  await recorder.record({ ...sampleRecord, costUsdMicros: 1500 })
  await recorder.record({ ...sampleRecord, costUsdMicros: 500, requestId: requestId('8058') })
  await recorder.record({ ...sampleRecord, ...failed, requestId: requestId('8059') })
  await recorder.record({ ...sampleRecord, requestId: requestId('805a'), startedAt: '2026-05-02T07:00:00.000Z' })
})
afterAll(() => database.close())

/** The lines of the README; `\` and a line break between the parts are read as a space. */
const lines = {
  month: `aws dynamodb query --table-name <TableName> --key-condition-expression 'pk = :pk AND begins_with(sk, :sk)' --expression-attribute-values '{":pk":{"S":"USE#k1#2026-05"},":sk":{"S":"D#"}}'`,
  hours: `aws dynamodb query --table-name <TableName> --key-condition-expression 'pk = :pk AND begins_with(sk, :sk)' --expression-attribute-values '{":pk":{"S":"USE#k1#2026-05"},":sk":{"S":"H#01T"}}' --projection-expression 'sk, requests, inputTokens, outputTokens, costUsdMicros'`,
  keys: `aws dynamodb query --table-name <TableName> --key-condition-expression 'pk = :pk' --expression-attribute-values '{":pk":{"S":"KEYS"}}'`,
  one: `aws dynamodb query --table-name <TableName> --key-condition-expression 'pk = :pk AND sk = :sk' --expression-attribute-values '{":pk":{"S":"REQ#k1#2026-05-01"},":sk":{"S":"k1-01890a5d-ac96-774b-bcce-b302099a8057"}}'`,
  failed: `aws dynamodb query --table-name <TableName> --no-scan-index-forward --key-condition-expression 'pk = :pk' --filter-expression '#status <> :whole' --expression-attribute-names '{"#status":"status"}' --expression-attribute-values '{":pk":{"S":"REQ#k1#2026-05-01"},":whole":{"S":"success"}}'`,
} as const

/** What the AWS CLI sends for a line. */
function inputOf(line: string): QueryCommandInput {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  expect(words.slice(0, 3)).toEqual(['aws', 'dynamodb', 'query'])
  const input: QueryCommandInput = { TableName: undefined }
  const options: Record<string, (value: string) => void> = {
    '--table-name': () => Object.assign(input, { TableName: database.settings.table }),
    '--key-condition-expression': (value) => Object.assign(input, { KeyConditionExpression: value }),
    '--filter-expression': (value) => Object.assign(input, { FilterExpression: value }),
    '--projection-expression': (value) => Object.assign(input, { ProjectionExpression: value }),
    '--expression-attribute-names': (value) => Object.assign(input, { ExpressionAttributeNames: JSON.parse(value) }),
    '--expression-attribute-values': (value) => Object.assign(input, { ExpressionAttributeValues: JSON.parse(value) }),
  }
  const rest = words.slice(3)
  while (rest.length > 0) {
    const option = rest.shift() ?? ''
    if (option === '--no-scan-index-forward') Object.assign(input, { ScanIndexForward: false })
    else if (options[option]) options[option](rest.shift() ?? '')
    else throw new Error(`${option} is not read here`)
  }
  return input
}

async function run(name: keyof typeof lines) {
  const { Items = [] } = await database.client.send(new QueryCommand(inputOf(lines[name])))
  return Items
}

test('a line sums a month of a key by day, provider and model', async () => {
  const items = await run('month')
  expect(items.map(({ sk }) => sk?.S)).toEqual(['D#01#anthropic#claude-sonnet-4-5', 'D#02#anthropic#claude-sonnet-4-5'])
  expect(items[0]).toMatchObject({
    requests: { N: '3' },
    outputTokens: { N: '1035' },
    costUsdMicros: { N: '2000' },
    unpriced: { N: '1' },
    status_success: { N: '2' },
    status_error: { N: '1' },
  })
})

test('a line sums a day by hour, with the columns it names', async () => {
  expect(await run('hours')).toEqual([
    {
      sk: { S: 'H#01T23#anthropic#claude-sonnet-4-5' },
      requests: { N: '3' },
      inputTokens: { N: '36' },
      outputTokens: { N: '1035' },
      costUsdMicros: { N: '2000' },
    },
  ])
})

test('a line lists the keys', async () => {
  expect((await run('keys')).map(({ sk }) => sk?.S)).toEqual(['k1'])
})

test('a line gives the record of a request', async () => {
  const items = await run('one')
  expect(items).toHaveLength(1)
  expect(items[0]).toMatchObject({ requestId: { S: sampleRecord.requestId }, costUsdMicros: { N: '1500' } })
})

test('a line gives what failed on a day, latest first', async () => {
  const items = await run('failed')
  expect(items.map(({ errorCode }) => errorCode?.S)).toEqual(['upstream_unreachable'])
})

const dayOf = `new Date(parseInt(process.argv[1].slice(-36, -23).replace("-", ""), 16)).toISOString().slice(0, 10)`

test('a line tells the day of a request id', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', dayOf, sampleRecord.requestId])
  expect(stdout).toBe(`${new Date(0x01890a5dac96).toISOString().slice(0, 10)}\n`)
})

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replaceAll(/\s*\\\n\s*/g, ' ')
const queries = readme.split('\n').filter((line) => line.startsWith('aws dynamodb query'))

test('the README has these queries and no other', () => {
  expect(queries.toSorted()).toEqual(Object.values(lines).toSorted())
  expect(readme).toContain(`node -p '${dayOf}' <id>`)
})
