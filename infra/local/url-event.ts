import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'

/** What the front adds to a request. */
export interface EventContext {
  requestId: string
  traceId: string
  /** The URL's id: the first label of its host name on the platform. */
  apiId: string
  receivedAt: Date
}

/** Content types that reach the function as text; everything else, forms included, arrives base64-encoded. */
const TEXT_TYPES = /^(text\/.*|application\/(json|javascript|xml|.+\+json|.+\+xml))$/
/** Belong to one connection, not to the request; `cookie` has a field of its own. */
const NOT_PASSED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'expect', 'cookie'])

/**
 * A request as a function URL hands it to its function: payload format 2.0
 * (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads) as it is sent for auth type NONE.
 */
export function urlEvent(request: IncomingMessage, body: Buffer, context: EventContext): unknown {
  const [rawPath, rawQueryString] = splitTarget(request.url ?? '/')
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1'
  const domainName = `${context.apiId}.lambda-url.local`
  const cookies = request.headers.cookie?.split(/;\s*/)
  const query = queryParameters(rawQueryString)
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookies && { cookies }),
    headers: eventHeaders(request, context, sourceIp),
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId: 'anonymous',
      apiId: context.apiId,
      domainName,
      domainPrefix: context.apiId,
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: request.headers['user-agent'] ?? null,
      },
      requestId: context.requestId,
      routeKey: '$default',
      stage: '$default',
      time: clfTime(context.receivedAt),
      timeEpoch: context.receivedAt.getTime(),
    },
    ...eventBody(body, request.headers['content-type']),
  }
}

function splitTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?')
  return at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}

/** Names in lower case, repeated ones joined with a comma. */
function eventHeaders(request: IncomingMessage, context: EventContext, sourceIp: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values && !NOT_PASSED.has(name)) headers[name] = values.join(',')
  }
  headers['x-amzn-trace-id'] = context.traceId
  headers['x-forwarded-for'] = headers['x-forwarded-for'] ? `${headers['x-forwarded-for']}, ${sourceIp}` : sourceIp
  headers['x-forwarded-proto'] ??= 'http'
  headers['x-forwarded-port'] ??= String(request.socket.localPort ?? '')
  return headers
}

/** Decoded, repeated names joined with a comma; undefined without a query. */
function queryParameters(query: string): Record<string, string> | undefined {
  if (query === '') return undefined
  const parameters: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value
  }
  return parameters
}

function eventBody(body: Buffer, contentType: string | undefined): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false }
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const isText = TEXT_TYPES.test(type) && isUtf8(body)
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `10/Apr/2022:13:30:05 +0000` */
function clfTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`
}
