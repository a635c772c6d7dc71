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
 * Makes a request ready for a target; what it gives sends it and brings the client the answer.
 * @throws GatewayFault for what the target's format cannot take
 */
export type Prepare = (target: Target) => Promise<() => Promise<void>>

/**
 * Tries the targets of a route in order until one answers: each with all its keys and, where the error may pass, again
 * after a wait. Only while nothing of an answer has gone to the client, only within the time left, and never for an
 * error that another try cannot mend; and only for a client that is still there. A target that cannot take the request is
 * passed over.
 * @throws what the last try threw, or `client_closed`; if there was none, why the first target cannot take the request
 */
export async function tryTargets(
  session: Session,
  targets: readonly Target[],
  outlet: Outlet,
  prepare: Prepare,
): Promise<void> {
  const { left } = session.response
  let failure: unknown
  for (const target of targets) {
    const tries = new TargetTries(session, target, outlet)
    for (;;) {
      left.throwIfAborted()
      const { losses } = session
      const placed = tries.place()
      const send = await prepare(placed).catch((refusal: unknown) => {
        if (failure === undefined) tries.begin(placed)
        else session.losses = losses
        failure ??= refusal
        if (!(refusal instanceof GatewayFault)) throw refusal
      })
      if (!send) break
      tries.begin(placed)
      try {
        return await send()
      } catch (cause) {
        failure = cause
        const next = tries.failed(placed, cause)
        if (next === 'give-up') throw cause
        if (next === 'next-target') break
        // Cut short only by a client that leaves, which the next look finds.
        await sleep(next.wait, undefined, { signal: left }).catch(() => undefined)
      }
    }
  }
  throw failure
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

  /** The target with one of the provider's keys. */
  place(): Target {
    this.#session.losses = new Losses()
    return this.#withKey()
  }

  /** A fresh start: nothing of an earlier try may show in the answer or its record. */
  begin(target: Target): void {
    const { recording, headers } = this.#session
    for (const name of Object.keys(headers)) delete headers[name]
    Object.assign(headers, identityHeaders(recording.requestId))
    recording.attempt(target)
    this.#session.secret = target.provider.apiKey
    this.#outlet.reset()
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
