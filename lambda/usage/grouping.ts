import { addSums } from '../metrics/aggregate.ts'
import type { AggregateRow } from './aggregates.ts'

/** What sums can be told apart by. */
export const dimensions = ['key', 'provider', 'model'] as const
export type Dimension = (typeof dimensions)[number]

/** Only the dimensions that were asked for are there. */
export type GroupName = Partial<Record<Dimension, string>>

export interface Group {
  name: GroupName
  sums: Record<string, number>
}

const dimensionValue = {
  key: ({ keyId }) => keyId,
  provider: ({ provider }) => provider,
  model: ({ model }) => model,
} as const satisfies Record<Dimension, (row: AggregateRow) => string>

/** Adds aggregates up by time and by what they are grouped by. */
export class Grouping {
  readonly #by: readonly Dimension[]
  readonly #slotOf: (at: number) => number
  readonly #slots = new Map<number, Map<string, Group>>()

  /** @param slotOf the beginning of the slot of time that a moment belongs to */
  constructor(by: readonly Dimension[], slotOf: (at: number) => number) {
    this.#by = by
    this.#slotOf = slotOf
  }

  add(row: AggregateRow): void {
    const slot = this.#slotOf(row.at)
    const groups = this.#slots.get(slot) ?? new Map<string, Group>()
    this.#slots.set(slot, groups)
    const values = this.#by.map((dimension) => dimensionValue[dimension](row))
    const id = JSON.stringify(values)
    const group = groups.get(id)
    if (group) addSums(group.sums, row.sums)
    else groups.set(id, { name: this.#nameOf(values), sums: { ...row.sums } })
  }

  /** The sums of everything that was added. */
  total(): Record<string, number> {
    const total: Record<string, number> = {}
    for (const groups of this.#slots.values()) for (const { sums } of groups.values()) addSums(total, sums)
    return total
  }

  /** The groups of a slot of time, those with the most requests first; ties by name, as items come in no order. */
  at(slot: number): Group[] {
    const groups = [...(this.#slots.get(slot) ?? [])]
    groups.sort(
      ([a, { sums }], [b, { sums: others }]) => (others.requests ?? 0) - (sums.requests ?? 0) || (a < b ? -1 : 1),
    )
    return groups.map(([, group]) => group)
  }

  #nameOf(values: readonly string[]): GroupName {
    return Object.fromEntries(this.#by.map((dimension, at) => [dimension, values[at]]))
  }
}
