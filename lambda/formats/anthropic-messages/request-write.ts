import { createHash } from 'node:crypto'
import { invalidRequest } from '../../errors.ts'
import { type CanonicalRequest, type JsonObject, paramOf } from '../../events/request.ts'
import type { WriteContext, WrittenRequest } from '../codec.ts'
import { limitCacheMarks, writeCacheMark } from './cache-marks.ts'
import { writeHistory } from './request-write-history.ts'
import { planOutput } from './request-write-output.ts'
import { writeSampling, writeThinking } from './request-write-thinking.ts'
import { planTools } from './request-write-tools.ts'
import { withoutPrefilledThinking } from './thinking-history.ts'

/** Where nothing is known of a model: every Claude model ever gave that many. */
const defaultMaxTokens = 4096

/** Canonical request → M body. Throws GatewayFault for what would change number, form or identity of the answer. */
export function writeRequest(request: CanonicalRequest, context: WriteContext): WrittenRequest {
  refuseInexpressible(request)
  nameLosses(request, context)
  const { losses } = context
  const maxTokens = writeMaxTokens(request, context)
  const output = planOutput(request, context)
  const tools = planTools(request, output, context)
  const history = writeHistory(request, output.instruction, context)
  const thinking = writeThinking(request, { maxTokens, forced: tools.forced, messages: history.messages }, context)
  const outputConfig = { ...thinking.outputConfig, ...output.config }
  const tier = writeServiceTier(request, context)
  const body: JsonObject = {
    model: context.model,
    max_tokens: maxTokens,
    ...(history.system.length > 0 && { system: history.system }),
    messages: thinking.thinks ? history.messages : withoutPrefilledThinking(history.messages),
    ...tools.fields,
    ...(thinking.thinking && { thinking: thinking.thinking }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...writeSampling(request, thinking.thinks, context),
    ...(request.stop && { stop_sequences: request.stop }),
    ...(request.endUser !== undefined && { metadata: { user_id: opaqueUser(request.endUser) } }),
    ...(tier && { service_tier: tier }),
    ...writeCacheMark(request.cache?.implicit, losses),
    stream: true,
  }
  limitCacheMarks(body, losses)
  return { body, restore: tools.restore }
}

function refuseInexpressible(request: CanonicalRequest): void {
  if (request.n !== undefined && request.n > 1) {
    throw invalidRequest('This model gives one answer a request.', paramOf(request, 'n'))
  }
  if (request.logprobs) {
    throw invalidRequest('This model gives no token probabilities.', paramOf(request, 'logprobs'))
  }
}

/** What changes only price, speed, caching or phrasing is left out by name; a field at its default is silent. */
function nameLosses(request: CanonicalRequest, { losses }: WriteContext): void {
  if (request.frequencyPenalty || request.presencePenalty) losses.add('penalty')
  if (request.logitBias && Object.keys(request.logitBias).length > 0) losses.add('logit-bias')
  if (request.seed !== undefined) losses.add('seed')
  if (request.metadata && Object.keys(request.metadata).length > 0) losses.add('metadata')
  if (request.moderation !== undefined) losses.add('moderation')
  if (request.store === true) losses.add('store')
  if (request.verbosity !== undefined && request.verbosity !== 'medium') losses.add('verbosity')
  if (request.cache?.key !== undefined || request.cache?.retention !== undefined) losses.add('cache-hint')
}

/** The client's limit, else the model's ceiling, since M demands one; never above the ceiling. */
function writeMaxTokens(request: CanonicalRequest, { capabilities, losses }: WriteContext): number {
  if (request.cache?.prewarm) return 0
  const ceiling = capabilities.maxOutputTokens
  const wanted = request.maxOutputTokens ?? ceiling ?? defaultMaxTokens
  if (ceiling === undefined || wanted <= ceiling) return wanted
  losses.add('max-tokens-clamped')
  return ceiling
}

function writeServiceTier(request: CanonicalRequest, { losses }: WriteContext): string | undefined {
  switch (request.serviceTier) {
    case undefined:
      return undefined
    case 'auto':
      return 'auto'
    case 'default':
      return 'standard_only'
    default:
      losses.add('service-tier')
      return 'auto'
  }
}

/** Ids longer than any hash (Claude Code sends JSON of 150 characters) are hashed: cut short they might coincide. */
function opaqueUser(id: string): string {
  return id.length <= 64 ? id : createHash('sha256').update(id).digest('hex')
}
