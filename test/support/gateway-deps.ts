import { readSettings } from '../../lambda/config.ts'
import { mintId } from '../../lambda/events/ids.ts'
import type { Deps } from '../../lambda/gateway/deps.ts'
import { unpriced } from '../../lambda/metrics/pricing.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { KeyPool } from '../../lambda/providers/key-pool.ts'
import type { ProviderConfig } from '../../lambda/providers/provider.ts'

/** The world of an exchange in this process: these providers, the default settings, and records that are kept here. */
export function gatewayDeps(providers: readonly ProviderConfig[], records: UsageRecord[]): Deps {
  const { limits, retry, onDisconnect } = readSettings({
    SLUICE_TABLE: 'table',
    SLUICE_SECRET_ID: 'secret',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })
  return {
    limits,
    onDisconnect,
    retry: { ...retry, triesPerTarget: 1 },
    routes: {},
    keyPool: new KeyPool(Date.now, Math.random),
    random: Math.random,
    keyring: { verify: async () => ({ id: 'k', name: 'k' }) },
    providers: async () => providers,
    pricing: { price: async () => unpriced },
    recorder: { record: async (record) => void records.push(record) },
    logger: { log: () => undefined, provisional: () => undefined, request: () => undefined },
    mint: mintId,
    now: Date.now,
    clock: () => performance.now(),
  }
}
