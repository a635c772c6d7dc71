import { invalidRequest } from '../../errors.ts'
import { asObject } from '../../events/json.ts'
import type { Losses, RequestLoss } from '../../events/losses.ts'
import type { CanonicalField, CanonicalRequest, JsonObject, OutputFormat, ServiceTier } from '../../events/request.ts'
import type { ReadContext } from '../codec.ts'
import { readCacheMark } from './cache-marks.ts'
import { readArray, readNumber, readObject, readString } from './check.ts'
import { readMessages, readSystem } from './request-read-history.ts'
import { readReasoning } from './request-read-thinking.ts'
import { readToolChoice, readTools } from './request-read-tools.ts'
import { fitsStrictMode } from './strict-mode.ts'

type FieldReader = (value: unknown, request: CanonicalRequest, losses: Losses, body: JsonObject) => void

/** The field's meaning is in no other format and only costs comfort. */
const lose =
  (code: RequestLoss): FieldReader =>
  (_value, _request, losses) =>
    losses.add(code)

/** Leaving the field out would change what comes back, who pays, or where data goes. */
const refuse =
  (field: string): FieldReader =>
  (value) => {
    if (Array.isArray(value) && value.length === 0) return
    throw invalidRequest(`${field} cannot be served by a provider that does not speak Anthropic Messages.`, field)
  }

const ignore: FieldReader = () => undefined

/** What becomes of every top-level field; `null` is absent, any other field is a loss. */
const fields: Readonly<Record<string, FieldReader>> = {
  model: ignore,
  stream: ignore,
  messages: ignore,
  system: ignore,
  output_format: ignore,
  max_tokens: (value, request) => {
    request.maxOutputTokens = readNumber(value, 'max_tokens')
  },
  temperature: (value, request) => {
    request.temperature = readNumber(value, 'temperature')
  },
  top_p: (value, request) => {
    request.topP = readNumber(value, 'top_p')
  },
  top_k: (value, request) => {
    request.topK = readNumber(value, 'top_k')
  },
  stop_sequences: readStop,
  metadata: readMetadata,
  cache_control: (value, request) => {
    const mark = readCacheMark(value)
    if (mark) request.cache = { implicit: mark }
  },
  output_config: readOutputConfig,
  service_tier: (value, request) => {
    request.serviceTier = readServiceTier(readString(value, 'service_tier'))
  },
  speed: (value, _request, losses) => {
    if (value !== 'standard') losses.add('speed')
  },
  thinking: ignore,
  tools: (value, request, losses) => {
    request.tools = readTools(readArray(value, 'tools'), losses)
  },
  tool_choice: ignore,
  container: refuse('container'),
  mcp_servers: refuse('mcp_servers'),
  thread: refuse('thread'),
  compaction: refuse('compaction'),
  billing_policy: refuse('billing_policy'),
  inference_geo: refuse('inference_geo'),
  fallback_credit_token: refuse('fallback_credit_token'),
  context_management: lose('context-management'),
  fallbacks: lose('fallbacks'),
  diagnostics: lose('diagnostics'),
  user_profile_id: lose('workspace'),
  workspace_id: lose('workspace'),
}

const names = {
  items: 'messages',
  maxOutputTokens: 'max_tokens',
  stop: 'stop_sequences',
  endUser: 'metadata.user_id',
  reasoning: 'thinking',
  outputFormat: 'output_config.format',
  cache: 'cache_control',
} as const satisfies Partial<Record<CanonicalField, string>>

/**
 * An M request → canonical. Throws GatewayFault invalid_request with `param` for wrong types and for what no other
 * format can serve. The body is never changed.
 */
export function readRequest(body: JsonObject, { headers, losses }: ReadContext): CanonicalRequest {
  const request: CanonicalRequest = {
    items: [...readSystem(body.system), ...readMessages(body.messages, losses)],
    tools: [],
    includeUsage: true,
    params: { ...names },
  }
  for (const [field, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue
    const read = Object.hasOwn(fields, field) ? fields[field] : undefined
    if (read) read(value, request, losses, body)
    else losses.add('unknown-field')
  }
  // These look at other fields, so they come after all of them.
  const reasoning = readReasoning(body)
  if (reasoning) request.reasoning = reasoning
  readOutputFormat(body, request, losses)
  if (body.tool_choice != null) readToolChoice(body.tool_choice, request)
  if (headers['anthropic-beta']) losses.add('beta')
  if (headers['anthropic-user-profile-id'] || headers['anthropic-workspace-id']) losses.add('workspace')
  return request
}

function readStop(value: unknown, request: CanonicalRequest, losses: Losses): void {
  const words = readArray(value, 'stop_sequences').map((word, at) => readString(word, `stop_sequences[${at}]`))
  const stop = words.filter((word) => word.trim() !== '')
  if (stop.length < words.length) losses.add('stop')
  if (stop.length > 0) request.stop = stop
}

function readMetadata(value: unknown, request: CanonicalRequest, losses: Losses): void {
  const { user_id, ...rest } = readObject(value, 'metadata')
  if (user_id != null) request.endUser = readString(user_id, 'metadata.user_id')
  if (Object.keys(rest).length > 0) losses.add('unknown-field')
}

function readOutputConfig(value: unknown, _request: CanonicalRequest, losses: Losses): void {
  // `effort` and `format` are read with the fields they belong to.
  const { effort: _effort, format: _format, task_budget, ...rest } = readObject(value, 'output_config')
  if (task_budget != null) losses.add('task-budget')
  if (Object.values(rest).some((field) => field != null)) losses.add('unknown-field')
}

/** `output_config.format`, or the deprecated `output_format`. */
function readOutputFormat(body: JsonObject, request: CanonicalRequest, losses: Losses): void {
  const inConfig = asObject(body.output_config)?.format
  const param = inConfig == null ? 'output_format' : 'output_config.format'
  const value = inConfig ?? body.output_format
  if (value == null) return
  const format = readObject(value, param)
  if (format.type !== 'json_schema') throw invalidRequest(`${param}.type must be "json_schema".`, `${param}.type`)
  const schema = readObject(format.schema, `${param}.schema`)
  // M has no word for leniency: its structured output always is the schema.
  const strict = fitsStrictMode(schema)
  if (!strict) losses.add('schema-keyword')
  request.outputFormat = { type: 'json-schema', schema, strict } satisfies OutputFormat
  request.params.outputFormat = param
}

function readServiceTier(tier: string): ServiceTier {
  return tier === 'standard_only' ? 'default' : 'auto'
}
