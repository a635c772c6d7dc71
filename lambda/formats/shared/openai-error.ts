import type { ErrorCode, GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../events/request.ts'

/** The object under `error` that every OpenAI endpoint answers; all four keys are always there. */
export type OpenAiErrorBody = { message: string; type: string; param: string | null; code: string | null }

interface Row {
  status: number
  type: string
  code: string | null
}

const own = (status: number, type: string, code: string | null): Row => ({ status, type, code })

/** Canonical code → what an OpenAI client is told. Its SDKs retry 408, 409, 429 and 5xx. */
const rows = {
  invalid_request: own(400, 'invalid_request_error', null),
  context_length: own(400, 'invalid_request_error', 'context_length_exceeded'),
  content_policy: own(400, 'invalid_request_error', 'content_policy_violation'),
  authentication: own(401, 'invalid_request_error', 'invalid_api_key'),
  quota: own(402, 'insufficient_quota', 'budget_exceeded'),
  permission: own(403, 'invalid_request_error', 'permission_denied'),
  not_found: own(404, 'invalid_request_error', null),
  method_not_allowed: own(405, 'invalid_request_error', 'method_not_allowed'),
  conflict: own(409, 'invalid_request_error', null),
  too_large: own(413, 'invalid_request_error', 'request_too_large'),
  unprocessable: own(422, 'invalid_request_error', null),
  rate_limit: own(429, 'rate_limit_error', 'rate_limit_exceeded'),
  client_closed: own(499, 'server_error', 'client_closed'),
  internal: own(500, 'server_error', null),
  upstream_unreachable: own(502, 'server_error', 'upstream_unreachable'),
  upstream_malformed: own(502, 'server_error', 'upstream_malformed'),
  upstream_truncated: own(502, 'server_error', 'upstream_truncated'),
  upstream_too_large: own(502, 'server_error', 'upstream_too_large'),
  overloaded: own(503, 'server_error', 'overloaded'),
  timeout: own(504, 'server_error', 'timeout'),
} satisfies Record<ErrorCode, Row>

/** The provider's account is empty: not the client's budget, and waiting does not help. */
const providerQuota = own(429, 'insufficient_quota', 'insufficient_quota')

/** Codes for which the client may learn the provider's own word. */
const showsUpstreamCode: ReadonlySet<ErrorCode> = new Set(['invalid_request', 'not_found'])

function rowOf(error: GatewayError): Row {
  return error.code === 'quota' && error.upstream ? providerQuota : rows[error.code]
}

/** The `error` object, as it stands in an answer and in a stream. */
export function openAiErrorBody(error: GatewayError): OpenAiErrorBody {
  const row = rowOf(error)
  const upstreamCode = showsUpstreamCode.has(error.code) ? error.upstream?.code : undefined
  return {
    message: error.message,
    type: row.type,
    param: error.param ?? null,
    code: error.detail ?? upstreamCode ?? row.code,
  }
}

/** A complete error answer of an OpenAI endpoint. */
export function writeOpenAiError(
  error: GatewayError,
  requestId: string,
): { status: number; headers: Record<string, string>; body: JsonObject } {
  const row = rowOf(error)
  const headers: Record<string, string> = { 'x-request-id': requestId }
  if (error.retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
  if (row === providerQuota) headers['x-should-retry'] = 'false'
  return { status: error.status ?? row.status, headers, body: { error: openAiErrorBody(error) } }
}
