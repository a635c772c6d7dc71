import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aggregateSortKey, usagePartition } from '../../lambda/metrics/aggregate.ts'
import { ActiveDays } from '../../lambda/usage/active-days.ts'
import { dayMs, dayOf } from '../../lambda/usage/period.ts'
import type { PartitionQuery, TableReader } from '../../lambda/usage/table-reader.ts'

const first = Date.UTC(2026, 0, 1)
const end = first + 100 * dayMs
const keys = ['a', 'b', 'anonymous']
const shards = { anonymous: 2 }

interface Use {
  key: string
  shard: number
  day: number
}

/** A table with the sums of some days, which answers as DynamoDB does and keeps what it was asked. */
function tableOf(uses: readonly Use[]): TableReader & { asked: PartitionQuery[] } {
  const items = uses.flatMap(({ key, shard, day }) => {
    const name = { keyId: key, day: dayOf(day), provider: 'p', model: 'm' }
    const pk = usagePartition(key, name.day.slice(0, 7), shard)
    return [aggregateSortKey(name), aggregateSortKey({ ...name, hour: 3 })].map((sk) => ({
      pk: { S: pk },
      sk: { S: sk },
    }))
  })
  const asked: PartitionQuery[] = []
  return {
    asked,
    get: async () => undefined,
    query: async (question) => {
      asked.push(question)
      const { pk, range = { from: '', to: '~' }, newestFirst, limit = 1_000 } = question
      const found = items.filter(({ pk: { S }, sk }) => S === pk && sk.S >= range.from && sk.S <= range.to)
      found.sort((one, other) => (one.sk.S < other.sk.S ? -1 : 1))
      if (newestFirst) found.reverse()
      return { items: found.slice(0, limit) }
    },
  }
}

async function walk(table: TableReader, floor = first) {
  const active = new ActiveDays(table, keys, shards)
  const days: { day: string; keys: string[] }[] = []
  for (let at = await active.before(end, floor); at; at = await active.before(at.day, floor)) {
    days.push({ day: dayOf(at.day), keys: [...at.keys].sort() })
  }
  return days
}

describe('days with requests', () => {
  const use = fc.record({
    key: fc.constantFrom(...keys),
    shard: fc.nat(1),
    day: fc.nat(99).map((days) => first + days * dayMs),
  })
  const uses = fc.array(
    use.map((each) => (each.key === 'anonymous' ? each : { ...each, shard: 0 })),
    { maxLength: 40 },
  )

  test('are found from the latest back, each with its keys, whatever months and shards they are in', async () => {
    await fc.assert(
      fc.asyncProperty(uses, async (some) => {
        const byDay = new Map<number, Set<string>>()
        for (const { key, day } of some) byDay.set(day, (byDay.get(day) ?? new Set()).add(key))
        const expected = [...byDay].sort(([a], [b]) => b - a)
        expect(await walk(tableOf(some))).toEqual(
          expected.map(([day, found]) => ({ day: dayOf(day), keys: [...found].sort() })),
        )
      }),
    )
  })

  test('cost one item a key and month that is idle, and one a key and day that is not', async () => {
    const table = tableOf([{ key: 'a', shard: 0, day: first + 95 * dayMs }])
    expect(await walk(table)).toEqual([{ day: '2026-04-06', keys: ['a'] }])
    // Four partitions a month (one key has two), from April back to January, and once more what is before a's day.
    expect(table.asked).toHaveLength(4 * 4 + 1)
    expect(table.asked.every(({ limit }) => limit === 1)).toBe(true)
  })

  test('are not looked for in months before the earliest that is wanted', async () => {
    const table = tableOf([{ key: 'a', shard: 0, day: first }])
    expect(await walk(table, Date.UTC(2026, 2, 10))).toEqual([])
    expect(new Set(table.asked.map(({ pk }) => pk.slice(-9)).flatMap((pk) => /2026-\d\d/.exec(pk) ?? []))).toEqual(
      new Set(['2026-04', '2026-03']),
    )
  })
})
