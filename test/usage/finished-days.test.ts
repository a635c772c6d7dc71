import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aggregateSortKey, usagePartition } from '../../lambda/metrics/aggregate.ts'
import type { Item } from '../../lambda/metrics/item.ts'
import { type AggregateQuestion, type AggregateRow, readAggregates } from '../../lambda/usage/aggregates.ts'
import { FinishedDays } from '../../lambda/usage/finished-days.ts'
import { dayMs, dayOf, hourMs } from '../../lambda/usage/period.ts'
import type { PartitionQuery, TableReader } from '../../lambda/usage/table-reader.ts'

const noon = Date.UTC(2026, 4, 10, 12)
const period = { from: Date.UTC(2026, 4, 1), to: Date.UTC(2026, 4, 11) }
const question: AggregateQuestion = { keys: ['a', 'b'], period, resolution: 'day', shards: {} }

/** Sums of every day and hour of May of both keys, told apart by a number that grows with each write. */
class Table implements TableReader {
  readonly asked: PartitionQuery[] = []
  requests = 1
  fails = false

  async get(): Promise<undefined> {}

  async query(question: PartitionQuery) {
    this.asked.push(question)
    if (this.fails) throw new Error('the table is away')
    const { pk, range = { from: '', to: '~' } } = question
    return { items: this.#items().filter(({ pk: own, sk }) => own.S === pk && sk.S >= range.from && sk.S <= range.to) }
  }

  #items(): (Item & { pk: { S: string }; sk: { S: string } })[] {
    return ['a', 'b'].flatMap((keyId) =>
      Array.from({ length: 31 * 25 }, (_, at) => {
        const day = `2026-05-${String(Math.floor(at / 25) + 1).padStart(2, '0')}`
        const name = { keyId, day, provider: 'p', model: 'm', ...(at % 25 > 0 && { hour: (at % 25) - 1 }) }
        const sums = { requests: { N: String(this.requests * (name.hour === undefined ? 24 : 1)) } }
        return { pk: { S: usagePartition(keyId, '2026-05') }, sk: { S: aggregateSortKey(name) }, ...sums }
      }),
    )
  }
}

async function read(table: TableReader, question: AggregateQuestion): Promise<AggregateRow[]> {
  const rows: AggregateRow[] = []
  await readAggregates(table, question, (row) => rows.push(row))
  return rows.sort((one, other) => one.at - other.at || (one.keyId < other.keyId ? -1 : 1))
}

const requestsOn = (rows: AggregateRow[], day: string) =>
  rows.filter(({ at }) => dayOf(at) === day).map(({ sums }) => sums.get('requests'))

describe('days that are over', () => {
  test('are read once a minute; today is read each time', async () => {
    let now = noon
    const table = new Table()
    const asking = { ...question, finishedDays: new FinishedDays(() => now) }
    await read(table, asking)
    expect(table.asked.map(({ range }) => range)).toEqual([
      { from: 'D#01#', to: 'D#09$' },
      { from: 'D#10#', to: 'D#10$' },
      { from: 'D#01#', to: 'D#09$' },
      { from: 'D#10#', to: 'D#10$' },
    ])
    table.requests = 2
    now += 59_999
    const within = await read(table, asking)
    expect(table.asked).toHaveLength(6)
    expect([requestsOn(within, '2026-05-09'), requestsOn(within, '2026-05-10')]).toEqual([
      [24, 24],
      [48, 48],
    ])
    now += 1
    const after = await read(table, asking)
    expect(table.asked).toHaveLength(10)
    expect(requestsOn(after, '2026-05-09')).toEqual([48, 48])
  })

  test('a day that ends becomes one of them', async () => {
    let now = Date.UTC(2026, 4, 10, 23, 59, 59)
    const table = new Table()
    const asking = { ...question, finishedDays: new FinishedDays(() => now) }
    await read(table, asking)
    table.requests = 2
    now += 2_000
    expect(requestsOn(await read(table, asking), '2026-05-10')).toEqual([48, 48])
  })

  test('other sums, other keys and other times are other questions', async () => {
    const table = new Table()
    const finishedDays = new FinishedDays(() => noon)
    const past = { from: period.from, to: period.to - 2 * dayMs }
    for (const part of [{}, { only: ['requests'] }, { keys: ['a'] }, { period: past }, { period: past }]) {
      await read(table, { ...question, period: { ...period, to: noon - 12 * hourMs }, ...part, finishedDays })
    }
    expect(table.asked).toHaveLength(2 + 2 + 0 + 2 + 0)
  })

  test('that could not be read are read again', async () => {
    const table = new Table()
    const asking = { ...question, finishedDays: new FinishedDays(() => noon) }
    table.fails = true
    await expect(read(table, asking)).rejects.toThrow('the table is away')
    table.fails = false
    expect(await read(table, asking)).toHaveLength(20)
  })

  test('are what the table has, whatever the time in question and the time of day', async () => {
    const hour = fc.nat(31 * 24).map((hours) => period.from + hours * hourMs)
    const finishedDays = new FinishedDays(() => noon)
    await fc.assert(
      fc.asyncProperty(hour, hour, fc.constantFrom('day', 'hour'), async (one, other, resolution) => {
        const asked = {
          ...question,
          period: { from: Math.min(one, other), to: Math.max(one, other) },
          resolution,
        } as const
        const table = new Table()
        expect(await read(table, { ...asked, finishedDays })).toEqual(await read(table, asked))
      }),
    )
  })

  test('are forgotten, the oldest first, beyond 50,000 rows', async () => {
    const finishedDays = new FinishedDays(() => noon)
    const [row] = await read(new Table(), question)
    const rows = Array.from({ length: 20_000 }, () => row as AggregateRow)
    const reads: string[] = []
    for (const pk of ['one', 'two', 'three', 'three', 'two', 'one']) {
      await finishedDays.rows({ pk }, async () => {
        reads.push(pk)
        return rows
      })
    }
    expect(reads).toEqual(['one', 'two', 'three', 'one'])
  })
})
