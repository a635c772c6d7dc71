import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Settings } from '../config.ts'
import { describeError, type Logger } from '../log.ts'
import { itemOf } from './item.ts'
import type { Recorder, UsageRecord } from './record.ts'

/** Less than the default of `reserveMs`, in which a stream that met the function's deadline must be recorded. */
const recordTimeoutMs = 4_000
const connectTimeoutMs = 1_000
const attemptTimeoutMs = 2_000
const maxAttempts = 4

export interface DynamoRecorder extends Recorder {
  /**
   * Loads the SDK and makes its client, which takes the first record of an environment tens of milliseconds. Called
   * while the provider thinks. Never rejects: what is wrong shows when a record is to be stored.
   */
  warm(): Promise<void>
}

export interface RecorderOptions {
  settings: Pick<Settings, 'table' | 'recordDays' | 'region' | 'credentials' | 'endpoints'>
  logger: Pick<Logger, 'spill'>
  /** For one record, all attempts together; beyond it the record goes to the log. */
  timeoutMs?: number
}

/** Writes records to the table; one that cannot be written in time becomes a marked log line, so that none is lost. */
export function createRecorder({ settings, logger, timeoutMs = recordTimeoutMs }: RecorderOptions): DynamoRecorder {
  let loading: Promise<Sdk> | undefined
  const load = () => {
    loading ??= connect(settings).catch((error) => {
      loading = undefined // a failed import is not for ever
      throw error
    })
    return loading
  }
  return {
    async warm() {
      await load().catch(() => undefined)
    },
    async record(record) {
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        await put(await load(), record, settings, signal)
      } catch (error) {
        logger.spill(record, signal.aborted ? `not stored within ${timeoutMs} ms` : describeError(error))
      }
    },
  }
}

interface Sdk {
  client: DynamoDBClient
  PutItemCommand: typeof import('./dynamo-client.ts')['PutItemCommand']
}

async function connect({ region, credentials, endpoints }: RecorderOptions['settings']): Promise<Sdk> {
  const { DynamoDBClient, PutItemCommand } = await import('./dynamo-client.ts')
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
  return { client, PutItemCommand }
}

/** One item a request: a repeated write finds it there, which is success. */
async function put(sdk: Sdk, record: UsageRecord, settings: RecorderOptions['settings'], abortSignal: AbortSignal) {
  const command = new sdk.PutItemCommand({
    TableName: settings.table,
    Item: itemOf(record, settings.recordDays),
    ConditionExpression: 'attribute_not_exists(pk)',
  })
  try {
    await sdk.client.send(command, { abortSignal })
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error
  }
}
