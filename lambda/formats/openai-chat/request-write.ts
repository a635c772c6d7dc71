import { createHash } from 'node:crypto'
import { invalidRequest } from '../../errors.ts'
import type { RequestLoss } from '../../events/losses.ts'
import { type CanonicalRequest, type JsonObject, type OutputFormat, paramOf } from '../../events/request.ts'
import { restoreOf } from '../../events/tool-names.ts'
import type { WriteContext, WrittenRequest } from '../codec.ts'
import { effortFor } from '../shared/effort.ts'
import { writeMessages } from './write-messages.ts'
import { writeTools } from './write-tools.ts'

/** What is lost where a provider refuses the field (quirk `refuses`); anything else is an `unknown-field`. */
const lossOfField: Readonly<Record<string, RequestLoss>> = {
  store: 'store',
  metadata: 'metadata',
  logit_bias: 'logit-bias',
  user: 'end-user',
  safety_identifier: 'end-user',
  prompt_cache_key: 'cache-hint',
  prompt_cache_retention: 'cache-hint',
  prompt_cache_options: 'cache-hint',
  verbosity: 'verbosity',
  seed: 'seed',
  service_tier: 'service-tier',
  frequency_penalty: 'penalty',
  presence_penalty: 'penalty',
}

/**
 * A chat completion request, always streamed and with usage.
 * @throws GatewayFault invalid_request with the client's own name of what C cannot do
 */
export function writeChatRequest(request: CanonicalRequest, context: WriteContext): WrittenRequest {
  const { quirks } = context
  const fields: JsonObject = {
    model: context.model,
    messages: writeMessages(request, context),
    ...writeTools(request, context),
    ...writeLimit(request, context),
    ...writeSampling(request, context),
    reasoning_effort: effortFor(request, context.capabilities, context.losses),
    response_format: request.outputFormat && writeFormat(request.outputFormat),
    verbosity: request.verbosity,
    ...writeIdentity(request, context),
    ...writeCache(request, context),
    moderation: request.moderation,
    stream: true,
    stream_options: quirks.streamOptions === false ? undefined : streamOptions(request),
  }
  if (request.maxToolCalls !== undefined) context.losses.add('max-tool-calls')
  const body: JsonObject = {}
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (quirks.refuses?.includes(key)) context.losses.add(lossOfField[key] ?? 'unknown-field')
    else body[key] = value
  }
  return { body, restore: restoreOf(request.tools, quirks.wrapCustomTools === true) }
}

function streamOptions({ includeObfuscation }: CanonicalRequest): JsonObject {
  return {
    include_usage: true,
    ...(includeObfuscation !== undefined && { include_obfuscation: includeObfuscation }),
  }
}

function writeLimit(request: CanonicalRequest, { capabilities, quirks, losses }: WriteContext): JsonObject {
  const limit = request.maxOutputTokens
  if (limit === undefined) return {}
  if (limit === 0) {
    throw invalidRequest('This provider cannot fill its cache without answering.', paramOf(request, 'maxOutputTokens'))
  }
  const ceiling = capabilities.maxOutputTokens ?? limit
  if (limit > ceiling) losses.add('max-tokens-clamped')
  return { [quirks.maxTokensField ?? 'max_completion_tokens']: Math.min(limit, ceiling) }
}

/** OpenAI refuses more stop sequences. */
const maxStop = 4

function writeSampling(request: CanonicalRequest, context: WriteContext): JsonObject {
  const { losses, quirks } = context
  const stop = request.stop?.slice(0, context.capabilities.stop === false ? 0 : maxStop)
  if (stop && stop.length < (request.stop?.length ?? 0)) losses.add('stop')
  if (request.topK !== undefined && !quirks.topK) losses.add('top-k')
  return {
    ...writeRandomness(request, context),
    top_k: quirks.topK ? request.topK : undefined,
    stop: stop && stop.length > 0 ? stop : undefined,
    seed: request.seed,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    logit_bias: request.logitBias,
    n: request.n,
  }
}

/** Reasoning models refuse these; a value of 1 is the default, so leaving it out loses nothing. */
function writeRandomness(request: CanonicalRequest, { capabilities, losses }: WriteContext): JsonObject {
  const { temperature, topP, logprobs } = request
  if (capabilities.sampling !== 'none') {
    return { temperature, top_p: topP, logprobs: logprobs && true, top_logprobs: logprobs?.top }
  }
  if ((temperature ?? 1) !== 1 || (topP ?? 1) !== 1 || logprobs) losses.add('sampling')
  return {}
}

function writeFormat(format: OutputFormat): JsonObject {
  if (format.type === 'text') return { type: 'text' }
  if (format.type === 'json') return { type: 'json_object' }
  const { name, description, schema, strict } = format
  // M has neither names nor a loose mode: its schemas are always kept to.
  const mode = strict ?? (name === undefined ? true : undefined)
  return {
    type: 'json_schema',
    json_schema: {
      name: name ?? 'response',
      ...(description !== undefined && { description }),
      schema,
      ...(mode !== undefined && { strict: mode }),
    },
  }
}

/** Longer ids are hashed, not cut: two people must stay two. */
const maxEndUser = 64

function writeIdentity(request: CanonicalRequest, { quirks, losses }: WriteContext): JsonObject {
  const { endUser, serviceTier } = request
  const takesMetadata = request.store === true || !quirks.storedMetadata
  if (!takesMetadata && Object.keys(request.metadata ?? {}).length > 0) losses.add('metadata')
  const id =
    endUser !== undefined && endUser.length > maxEndUser ? createHash('sha256').update(endUser).digest('hex') : endUser
  return {
    [quirks.endUserField ?? 'safety_identifier']: id,
    metadata: takesMetadata ? request.metadata : undefined,
    service_tier: serviceTier === 'ultrafast' ? 'fast' : serviceTier,
    store: request.store || undefined,
  }
}

function writeCache(request: CanonicalRequest, { capabilities, losses }: WriteContext): JsonObject {
  const { cache } = request
  if (!cache) return {}
  if (cache.prewarm) {
    const param = `${paramOf(request, 'cache')}.prewarm`
    throw invalidRequest('This provider cannot fill its cache without answering.', param)
  }
  const { prewarm: _, comparison_response_id, ...options } = cache.options ?? {}
  if (comparison_response_id !== undefined) losses.add('cache-hint')
  const said = Object.keys(options).length > 0
  if (said && !capabilities.cacheBreakpoints) losses.add('cache-hint')
  const wanted = said ? options : cache.implicit && { mode: 'implicit' }
  return {
    prompt_cache_key: cache.key,
    prompt_cache_retention: cache.retention,
    prompt_cache_options: capabilities.cacheBreakpoints ? wanted : undefined,
  }
}
