import { readSettings, type UsageShards } from '../config.ts'
import { createSecretSource } from '../keys/secret.ts'
import { createKeyring, type Keyring } from '../keys/verify.ts'
import { createLogger, type Logger, outliveStrayRejections } from '../log.ts'
import { createDynamoReader } from './dynamo-reader.ts'
import { FinishedDays } from './finished-days.ts'
import type { NamedKey } from './known-keys.ts'
import type { TableReader } from './table-reader.ts'

/** The world, as far as reading usage touches it. */
export interface UsageDeps {
  /** Passes keys with the scope `usage:read`. */
  keyring: Keyring
  /** The gateway keys that exist now. */
  currentKeys(): Promise<readonly NamedKey[]>
  table: TableReader
  finishedDays: FinishedDays
  /** Over how many partitions a key's aggregates are spread. */
  usageShards: UsageShards
  /** Days a request's record is kept: no reading goes further back. */
  recordDays: number
  logger: Pick<Logger, 'log'>
  /** Milliseconds since the epoch. */
  now(): number
}

/** Puts the real world together, once an environment. Reading the secret and loading the SDK start here. */
export function createUsageDeps(): UsageDeps {
  const settings = readSettings()
  const { table, region, credentials, endpoints, recordDays, usageShards } = settings
  const logger = createLogger()
  outliveStrayRejections(logger.log)
  const now = Date.now
  const secret = createSecretSource({ settings, log: logger.log, now })
  const endpoint = endpoints.dynamodb
  return {
    keyring: createKeyring(secret, 'usage:read'),
    currentKeys: async () => (await secret.get()).keys,
    table: createDynamoReader({ table, region, credentials, ...(endpoint && { endpoint }) }),
    finishedDays: new FinishedDays(now),
    usageShards,
    recordDays,
    logger,
    now,
  }
}
