import type { Sums } from '../metrics/aggregate.ts'
import type { AggregateRow } from './aggregates.ts'

/** What sums can be told apart by. */
export const dimensions = ['key', 'provider', 'model'] as const
export type Dimension = (typeof dimensions)[number]

/** Only the dimensions that were asked for are there. */
export type GroupName = Partial<Record<Dimension, string>>

export interface Group {
  name: GroupName
  sums: Sums
}

/** A group that is still being added to. */
interface GrowingGroup {
  name: GroupName
  sums: Map<string, number>
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
  readonly #slots = new Map<number, Map<string, GrowingGroup>>()

  /** @param slotOf the beginning of the slot of time that a moment belongs to */
  constructor(by: readonly Dimension[], slotOf: (at: number) => number) {
    this.#by = by
    this.#slotOf = slotOf
  }

  add(row: AggregateRow): void {
    const slot = this.#slotOf(row.at)
    const groups = this.#slots.get(slot) ?? new Map<string, GrowingGroup>()
    this.#slots.set(slot, groups)
    const values = this.#by.map((dimension) => dimensionValue[dimension](row))
    const id = JSON.stringify(values)
    const group = groups.get(id)
    if (group) add(group.sums, row.sums)
    else groups.set(id, { name: this.#nameOf(values), sums: new Map(row.sums) })
  }

  /** The sums of everything that was added. */
  total(): Sums {
    const total = new Map<string, number>()
    for (const groups of this.#slots.values()) for (const { sums } of groups.values()) add(total, sums)
    return Object.fromEntries(total)
  }

  /** The groups of a slot of time, those with the most requests first; ties by name, as items come in no order. */
  at(slot: number): Group[] {
    const requests = ({ sums }: GrowingGroup) => sums.get('requests') ?? 0
    const groups = [...(this.#slots.get(slot) ?? [])]
    groups.sort(([a, group], [b, other]) => requests(other) - requests(group) || (a < b ? -1 : 1))
    return groups.map(([, { name, sums }]) => ({ name, sums: Object.fromEntries(sums) }))
  }

  #nameOf(values: readonly string[]): GroupName {
    return Object.fromEntries(this.#by.map((dimension, at) => [dimension, values[at]]))
  }
}

function add(total: Map<string, number>, sums: ReadonlyMap<string, number>): void {
  for (const [name, value] of sums) total.set(name, (total.get(name) ?? 0) + value)
}
