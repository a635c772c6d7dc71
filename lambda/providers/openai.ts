import type { BuiltInProvider } from './provider.ts'

/** https://platform.openai.com/docs/api-reference; names and default as in openai-node. */
export const openai = {
  id: 'openai',
  formats: [
    'openai-chat',
    'openai-responses',
    'openai-completions',
    'openai-embeddings',
    'openai-speech',
    'openai-transcription',
    'openai-images',
  ],
  baseUrl: 'https://api.openai.com/v1',
  apiKeyName: 'OPENAI_API_KEY',
  baseUrlName: 'OPENAI_BASE_URL',
} as const satisfies BuiltInProvider
