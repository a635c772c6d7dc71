import type { UsageShards } from '../config.ts'
import type { RecordStatus } from '../metrics/record.ts'
import { type AggregateRow, readAggregates } from './aggregates.ts'
import { type Dimension, type Group, Grouping, type GroupName } from './grouping.ts'
import type { KnownKey } from './known-keys.ts'
import { ceilTo, dayMs, floorTo, hourMs, type Period } from './period.ts'
import { isWanted, type ModelChoice } from './selection.ts'
import type { TableReader } from './table-reader.ts'
import { statuses, type Totals, totalsOf } from './totals.ts'

/** How a summary divides time; `none`: one slot. */
export const slotWidths = ['none', 'day', 'hour'] as const
export type SlotWidth = (typeof slotWidths)[number]

/** Statuses are counts within the sums and no sums of their own: of such a group only the requests are known. */
export const summaryDimensions = ['key', 'provider', 'model', 'status'] as const
export type SummaryDimension = (typeof summaryDimensions)[number]

export interface SummaryQuestion extends ModelChoice {
  period: Period
  width: SlotWidth
  groupBy: readonly SummaryDimension[]
  keys: readonly KnownKey[]
  shards: UsageShards
}

/** A group's name and sums. When grouped by status, the sums but for `requests` are not there. */
export type SummaryRow = GroupName & { keyName?: string | null; status?: RecordStatus } & (
    | Totals
    | Pick<Totals, 'requests'>
  )

export interface SummarySlot {
  /** ISO 8601, UTC; `to` is not part of it. */
  from: string
  to: string
  /** Those with the most requests first. */
  results: SummaryRow[]
}

export interface Summary {
  object: 'usage.summary'
  /** What was summed: the period in question, extended to whole slots (or hours). */
  from: string
  to: string
  bucket: SlotWidth
  groupBy: readonly SummaryDimension[]
  totals: Totals
  buckets: SummarySlot[]
}

/** Sums the aggregates of a period. @param progress as for `readAggregates` */
export async function summarize(
  table: TableReader,
  question: SummaryQuestion,
  progress?: (done: number, all: number) => void,
): Promise<Summary> {
  const { width, groupBy, keys, shards } = question
  const slots = slotsOf(question.period, width)
  const period = { from: slots[0]?.from ?? question.period.from, to: slots.at(-1)?.to ?? question.period.from }
  const grouping = new Grouping(groupBy.filter(isDimension), slotFinder(period, width))
  const visit = (row: AggregateRow) => {
    if (isWanted(row, question)) grouping.add(row)
  }
  const resolution = width === 'hour' ? 'hour' : 'day'
  await readAggregates(table, { keys: keys.map(({ id }) => id), period, resolution, shards }, visit, progress)
  const names = new Map(keys.map(({ id, name }) => [id, name]))
  return {
    object: 'usage.summary',
    ...isoPeriod(period),
    bucket: width,
    groupBy,
    totals: totalsOf(grouping.total()),
    buckets: slots.map((slot) => ({
      ...isoPeriod(slot),
      results: grouping.at(slot.from).flatMap((group) => rowsOf(group, groupBy, names)),
    })),
  }
}

const isDimension = (dimension: SummaryDimension): dimension is Dimension => dimension !== 'status'

/** Whole slots that hold the period; without a width one slot of whole hours. */
function slotsOf({ from, to }: Period, width: SlotWidth): Period[] {
  const step = width === 'day' ? dayMs : hourMs
  const [first, last] = [floorTo(step, from), ceilTo(step, to)]
  if (first >= last) return []
  if (width === 'none') return [{ from: first, to: last }]
  return Array.from({ length: (last - first) / step }, (_, at) => ({
    from: first + at * step,
    to: first + (at + 1) * step,
  }))
}

function slotFinder(period: Period, width: SlotWidth): (at: number) => number {
  if (width === 'none') return () => period.from
  const step = width === 'day' ? dayMs : hourMs
  return (at) => floorTo(step, at)
}

function isoPeriod({ from, to }: Period): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}

function rowsOf(group: Group, groupBy: readonly SummaryDimension[], names: Map<string, string | null>): SummaryRow[] {
  const { name, sums } = group
  const named = { ...name, ...(name.key !== undefined && { keyName: names.get(name.key) ?? null }) }
  if (!groupBy.includes('status')) return [{ ...named, ...totalsOf(sums) }]
  return statuses.flatMap((status) => {
    const requests = sums[`status_${status}`] ?? 0
    return requests > 0 ? [{ ...named, status, requests }] : []
  })
}
