import { readSettings } from './config.ts'
import { mintId } from './events/ids.ts'
import type { Deps } from './gateway/deps.ts'
import { createSecretSource } from './keys/secret.ts'
import { createKeyring } from './keys/verify.ts'
import { createLogger } from './log.ts'
import { createRecorder } from './metrics/dynamo.ts'
import { createPricing } from './metrics/pricing.ts'

/** Puts the real world together, once an environment. Reading the secret starts here, in the platform's init time. */
export function createDeps(): Deps {
  const settings = readSettings()
  const logger = createLogger()
  const now = Date.now
  const secret = createSecretSource({ settings, log: logger.log, now })
  const recorder = createRecorder({ settings, logger })
  const providers = async () => (await secret.get()).providers
  const baseUrl = async (id: string) => (await providers()).find((provider) => provider.id === id)?.baseUrl
  const pricing = createPricing({ overrides: settings.prices, baseUrl })
  return {
    limits: settings.limits,
    ...(settings.thinkingText && { thinkingText: true }),
    keyring: createKeyring(secret),
    providers,
    pricing,
    recorder: {
      record: recorder.record,
      async warm() {
        // One after the other, so that neither keeps the other's turn of the event loop from the stream for long.
        await recorder.warm()
        await pricing.warm()
      },
    },
    logger,
    mint: mintId,
    now,
    clock: () => performance.now(),
  }
}
