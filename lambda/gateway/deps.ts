import type { Limits, OnDisconnect, RetryPolicy } from '../config.ts'
import type { MintId } from '../events/ids.ts'
import type { Logger } from '../log.ts'
import type { Clock } from '../metrics/collector.ts'
import type { Pricing } from '../metrics/pricing.ts'
import type { Recorder } from '../metrics/record.ts'
import type { KeyPool } from '../providers/key-pool.ts'
import type { ProviderConfig } from '../providers/provider.ts'
import type { RouteTable } from '../providers/routes.ts'
import type { Target } from './route.ts'

/** The world, as far as an exchange touches it. */
export interface Deps {
  limits: Limits
  onDisconnect: OnDisconnect
  /** Reasoning goes to Chat clients as text unless the request says otherwise (`x-sluice-reasoning`). */
  thinkingText?: true
  /** @throws GatewayFault authentication, or overloaded while keys cannot be read */
  keyring: { verify(headers: Readonly<Record<string, string>>): Promise<{ id: string; name: string }> }
  providers(): Promise<readonly ProviderConfig[]>
  pricing: Pick<Pricing, 'price'>
  recorder: Recorder
  logger: Pick<Logger, 'log' | 'provisional' | 'request'>
  /** Puts a look into what goes through a target's decoder before it, where the operator wants one (`SLUICE_DEBUG`). */
  debug?: (target: Target, requestId: string) => Promise<Target>
  retry: RetryPolicy
  routes: RouteTable
  keyPool: KeyPool
  /** From 0 to 1. */
  random(): number
  mint: MintId
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds that only go forward. */
  clock: Clock
}
