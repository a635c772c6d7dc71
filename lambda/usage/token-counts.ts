type TokenCounts = Record<
  'inputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens' | 'outputTokens',
  number | null
>

/** Tokens that went in, cached or not. */
export function tokensIn(counts: TokenCounts): number {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens } = counts
  return (inputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0) + (cacheWrite1hTokens ?? 0)
}

/** As `tokensIn`; null where nobody counted any of them. */
export function knownTokensIn(counts: TokenCounts): number | null {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens } = counts
  const isUnknown = [inputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens].every((each) => each === null)
  return isUnknown ? null : tokensIn(counts)
}

/** All tokens: the buckets are disjoint, so each counts once. */
export function tokensOf(counts: TokenCounts): number {
  return tokensIn(counts) + (counts.outputTokens ?? 0)
}
