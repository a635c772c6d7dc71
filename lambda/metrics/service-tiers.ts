/** Words for the tier the list price is for; also for no tier at all. */
const standardTiers: ReadonlySet<string> = new Set(['', 'auto', 'default', 'standard', 'on_demand', 'on-demand'])

/**
 * What a tier makes of the list price of tokens, by the id in the price table, which itself knows standard prices only.
 * Tools keep their price. A tier that is not here has no general factor: OpenAI's `priority` differs by model (1.7 to 2),
 * and OpenAI's `scale` and Anthropic's `priority` are bought ahead.
 */
const tierFactors: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // "Priced at Batch API rates", half of standard: https://platform.openai.com/docs/guides/flex-processing
  openai: { flex: 0.5, batch: 0.5 },
  // https://docs.anthropic.com/en/docs/build-with-claude/batch-processing#pricing
  anthropic: { batch: 0.5 },
  // https://ai.google.dev/gemini-api/docs/pricing
  google: { flex: 0.5, batch: 0.5, priority: 1.8 },
  // https://console.groq.com/docs/flex-processing: the same price, at the risk of being refused
  groq: { flex: 1 },
}

/**
 * Anthropic's fast mode differs by model; prices of the cache are multiples of the fast ones.
 * https://platform.claude.com/docs/en/build-with-claude/fast-mode#pricing
 */
const fastFactors: ReadonlyArray<readonly [model: RegExp, factor: number]> = [
  [/^claude-opus-4-[67](-20\d{6})?$/, 6],
  [/^claude-opus-(4-8|5)(-20\d{6})?$/, 2],
]

/** Does the list price hold as it is? The word is the provider's, in any case. */
export function isStandardTier(tier: string | undefined): boolean {
  return standardTiers.has(tier?.toLowerCase() ?? '')
}

/** The factor on the list price of tokens; undefined where nobody knows. */
export function tierFactor(provider: string, model: string, tier: string | undefined): number | undefined {
  if (isStandardTier(tier)) return 1
  const factors = Object.hasOwn(tierFactors, provider) ? tierFactors[provider] : undefined
  const word = tier?.toLowerCase() ?? ''
  if (provider === 'anthropic' && word === 'fast') return fastFactors.find(([name]) => name.test(model))?.[1]
  return factors && Object.hasOwn(factors, word) ? factors[word] : undefined
}
