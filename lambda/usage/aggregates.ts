import type { UsageShards } from '../config.ts'
import { type AggregateName, readAggregateKeys, usagePartitions } from '../metrics/aggregate.ts'
import type { Item } from '../metrics/item.ts'
import { mapBounded } from './bounded.ts'
import type { FinishedDays } from './finished-days.ts'
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
  /** Where days that are over may come from; without it all are read. */
  finishedDays?: FinishedDays
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
  await mapBounded(queries, async ({ isFinished, ...query }) => {
    const read = () => readRows(table, query)
    const rows = isFinished ? await question.finishedDays?.rows(query, read) : undefined
    for (const row of rows ?? (await read())) visit(row)
    progress?.(++done, queries.length)
  })
}

async function readRows(table: TableReader, query: PartitionQuery): Promise<AggregateRow[]> {
  const rows: AggregateRow[] = []
  for await (const { items } of pagesOf(table, query)) rows.push(...items.flatMap((item) => rowOf(item) ?? []))
  return rows
}

export interface AggregateQuery extends PartitionQuery {
  /** Days that are over, of which there is a store. */
  isFinished: boolean
}

/** The queries a question takes. */
export function aggregateQueries(question: AggregateQuestion): AggregateQuery[] {
  const { keys, shards, only } = question
  const ranges = splitByMonth(question.period).flatMap((part) => {
    const month = monthOf(part.from)
    return sortKeyRanges(part, question).map((each) => ({ month, ...each }))
  })
  return keys.flatMap((keyId) =>
    ranges.flatMap(({ month, range, isFinished }) =>
      usagePartitions(keyId, month, shards).map((pk) => ({
        pk,
        range,
        isFinished,
        ...(only && { only: ['pk', 'sk', ...only] }),
      })),
    ),
  )
}

type SortKeyRange = Required<Pick<AggregateQuery, 'range' | 'isFinished'>>

function sortKeyRanges(period: Period, { resolution, finishedDays }: AggregateQuestion): SortKeyRange[] {
  const unfinished = (range: SortKeyRange['range']) => ({ range, isFinished: false })
  if (resolution === 'hour') return [unfinished(hours(period))]
  const { head, days, tail } = splitByDay(period)
  return [
    ...(head ? [unfinished(hours(head))] : []),
    ...(days ? dayRanges(days, finishedDays?.end() ?? 0) : []),
    ...(tail ? [unfinished(hours(tail))] : []),
  ]
}

/** @param finished when the last finished day ended */
function dayRanges({ from, to }: Period, finished: number): SortKeyRange[] {
  const border = Math.min(Math.max(from, finished), to)
  return [
    ...(from < border ? [{ range: wholeDays({ from, to: border }), isFinished: true }] : []),
    ...(border < to ? [{ range: wholeDays({ from: border, to }), isFinished: false }] : []),
  ]
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
