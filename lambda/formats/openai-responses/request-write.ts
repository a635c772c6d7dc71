import { createHash } from 'node:crypto'
import type { Responses } from 'openai/resources/responses/responses'
import { invalidRequest } from '../../errors.ts'
import type { RequestLoss } from '../../events/losses.ts'
import { type CanonicalRequest, type JsonObject, type OutputFormat, paramOf } from '../../events/request.ts'
import { restoreOf } from '../../events/tool-names.ts'
import type { WriteContext, WrittenRequest } from '../codec.ts'
import { canReason } from '../shared/effort.ts'
import { writeInput } from './request-write-items.ts'
import { ttlOf } from './request-write-parts.ts'
import { writeReasoning } from './request-write-reasoning.ts'
import { writeTools } from './request-write-tools.ts'

type Wire = Partial<Responses.ResponseCreateParamsStreaming>

/** OpenAI refuses smaller limits. */
const minOutputTokens = 16
/** OpenAI refuses longer ids of end users. */
const maxEndUserLength = 64

/** A canonical request as a Responses request. Nothing is stored with the provider unless the client said so. */
export function writeRequest(request: CanonicalRequest, context: WriteContext): WrittenRequest {
  if ((request.n ?? 1) > 1) {
    throw invalidRequest('This provider gives one answer a request.', paramOf(request, 'n'))
  }
  const restore = restoreOf(request.tools, false)
  const { metadata, moderation, verbosity, endUser, outputFormat, parallelToolCalls } = request
  const text = {
    ...(outputFormat && outputFormat.type !== 'text' && { format: writeFormat(outputFormat) }),
    ...(verbosity !== undefined && { verbosity }),
  }
  const body: Wire = {
    model: context.model,
    ...writeInput(request, context),
    stream: true,
    store: request.store ?? false,
    ...writeTools(request, context.losses),
    ...(parallelToolCalls === false && { parallel_tool_calls: false }),
    ...writeLimits(request, context),
    ...writeSampling(request, context),
    ...writeReasoningFields(request, context),
    ...(Object.keys(text).length > 0 && { text: text as Responses.ResponseTextConfig }),
    ...(metadata && { metadata: metadata as Record<string, string> }),
    ...(moderation !== undefined && { moderation: moderation as Wire['moderation'] }),
    ...(endUser !== undefined && { safety_identifier: shortened(endUser) }),
    ...(request.serviceTier && { service_tier: request.serviceTier }),
    ...writeCache(request, context),
    ...(request.includeObfuscation !== undefined && {
      stream_options: { include_obfuscation: request.includeObfuscation },
    }),
  }
  nameLosses(request, context)
  return { body: body as JsonObject, restore }
}

function writeLimits(request: CanonicalRequest, { capabilities, losses }: WriteContext): Wire {
  const searches = request.tools.find((tool) => tool.kind === 'web-search')
  const calls = request.maxToolCalls ?? (searches?.kind === 'web-search' ? searches.maxUses : undefined)
  const wire: Wire = calls === undefined ? {} : { max_tool_calls: calls }
  // 0 warms the cache and answers nothing: see writeCache.
  if (!request.maxOutputTokens) return wire
  let limit = request.maxOutputTokens
  if (capabilities.maxOutputTokens && limit > capabilities.maxOutputTokens) {
    losses.add('max-tokens-clamped')
    limit = capabilities.maxOutputTokens
  }
  if (limit < minOutputTokens) {
    losses.add('max-tokens-raised')
    limit = minOutputTokens
  }
  return { ...wire, max_output_tokens: limit }
}

/** Reasoning models refuse every sampling field; a value of 1 is the default, so leaving it out loses nothing. */
function writeSampling(request: CanonicalRequest, { capabilities, losses }: WriteContext): Wire {
  const { temperature, topP, logprobs } = request
  if (capabilities.sampling === 'none') {
    if ((temperature ?? 1) !== 1 || (topP ?? 1) !== 1 || logprobs) losses.add('sampling')
    return {}
  }
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(logprobs?.top !== undefined && { top_logprobs: logprobs.top }),
  }
}

function writeReasoningFields(request: CanonicalRequest, { capabilities, losses }: WriteContext): Wire {
  const reasoning = writeReasoning(request, capabilities, losses)
  const include: Responses.ResponseIncludable[] = []
  if (canReason(capabilities)) include.push('reasoning.encrypted_content')
  if (request.logprobs && capabilities.sampling !== 'none') include.push('message.output_text.logprobs')
  return { ...(reasoning && { reasoning }), ...(include.length > 0 && { include }) }
}

function writeFormat(format: Exclude<OutputFormat, { type: 'text' }>): Responses.ResponseFormatTextConfig {
  if (format.type === 'json') return { type: 'json_object' }
  const { name = 'response', description, schema, strict = false } = format
  return { type: 'json_schema', name, ...(description !== undefined && { description }), schema, strict }
}

function writeCache(request: CanonicalRequest, { capabilities, losses }: WriteContext): Wire {
  const { key, retention, implicit, prewarm } = request.cache ?? {}
  const known = capabilities.cacheBreakpoints ?? false
  const own = request.cache?.options
  if (own && !known) losses.add('cache-hint')
  const options = {
    ...(known && implicit && { mode: 'implicit', ...ttlOf(implicit) }),
    ...(known && own),
    ...((prewarm || request.maxOutputTokens === 0) && { prewarm: true }),
  }
  return {
    ...(key !== undefined && { prompt_cache_key: key }),
    ...(retention !== undefined && { prompt_cache_retention: retention as Wire['prompt_cache_retention'] }),
    ...(Object.keys(options).length > 0 && { prompt_cache_options: options as Wire['prompt_cache_options'] }),
  }
}

function shortened(endUser: string): string {
  return endUser.length > maxEndUserLength ? createHash('sha256').update(endUser).digest('hex') : endUser
}

/** Fields for which R has no word. */
function nameLosses(request: CanonicalRequest, { losses }: WriteContext): void {
  const lost: Array<readonly [unknown, RequestLoss]> = [
    [request.frequencyPenalty || request.presencePenalty, 'penalty'],
    [request.logitBias && Object.keys(request.logitBias).length > 0, 'logit-bias'],
    [request.seed !== undefined, 'seed'],
    [request.stop?.length, 'stop'],
    [request.topK !== undefined, 'top-k'],
  ]
  for (const [present, loss] of lost) if (present) losses.add(loss)
}
