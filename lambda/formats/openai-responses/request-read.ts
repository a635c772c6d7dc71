import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../events/losses.ts'
import {
  type CanonicalRequest,
  efforts,
  type JsonObject,
  type OutputFormat,
  type PromptCache,
  type ReasoningRequest,
  type ServiceTier,
} from '../../events/request.ts'
import type { ReadContext } from '../codec.ts'
import { Fields } from './fields.ts'
import { readInput } from './request-read-items.ts'
import { readToolChoice, readTools } from './request-read-tools.ts'

const tiers: readonly ServiceTier[] = ['auto', 'default', 'flex', 'priority', 'fast', 'ultrafast', 'scale']

/** The client's own names of canonical fields, where they are not the canonical ones in snake case. */
const params: CanonicalRequest['params'] = {
  items: 'input',
  outputFormat: 'text.format',
  verbosity: 'text.verbosity',
  endUser: 'safety_identifier',
  cache: 'prompt_cache_options',
  reasoning: 'reasoning.effort',
}

/** A Responses request. Stateful fields are refused: the history they point at lives with another provider. */
export function readRequest(wire: JsonObject, { losses }: ReadContext): CanonicalRequest {
  const body = new Fields(wire, '')
  refuseState(body)
  const input = readInput(body, losses)
  const instructions = body.string('instructions')
  if (instructions) {
    const parts = [{ kind: 'text', text: instructions } as const]
    input.items.unshift({ kind: 'message', role: 'system', placement: 'instructions', parts })
  }
  const tools = readTools([...body.list('tools'), ...input.tools], losses)
  const text = body.fields('text')
  const request: CanonicalRequest = defined({
    items: input.items,
    tools,
    toolChoice: readToolChoice(body, tools),
    parallelToolCalls: body.boolean('parallel_tool_calls') === false ? false : undefined,
    maxToolCalls: body.number('max_tool_calls'),
    maxOutputTokens: body.number('max_output_tokens'),
    temperature: body.number('temperature'),
    topP: body.number('top_p'),
    params: { ...params },
    ...readLogprobs(body, losses),
    reasoning: readReasoning(body.fields('reasoning'), input.updates, losses),
    outputFormat: readOutputFormat(text),
    verbosity: readVerbosity(text, input.updates),
    endUser: body.string('safety_identifier') ?? body.string('user'),
    metadata: body.object('metadata'),
    serviceTier: readTier(body, losses),
    store: body.boolean('store'),
    moderation: body.value('moderation'),
    cache: readCache(body, losses),
    includeUsage: true,
    includeObfuscation: body.fields('stream_options')?.boolean('include_obfuscation'),
  })
  nameLosses(body, losses)
  return request
}

function refuseState(body: Fields): void {
  for (const field of ['conversation', 'previous_response_id', 'prompt']) {
    if (body.value(field) === undefined) continue
    throw invalidRequest(`"${field}" refers to what another provider keeps: send the whole history in "input".`, field)
  }
  if (body.boolean('background')) throw invalidRequest('Background answers cannot be converted.', 'background')
}

/** Fields for which no other format has a word, and those nobody knows. */
function nameLosses(body: Fields, losses: Losses): void {
  if (body.value('access_programs') !== undefined) losses.add('access-programs')
  if (body.array('context_management')?.length) losses.add('context-management')
  if (body.string('truncation') === 'auto') losses.add('truncation')
  body.string('model')
  body.value('stream')
  body.value('user')
  if (body.hasUnread()) losses.add('unknown-field')
}

function readLogprobs(
  body: Fields,
  losses: Losses,
): Pick<CanonicalRequest, 'logprobs'> & { params?: CanonicalRequest['params'] } {
  const include = body.array('include') ?? []
  const top = body.number('top_logprobs') || undefined
  const known = ['message.output_text.logprobs', 'reasoning.encrypted_content']
  if (include.some((entry) => !known.includes(String(entry)))) losses.add('include')
  if (top === undefined && !include.includes('message.output_text.logprobs')) return {}
  const named = top === undefined ? 'include' : 'top_logprobs'
  return { logprobs: top === undefined ? {} : { top }, params: { ...params, logprobs: named } }
}

/** A client that asks for no summary gets none: that is R's default. */
function readReasoning(reasoning: Fields | undefined, updates: Fields[], losses: Losses): ReasoningRequest {
  const styles = ['auto', 'concise', 'detailed'] as const
  const summary = reasoning?.oneOf('summary', styles) ?? reasoning?.oneOf('generate_summary', styles) ?? 'omitted'
  const context = reasoning?.string('context')
  if (context !== undefined && context !== 'auto') losses.add('reasoning-context')
  const mode = reasoning?.string('mode')
  if (mode !== undefined && mode !== 'standard') losses.add('reasoning-mode')
  let effort = reasoning?.oneOf('effort', efforts)
  for (const update of updates) effort = update.fields('reasoning')?.oneOf('effort', efforts) ?? effort
  return effort === undefined ? { summary } : { effort, summary }
}

function readOutputFormat(text: Fields | undefined): OutputFormat | undefined {
  const format = text?.fields('format')
  switch (format?.oneOf('type', ['text', 'json_object', 'json_schema'])) {
    case 'json_object':
      return { type: 'json' }
    case 'json_schema': {
      const schema = format?.object('schema')
      if (!schema) throw invalidRequest('"text.format.schema" is required.', 'text.format.schema')
      const rest = {
        name: format?.string('name'),
        description: format?.string('description'),
        strict: format?.boolean('strict'),
      }
      return { type: 'json-schema', schema, ...defined(rest) }
    }
    default:
      return undefined
  }
}

function readVerbosity(text: Fields | undefined, updates: Fields[]): string | undefined {
  let verbosity = text?.string('verbosity')
  for (const update of updates) verbosity = update.fields('text')?.string('verbosity') ?? verbosity
  return verbosity === 'medium' ? undefined : verbosity
}

function readTier(body: Fields, losses: Losses): ServiceTier | undefined {
  const word = body.string('service_tier')
  if (word === undefined || word === 'auto') return undefined
  const tier = tiers.find((other) => other === word)
  if (!tier) losses.add('service-tier')
  return tier
}

function readCache(body: Fields, losses: Losses): PromptCache | undefined {
  const options = body.fields('prompt_cache_options')
  const mode = options?.oneOf('mode', ['implicit', 'explicit'])
  const ttl = options?.oneOf('ttl', ['30m', '12h'])
  if (options?.string('comparison_response_id') !== undefined) losses.add('cache-hint')
  const shared = defined({ mode, ttl })
  const cache: PromptCache = defined({
    key: body.string('prompt_cache_key'),
    retention: body.string('prompt_cache_retention'),
    prewarm: options?.boolean('prewarm') || undefined,
    options: Object.keys(shared).length > 0 ? shared : undefined,
    implicit: mode === 'implicit' ? defined({ ttl }) : undefined,
  })
  return Object.keys(cache).length > 0 ? cache : undefined
}

/** Without the members that are undefined, so that a canonical request holds only what was asked for. */
function defined<T extends object>(fields: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}
