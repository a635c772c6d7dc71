import type { AggregateRow } from './aggregates.ts'
import { dayMs, floorTo } from './period.ts'
import type { PartitionQuery } from './table-reader.ts'

/** What was read is taken for what is in the table this long. */
const maxAgeMs = 60_000
/** Rows kept at most, of 2 to 3 KB each; what was read longest ago goes first. A month of 50 keys with 10 models has 15,500. */
const maxRows = 50_000

interface Kept {
  rows: readonly AggregateRow[]
  /** When reading began, milliseconds since 1970. */
  at: number
}

/**
 * Sums of days that are over, for a minute: whoever looks at a month asks several times, and of its items only today's
 * change with each request. Yesterday's do for as long as a request of before midnight runs, and any day's by `redrive`
 * and `rebuild`: that shows a minute later. Today is never kept.
 */
export class FinishedDays {
  readonly #now: () => number
  /** By query, oldest first. */
  readonly #kept = new Map<string, Kept>()
  #rows = 0

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now
  }

  /** When the last day that is over ended. */
  end(): number {
    return floorTo(dayMs, this.#now())
  }

  /** The rows of a query about finished days: those of the last minute, or what `read` gives. */
  async rows(query: PartitionQuery, read: () => Promise<AggregateRow[]>): Promise<readonly AggregateRow[]> {
    const id = JSON.stringify(query)
    const at = this.#now()
    this.#forget((kept) => kept.at + maxAgeMs <= at)
    const kept = this.#kept.get(id)
    if (kept) return kept.rows
    const rows = await read()
    this.#drop(id) // somebody else may have read the same meanwhile
    this.#kept.set(id, { rows, at })
    this.#rows += rows.length
    this.#forget(() => this.#rows > maxRows)
    return rows
  }

  /** Drops the oldest as long as `isTooMuch` says so of it. */
  #forget(isTooMuch: (oldest: Kept) => boolean): void {
    for (const [id, kept] of this.#kept) {
      if (!isTooMuch(kept)) return
      this.#drop(id)
    }
  }

  #drop(id: string): void {
    this.#rows -= this.#kept.get(id)?.rows.length ?? 0
    this.#kept.delete(id)
  }
}
