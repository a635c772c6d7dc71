import { readSettings } from './config.ts'
import { mintId } from './events/ids.ts'
import type { Deps } from './gateway/deps.ts'
import { createSecretSource } from './keys/secret.ts'
import { createKeyring } from './keys/verify.ts'
import { createLogger } from './log.ts'
import { createRecorder } from './metrics/dynamo.ts'

/** Puts the real world together, once an environment. Reading the secret starts here, in the platform's init time. */
export function createDeps(): Deps {
  const settings = readSettings()
  const logger = createLogger()
  const now = Date.now
  const secret = createSecretSource({ settings, log: logger.log, now })
  const recorder = createRecorder({ settings, logger })
  return {
    limits: settings.limits,
    keyring: createKeyring(secret),
    providers: async () => (await secret.get()).providers,
    recorder,
    logger,
    mint: mintId,
    now,
    clock: () => performance.now(),
  }
}
