/**
 * What an answer used, in disjoint buckets, so that each can be priced once. Tokens unless said. A field that is absent
 * is unknown, which is not zero. Every format's own arithmetic (OpenAI's prompt count includes cached tokens,
 * Anthropic's does not) lives in that format's folder.
 */
export interface Usage {
  /** Neither read from nor written to a cache. */
  input?: number
  cacheRead?: number
  /** Written with the provider's default or an unknown lifetime. */
  cacheWrite5m?: number
  /** Written with any longer lifetime. */
  cacheWrite1h?: number
  /** Reasoning included. */
  output?: number

  // Sub-counts: parts of the buckets above, never added to them.
  reasoning?: number
  audioInput?: number
  audioOutput?: number
  imageInput?: number
  imageOutput?: number

  // Counts of another kind.
  serverTools?: Record<string, number>
  characters?: number
  seconds?: number
  images?: number

  /** The tier that served the request, in the provider's word. */
  serviceTier?: string
  /** US dollars, only if the provider itself reported them. */
  cost?: number
  /** The provider's counts contradict each other (more cached than read) and were clamped: no price can be right. */
  inconsistent?: true
  /** M `usage.iterations`: what was billed, each at its own model's price. */
  iterations?: ReadonlyArray<{ type: string; model?: string; usage: Usage }>
}

const promptSide = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const
const counts = [
  'output',
  'reasoning',
  'audioInput',
  'audioOutput',
  'imageInput',
  'imageOutput',
  'characters',
  'seconds',
  'images',
] as const

/**
 * Lays a later snapshot over an earlier one. A present field overwrites and is never added; 0 never overwrites a
 * non-zero value, with one exception: the prompt side is one snapshot, so if any of its counts is non-zero then its
 * zeros are meant (after server-side compaction a cache read can fall back to 0).
 */
export function mergeUsage(earlier: Usage, later: Usage): Usage {
  const merged: Usage = { ...earlier }
  const promptReported = promptSide.some((key) => (later[key] ?? 0) > 0)
  for (const key of promptSide) {
    const value = later[key]
    if (value !== undefined && (promptReported || !merged[key])) merged[key] = value
  }
  for (const key of counts) {
    const value = later[key]
    if (value !== undefined && (value > 0 || !merged[key])) merged[key] = value
  }
  if (later.serverTools) merged.serverTools = { ...earlier.serverTools, ...later.serverTools }
  if (later.serviceTier !== undefined) merged.serviceTier = later.serviceTier
  if (later.cost !== undefined) merged.cost = later.cost
  if (later.inconsistent) merged.inconsistent = true
  if (later.iterations !== undefined) merged.iterations = later.iterations
  return merged
}

/** Everything the model read: OpenAI's `prompt_tokens`. */
export function promptTokens(usage: Usage): number {
  return (usage.input ?? 0) + (usage.cacheRead ?? 0) + cacheWriteTokens(usage)
}

export function cacheWriteTokens(usage: Usage): number {
  return (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0)
}
