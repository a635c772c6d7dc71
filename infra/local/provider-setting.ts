import { readSecret } from '../../lambda/keys/secret-values.ts'

/** One entry of SLUICE_PROVIDERS as the user wrote it. */
export interface ProviderEntry {
  id: string
  formats: string[]
  baseUrl: string
  [field: string]: unknown
}

/** A variable of the user's environment holds something unusable; the message names the variable and the path. */
export class SettingError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SettingError'
  }
}

/**
 * Reads SLUICE_PROVIDERS by the rules the functions themselves have, so that a fault stops the start and not the first
 * request.
 * @throws {SettingError} naming every fault as `SLUICE_PROVIDERS[1].baseUrl: …`
 */
export function readProviders(text: string | undefined): ProviderEntry[] {
  if (text === undefined || text.trim() === '') return []
  try {
    readSecret(JSON.stringify({ SLUICE_PROVIDERS: text }))
  } catch (error) {
    throw new SettingError((error as Error).message)
  }
  return JSON.parse(text) as ProviderEntry[]
}
