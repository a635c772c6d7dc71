import type { BuiltInProvider } from './provider.ts'

/** https://docs.anthropic.com/en/api; names and default as in anthropic-sdk-typescript. */
export const anthropic = {
  id: 'anthropic',
  formats: ['anthropic-messages'],
  baseUrl: 'https://api.anthropic.com',
  apiKeyName: 'ANTHROPIC_API_KEY',
  baseUrlName: 'ANTHROPIC_BASE_URL',
} as const satisfies BuiltInProvider
