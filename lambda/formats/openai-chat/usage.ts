import { cacheWriteTokens, promptTokens, type Usage } from '../../events/usage.ts'

/** Did the provider count anything? Else there is nothing to write, which is not the same as zeros. */
export function countsTokens(usage: Usage): boolean {
  return usage.output !== undefined || usage.input !== undefined || promptTokens(usage) > 0
}

/** Canonical → OpenAI's `usage` of a chat completion. */
export function writeUsage(usage: Usage) {
  const prompt = promptTokens(usage)
  const completion = usage.output ?? 0
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead ?? 0,
      cache_write_tokens: cacheWriteTokens(usage),
      audio_tokens: usage.audioInput ?? 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning ?? 0,
      audio_tokens: usage.audioOutput ?? 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** Anthropic's word for the tier that served → OpenAI's; OpenAI's own pass. Others have no counterpart. */
const tiers: Readonly<Record<string, string>> = {
  standard: 'default',
  batch: 'default',
  default: 'default',
  auto: 'auto',
  flex: 'flex',
  scale: 'scale',
  priority: 'priority',
  fast: 'fast',
}

export function writeServiceTier(tier: string | undefined): string | undefined {
  return tier !== undefined && Object.hasOwn(tiers, tier) ? tiers[tier] : undefined
}
