import type { ErrorCode, GatewayError } from '../../errors.ts'
import { asArray, asNumber, asObject, asString, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import { codeOf, codeOfStatus } from './provider-error-words.ts'

/**
 * The provider's own status goes on to the client, so that its SDK retries as it would have done. Not for overload and
 * quota, for which each client format has a status of its own, nor where words decided.
 */
function keptStatus(code: ErrorCode, status: number | undefined): number | undefined {
  if (status === undefined || status < 400 || status > 599) return undefined
  if (code === 'overloaded' || code === 'quota') return undefined
  return codeOfStatus(status) === code ? status : undefined
}

const maxMessage = 500

/** Removes what looks like a key: providers quote the one they refused, and that one is the gateway's. */
function scrubbed(message: string): string {
  return message
    .replace(/\b(?:sk|gsk|xai|pplx|key|rk|pk)-[A-Za-z0-9_*.-]{6,}/g, '[key]')
    .replace(/\bBearer\s+\S+/gi, 'Bearer [key]')
}

function textOf(body: string): string {
  const text = body.includes('<') ? body.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ') : body
  return text.replace(/\s+/g, ' ').trim().slice(0, maxMessage)
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : asString(value) || undefined
}

/** FastAPI-like servers: `detail` is a sentence or a list of `{loc, msg}`. */
function detailOf(value: unknown): string | undefined {
  const list = asArray(value)
  if (!list) return asString(value)
  const sentences = list.map((entry) => asString(asObject(entry)?.msg)).filter((entry) => entry !== undefined)
  return sentences.length > 0 ? sentences.join('; ') : undefined
}

/** Google's `RetryInfo` in `details`, e.g. `"retryDelay": "38s"`. */
function retryInfoMs(details: unknown): number | undefined {
  for (const detail of asArray(details) ?? []) {
    const seconds = Number.parseFloat(asString(asObject(detail)?.retryDelay) ?? '')
    if (Number.isFinite(seconds)) return Math.ceil(seconds * 1000)
  }
  return undefined
}

/** The error in whatever a provider wraps it: `{error}`, a list of one (Gemini), a sentence, or the object itself. */
function innermost(value: unknown): unknown {
  const list = asArray(value)
  if (list) return innermost(list[0])
  const error = asObject(value)?.error
  return error ? innermost(error) : value
}

function messageOf(object: JsonObject | undefined): string | undefined {
  if (!object) return undefined
  return asString(object.message) || messageOf(asObject(object.message)) || detailOf(object.detail)
}

/**
 * An error object of an OpenAI-compatible provider, from a body or a stream; `status` is the HTTP status if it was an
 * error. Accepts a sentence, an object or a list of one, `code` as word or number. Never throws.
 */
export function readProviderErrorObject(value: unknown, status?: number): GatewayError {
  const error = innermost(value)
  const object = asObject(error)
  const message = asString(error) || messageOf(object) || messageOf(asObject(value))
  const numeric = asNumber(object?.code) ?? asNumber(object?.status_code) ?? asNumber(object?.status)
  const effective = status !== undefined && status >= 400 ? status : numeric
  const words = [object?.code, object?.type, object?.status, asObject(object?.innererror)?.code]
    .map(wordOf)
    .filter((word) => word !== undefined)
  const code = codeOf(words, message ?? '', effective)
  const kept = keptStatus(code, effective)
  const type = wordOf(object?.type)
  const wireCode = wordOf(object?.code)
  const retry = retryInfoMs(object?.details)
  const param = asString(object?.param)
  return {
    code,
    message: scrubbed(message ?? `The provider reported an error${effective ? ` (status ${effective})` : ''}.`),
    ...(param && { param }),
    ...(kept !== undefined && { status: kept }),
    // The client's key was fine: it is the gateway's key that the provider refused.
    ...(code === 'authentication' && { detail: 'upstream_authentication' }),
    ...(retry !== undefined && { retryAfterMs: retry }),
    upstream: {
      ...(effective !== undefined && { status: effective }),
      ...(type !== undefined && { type }),
      ...(wireCode !== undefined && { code: wireCode }),
    },
  }
}

/**
 * An HTTP error answer of an OpenAI-compatible provider: JSON of any shape, HTML, or nothing. A status below 400 is a
 * provider that said 200 and answered an error, or something that is no answer at all. Never throws.
 */
export function readProviderError(response: {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
}): GatewayError {
  const { status, headers } = response
  const error = readBody(response.body, status)
  const retry = retryAfterMs(headers) ?? error.retryAfterMs
  const requestId = headers['x-request-id'] ?? headers['request-id'] ?? headers['apim-request-id']
  return {
    ...error,
    ...(retry !== undefined && { retryAfterMs: retry }),
    upstream: { ...error.upstream, status, ...(requestId !== undefined && { requestId }) },
  }
}

function readBody(body: string, status: number): GatewayError {
  const json = jsonOf(body)
  if (json !== undefined && json !== null) return readProviderErrorObject(json, status)
  if (status < 400) return { code: 'upstream_malformed', message: 'The provider answered something that is no answer.' }
  const text = textOf(body)
  return readProviderErrorObject(text === '' ? undefined : text, status)
}

function jsonOf(body: string): unknown {
  const object = parseObject(body)
  if (object) return object
  try {
    return JSON.parse(body)
  } catch {
    return undefined // HTML, plain text or nothing: read as text
  }
}

/**
 * How long a provider asks to wait, in whole milliseconds: `retry-after-ms`, or `retry-after` in seconds or as a date.
 * @param headers lower-case names
 * @param now milliseconds since 1970, against which a date counts
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, now = Date.now()): number | undefined {
  const precise = Number.parseFloat(headers['retry-after-ms'] ?? '')
  if (Number.isFinite(precise)) return Math.max(0, Math.ceil(precise))
  const value = headers['retry-after']
  if (value === undefined) return undefined
  const seconds = Number(value)
  if (value.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds * 1000))
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
