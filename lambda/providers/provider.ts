import type { PoolKey } from './key-pool.ts'

/** Every wire format a provider can be said to speak; `SLUICE_PROVIDERS` uses these names. */
export const providerFormats = [
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
] as const

export type ProviderFormat = (typeof providerFormats)[number]

/** A place requests can go to. */
export interface ProviderConfig {
  /** The part of `model` before the first slash. */
  id: string
  /** What it speaks, its preferred format first: requests in any other are converted to that one. */
  formats: ProviderFormat[]
  /** As the format's official SDK takes it (OpenAI with `/v1`, Anthropic without); no slash at the end. */
  baseUrl: string
  /** The key to use; absent for a provider that asks for none. Of several, an attempt takes one (`keys`). */
  apiKey?: string
  /** All keys, if there are several. */
  keys?: readonly PoolKey[]
  /** Sent with every request, over the format's own; lower-case names. */
  headers?: Record<string, string>
}

/** A provider that is there as soon as its key is, under the variable names its official SDK uses. */
export interface BuiltInProvider {
  id: string
  formats: readonly ProviderFormat[]
  baseUrl: string
  apiKeyName: string
  baseUrlName: string
}
