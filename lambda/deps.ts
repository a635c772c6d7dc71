import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs } from './clock.ts'
import { readSettings } from './config.ts'
import { mintId } from './events/ids.ts'
import { formatIds, loadCodec } from './formats/index.ts'
import type { Deps } from './gateway/deps.ts'
import type { ClientResponse, GatewayRequest } from './gateway/request.ts'
import { createSecretSource } from './keys/secret.ts'
import { createKeyring } from './keys/verify.ts'
import { createLogger, outliveStrayRejections, toStdout } from './log.ts'
import { createRecorder } from './metrics/dynamo.ts'
import { createPricing } from './metrics/pricing.ts'
import { KeyPool } from './providers/key-pool.ts'

/** What an entry needs: the exchange's world, and what stands between it and the client. */
export interface EntryDeps extends Deps {
  /** Compresses the answer where the operator and the client want that; else it is the one that was given. */
  compress(request: GatewayRequest, response: ClientResponse): Promise<ClientResponse>
}

/** Longer than a secret ever takes; an attempt that hangs goes on, and the first request waits for it as it would have. */
const maxWaitMs = 1_000

/**
 * Puts the real world together, once an environment. It waits for the secret and loads the formats meanwhile: the platform
 * initialises at full speed and serves at the share of its memory (29 % of a core at 512 MB), so that what is done here
 * takes the client a third of the time it would take in the first request. A secret that cannot be read is logged and is
 * the matter of that request.
 */
export async function createDeps(): Promise<EntryDeps> {
  const settings = readSettings()
  const now = Date.now
  const logger = createLogger(toStdout, now, settings.namespace)
  outliveStrayRejections(logger.log)
  const secret = createSecretSource({ settings, log: logger.log, now })
  // Nobody may wait for them here: they import the entry, which is not over before this is.
  for (const format of formatIds) void loadCodec(format)
  await Promise.race([secret.tried, sleep(maxWaitMs, undefined, { ref: false })])
  const recorder = createRecorder({ settings, logger })
  return {
    compress: async (request, response) => {
      if (!settings.compress) return response
      return (await import('./http/compression.ts')).compressed(request, response)
    },
    ...(settings.debug.size > 0 && {
      debug: async (target, requestId) => {
        const { watched } = await import('./gateway/debug.ts')
        return watched(target, settings.debug, (message, fields) =>
          logger.log('debug', message, { requestId, ...fields }),
        )
      },
    }),
    limits: settings.limits,
    onDisconnect: settings.onDisconnect,
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
