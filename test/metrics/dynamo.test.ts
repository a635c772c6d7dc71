import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DescribeTimeToLiveCommand, DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { streamLosses } from '../../lambda/events/losses.ts'
import { createLogger } from '../../lambda/log.ts'
import { createRecorder } from '../../lambda/metrics/dynamo.ts'
import { store } from '../../lambda/metrics/dynamo-store.ts'
import { transactionOf } from '../../lambda/metrics/dynamo-transaction.ts'
import { itemOf, recordOf } from '../../lambda/metrics/item.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { sampleRecord } from './sample-record.ts'
import { startTestTable, type TestTable } from './test-table.ts'

const record = sampleRecord

let database: TestTable

beforeAll(async () => {
  database = await startTestTable()
})

afterAll(() => database.close())

function setUp(endpoint = database.endpoint, options: { table?: string; timeoutMs?: number } = {}) {
  const lines: string[] = []
  const logger = createLogger((line) => void lines.push(line))
  const settings = {
    ...database.settings,
    // The record's date is fixed, and DynamoDB Local deletes what has expired within seconds.
    recordDays: 36_500,
    ...(options.table && { table: options.table }),
    endpoints: { dynamodb: endpoint },
  }
  const recorder = createRecorder({
    settings,
    logger,
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
  })
  return { recorder, lines }
}

describe('the recorder', () => {
  test('writes one item with every field under its own name', async () => {
    const { recorder, lines } = setUp()
    await recorder.record(record)
    const item = await database.get('REQ#k1#2026-05-01', record.requestId)
    expect(item).toMatchObject({
      requestId: { S: record.requestId },
      streamed: { BOOL: true },
      outputTokens: { N: '345' },
      cacheReadTokens: { N: '0' },
      durationMs: { N: '5120.125' },
      losses: { L: [{ S: 'citations' }, { S: 'end-user' }] },
      serverToolCounts: { M: { webSearch: { N: '2' } } },
      expiresAt: { N: String(Date.parse('2126-04-07T23:59:59Z') / 1000) },
    })
    expect(item).not.toHaveProperty('costUsdMicros')
    expect(recordOf(item ?? {})).toEqual(record)
    expect(lines).toEqual([])
  })

  test('the table expires items by the attribute that is written', async () => {
    const { TimeToLiveDescription } = await database.client.send(
      new DescribeTimeToLiveCommand({ TableName: database.settings.table }),
    )
    expect(TimeToLiveDescription?.AttributeName).toBe('expiresAt')
  })

  test('a record that is repeated counts once, keeps its first values and is a success', async () => {
    const { recorder, lines } = setUp()
    const repeated = { ...record, requestId: 'k2-1', keyId: 'k2' }
    await Promise.all(Array.from({ length: 8 }, () => recorder.record(repeated)))
    await setUp().recorder.record({ ...repeated, outputTokens: 1 })
    const items = await database.query('REQ#k2#2026-05-01')
    expect(items.map(recordOf)).toEqual([repeated])
    expect(lines).toEqual([])
  })

  test('stores the first record of an environment', async () => {
    const { recorder } = setUp()
    await recorder.record({ ...record, requestId: 'k3-1', keyId: 'k3' })
    expect(await database.get('REQ#k3#2026-05-01', 'k3-1')).toBeDefined()
  })

  test('spills the whole record when the table is missing', async () => {
    const { recorder, lines } = setUp(database.endpoint, { table: 'missing' })
    await recorder.record(record)
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'error',
        time: expect.any(String),
        message: 'record not stored',
        spilled: true,
        reason: expect.stringMatching(/^ResourceNotFoundException: /),
        ...record,
        spilledRecords: 1,
        _aws: expect.any(Object),
      },
    ])
  })
})

describe('a table in trouble', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  })

  interface Answer {
    status: number
    type: string
    CancellationReasons?: { Code: string }[]
  }

  const cancelled = (...codes: string[]): Answer => ({
    status: 400,
    type: 'TransactionCanceledException',
    CancellationReasons: codes.map((Code) => ({ Code })),
  })

  /** A DynamoDB that does as `respond` says, or nothing. */
  async function troubled(respond: (call: number) => Answer | 'hang' | 'reset') {
    let calls = 0
    const server = createServer((request, response) => {
      const answer = respond(calls++)
      request.resume()
      if (answer === 'reset') return void request.socket.destroy()
      if (answer === 'hang') return
      const { status, type, ...rest } = answer
      const body = status === 200 ? {} : { __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...rest }
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls }
  }
  const fine = { status: 200, type: '' }

  test.each([
    // The SDK waits a second or more after a throttle, so once is enough here.
    ['throttled once', 1, { status: 400, type: 'ProvisionedThroughputExceededException' }],
    ['broken twice', 2, { status: 500, type: 'InternalServerError' }],
    ['cutting the connection twice', 2, 'reset' as const],
    ['busy with the same sums three times', 3, cancelled('None', 'TransactionConflict', 'TransactionConflict')],
    ['throttling the transaction twice', 2, cancelled('ThrottlingError', 'None', 'None')],
    ['still at the same transaction', 1, { status: 400, type: 'TransactionInProgressException' }],
    ['of another mind about the token', 1, { status: 400, type: 'IdempotentParameterMismatchException' }],
  ])('%s gets the record on the next attempt', async (_name, times, trouble) => {
    const { url, calls } = await troubled((call) => (call < times ? trouble : fine))
    const { recorder, lines } = setUp(url)
    await recorder.record(record)
    expect(lines).toEqual([])
    // The record, and then its key on the list of keys.
    expect(calls()).toBe(times + 2)
  })

  test('an answer that was lost is no second record: the retry finds the first', async () => {
    const { url } = await troubled((call) =>
      call === 0 ? 'reset' : cancelled('ConditionalCheckFailed', 'None', 'None'),
    )
    const { recorder, lines } = setUp(url)
    await recorder.record(record)
    expect(lines).toEqual([])
  })

  test('a transaction that can never succeed spills at once', async () => {
    const { url, calls } = await troubled(() => cancelled('None', 'ValidationError', 'TransactionConflict'))
    const { recorder, lines } = setUp(url)
    await recorder.record(record)
    expect(calls()).toBe(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      spilled: true,
      reason: expect.stringMatching(/^TransactionCan/),
    })
  })

  test('conflicts without end are given up in time', async () => {
    const { url, calls } = await troubled(() => cancelled('None', 'TransactionConflict', 'None'))
    const { recorder, lines } = setUp(url, { timeoutMs: 400 })
    await recorder.record(record)
    expect(calls()).toBeGreaterThan(2)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ spilled: true, reason: 'not stored within 400 ms' })
  })

  test('silent beyond the time allowed costs that time, no more, and the record spills', async () => {
    const { url } = await troubled(() => 'hang')
    const { recorder, lines } = setUp(url, { timeoutMs: 300 })
    const start = performance.now()
    await recorder.record(record)
    expect(performance.now() - start).toBeLessThan(1_000)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ ...record, spilled: true, reason: 'not stored within 300 ms' })
  })

  test('silent for longer than the SDK has patience, but not for good, gets the record', async () => {
    const { url, calls } = await troubled((call) => (call < 3 ? 'hang' : fine))
    const requestHandler = { requestTimeout: 50, throwOnRequestTimeout: true }
    const client = new DynamoDBClient({ ...database.settings, endpoint: url, maxAttempts: 2, requestHandler })
    const sdk = { client, TransactWriteItemsCommand }
    const outcome = await store(sdk, transactionOf(record, database.settings), AbortSignal.timeout(4_000))
    expect([outcome, calls()]).toEqual(['written', 4])
  })

  test('broken for good spills after a bounded number of attempts', async () => {
    const { url, calls } = await troubled(() => ({ status: 500, type: 'InternalServerError' }))
    const { recorder, lines } = setUp(url)
    await recorder.record(record)
    expect(calls()).toBe(4)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ spilled: true, reason: expect.stringMatching(/InternalServer/) })
  })
})

describe('itemOf and recordOf', () => {
  const text = fc.string({ unit: 'grapheme' })
  const number = fc.oneof(
    fc.nat(),
    fc.double({ noNaN: true, min: -1e15, max: 1e15 }).map((value) => value + 0),
  )
  const losses = Object.keys(streamLosses) as UsageRecord['losses']
  const arbitrary = fc.record(
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => {
        if (name === 'startedAt') return [name, fc.date({ noInvalidDate: true }).map((date) => date.toISOString())]
        if (name === 'losses') return [name, fc.subarray(losses)]
        if (name === 'failedAttempts') return [name, fc.array(text)]
        if (name === 'serverToolCounts') return [name, fc.option(fc.dictionary(text, fc.nat()))]
        if (typeof value === 'boolean') return [name, fc.boolean()]
        if (
          /Ms$|^tokens|Tokens$|Micros$|Status$|frames|bytesOut|toolCalls|attempts|characters|seconds|images/.test(name)
        )
          return [name, fc.option(number)]
        return [name, name === 'keyId' || name === 'requestId' ? text : fc.option(text)]
      }),
    ),
  ) as unknown as fc.Arbitrary<UsageRecord>

  test('give back any record that goes into an item', () => {
    fc.assert(
      fc.property(arbitrary, (generated) => {
        expect(recordOf(itemOf(generated, 90))).toEqual(generated)
      }),
    )
  })

  test('a record of an older gateway reads with nulls for what it did not know', () => {
    const { serviceTier, ...older } = itemOf(record, 90)
    expect(serviceTier).toBeDefined()
    expect(recordOf(older)).toEqual({ ...record, serviceTier: null })
    const { serviceTier: _, ...line } = record
    expect(itemOf(line as UsageRecord, 90)).toEqual(older)
  })

  test('a typical item stays within the two write units of 2 KB', () => {
    const bytes = Object.entries(itemOf(record, 90)).reduce(
      (sum, [name, value]) => sum + name.length + JSON.stringify(Object.values(value)[0]).length,
      0,
    )
    expect(bytes).toBeLessThan(2048)
  })
})
