import { monotonicMs } from './clock.ts'
import { readSettings } from './config.ts'
import { mintId } from './events/ids.ts'
import type { Deps } from './gateway/deps.ts'
import { createSecretSource } from './keys/secret.ts'
import { createKeyring } from './keys/verify.ts'
import { createLogger, outliveStrayRejections, toStdout } from './log.ts'
import { createRecorder } from './metrics/dynamo.ts'
import { createPricing } from './metrics/pricing.ts'
import { KeyPool } from './providers/key-pool.ts'

/** Puts the real world together, once an environment. Reading the secret starts here, in the platform's init time. */
export function createDeps(): Deps {
  const settings = readSettings()
  const now = Date.now
  const logger = createLogger(toStdout, now, settings.namespace)
  outliveStrayRejections(logger.log)
  const secret = createSecretSource({ settings, log: logger.log, now })
  const recorder = createRecorder({ settings, logger })
  return {
    limits: settings.limits,
    retry: settings.retry,
    routes: settings.routes,
    keyPool: new KeyPool(now, Math.random),
    random: Math.random,
    ...(settings.thinkingText && { thinkingText: true }),
    keyring: createKeyring(secret),
    providers: async () => (await secret.get()).providers,
    pricing: createPricing({ overrides: settings.prices }),
    recorder,
    logger,
    mint: mintId,
    now,
    clock: monotonicMs,
  }
}
