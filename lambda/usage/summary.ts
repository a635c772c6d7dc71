import type { UsageShards } from '../config.ts'
import type { RecordStatus } from '../metrics/record.ts'
import { type AggregateRow, readAggregates } from './aggregates.ts'
import type { FinishedDays } from './finished-days.ts'
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

/** What is summed. */
export interface SummedUsage extends ModelChoice {
  period: Period
  keys: readonly KnownKey[]
  shards: UsageShards
  /** Where sums of finished days may come from. */
  finishedDays?: FinishedDays
}

/** How sums are told apart. */
export interface Division {
  width: SlotWidth
  groupBy: readonly SummaryDimension[]
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
  { width, groupBy, ...usage }: SummedUsage & Division,
  progress?: (done: number, all: number) => void,
): Promise<Summary> {
  const { summary } = await summarizeEach(table, usage, { summary: { width, groupBy } }, progress)
  return summary
}

/**
 * Several summaries of the same usage for one reading, which is what takes time. All have the same period, extended to
 * whole slots of each.
 */
export async function summarizeEach<Name extends string>(
  table: TableReader,
  usage: SummedUsage,
  divisions: Readonly<Record<Name, Division>>,
  progress?: (done: number, all: number) => void,
): Promise<Record<Name, Summary>> {
  const entries = Object.entries(divisions) as [Name, Division][]
  const widths = entries.map(([, { width }]) => width)
  const period = wholeSlots(usage.period, widths.includes('day') ? dayMs : hourMs)
  const summing = entries.map(([name, { width, groupBy }]) => {
    const grouping = new Grouping(groupBy.filter(isDimension), slotFinder(period, width))
    return { name, width, groupBy, grouping }
  })
  const { keys, shards, finishedDays } = usage
  const question = {
    keys: keys.map(({ id }) => id),
    period,
    resolution: widths.includes('hour') ? 'hour' : 'day',
    shards,
    ...(finishedDays && { finishedDays }),
  } as const
  const visit = (row: AggregateRow) => {
    if (isWanted(row, usage)) for (const { grouping } of summing) grouping.add(row)
  }
  await readAggregates(table, question, visit, progress)
  const names = new Map(keys.map(({ id, name }) => [id, name]))
  const summaries = summing.map(({ name, ...divided }) => [name, summaryOf(period, divided, names)])
  return Object.fromEntries(summaries) as Record<Name, Summary>
}

function summaryOf(
  period: Period,
  { width, groupBy, grouping }: Division & { grouping: Grouping },
  names: Map<string, string | null>,
): Summary {
  return {
    object: 'usage.summary',
    ...isoPeriod(period),
    bucket: width,
    groupBy,
    totals: totalsOf(grouping.total()),
    buckets: slotsOf(period, width).map((slot) => ({
      ...isoPeriod(slot),
      results: grouping.at(slot.from).flatMap((group) => rowsOf(group, groupBy, names)),
    })),
  }
}

const isDimension = (dimension: SummaryDimension): dimension is Dimension => dimension !== 'status'

/** Nothing stays nothing. */
function wholeSlots({ from, to }: Period, step: number): Period {
  const first = floorTo(step, from)
  return { from: first, to: Math.max(first, ceilTo(step, to)) }
}

/** The slots of a period of whole ones; without a width one. */
function slotsOf({ from, to }: Period, width: SlotWidth): Period[] {
  if (from >= to) return []
  if (width === 'none') return [{ from, to }]
  const step = stepOf[width]
  return Array.from({ length: (to - from) / step }, (_, at) => ({ from: from + at * step, to: from + (at + 1) * step }))
}

const stepOf = { day: dayMs, hour: hourMs } as const

function slotFinder(period: Period, width: SlotWidth): (at: number) => number {
  if (width === 'none') return () => period.from
  return (at) => floorTo(stepOf[width], at)
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
