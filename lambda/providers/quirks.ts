import type { Issuer } from '../events/stream-event.ts'

/**
 * How an upstream differs from the format it claims to speak: data, each with its evidence. Code elsewhere asks for a
 * quirk, never for a provider. Absent means "as OpenAI or Anthropic do it themselves".
 */
export interface Quirks {
  /** C: field of the output limit; default `max_completion_tokens`. */
  maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /** C: role of developer messages; default `developer`. */
  developerRole?: 'developer' | 'system'
  /** C: false if the provider refuses `stream_options`. */
  streamOptions?: boolean
  /** C: field of the end user's id; default `safety_identifier`. */
  endUserField?: 'safety_identifier' | 'user'
  /** C: reasoning text of earlier turns goes back as `reasoning_content`. */
  replayReasoning?: boolean
  /** C: reasoning of earlier turns goes back as `reasoning_details`, whoever issued it. */
  replayReasoningDetails?: boolean
  /** C, R: who signs this provider's reasoning where the stream does not say. */
  issuer?: Issuer
  /** C: form of call ids (Mistral: exactly nine alphanumerics). */
  callIds?: 'nine-alphanumerics'
  /** C: text parts of one message must be joined to one string. */
  joinText?: boolean
  /** C: custom (free text) tools must be sent as functions. */
  wrapCustomTools?: boolean
  /** C: the provider takes `top_k`. */
  topK?: boolean
  /** C: `metadata` is refused unless the answer is stored. */
  storedMetadata?: boolean
  /** C: top-level fields the provider refuses with an error: they are left out, each with its loss. */
  refuses?: readonly string[]
}

interface QuirkRow {
  /** Ids under which the provider is usually configured. */
  ids: readonly string[]
  /** Suffixes of the host of its base URL; they count more than the id. */
  hosts: readonly string[]
  quirks: Quirks
  /** Where the difference is documented, reported, or recorded. */
  evidence: readonly string[]
}

/** What OpenAI-compatible servers other than OpenAI and Azure have in common: the older names of three fields. */
const compatible = { maxTokensField: 'max_tokens', developerRole: 'system', endUserField: 'user' } as const

const rows: readonly QuirkRow[] = [
  {
    ids: ['openai'],
    hosts: ['api.openai.com'],
    // storedMetadata: https://github.com/tmc/langchaingo/issues/1484
    quirks: { issuer: 'openai', storedMetadata: true },
    evidence: ['https://platform.openai.com/docs/api-reference/chat/create'],
  },
  {
    ids: ['azure', 'azure-openai'],
    hosts: ['openai.azure.com', 'services.ai.azure.com', 'cognitiveservices.azure.com'],
    quirks: { issuer: 'openai' },
    evidence: ['https://learn.microsoft.com/azure/ai-foundry/openai/latest'],
  },
  {
    ids: ['anthropic'],
    hosts: ['api.anthropic.com'],
    quirks: { ...compatible, issuer: 'anthropic', wrapCustomTools: true },
    evidence: ['https://docs.claude.com/en/api/openai-sdk'],
  },
  {
    ids: ['deepseek'],
    hosts: ['api.deepseek.com'],
    quirks: { ...compatible, replayReasoning: true, joinText: true, wrapCustomTools: true },
    evidence: [
      'https://api-docs.deepseek.com/guides/thinking_mode',
      'https://github.com/musistudio/claude-code-router/issues/1378',
      'https://github.com/BerriAI/litellm/issues/6642',
    ],
  },
  {
    ids: ['moonshot', 'kimi'],
    hosts: ['api.moonshot.ai', 'api.moonshot.cn'],
    quirks: { ...compatible, replayReasoning: true, wrapCustomTools: true },
    evidence: ['https://github.com/alibaba/higress/issues/1568', 'https://github.com/badlogic/pi-mono/issues/2017'],
  },
  {
    ids: ['groq'],
    hosts: ['api.groq.com'],
    quirks: { ...compatible, wrapCustomTools: true, refuses: ['store', 'metadata', 'logit_bias'] },
    evidence: [
      'https://console.groq.com/docs/openai#currently-unsupported-openai-features',
      'https://github.com/livekit/agents/pull/1276',
      'https://github.com/skye-harris/hass_local_openai_llm/issues/59',
    ],
  },
  {
    ids: ['cerebras'],
    hosts: ['api.cerebras.ai'],
    quirks: { ...compatible, wrapCustomTools: true, refuses: ['store', 'metadata'] },
    evidence: ['https://github.com/livekit/agents/issues/1274'],
  },
  {
    ids: ['mistral'],
    hosts: ['api.mistral.ai'],
    quirks: {
      ...compatible,
      streamOptions: false,
      callIds: 'nine-alphanumerics',
      wrapCustomTools: true,
      refuses: ['store', 'user', 'logit_bias', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'],
    },
    evidence: [
      'https://github.com/avante-corp/avante.nvim/issues/2347',
      'https://github.com/mistralai/platform-docs-public/issues/7',
      'https://docs.mistral.ai/api/#tag/chat',
    ],
  },
  {
    ids: ['xai'],
    hosts: ['api.x.ai'],
    quirks: { ...compatible, issuer: 'xai', wrapCustomTools: true },
    evidence: ['https://docs.x.ai/docs/api-reference#chat-completions'],
  },
  {
    ids: ['gemini', 'google'],
    hosts: ['generativelanguage.googleapis.com', 'aiplatform.googleapis.com'],
    quirks: { ...compatible, issuer: 'google', wrapCustomTools: true },
    evidence: ['https://ai.google.dev/gemini-api/docs/openai', 'https://github.com/badlogic/pi-mono/issues/6733'],
  },
  {
    ids: ['openrouter'],
    hosts: ['openrouter.ai'],
    quirks: { ...compatible, replayReasoningDetails: true, topK: true, wrapCustomTools: true },
    evidence: [
      'https://openrouter.ai/docs/use-cases/reasoning-tokens',
      'https://openrouter.ai/docs/api-reference/parameters',
    ],
  },
  {
    ids: ['vllm'],
    hosts: [],
    quirks: { ...compatible, topK: true },
    evidence: ['https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html'],
  },
]

/**
 * The quirks of a configured provider: by its host if that is a known one, else by its id, else what OpenAI-compatible
 * servers have in common.
 * @param provider `baseUrl` as configured; one that is no URL counts as unknown
 */
export function quirksOf(provider: { id: string; baseUrl: string }): Quirks {
  const host = URL.canParse(provider.baseUrl) ? new URL(provider.baseUrl).hostname : ''
  const byHost = rows.find((row) => row.hosts.some((known) => host === known || host.endsWith(`.${known}`)))
  const row = byHost ?? rows.find((row) => row.ids.includes(provider.id))
  return row?.quirks ?? compatible
}
