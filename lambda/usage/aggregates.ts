import type { UsageShards } from '../config.ts'
import { type AggregateName, readAggregateKeys, usagePartitions } from '../metrics/aggregate.ts'
import type { Item } from '../metrics/item.ts'
import { mapBounded } from './bounded.ts'
import { dayOf, monthOf, type Period, splitByDay, splitByMonth } from './period.ts'
import { type PartitionQuery, pagesOf, type TableReader } from './table-reader.ts'

/** The finest time a question wants told apart. Whole days are read as such, hours only where they must be. */
export type Resolution = 'hour' | 'day'

export interface AggregateQuestion {
  keys: readonly string[]
  /** Whole hours. */
  period: Period
  resolution: Resolution
  shards: UsageShards
  /** Sums that are needed; without it all of them. Two thirds are histograms. */
  only?: readonly string[]
}

/** Sums of one key, provider and model in one day or hour. */
export interface AggregateRow extends Pick<AggregateName, 'keyId' | 'provider' | 'model'> {
  /** When the day or hour began, milliseconds since 1970. */
  at: number
  sums: ReadonlyMap<string, number>
}

/**
 * Reads the aggregates of some keys: one query a key, month and kind of item, as a month of one key is one partition.
 * @param visit is called for each, in no order
 * @param progress is called after each query with how many are done and how many there are
 */
export async function readAggregates(
  table: TableReader,
  question: AggregateQuestion,
  visit: (row: AggregateRow) => void,
  progress?: (done: number, all: number) => void,
): Promise<void> {
  const queries = aggregateQueries(question)
  let done = 0
  await mapBounded(queries, async (query) => {
    for await (const { items } of pagesOf(table, query)) {
      for (const item of items) {
        const row = rowOf(item)
        if (row) visit(row)
      }
    }
    progress?.(++done, queries.length)
  })
}

/** The queries a question takes. */
export function aggregateQueries({ keys, period, resolution, shards, only }: AggregateQuestion): PartitionQuery[] {
  const ranges = splitByMonth(period).flatMap((part) => {
    const month = monthOf(part.from)
    return sortKeyRanges(part, resolution).map((range) => ({ month, range }))
  })
  return keys.flatMap((keyId) =>
    ranges.flatMap(({ month, range }) =>
      usagePartitions(keyId, month, shards).map((pk) => ({ pk, range, ...(only && { only: ['pk', 'sk', ...only] }) })),
    ),
  )
}

function sortKeyRanges(period: Period, resolution: Resolution): { from: string; to: string }[] {
  if (resolution === 'hour') return [hours(period)]
  const { head, days, tail } = splitByDay(period)
  return [...(head ? [hours(head)] : []), ...(days ? [wholeDays(days)] : []), ...(tail ? [hours(tail)] : [])]
}

/** `$` is the character after `#`: the range ends behind the last item of its last day or hour. */
const behind = '$'

function wholeDays({ from, to }: Period) {
  return { from: `D#${dayOf(from).slice(8)}#`, to: `D#${dayOf(to - 1).slice(8)}${behind}` }
}

function hours({ from, to }: Period) {
  return { from: `H#${hourName(from)}#`, to: `H#${hourName(to - 1)}${behind}` }
}

/** `<dd>T<hh>` */
function hourName(at: number): string {
  return new Date(at).toISOString().slice(8, 13)
}

function rowOf(item: Item): AggregateRow | undefined {
  const name = readAggregateKeys(item.pk?.S ?? '', item.sk?.S ?? '')
  if (!name) return undefined
  // The hot loop of a month: half a million attributes for 50 keys with 10 models, in a tenth of the time that objects
  // with ever other names would take.
  const sums = new Map<string, number>()
  for (const attribute in item) {
    const text = item[attribute]?.N
    if (text !== undefined) sums.set(attribute, Number(text))
  }
  const { keyId, day, hour = 0, provider, model } = name
  return { keyId, provider, model, at: Date.parse(`${day}T00:00Z`) + hour * 3_600_000, sums }
}
