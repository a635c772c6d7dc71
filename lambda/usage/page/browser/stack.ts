import type { Summary } from '../../summary.ts'
import { tokensOf } from '../../token-counts.ts'
import { bySpend, type Rank, spendOf, sum, type WholeRow, wholeRows } from './figures.ts'
import { nameOf } from './names.ts'
import type { Stacking } from './view.ts'

/** Groups with a colour of their own; the rest are one, so that colours can be told apart. */
export const maxLayers = 7

/** One group's part of every bar. */
export interface Layer {
  name: string
  /** One of the colours `--series-1` to `--series-7`, or `--series-rest`. */
  color: string
  /** Micro-dollars a slot; null where there are requests and the price of none is known. */
  spend: (number | null)[]
  tokens: number[]
}

/** The groups of a summary by time, the most expensive first. */
export function layersOf(summary: Summary, by: Stacking): Layer[] {
  const groups = groupsOf(summary, by)
  const own = groups.slice(0, groups.length > maxLayers + 1 ? maxLayers : maxLayers + 1)
  const layers = own.map(({ name, slots }, at) => layer(name, at < maxLayers ? at + 1 : undefined, [slots]))
  const rest = groups.slice(own.length)
  if (rest.length === 0) return layers
  const slots = rest.map((group) => group.slots)
  return [...layers, layer(`${rest.length} others`, undefined, slots)]
}

interface Group {
  name: string
  /** The group's sums in each slot of time. */
  slots: (WholeRow | undefined)[]
}

function groupsOf({ buckets }: Summary, by: Stacking): Group[] {
  const groups = new Map<string, Group>()
  for (const [at, { results }] of buckets.entries()) {
    for (const row of wholeRows(results)) {
      const id = row[by] ?? ''
      const group = groups.get(id) ?? { name: nameOf(by, row), slots: new Array(buckets.length).fill(undefined) }
      group.slots[at] = row
      groups.set(id, group)
    }
  }
  const ranked = [...groups.values()].map((group) => ({ group, rank: rankOf(group) }))
  return ranked.sort((a, b) => bySpend(a.rank, b.rank)).map(({ group }) => group)
}

/** A group's sums over all slots, as far as its rank depends on them. */
function rankOf({ slots }: Group): Rank {
  const rows = slots.filter((row) => row !== undefined)
  const costs = rows.flatMap(({ costUsdMicros }) => costUsdMicros ?? [])
  return {
    costUsdMicros: costs.length > 0 ? sum(costs) : null,
    tokens: sum(rows.map(tokensOf)),
    requests: sum(rows.map(({ requests }) => requests)),
  }
}

function layer(name: string, color: number | undefined, groups: readonly Group['slots'][]): Layer {
  const slots = (groups[0] ?? []).map((_, at) => groups.flatMap((group) => group[at] ?? []))
  return {
    name,
    color: `--series-${color ?? 'rest'}`,
    spend: slots.map(spendOfRows),
    tokens: slots.map((rows) => sum(rows.map(tokensOf))),
  }
}

function spendOfRows(rows: readonly WholeRow[]): number | null {
  const known = rows.map(spendOf).filter((spend) => spend !== null)
  return rows.length > 0 && known.length === 0 ? null : sum(known)
}
