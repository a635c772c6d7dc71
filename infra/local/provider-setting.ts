import { readSettings, SettingsError } from '../../lambda/config.ts'
import { readSecret } from '../../lambda/keys/secret-values.ts'
import { userLimits } from './function-variables.ts'

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
  inWords(() => readSecret(JSON.stringify({ SLUICE_PROVIDERS: text })))
  return JSON.parse(text) as ProviderEntry[]
}

/** What the functions cannot do without; the template and the local runtime set it, not the user. */
const given = {
  SLUICE_TABLE: 'table',
  SLUICE_SECRET_ID: 'secret',
  AWS_REGION: 'region',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
}

/**
 * Looks at the user's settings as the functions will, so that a fault stops the start and not the first request.
 * @param secret what the functions will read
 * @throws {SettingError} naming every variable at fault, or the fields of the secret
 */
export function checkSettings(userEnv: Record<string, string | undefined>, secret: object): void {
  inWords(() => readSettings({ ...given, ...userLimits(userEnv) }))
  inWords(() => readSecret(JSON.stringify(secret)))
}

function inWords(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    throw error instanceof SettingsError ? new SettingError(error.message) : error
  }
}
