/** One entry of SLUICE_PROVIDERS (README, local run); fields beyond these are the gateway's to judge. */
export interface ProviderEntry {
  id: string
  formats: string[]
  baseUrl?: string
  apiKey?: string
  [field: string]: unknown
}

/** A variable of the user's environment holds something unusable; the message names the variable and the path. */
export class SettingError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SettingError'
  }
}

/** Formats a provider can speak (README, local run). */
const FORMATS = [
  'openai-chat',
  'anthropic-messages',
  'openai-responses',
  'gemini',
  'bedrock-converse',
  'openai-completions',
  'openai-embeddings',
  'openai-speech',
  'openai-transcription',
  'openai-images',
]

/**
 * Reads SLUICE_PROVIDERS.
 * @throws {SettingError} naming the first fault as `SLUICE_PROVIDERS[1].baseUrl`
 */
export function readProviders(text: string | undefined): ProviderEntry[] {
  if (text === undefined || text.trim() === '') return []
  const value = parse(text)
  if (!Array.isArray(value)) throw new SettingError('SLUICE_PROVIDERS must be a JSON array of providers')
  const seen = new Set<string>()
  return value.map((entry: unknown, index) => readEntry(entry, `SLUICE_PROVIDERS[${index}]`, seen))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SettingError(`SLUICE_PROVIDERS is not JSON: ${(error as Error).message}`)
  }
}

function readEntry(entry: unknown, path: string, seen: Set<string>): ProviderEntry {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new SettingError(`${path} must be an object`)
  }
  const { id, formats, baseUrl, apiKey } = entry as Record<string, unknown>
  if (typeof id !== 'string' || !/^[^/\s]+$/.test(id)) {
    throw new SettingError(`${path}.id must be a name without slash or space`)
  }
  if (seen.has(id)) throw new SettingError(`${path}.id "${id}" is used twice`)
  seen.add(id)
  if (!Array.isArray(formats) || formats.length === 0) {
    throw new SettingError(`${path}.formats must be a list of ${FORMATS.join(', ')}`)
  }
  const strange = formats.findIndex((format) => !FORMATS.includes(String(format)))
  if (strange !== -1) {
    throw new SettingError(
      `${path}.formats[${strange}] is ${JSON.stringify(formats[strange])}, not one of ${FORMATS.join(', ')}`,
    )
  }
  if (baseUrl !== undefined && !isHttpUrl(baseUrl)) throw new SettingError(`${path}.baseUrl must be an http(s) URL`)
  if (apiKey !== undefined && typeof apiKey !== 'string') throw new SettingError(`${path}.apiKey must be a string`)
  return entry as ProviderEntry
}

function isHttpUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)
}
