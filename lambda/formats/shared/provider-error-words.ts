import type { ErrorCode } from '../../errors.ts'
import { entryOf } from '../../events/json.ts'

/** The provider's HTTP status → canonical; other 4xx are `invalid_request`, other 5xx `internal`. */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'authentication',
  402: 'quota',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  413: 'too_large',
  422: 'unprocessable',
  424: 'internal',
  429: 'rate_limit',
  // A proxy of the provider's lost its client, which is none of ours: that one is still there.
  499: 'internal',
  502: 'overloaded',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

/** A word in `code`, `type` or `status` → canonical, where no status decides (errors inside a stream). */
const byWord: Readonly<Record<string, ErrorCode>> = {
  invalid_request_error: 'invalid_request',
  INVALID_ARGUMENT: 'invalid_request',
  FAILED_PRECONDITION: 'invalid_request',
  invalid_api_key: 'authentication',
  authentication_error: 'authentication',
  upstream_authentication: 'authentication',
  UNAUTHENTICATED: 'authentication',
  permission_denied: 'permission',
  permission_error: 'permission',
  PERMISSION_DENIED: 'permission',
  billing_error: 'quota',
  model_not_found: 'not_found',
  not_found_error: 'not_found',
  NOT_FOUND: 'not_found',
  conflict_error: 'conflict',
  request_too_large: 'too_large',
  rate_limit_exceeded: 'rate_limit',
  rate_limit_error: 'rate_limit',
  RESOURCE_EXHAUSTED: 'rate_limit',
  too_many_requests: 'rate_limit',
  server_error: 'internal',
  internal_error: 'internal',
  internal_server_error: 'internal',
  api_error: 'internal',
  INTERNAL: 'internal',
  overloaded: 'overloaded',
  overloaded_error: 'overloaded',
  server_overloaded: 'overloaded',
  service_unavailable: 'overloaded',
  engine_overloaded_error: 'overloaded',
  UNAVAILABLE: 'overloaded',
  timeout: 'timeout',
  timeout_error: 'timeout',
  DEADLINE_EXCEEDED: 'timeout',
  upstream_unreachable: 'upstream_unreachable',
  upstream_malformed: 'upstream_malformed',
  upstream_truncated: 'upstream_truncated',
  upstream_too_large: 'upstream_too_large',
}

/** Words that say more than any status. */
const bySpecificWord: Readonly<Record<string, ErrorCode>> = {
  context_length_exceeded: 'context_length',
  // llama.cpp
  exceed_context_size_error: 'context_length',
  content_filter: 'content_policy',
  content_policy_violation: 'content_policy',
  ResponsibleAIPolicyViolation: 'content_policy',
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
}

/**
 * Providers that have no code for it say it in one of these sentences, collected from real refusals
 * (https://github.com/earendil-works/pi/issues/129, https://github.com/BerriAI/litellm/pull/21647).
 */
const contextSentences = [
  'context_length_exceeded',
  // Anthropic: too long by itself, or together with the output limit
  'prompt is too long',
  'exceed context limit',
  // OpenAI, vLLM, DeepSeek, Mistral, OpenRouter
  'exceeds the context window',
  'maximum context length',
  'maximum allowed input length',
  // Bedrock, Gemini
  'input is too long',
  'exceeds the maximum number of tokens',
  // xAI, Groq and Cerebras, Together
  'maximum prompt length is',
  'reduce the length of the messages',
  "longer than the model's context length",
  // Kimi, MiniMax, DashScope, Perplexity
  'exceeded model token limit',
  'context window exceeds limit',
  'range of input length should be',
  'length of all messages is too long',
  // llama.cpp, LM Studio, Ollama
  'exceeds the available context size',
  'greater than the context length',
  'prompt too long',
]

/** The same for an account that is empty: Anthropic's word for that is `invalid_request_error` (claude-code #66314). */
const quotaSentences = ['credit balance is too low']

/** Answers whose message may say such a thing, above all that the prompt was too long; a 429 about tokens a minute is something else. */
const mayMeanContext: ReadonlySet<number | undefined> = new Set([undefined, 200, 400, 413, 422])

/** What an HTTP error status alone means. */
export function codeOfStatus(status: number): ErrorCode {
  return byStatus[status] ?? (status < 500 ? 'invalid_request' : 'internal')
}

/**
 * What went wrong, from everything a provider said: its words, its sentence and the HTTP status, if that was an error.
 * A status decides over general words, since providers use those loosely (Groq answers 413 as `rate_limit_exceeded`).
 */
export function codeOf(words: readonly string[], message: string, status: number | undefined): ErrorCode {
  const specific = firstEntry(bySpecificWord, words)
  if (specific) return specific
  if (mayMeanContext.has(status)) {
    const lower = message.toLowerCase()
    if (contextSentences.some((sentence) => lower.includes(sentence))) return 'context_length'
    if (quotaSentences.some((sentence) => lower.includes(sentence))) return 'quota'
  }
  if (status !== undefined && status >= 400) return codeOfStatus(status)
  return firstEntry(byWord, words) ?? 'internal'
}

function firstEntry(table: Readonly<Record<string, ErrorCode>>, words: readonly string[]): ErrorCode | undefined {
  for (const word of words) {
    const code = entryOf(table, word)
    if (code) return code
  }
  return undefined
}
