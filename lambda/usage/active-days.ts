import type { UsageShards } from '../config.ts'
import { readAggregateKeys, usagePartitions } from '../metrics/aggregate.ts'
import { mapBounded } from './bounded.ts'
import { dayOf } from './period.ts'
import { pagesOf, type TableReader } from './table-reader.ts'

/**
 * On which days there are requests of which keys: the day aggregates know, since each record is written with its own.
 * So an idle month costs a query a key instead of thirty.
 */
export class ActiveDays {
  readonly #table: TableReader
  readonly #keys: readonly string[]
  readonly #shards: UsageShards
  /** Keys by day, by month; a month is read when the first of its days is asked for. */
  readonly #months = new Map<string, Promise<Map<string, Set<string>>>>()

  constructor(table: TableReader, keys: readonly string[], shards: UsageShards) {
    this.#table = table
    this.#keys = keys
    this.#shards = shards
  }

  /** The keys with requests on the day that begins then. */
  async keysOn(at: number): Promise<string[]> {
    const day = dayOf(at)
    const month = day.slice(0, 7)
    const reading = this.#months.get(month) ?? this.#read(month)
    this.#months.set(month, reading)
    return [...((await reading).get(day) ?? [])]
  }

  async #read(month: string): Promise<Map<string, Set<string>>> {
    const days = new Map<string, Set<string>>()
    const partitions = this.#keys.flatMap((keyId) => usagePartitions(keyId, month, this.#shards))
    await mapBounded(partitions, async (pk) => {
      const question = { pk, range: { from: 'D#', to: 'D$' }, only: ['pk', 'sk'] }
      for await (const { items } of pagesOf(this.#table, question)) {
        for (const { pk: partition, sk } of items) {
          const name = readAggregateKeys(partition?.S ?? '', sk?.S ?? '')
          if (name) days.set(name.day, (days.get(name.day) ?? new Set()).add(name.keyId))
        }
      }
    })
    return days
  }
}
