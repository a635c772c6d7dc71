import { invalidRequest } from '../../errors.ts'
import { asObject } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import {
  type CacheMark,
  type CanonicalRequest,
  type Effort,
  efforts,
  type JsonObject,
  type OutputFormat,
  type PromptCache,
  type ReasoningRequest,
  type ServiceTier,
} from '../../events/request.ts'
import type { ReadContext } from '../codec.ts'
import { arrayField, booleanField, integerField, numberField, objectField, stringField } from './request-fields.ts'
import { readMessages } from './request-messages.ts'
import { readToolChoice, readTools } from './request-tools.ts'

/** Top-level fields that are read; any other is a named loss. */
const knownKeys: ReadonlySet<string> = new Set([
  'audio',
  'frequency_penalty',
  'function_call',
  'functions',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'messages',
  'metadata',
  'modalities',
  'model',
  'moderation',
  'n',
  'parallel_tool_calls',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity',
  'web_search_options',
])

/**
 * A chat completion request in canonical form. Absent, null and default values are left out. The body is not changed.
 * @throws GatewayFault invalid_request with the path of what is wrong
 */
export function readChatRequest(body: JsonObject, { losses, thinkingText = false }: ReadContext): CanonicalRequest {
  refuseAudio(body)
  for (const key in body) if (!knownKeys.has(key) && body[key] !== null) losses.add('unknown-field')
  if (body.prediction) losses.add('prediction')
  const tools = readTools(body)
  const isLegacy = !body.tools && body.functions ? { legacyFunctions: true as const } : {}
  const streamOptions = objectField(body, 'stream_options') ?? {}
  return {
    items: readMessages(body, losses, thinkingText),
    tools,
    ...readToolChoice(body, tools),
    ...readLimits(body),
    ...readSampling(body, losses),
    ...readOutput(body),
    ...readReasoning(body, losses),
    ...readIdentity(body, losses),
    ...readCache(body),
    ...isLegacy,
    ...(thinkingText && { thinkingText }),
    // The deprecated answer holds one call.
    ...((booleanField(body, 'parallel_tool_calls') === false || isLegacy.legacyFunctions) && {
      parallelToolCalls: false,
    }),
    includeUsage: booleanField(streamOptions, 'include_usage', 'stream_options') ?? false,
    ...defined('includeObfuscation', booleanField(streamOptions, 'include_obfuscation', 'stream_options')),
    params: paramsOf(body),
  }
}

/** What C calls the canonical fields, where the name differs. */
function paramsOf(body: JsonObject): CanonicalRequest['params'] {
  return {
    items: 'messages',
    endUser: body.safety_identifier ? 'safety_identifier' : 'user',
    maxOutputTokens: body.max_completion_tokens ? 'max_completion_tokens' : 'max_tokens',
    outputFormat: 'response_format',
    reasoning: 'reasoning_effort',
    cache: 'prompt_cache_options',
  }
}

function refuseAudio(body: JsonObject): void {
  const modalities = arrayField(body, 'modalities') ?? []
  if (!asObject(body.audio) && !modalities.includes('audio')) return
  throw invalidRequest('This model’s provider does not answer with audio in this format.', 'modalities')
}

/** A field, unless it is absent or at its format's default. */
function defined<K extends string, V>(key: K, value: V | undefined, standard?: V): { [P in K]?: V } {
  if (value === undefined || value === standard) return {}
  return { [key]: value } as { [P in K]: V }
}

function readLimits(body: JsonObject): Partial<CanonicalRequest> {
  const limit = integerField(body, 'max_completion_tokens', 1) ?? integerField(body, 'max_tokens', 1)
  return { ...defined('maxOutputTokens', limit), ...defined('n', integerField(body, 'n', 1), 1) }
}

function readSampling(body: JsonObject, losses: Losses): Partial<CanonicalRequest> {
  const logitBias = objectField(body, 'logit_bias')
  const top = integerField(body, 'top_logprobs', 0)
  const wantsLogprobs = booleanField(body, 'logprobs') ?? (top !== undefined && top > 0)
  return {
    ...defined('temperature', numberField(body, 'temperature'), 1),
    ...defined('topP', numberField(body, 'top_p'), 1),
    ...defined('topK', numberField(body, 'top_k')),
    ...defined('seed', numberField(body, 'seed')),
    ...defined('frequencyPenalty', numberField(body, 'frequency_penalty'), 0),
    ...defined('presencePenalty', numberField(body, 'presence_penalty'), 0),
    ...defined('logitBias', logitBias && Object.keys(logitBias).length > 0 ? logitBias : undefined),
    ...(wantsLogprobs && { logprobs: top === undefined ? {} : { top } }),
    ...defined('stop', readStop(body, losses)),
  }
}

/** Blank sequences are dropped: no other format takes them. */
function readStop(body: JsonObject, losses: Losses): string[] | undefined {
  const wire = body.stop ?? undefined
  if (wire === undefined) return undefined
  const list = Array.isArray(wire) ? wire : [wire]
  const stop = list.filter((entry) => typeof entry === 'string')
  if (stop.length !== list.length) {
    throw invalidRequest("Invalid type for 'stop': expected a string or an array of strings.", 'stop')
  }
  const kept = stop.filter((entry) => entry.trim() !== '')
  if (kept.length < stop.length) losses.add('stop')
  return kept.length > 0 ? kept : undefined
}

function readOutput(body: JsonObject): Partial<CanonicalRequest> {
  return {
    ...defined('outputFormat', readFormat(body)),
    ...defined('verbosity', stringField(body, 'verbosity'), 'medium'),
    ...defined('moderation', body.moderation ?? undefined),
  }
}

function readFormat(body: JsonObject): OutputFormat | undefined {
  const format = objectField(body, 'response_format')
  if (!format || format.type === 'text') return undefined
  if (format.type === 'json_object') return { type: 'json' }
  if (format.type !== 'json_schema') {
    const expected = "expected 'text', 'json_object' or 'json_schema'"
    throw invalidRequest(`Invalid value for 'response_format.type': ${expected}.`, 'response_format')
  }
  const path = 'response_format.json_schema'
  const wire = objectField(format, 'json_schema', 'response_format')
  if (!wire) throw invalidRequest(`Missing '${path}'.`, path)
  return {
    type: 'json-schema',
    schema: objectField(wire, 'schema', path) ?? {},
    ...defined('name', stringField(wire, 'name', path)),
    ...defined('description', stringField(wire, 'description', path)),
    ...defined('strict', booleanField(wire, 'strict', path)),
  }
}

const modes: ReadonlySet<unknown> = new Set(['enabled', 'disabled', 'adaptive', 'between_tools'])

/** `reasoning_effort`, and `thinking` as Anthropic has it, which many servers take beside it. */
function readReasoning(body: JsonObject, losses: Losses): { reasoning?: ReasoningRequest } {
  const effort = stringField(body, 'reasoning_effort')
  const thinking = objectField(body, 'thinking')
  const isKnown = effort === undefined || (efforts as readonly string[]).includes(effort)
  if (!isKnown) losses.add('effort')
  if ((effort === undefined || !isKnown) && !thinking) return {}
  const mode = modes.has(thinking?.type) ? (thinking?.type as ReasoningRequest['mode']) : undefined
  const budget = thinking && integerField(thinking, 'budget_tokens', 0, 'thinking')
  return {
    reasoning: {
      ...(isKnown && effort !== undefined && { effort: effort as Effort }),
      ...defined('mode', mode),
      ...defined('budgetTokens', budget),
      summary: thinking?.display === 'omitted' ? 'omitted' : 'auto',
    },
  }
}

const tiers: ReadonlySet<string> = new Set(['default', 'flex', 'priority', 'fast', 'ultrafast', 'scale'])

function readIdentity(body: JsonObject, losses: Losses): Partial<CanonicalRequest> {
  const metadata = objectField(body, 'metadata')
  const tier = stringField(body, 'service_tier')
  if (tier !== undefined && tier !== 'auto' && !tiers.has(tier)) losses.add('service-tier')
  const endUser = stringField(body, 'safety_identifier') ?? stringField(body, 'user')
  return {
    ...defined('endUser', endUser || undefined),
    ...defined('metadata', metadata && Object.keys(metadata).length > 0 ? metadata : undefined),
    ...defined('serviceTier', tier !== undefined && tiers.has(tier) ? (tier as ServiceTier) : undefined),
    ...defined('store', booleanField(body, 'store'), false),
  }
}

function readCache(body: JsonObject): { cache?: PromptCache } {
  const options = objectField(body, 'prompt_cache_options')
  const ttl = options && stringField(options, 'ttl', 'prompt_cache_options')
  const mark: CacheMark = ttl === '30m' || ttl === '12h' ? { ttl } : {}
  const cache: PromptCache = {
    ...defined('key', stringField(body, 'prompt_cache_key')),
    ...defined('retention', stringField(body, 'prompt_cache_retention')),
    ...(options && { options }),
    ...(options?.mode === 'implicit' && { implicit: mark }),
  }
  return Object.keys(cache).length > 0 ? { cache } : {}
}
