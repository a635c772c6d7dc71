import { asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Usage } from '../../events/usage.ts'
import { writeUsage } from './usage.ts'

export interface ResponseIdentity {
  id: string
  /** Unix seconds. */
  createdAt: number
  model: string
}

/** What changes in the response object between the first event and the last. Absent members are null. */
export interface ResponseProgress {
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  /** JSON of the items. */
  output?: readonly string[]
  usage?: Usage
  /** Unix seconds. */
  completedAt?: number
  error?: { code: string; message: string }
  incompleteReason?: string
}

const openAiTiers = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'])

/**
 * The `response` member of lifecycle events: a client's own request, echoed with the format's defaults, around what
 * changes. The request is serialised once, since it can be large (agents send 100 KB of tools and instructions).
 */
export class ResponseObject {
  readonly #identity: ResponseIdentity
  readonly #beforeTimes: string
  readonly #beforeOutput: string
  readonly #beforeTier: string
  readonly #afterTier: string
  readonly #end: string
  readonly #tier: string

  constructor(identity: ResponseIdentity, request: JsonObject) {
    this.#identity = identity
    const field = (name: string, missing: unknown = null) => ({ [name]: request[name] ?? missing })
    this.#beforeTimes = members(field('access_programs'), field('background', false))
    this.#beforeOutput = members(
      field('instructions'),
      field('max_output_tokens'),
      field('max_tool_calls'),
      field('metadata', {}),
      { model: identity.model },
    )
    this.#beforeTier = members(
      field('parallel_tool_calls', true),
      field('previous_response_id'),
      field('prompt_cache_key'),
      field('prompt_cache_retention'),
      { reasoning: { effort: null, summary: null, ...asObject(request.reasoning) } },
      field('safety_identifier'),
    )
    this.#afterTier = members(
      field('store', false),
      field('temperature', 1),
      { text: { format: { type: 'text' }, verbosity: 'medium', ...asObject(request.text) } },
      field('tool_choice', 'auto'),
      field('tools', []),
      field('top_logprobs', 0),
      field('top_p', 1),
      field('truncation', 'disabled'),
    )
    this.#end = members(field('user'))
    this.#tier = typeof request.service_tier === 'string' ? request.service_tier : 'default'
  }

  json(progress: ResponseProgress): string {
    const { id, createdAt } = this.#identity
    const { status, completedAt = null, error = null, incompleteReason, usage } = progress
    const details = incompleteReason === undefined ? null : { reason: incompleteReason }
    return [
      `{"id":${JSON.stringify(id)},"object":"response","created_at":${createdAt},"status":"${status}"`,
      this.#beforeTimes,
      `"completed_at":${completedAt},"error":${JSON.stringify(error)},"incomplete_details":${JSON.stringify(details)}`,
      this.#beforeOutput,
      `"output":[${progress.output?.join(',') ?? ''}]`,
      this.#beforeTier,
      `"service_tier":${JSON.stringify(this.#servedTier(usage))}`,
      this.#afterTier,
      `"usage":${usage ? JSON.stringify(writeUsage(usage)) : 'null'}`,
      `${this.#end}}`,
    ].join(',')
  }

  /** The tier that served the request, in OpenAI's words: other providers' `standard` and `batch` are its `default`. */
  #servedTier(usage: Usage | undefined): string {
    const served = usage?.serviceTier
    if (served === undefined) return this.#tier
    return openAiTiers.has(served) ? served : 'default'
  }
}

/** The members of objects as JSON, without the braces. */
function members(...objects: JsonObject[]): string {
  return JSON.stringify(Object.assign({}, ...objects)).slice(1, -1)
}
