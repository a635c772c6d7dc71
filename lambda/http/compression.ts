import type { ClientResponse, GatewayRequest } from '../gateway/request.ts'
import { GzipResponse } from './gzip-response.ts'

/** Puts a compressor before the answer to a client that takes gzip; hands back that of any other as it is. */
export function compressed(request: GatewayRequest, response: ClientResponse): ClientResponse {
  return acceptsGzip(request.headers['accept-encoding']) ? new GzipResponse(response) : response
}

/** Content negotiation of RFC 9110, 12.5.3: gzip is named or meant by `*`, and liked no less than the plain answer. */
export function acceptsGzip(acceptEncoding = ''): boolean {
  const weights = new Map<string, number>()
  for (const part of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((each) => each.trim())
    const weight = parameters.find((each) => each.startsWith('q='))?.slice(2)
    weights.set(name, weight === undefined ? 1 : Number(weight))
  }
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0
  return gzip > 0 && gzip >= (weights.get('identity') ?? 0)
}
