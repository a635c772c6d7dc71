/** Every way a request can fail, whoever's fault it is; each format's `error.ts` maps these to its own words. */
export type ErrorCode =
  | 'invalid_request'
  | 'authentication'
  | 'permission'
  | 'quota'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'too_large'
  | 'unprocessable'
  | 'rate_limit'
  | 'context_length'
  | 'content_policy'
  | 'internal'
  | 'overloaded'
  | 'timeout'
  | 'upstream_unreachable'
  | 'upstream_malformed'
  | 'upstream_truncated'
  | 'upstream_too_large'
  | 'client_closed'

/** A failure in canonical form. The message is for people: no stack, no path, no URL, no credential. */
export interface GatewayError {
  code: ErrorCode
  message: string
  /** The client's own name of the field at fault. */
  param?: string
  /** HTTP status to answer with, where it differs from the code's own (see each format's table). */
  status?: number
  /** The word a format puts in its own `code` field, where it differs from the code's own. */
  detail?: string
  /** The methods a path takes, for the `allow` header of a 405. */
  allow?: string
  /** Whole milliseconds the client should wait. */
  retryAfterMs?: number
  /** What the provider said; never sent to the client except for its message. */
  upstream?: { status?: number; type?: string; code?: string; requestId?: string }
}

/** The one exception that carries a GatewayError; anything else that is thrown is the gateway's own fault. */
export class GatewayFault extends Error {
  readonly error: GatewayError

  constructor(error: GatewayError, options?: ErrorOptions) {
    super(error.message, options)
    this.name = 'GatewayFault'
    this.error = error
  }
}

/** A provider's HTTP error that a relay passes on as it came, once nothing is left to try. */
export class RelayedFault extends GatewayFault {
  readonly answer: { status: number; contentType: string; body: Buffer }

  constructor(error: GatewayError, answer: RelayedFault['answer']) {
    super(error)
    this.name = 'RelayedFault'
    this.answer = answer
  }
}

/** The end of an exchange whose client has left; nobody's failure. */
export function clientClosed(cause?: unknown): GatewayFault {
  return new GatewayFault({ code: 'client_closed', message: 'The client closed the connection.' }, { cause })
}

/** Shorthand for the commonest fault: the client's request cannot be served as it is. */
export function invalidRequest(message: string, param?: string): GatewayFault {
  return new GatewayFault({ code: 'invalid_request', message, ...(param !== undefined && { param }) })
}

/** Shorter keys protect nothing (local servers take any), and would be found inside ordinary words. */
const minSecretLength = 8

export function isSecret(key: string | undefined): key is string {
  return key !== undefined && key.length >= minSecretLength
}

/** A provider may quote the key it was sent; that key is the operator's and never the client's to see. */
export function withoutSecret(error: GatewayError, secret: string | undefined): GatewayError {
  if (!isSecret(secret) || !error.message.includes(secret)) return error
  return { ...error, message: error.message.replaceAll(secret, '[key]') }
}

/** Puts a `never` at the end of a switch, so that a new case breaks the build. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`)
}
