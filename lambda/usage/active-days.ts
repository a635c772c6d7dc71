import type { UsageShards } from '../config.ts'
import { readAggregateKeys, usagePartitions } from '../metrics/aggregate.ts'
import { mapBounded } from './bounded.ts'
import { dayMs, dayOf, monthOf } from './period.ts'
import type { TableReader } from './table-reader.ts'

/** A day with requests, and the keys that have some on it. */
export interface ActiveDay {
  /** When it began, milliseconds since 1970. */
  day: number
  keys: string[]
}

/**
 * On which days there are requests of which keys, from the latest back: the day aggregates know, since each record is
 * written with its own. It looks at one item a key and step, so an idle month costs a query a key instead of thirty.
 */
export class ActiveDays {
  readonly #table: TableReader
  readonly #keys: readonly string[]
  readonly #shards: UsageShards
  /** The latest day found of each key in the month that was looked at last; a key without one has none left there. */
  #found = new Map<string, number>()
  #month = ''

  constructor(table: TableReader, keys: readonly string[], shards: UsageShards) {
    this.#table = table
    this.#keys = keys
    this.#shards = shards
  }

  /**
   * The latest active day before the day that begins then; undefined if there is none in the months down to that of
   * `floor`. Each call asks for an earlier day than the one before.
   */
  async before(day: number, floor: number): Promise<ActiveDay | undefined> {
    for (let end = day; end > floor; end = startOfMonth(end - dayMs)) {
      await this.#look(end)
      const latest = Math.max(...this.#found.values())
      if (latest > Number.NEGATIVE_INFINITY) {
        return { day: latest, keys: this.#keys.filter((keyId) => this.#found.get(keyId) === latest) }
      }
    }
    return undefined
  }

  /** Finds each key's latest day before `end` in the month that has that day; those known already are not asked again. */
  async #look(end: number): Promise<void> {
    const month = monthOf(end - dayMs)
    const isNew = month !== this.#month
    const asked = isNew ? this.#keys : [...this.#found].flatMap(([keyId, day]) => (day >= end ? keyId : []))
    if (isNew) this.#found = new Map()
    this.#month = month
    await mapBounded(asked, async (keyId) => {
      const days = await Promise.all(usagePartitions(keyId, month, this.#shards).map((pk) => this.#latest(pk, end)))
      const known = days.flatMap((day) => day ?? [])
      if (known.length > 0) this.#found.set(keyId, Math.max(...known))
      else this.#found.delete(keyId)
    })
  }

  async #latest(pk: string, end: number): Promise<number | undefined> {
    // `$` is the character after `#`: behind the last item of the day before.
    const range = { from: 'D#', to: `D#${dayOf(end - dayMs).slice(8)}$` }
    const { items } = await this.#table.query({ pk, range, newestFirst: true, only: ['pk', 'sk'], limit: 1 })
    const name = readAggregateKeys(items[0]?.pk?.S ?? '', items[0]?.sk?.S ?? '')
    return name && Date.parse(`${name.day}T00:00Z`)
  }
}

function startOfMonth(at: number): number {
  return Date.parse(`${monthOf(at)}-01T00:00Z`)
}
