import { setTimeout } from 'node:timers/promises'
import type { DynamoDBClient, TransactionCanceledException, TransactWriteItemsInput } from '@aws-sdk/client-dynamodb'
import { tokenOf } from './dynamo-transaction.ts'

/** What is used of the SDK. */
export interface Sdk {
  client: Pick<DynamoDBClient, 'send'>
  TransactWriteItemsCommand: typeof import('./dynamo-client.ts')['TransactWriteItemsCommand']
}

/** The record is new, or was there already. */
export type StoreOutcome = 'written' | 'existing'

/** Milliseconds before a further attempt: anything up to the first, doubling up to the last. */
const firstPauseMs = 20
const lastPauseMs = 640

/**
 * Reasons of a cancelled transaction that pass: others write the same sums, or too many do.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
const passingReasons: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

/** Errors that pass; the SDK has retried throttles and silence already, some times. */
const passingErrors: ReadonlySet<string> = new Set([
  'TransactionInProgressException',
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TimeoutError',
])

/**
 * Writes a record's transaction, again and again while others are in its way and `signal` allows.
 * @throws what the SDK throws for anything that does not pass, or that still stands when time is up
 */
export async function store(sdk: Sdk, input: TransactWriteItemsInput, signal: AbortSignal): Promise<StoreOutcome> {
  let transaction = input
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(lastPauseMs, pauseMs * 2)) {
    try {
      await sdk.client.send(new sdk.TransactWriteItemsCommand(transaction), { abortSignal: signal })
      return 'written'
    } catch (error) {
      const verdict = judge(error)
      if (verdict === 'existing') return 'existing'
      if (verdict === 'fail' || signal.aborted) throw error
      // Its token was used for other contents: only the condition can tell now whether the record is there.
      if (verdict === 'new-token') transaction = { ...input, ClientRequestToken: tokenOf(JSON.stringify(input)) }
    }
    // Full jitter, or those who met once meet again: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    await setTimeout(Math.random() * pauseMs, undefined, { signal })
  }
}

type Verdict = 'existing' | 'retry' | 'new-token' | 'fail'

function judge(error: unknown): Verdict {
  if (!(error instanceof Error)) return 'fail'
  if (error.name === 'IdempotentParameterMismatchException') return 'new-token'
  if (passingErrors.has(error.name)) return 'retry'
  if (error.name !== 'TransactionCanceledException') return 'fail'
  const codes = ((error as TransactionCanceledException).CancellationReasons ?? []).map(({ Code }) => Code ?? 'None')
  // Only the record's item has a condition.
  if (codes.includes('ConditionalCheckFailed')) return 'existing'
  const reasons = codes.filter((code) => code !== 'None')
  return reasons.length > 0 && reasons.every((code) => passingReasons.has(code)) ? 'retry' : 'fail'
}
