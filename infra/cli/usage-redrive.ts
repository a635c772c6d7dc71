import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { KeyList } from '../../lambda/metrics/dynamo-key-list.ts'
import { store } from '../../lambda/metrics/dynamo-store.ts'
import { transactionOf } from '../../lambda/metrics/dynamo-transaction.ts'
import { createPricing } from '../../lambda/metrics/pricing.ts'
import type { ProvisionalRecord } from '../../lambda/metrics/provisional.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { CliError } from './cli-error.ts'
import { startProgress } from './progress.ts'
import type { UsageCommand } from './usage-command.ts'
import { readLogLine } from './usage-redrive-lines.ts'
import { UnfinishedRequests } from './usage-redrive-unfinished.ts'
import { type UsageTable, withTable } from './usage-table.ts'

/** Writes at once; beyond it they only wait for one another. */
const width = 16
/** For one record: other writers of the same sums may be in the way. */
const timeoutMs = 30_000

type LoggedRecord = UsageRecord | ProvisionalRecord

/** What became of the records in a log. */
export interface RedriveCounts {
  written: number
  /** They were in the table. */
  existing: number
  /** Lines with a record in them that cannot be read; the rest of the log is not counted. */
  unreadable: number
  /**
   * So old that the table may have let go of them: whether they were in it cannot be told, and writing them could count
   * them twice. Nothing is written.
   */
  expired: number
}

/**
 * `npm run usage -- redrive <file>`: writes the records of a log that are not in the table. Any line of the functions'
 * logs that holds a record will do: those that were spilled, the one every request leaves when it is over, and the one it
 * leaves before its answer is whole, which is priced here where no other came because the function was killed.
 */
export const redrive: UsageCommand = {
  form: '<file, or - for stdin>',
  summary: 'writes the records of a log that the table does not have',
  options: {},
  async run(args, env) {
    const [file, ...rest] = args.positionals
    if (file === undefined || rest.length > 0) throw new CliError(`Say: npm run usage -- redrive ${redrive.form}`)
    return withTable(args, env, async (table) => {
      const progress = startProgress()
      const source = file === '-' ? process.stdin : createReadStream(file)
      const counts = await redriveLog(source, table, (text) => progress.show(text))
      progress.done()
      const { written, existing, unreadable, expired } = counts
      process.stdout.write(
        `${written} written, ${existing} already there, ${unreadable} unreadable, ${expired} too old\n`,
      )
      if (expired > 0) process.stderr.write(tooOld(table))
      return unreadable > 0 ? 1 : 0
    })
  },
}

function tooOld({ settings, place }: UsageTable): string {
  return (
    `Records expire after ${settings.recordDays} days (infra/config.ts: recordDays), so for older ones ${place} ` +
    'cannot tell whether they were counted. Nothing was written for those.\n'
  )
}

/**
 * Writes what is missing, each record once however often it is in the log or this is run.
 * @throws CliError if the log cannot be read; what the SDK throws if the table fails, after which it can be run again
 */
export async function redriveLog(
  log: Readable,
  table: UsageTable,
  report: (text: string) => void = () => {},
): Promise<RedriveCounts> {
  const counts: RedriveCounts = { written: 0, existing: 0, unreadable: 0, expired: 0 }
  const unfinished = new UnfinishedRequests()
  const pricing = createPricing({ overrides: table.prices })
  const firstUsed = new Map<string, string>()
  const oldest = Date.now() - table.settings.recordDays * 86_400_000
  const writer = async (records: AsyncIterable<LoggedRecord>) => {
    for await (const each of records) {
      const record = 'billable' in each ? { ...each.record, ...(await pricing.price(each.billable)) } : each
      if (Date.parse(record.startedAt) < oldest) counts.expired++
      else {
        counts[await write(record, table)]++
        const first = firstUsed.get(record.keyId)
        if (first === undefined || record.startedAt < first) firstUsed.set(record.keyId, record.startedAt)
      }
      report(`${counts.written} written, ${counts.existing} already there`)
    }
  }
  const writeAll = (records: AsyncIterable<LoggedRecord>) =>
    Promise.all(Array.from({ length: width }, () => writer(records)))
  await writeAll(recordsIn(log, counts, unfinished))
  // Only now: a final record, which knows more, goes first wherever it stood in the log.
  await writeAll(unfinished.rest())
  await listKeys(firstUsed, table)
  return counts
}

/** A function that could not write a record has not put its key on the list either. */
async function listKeys(firstUsed: ReadonlyMap<string, string>, { client, settings }: UsageTable): Promise<void> {
  const keys = new KeyList(settings.table)
  for (const [keyId, startedAt] of firstUsed) {
    await keys.add({ client, TransactWriteItemsCommand }, { keyId, startedAt }, AbortSignal.timeout(timeoutMs))
  }
}

async function write(record: UsageRecord, { client, settings }: UsageTable): Promise<'written' | 'existing'> {
  // Without the gateway's own token, whose repetition would look like a first writing for ten minutes.
  const { ClientRequestToken: _, ...transaction } = transactionOf(record, settings)
  return store({ client, TransactWriteItemsCommand }, transaction, AbortSignal.timeout(timeoutMs))
}

/** Yields final records at once, and of the others those that have waited too long. */
async function* recordsIn(
  log: Readable,
  counts: RedriveCounts,
  unfinished: UnfinishedRequests,
): AsyncGenerator<LoggedRecord> {
  // readline alone would leave an error of its input unheard.
  const failed = new Promise<never>((_, reject) => log.once('error', reject))
  failed.catch(() => undefined)
  const lines = createInterface({ input: log, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]()
  for (;;) {
    const { value, done } = await Promise.race([lines.next(), failed]).catch((error: Error) => {
      throw new CliError(`The log cannot be read: ${error.message}`, { cause: error })
    })
    if (done) return
    const { records, provisional, unreadable } = readLogLine(value)
    counts.unreadable += unreadable
    for (const { requestId } of records) unfinished.final(requestId)
    yield* records
    yield* provisional.flatMap((each) => unfinished.provisional(each) ?? [])
  }
}
