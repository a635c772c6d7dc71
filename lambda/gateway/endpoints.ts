import { GatewayFault } from '../errors.ts'
import type { FormatId } from '../formats/codec.ts'
import type { GatewayRequest } from './request.ts'

export interface Endpoint {
  /** Path without `/v1`, since SDKs differ in what they call the base. */
  path: string
  method: 'GET' | 'POST'
  format: FormatId
}

const endpoints: readonly Endpoint[] = [
  { path: '/chat/completions', method: 'POST', format: 'openai-chat' },
  { path: '/messages', method: 'POST', format: 'anthropic-messages' },
  { path: '/responses', method: 'POST', format: 'openai-responses' },
]

/** The path as the tables have it: without `/v1` and without a trailing slash. */
export function normalPath(path: string): string {
  return path.replace(/^\/v1(?=\/|$)/, '').replace(/(?<=.)\/+$/, '') || '/'
}

/** The format in which errors of a path are written, known or not: Anthropic's below `/messages`, else OpenAI's. */
export function formatOfPath(path: string): FormatId {
  const normal = normalPath(path)
  if (normal === '/messages' || normal.startsWith('/messages/')) return 'anthropic-messages'
  if (normal === '/responses' || normal.startsWith('/responses/')) return 'openai-responses'
  return 'openai-chat'
}

/** @throws GatewayFault not_found (unknown path) or method_not_allowed */
export function findEndpoint(request: GatewayRequest): Endpoint {
  const path = normalPath(request.path)
  const known = endpoints.filter((endpoint) => endpoint.path === path)
  const endpoint = known.find(({ method }) => method === request.method)
  if (endpoint) return endpoint
  if (known.length === 0) {
    throw new GatewayFault({ code: 'not_found', message: `There is no ${request.method} ${request.path} here.` })
  }
  const allowed = known.map(({ method }) => method).join(', ')
  throw new GatewayFault({
    code: 'method_not_allowed',
    message: `${request.path} takes ${allowed}, not ${request.method}.`,
  })
}

/** For load balancers and people; needs no key and leaves no record. */
export function isHealthCheck(request: GatewayRequest): boolean {
  return request.method === 'GET' && normalPath(request.path) === '/health'
}
