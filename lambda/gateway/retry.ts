import type { RetryPolicy } from '../config.ts'
import type { ErrorCode, GatewayError } from '../errors.ts'

type Remedy = 'again' | 'elsewhere' | 'none'

/**
 * What can mend an error before anything reached the client: the same target again, only another key or target, or
 * nothing (the request itself is at fault, or waiting longer would be no better).
 */
const remedies = {
  invalid_request: 'none',
  unprocessable: 'none',
  content_policy: 'none',
  context_length: 'none',
  too_large: 'none',
  method_not_allowed: 'none',
  client_closed: 'none',
  authentication: 'elsewhere',
  permission: 'elsewhere',
  quota: 'elsewhere',
  not_found: 'elsewhere',
  conflict: 'again',
  rate_limit: 'again',
  internal: 'again',
  overloaded: 'again',
  timeout: 'elsewhere',
  upstream_unreachable: 'again',
  upstream_malformed: 'elsewhere',
  upstream_truncated: 'again',
  upstream_too_large: 'none',
} as const satisfies Record<ErrorCode, Remedy>

/** Statuses that say "later" although their canonical code says nothing: 408 Request Timeout, 425 Too Early. */
const againStatuses: ReadonlySet<number> = new Set([408, 425])

export function remedyOf({ code, upstream }: GatewayError): Remedy {
  // What timed out at the provider may have been quick to say so (504); one of the gateway's own clocks never is.
  if (upstream && code === 'timeout') return 'again'
  if (upstream?.status !== undefined && againStatuses.has(upstream.status)) return 'again'
  return remedies[code]
}

/**
 * Milliseconds to wait before the next try of the same target, or undefined if that is more than the policy or the time
 * left allows. The provider's own delay is the least; jitter of up to half keeps many clients from coming back at once.
 * @param failures how many tries of this target failed so far, at least 1
 * @param random from 0 to 1
 */
export function backoff(
  policy: RetryPolicy,
  {
    failures,
    retryAfterMs = 0,
    remainingMs,
    random,
  }: {
    failures: number
    retryAfterMs?: number | undefined
    remainingMs: number
    random: number
  },
): number | undefined {
  if (retryAfterMs > policy.maxBackoffMs) return undefined
  const exponential = Math.min(policy.backoffMs * 2 ** (failures - 1), policy.maxBackoffMs)
  const wait = Math.max(retryAfterMs, exponential * (0.5 + random / 2))
  return wait < remainingMs ? Math.round(wait) : undefined
}
