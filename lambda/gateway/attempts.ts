import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayFault } from '../errors.ts'
import { Losses } from '../events/losses.ts'
import { identityHeaders } from './headers.ts'
import type { Outlet } from './outlet.ts'
import { backoff, remedyOf } from './retry.ts'
import type { Target } from './route.ts'
import type { Session } from './session.ts'

/** Less time than this before the deadline is not worth another try. */
const leastTimeMs = 1_000

/** What to do after a failed try. */
type Next = { wait: number } | 'next-target' | 'give-up'

/**
 * Tries the targets of a route in order until one answers: each with all its keys and, where the error may pass, again
 * after a wait. Only while nothing of an answer has gone to the client, only within the time left, and never for an
 * error that another try cannot mend; and only for a client that is still there.
 * @throws what the last try threw, or `client_closed`
 */
export async function tryTargets(
  session: Session,
  targets: readonly Target[],
  outlet: Outlet,
  attempt: (target: Target) => Promise<void>,
): Promise<void> {
  const { left } = session.response
  for (const [index, target] of targets.entries()) {
    const tries = new TargetTries(session, target, outlet)
    for (;;) {
      left.throwIfAborted()
      const placed = tries.begin()
      try {
        return await attempt(placed)
      } catch (cause) {
        const next = tries.failed(placed, cause)
        if (next === 'give-up' || (next === 'next-target' && index === targets.length - 1)) throw cause
        if (next === 'next-target') break
        // Cut short only by a client that leaves, which the next look finds.
        await sleep(next.wait, undefined, { signal: left }).catch(() => undefined)
      }
    }
  }
}

/** The tries of one target. */
class TargetTries {
  readonly #session: Session
  readonly #target: Target
  readonly #outlet: Outlet
  readonly #triedKeys = new Set<string>()
  #failures = 0

  constructor(session: Session, target: Target, outlet: Outlet) {
    this.#session = session
    this.#target = target
    this.#outlet = outlet
  }

  /** A fresh start with one of the provider's keys: nothing of an earlier try may show in the answer or its record. */
  begin(): Target {
    const { recording, headers } = this.#session
    const target = this.#withKey()
    for (const name of Object.keys(headers)) delete headers[name]
    Object.assign(headers, identityHeaders(recording.requestId))
    recording.attempt(target)
    this.#session.losses = new Losses()
    this.#session.secret = target.provider.apiKey
    this.#outlet.reset()
    return target
  }

  failed({ provider }: Target, cause: unknown): Next {
    const { deps, recording, request, response } = this.#session
    const remainingMs = request.remainingMs() - deps.limits.reserveMs
    if (response.left.aborted) return 'give-up'
    if (!(cause instanceof GatewayFault) || this.#outlet.flowing || remainingMs < leastTimeMs) return 'give-up'
    const { error } = cause
    const remedy = remedyOf(error)
    if (remedy === 'none') return 'give-up'
    recording.attemptFailed(`${provider.id}:${error.code}`)
    this.#failures++
    const refused = error.code === 'authentication' || error.code === 'quota' || error.code === 'rate_limit'
    if (refused && provider.apiKey) {
      deps.keyPool.rest(provider.apiKey, error.retryAfterMs)
      this.#triedKeys.add(provider.apiKey)
      if (provider.keys?.some(({ key }) => !this.#triedKeys.has(key))) return { wait: 0 }
    }
    if (remedy !== 'again' || this.#failures >= deps.retry.triesPerTarget) return 'next-target'
    const { retryAfterMs } = error
    const wait = backoff(deps.retry, { failures: this.#failures, retryAfterMs, remainingMs, random: deps.random() })
    return wait === undefined ? 'next-target' : { wait }
  }

  #withKey(): Target {
    const { provider } = this.#target
    if (!provider.keys) return this.#target
    const { keyPool } = this.#session.deps
    const apiKey = keyPool.take(provider.keys, this.#triedKeys) ?? keyPool.take(provider.keys)
    return apiKey === undefined ? this.#target : { ...this.#target, provider: { ...provider, apiKey } }
  }
}
