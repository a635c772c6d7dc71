import { invalidRequest } from '../errors.ts'
import type { AggregateRow } from './aggregates.ts'
import type { UsageDeps } from './deps.ts'
import { type KnownKey, knownKeys } from './known-keys.ts'

const keyIdForm = /^[A-Za-z0-9_]{1,64}$/

/**
 * All keys, or those with some ids; an id that nobody knows any more can have usage still.
 * @param name of the parameter the ids come from
 * @throws GatewayFault invalid_request for what can be no id
 */
export async function chosenKeys(
  ids: readonly string[] | undefined,
  deps: Pick<UsageDeps, 'table' | 'currentKeys'>,
  name = 'key',
): Promise<KnownKey[]> {
  const wrong = ids?.find((id) => !keyIdForm.test(id))
  if (wrong !== undefined) {
    throw invalidRequest(`${JSON.stringify(wrong.slice(0, 100))} is no id of a key; see /v1/usage/keys.`, name)
  }
  const known = await knownKeys(deps.table, await deps.currentKeys())
  if (!ids) return known
  return [...new Set(ids)].map((id) => known.find((key) => key.id === id) ?? { id, name: null, state: 'revoked' })
}

/** Undefined lists allow everything. */
export interface ModelChoice {
  /** With or without the provider in front. */
  models?: readonly string[]
  providers?: readonly string[]
}

export function isWanted({ model, provider }: AggregateRow, { models, providers }: ModelChoice): boolean {
  return (
    (!providers || providers.includes(provider)) &&
    (!models || models.includes(model) || models.includes(`${provider}/${model}`))
  )
}
