import type { ErrorCode, GatewayError } from '../../errors.ts'
import { asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import { readProviderErrorObject } from '../shared/provider-error.ts'

/** Status and `error.type` of every canonical code; the retry behaviour of the SDKs hangs on the status. */
const words = {
  invalid_request: { status: 400, type: 'invalid_request_error' },
  context_length: { status: 400, type: 'invalid_request_error' },
  content_policy: { status: 400, type: 'invalid_request_error' },
  authentication: { status: 401, type: 'authentication_error' },
  quota: { status: 402, type: 'billing_error' },
  permission: { status: 403, type: 'permission_error' },
  not_found: { status: 404, type: 'not_found_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  conflict: { status: 409, type: 'conflict_error' },
  too_large: { status: 413, type: 'request_too_large' },
  unprocessable: { status: 422, type: 'invalid_request_error' },
  rate_limit: { status: 429, type: 'rate_limit_error' },
  client_closed: { status: 499, type: 'api_error' },
  internal: { status: 500, type: 'api_error' },
  upstream_unreachable: { status: 502, type: 'api_error' },
  upstream_malformed: { status: 502, type: 'api_error' },
  upstream_truncated: { status: 502, type: 'api_error' },
  upstream_too_large: { status: 502, type: 'api_error' },
  timeout: { status: 504, type: 'timeout_error' },
  // Anthropic's own status; its SDKs and Claude Code know it and wait longer.
  overloaded: { status: 529, type: 'overloaded_error' },
} as const satisfies Record<ErrorCode, { status: number; type: string }>

/** The inner object of M errors: `{type, message}`. */
function errorObject(error: GatewayError): JsonObject {
  const known = error.code !== 'context_length' || /^prompt is too long/i.test(error.message)
  // Clients recognise a full context by these words only.
  return { type: words[error.code].type, message: known ? error.message : `prompt is too long: ${error.message}` }
}

/** The whole error body, also the payload of the in-stream `error` event. */
export function errorBody(error: GatewayError, requestId: string): JsonObject {
  return { type: 'error', error: errorObject(error), request_id: requestId }
}

/** An HTTP error answer; `retry-after` in whole seconds, rounded up. */
export function writeError(
  error: GatewayError,
  requestId: string,
): { status: number; headers?: Record<string, string>; body: JsonObject } {
  // Any kind of overload is 529 here, whatever the provider's status was.
  const status = error.code === 'overloaded' ? words.overloaded.status : (error.status ?? words[error.code].status)
  const wait = error.retryAfterMs
  return {
    status,
    ...(wait !== undefined && { headers: { 'retry-after': String(Math.ceil(wait / 1000)) } }),
    body: errorBody(error, requestId),
  }
}

/** The error in an `error` event: `{type: 'error', error: {type, message}, request_id}`, leniently. */
export function readErrorEvent(event: JsonObject): GatewayError {
  const error = readProviderErrorObject(event)
  const requestId = asString(event.request_id)
  return requestId === undefined ? error : { ...error, upstream: { ...error.upstream, requestId } }
}

export const truncated: GatewayError = {
  code: 'upstream_truncated',
  message: 'The provider ended the stream before it was complete.',
}

export function malformed(message: string): GatewayError {
  return { code: 'upstream_malformed', message }
}
