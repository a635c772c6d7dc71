/** What kind of work a request asks for; OpenAI's usage API has an endpoint for each. */
export const usageKinds = ['completions', 'embeddings', 'images', 'audio_speeches', 'audio_transcriptions'] as const
export type UsageKind = (typeof usageKinds)[number]

/** Counting tokens runs no model, so that no endpoint there tells of it. */
export const tokenCounts = 'token_counts'

const kinds: Readonly<Record<string, UsageKind | typeof tokenCounts>> = {
  '/messages/count_tokens': tokenCounts,
  '/embeddings': 'embeddings',
  '/images/generations': 'images',
  '/images/edits': 'images',
  '/audio/speech': 'audio_speeches',
  '/audio/transcriptions': 'audio_transcriptions',
  '/audio/translations': 'audio_transcriptions',
}

/** @param endpoint as in the record; what is not known is a completion, as most endpoints are */
export function kindOf(endpoint: string): UsageKind | typeof tokenCounts {
  return kinds[endpoint] ?? 'completions'
}
