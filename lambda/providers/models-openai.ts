import type { ModelCapabilities, ModelRows } from './capabilities.ts'

/** Models that do not reason take every sampling field and refuse every field about reasoning (pydantic-ai #2865). */
function plain(maxOutputTokens: number): ModelCapabilities {
  return { maxOutputTokens, efforts: [], sampling: 'full' }
}

/**
 * Models that reason refuse temperature, top_p and logprobs while they do (developers.openai.com, guide "Reasoning"), and
 * `stop` since o3 (openai 7 types, smolagents #1671).
 */
function reasoning(efforts: ModelCapabilities['efforts'], maxOutputTokens = 128_000): ModelCapabilities {
  return { maxOutputTokens, sampling: 'none', stop: false, ...(efforts && { efforts }) }
}

const untilHigh = ['low', 'medium', 'high'] as const
const untilXhigh = [...untilHigh, 'xhigh'] as const

/**
 * Most exact first. Output limits: the model pages of developers.openai.com. Efforts: the API's own refusals ("Supported
 * values are: …"), each with an issue that quotes one.
 */
export const openaiModels: ModelRows = [
  [/^(gpt-3\.5|gpt-4-turbo|gpt-4-.*preview|gpt-4o-2024-05-13)/, plain(4096)],
  [/^gpt-4\.1/, plain(32_768)],
  [/^(gpt-4o|chatgpt-4o|gpt-audio|gpt-5-chat)/, plain(16_384)],
  [/^gpt-4/, plain(8192)],

  [/^o1-mini/, { ...reasoning(untilHigh, 65_536), stop: true }],
  [/^o1-preview/, { ...reasoning(untilHigh, 32_768), stop: true }],
  [/^(o1|o3-mini)/, { ...reasoning(untilHigh, 100_000), stop: true }],
  [/^(o3|o4-mini|codex-mini)/, reasoning(untilHigh, 100_000)],

  // chatwise-releases #1257, one-api #266
  [/^gpt-5\.\d+-chat/, reasoning(['medium'], 16_384)],
  [/^gpt-5-pro/, reasoning(['high'], 272_000)],
  [/^gpt-5\.\d+-pro/, reasoning(['medium', 'high', 'xhigh'])],
  // openai/codex #6647
  [/^gpt-5(\.1)?-codex(-mini)?(?!-max)/, reasoning(untilHigh)],
  [/^gpt-5\.\d+-codex/, reasoning(untilXhigh)],
  [/^gpt-5(-mini|-nano|-\d{4}|$)/, reasoning(['minimal', ...untilHigh])],
  // opencode #4451
  [/^gpt-5\.1/, reasoning(['none', ...untilHigh])],
  [/^gpt-5\.[2-5]/, reasoning(['none', ...untilXhigh])],
  // opencode #36141; breakpoints: "Supported for `gpt-5.6` and later models" (openai 7 types)
  [/^gpt-5\.\d/, { ...reasoning(['none', ...untilXhigh, 'max']), cacheBreakpoints: true }],
  // Too new for evidence about efforts: all pass.
  [/^gpt-([6-9]|\d\d)/, { ...reasoning(undefined), cacheBreakpoints: true }],
]
