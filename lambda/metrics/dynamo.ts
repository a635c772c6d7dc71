import type { Settings } from '../config.ts'
import { describeError, type Logger } from '../log.ts'
import type { Recorder, UsageRecord } from './record.ts'

/** Less than the default of `reserveMs`, in which a stream that met the function's deadline must be recorded. */
const recordTimeoutMs = 4_000
const connectTimeoutMs = 1_000
const attemptTimeoutMs = 2_000
const maxAttempts = 4

export interface RecorderOptions {
  settings: Pick<Settings, 'table' | 'recordDays' | 'usageShards' | 'region' | 'credentials' | 'endpoints'>
  logger: Pick<Logger, 'spill'>
  /** For one record, all attempts together; beyond it the record goes to the log. */
  timeoutMs?: number
}

/**
 * Writes records to the table, each with its sums and exactly once; one that cannot be written in time becomes a marked
 * log line, so that none is lost (`npm run usage -- redrive`).
 */
export function createRecorder({ settings, logger, timeoutMs = recordTimeoutMs }: RecorderOptions): Recorder {
  let loading: Promise<Writer> | undefined
  const load = () => {
    loading ??= loadWriter(settings).catch((error) => {
      loading = undefined // a failed import is not for ever
      throw error
    })
    return loading
  }
  return {
    async record(record) {
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        const writer = await load()
        await writer.store(record, signal)
      } catch (error) {
        logger.spill(record, signal.aborted ? `not stored within ${timeoutMs} ms` : describeError(error))
      }
    },
  }
}

/** What a record takes: code that an environment needs when its first client has the answer, not before. */
interface Writer {
  /** @throws what the SDK throws, if the record is not stored when the signal comes */
  store(record: UsageRecord, signal: AbortSignal): Promise<void>
}

async function loadWriter(settings: RecorderOptions['settings']): Promise<Writer> {
  const { region, credentials, endpoints, table } = settings
  const { DynamoDBClient, growYoungGenerationAtOnce, KeyList, store, TransactWriteItemsCommand, transactionOf } =
    await import('./dynamo-writer.ts')
  growYoungGenerationAtOnce()
  const client = new DynamoDBClient({
    region,
    // Given, so that the SDK neither loads its chain of credential providers nor looks for files.
    credentials,
    ...(endpoints.dynamodb && { endpoint: endpoints.dynamodb }),
    maxAttempts,
    retryMode: 'standard',
    defaultsMode: 'standard',
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: attemptTimeoutMs,
      throwOnRequestTimeout: true,
      // An environment serves one request at a time.
      httpsAgent: { keepAlive: true, maxSockets: 4 },
    },
  })
  const sdk = { client, TransactWriteItemsCommand }
  const keys = new KeyList(table)
  return {
    async store(record, signal) {
      await store(sdk, transactionOf(record, settings), signal)
      // The record is safe. A key that does not get on the list now does so with its next one.
      await keys.add(sdk, record, signal).catch(() => undefined)
    },
  }
}
