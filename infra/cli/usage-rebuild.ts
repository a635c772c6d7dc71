import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { aggregateSortKey, readAggregateKeys, usagePartition } from '../../lambda/metrics/aggregate.ts'
import { addition } from '../../lambda/metrics/dynamo-transaction.ts'
import { CliError } from './cli-error.ts'
import { startProgress } from './progress.ts'
import { textTable } from './text-table.ts'
import type { UsageCommand } from './usage-command.ts'
import { findKeys, type KeyDay, recordSums, type SumsByKey, storedSums } from './usage-rebuild-reads.ts'
import { type UsageTable, withTable } from './usage-table.ts'

/** A sum that is not what the records say. */
export interface Difference {
  keyId: string
  /** Sort key of the aggregate. */
  sk: string
  /** Attribute. */
  name: string
  stored: number
  computed: number
}

export interface RebuildReport {
  /** Keys with records or sums on that day. */
  keys: number
  records: number
  differences: Difference[]
  /** Sums that changed while they were looked at: requests are coming in. Left alone. */
  unsettled: number
}

/** Differences shown one by one; the rest is a number. */
const shownDifferences = 40

/**
 * `npm run usage -- rebuild --day <yyyy-mm-dd>`: adds up the day's records of all keys and compares them with the day's
 * and hours' aggregates. With `--write` the aggregates are mended by adding what is missing, so that requests that come
 * in meanwhile still count. What keys have spent is no sum of one day and stays as it is.
 */
export const rebuild: UsageCommand = {
  form: '--day <yyyy-mm-dd> [--write]',
  summary: 'compares a day’s sums with its records; mends them with --write',
  options: { day: { type: 'string' }, write: { type: 'boolean' } },
  async run(args, env) {
    const { day, write = false } = args.values
    if (typeof day !== 'string' || args.positionals.length > 0) {
      throw new CliError(`Say: npm run usage -- rebuild ${rebuild.form}`)
    }
    return withTable(args, env, async (table) => {
      checkDay(day, table.settings.recordDays)
      const progress = startProgress()
      const report = await rebuildDay(table, day, write === true, (text) => progress.show(text))
      progress.done()
      process.stdout.write(describe(report, day, write === true))
      return report.unsettled > 0 || (report.differences.length > 0 && !write) ? 1 : 0
    })
  },
}

/** @throws CliError unless all records of the day are still there, whenever in the day they came */
function checkDay(day: string, recordDays: number): void {
  const start = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== day) {
    throw new CliError(`${day} is no day: say yyyy-mm-dd (UTC).`)
  }
  if (start + recordDays * 86_400_000 > Date.now()) return
  throw new CliError(
    `The records of ${day} have begun to expire (infra/config.ts: recordDays is ${recordDays}), so its sums cannot be ` +
      'told from them any more. They stay as they are.',
  )
}

/**
 * Compares the sums of a day with its records, and mends them if `write`.
 * @param report takes a line for whoever waits
 */
export async function rebuildDay(
  table: UsageTable,
  day: string,
  write: boolean,
  report: (text: string) => void = () => {},
): Promise<RebuildReport> {
  const keys = await findKeys(table, day, (items) => report(`looking for keys: ${items} items seen`))
  const total: RebuildReport = { keys: keys.length, records: 0, differences: [], unsettled: 0 }
  for (const [at, key] of keys.entries()) {
    report(`key ${at + 1} of ${keys.length}`)
    // Twice, around the records: sums that stayed the same in between are of the same moment as the records.
    const before = await storedSums(table, key)
    const { sums, count } = await recordSums(table, key)
    const after = await storedSums(table, key)
    total.records += count
    for (const sk of new Set([...before.keys(), ...sums.keys(), ...after.keys()])) {
      if (differences(key, sk, before, after).length > 0) {
        total.unsettled++
        continue
      }
      const found = differences(key, sk, after, sums)
      total.differences.push(...found)
      if (write && found.length > 0) await mend(table, key, sk, found)
    }
  }
  return total
}

/** What differs between two sums of one name; a sum that is not there is 0. */
function differences({ keyId }: KeyDay, sk: string, stored: SumsByKey, computed: SumsByKey): Difference[] {
  const [one = {}, other = {}] = [stored.get(sk), computed.get(sk)]
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return names
    .map((name) => ({ keyId, sk, name, stored: one[name] ?? 0, computed: other[name] ?? 0 }))
    .filter(({ stored: was, computed: is }) => was !== is)
}

async function mend({ client, settings }: UsageTable, key: KeyDay, sk: string, found: Difference[]): Promise<void> {
  const missing = found.map(({ name, stored, computed }) => [name, computed - stored])
  const pk = usagePartition(key.keyId, key.day.slice(0, 7))
  await client.send(new UpdateItemCommand(addition(settings.table, pk, sk, Object.fromEntries(missing))))
}

function describe(
  { keys, records, differences: all, unsettled }: RebuildReport,
  day: string,
  written: boolean,
): string {
  const lines = [`${day}: ${records} records of ${keys} keys`]
  if (all.length > 0) {
    const rows = all.slice(0, shownDifferences).map((each) => [...words(each)])
    lines.push(textTable([['KEY', 'WHEN', 'PROVIDER', 'MODEL', 'SUM', 'STORED', 'RECORDS SAY'], ...rows]))
    if (all.length > shownDifferences) lines.push(`and ${all.length - shownDifferences} more`)
  }
  const verdict = written ? 'differed and were mended.' : 'differ. To mend them, add --write.'
  lines.push(all.length === 0 ? 'Every sum is what the records say.' : `${all.length} sums ${verdict}`)
  if (unsettled > 0) lines.push(`${unsettled} aggregates changed meanwhile and were left alone: try again later.`)
  return `${lines.join('\n')}\n`
}

function* words({ keyId, sk, name, stored, computed }: Difference): Generator<string> {
  const aggregate = readAggregateKeys(usagePartition(keyId, '0000-00'), sk)
  yield keyId
  yield aggregate?.hour === undefined ? 'day' : `${String(aggregate.hour).padStart(2, '0')}:00`
  yield aggregate?.provider ?? ''
  yield aggregate?.model ?? aggregateSortKey({ keyId, day: '', provider: '', model: sk })
  yield name
  yield String(stored)
  yield String(computed)
}
