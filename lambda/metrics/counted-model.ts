import type { UsageRecord } from './record.ts'

/** Stands for a provider or model where there is none. */
export const none = '-'

/** Names come from clients: those that no provider was found for, or that the provider did not find, count as one. */
export function countedModel({ provider, model, errorCode }: UsageRecord): string {
  if (provider === null || model === null || errorCode === 'not_found') return none
  const prefix = `${provider}/`
  return (model.startsWith(prefix) ? model.slice(prefix.length) : model).slice(0, 200)
}
