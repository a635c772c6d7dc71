import type { Issuer } from '../../events/stream-event.ts'

/**
 * OpenRouter's open enumeration of `reasoning_details[].format`, which says whose signature or encrypted data it is
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens).
 */
const formats = {
  anthropic: 'anthropic-claude-v1',
  // Anthropic documents its signatures as valid across its own API, Bedrock and Vertex.
  bedrock: 'anthropic-claude-v1',
  openai: 'openai-responses-v1',
  google: 'google-gemini-v1',
  xai: 'xai-responses-v1',
  unknown: 'unknown',
} as const satisfies Record<Issuer, string>

const issuers: ReadonlyMap<unknown, Issuer> = new Map<unknown, Issuer>([
  ['anthropic-claude-v1', 'anthropic'],
  ['openai-responses-v1', 'openai'],
  ['azure-openai-responses-v1', 'openai'],
  ['google-gemini-v1', 'google'],
  ['xai-responses-v1', 'xai'],
])

export function reasoningFormatOf(issuer: Issuer): string {
  return formats[issuer]
}

/** The issuer a `format` names, if it names one. */
export function issuerOfFormat(format: unknown): Issuer | undefined {
  return issuers.get(format)
}

/** Is `reasoning.encrypted` of this issuer a whole redacted block, not the sealed form of a readable one? */
export function encryptsWholeBlocks(issuer: Issuer | undefined): boolean {
  return issuer === 'anthropic' || issuer === 'bedrock'
}
