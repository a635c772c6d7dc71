import { SettingsError } from '../../lambda/config.ts'
import { readSecret } from '../../lambda/keys/secret-values.ts'
import type { StoredKey } from '../../lambda/keys/stored-key.ts'
import { CliError } from './cli-error.ts'

/** Where gateway keys are kept: the deployed secret or this machine's file, both the same JSON. */
export interface KeyStore {
  /** For people: "the secret X", "the file Y". */
  readonly place: string
  /** @throws CliError if the place cannot be read, or what is there is no list of keys */
  list(): Promise<StoredKey[]>
  /**
   * Replaces the list by what `edit` makes of it; all else in the secret stays as it is. If `edit` throws, so does this,
   * and nothing is changed.
   */
  change(edit: (keys: StoredKey[]) => StoredKey[]): Promise<void>
}

/** The keys in a secret's JSON; its other parts are not looked at. */
export function keysIn(json: string, place: string): StoredKey[] {
  try {
    const { SLUICE_KEYS } = parseSecret(json)
    return readSecret(JSON.stringify({ SLUICE_KEYS })).keys
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    // Without the cause: a JSON parser's message quotes the secret.
    throw new CliError(`${place} does not hold a list of keys: ${error.message}. Mend it by hand, then try again.`)
  }
}

/** The same JSON with other keys, indented for whoever opens it. */
export function withKeys(json: string, keys: StoredKey[]): string {
  return `${JSON.stringify({ ...parseSecret(json), SLUICE_KEYS: keys }, null, 2)}\n`
}

/** @throws SettingsError unless the text is a JSON object */
function parseSecret(json: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new SettingsError('it is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SettingsError('it is no object')
  return value as Record<string, unknown>
}
