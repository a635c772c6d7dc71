import { GatewayFault } from '../errors.ts'
import type { FormatId, RelayFormatId } from '../formats/codec.ts'
import { normalPath } from './path.ts'
import type { GatewayRequest } from './request.ts'
import type { Session } from './session.ts'

interface Place {
  /** Without `/v1`, since SDKs differ in what they call the base. `{id}` at the end is any rest, slashes included. */
  path: string
  method: 'GET' | 'POST'
}

/** Calls a model: the request names one, and goes where that is. */
export interface ModelEndpoint extends Place {
  kind: 'model'
  format: FormatId | RelayFormatId
  /** Path below a provider's base URL, where the format serves several endpoints and this is not its first. */
  upstreamPath?: string
}

/** Has an answer of its own. */
export interface OwnEndpoint extends Place {
  kind: 'own'
  /** Of its errors; absent: the client's, by its headers. */
  format?: FormatId
  /** @throws GatewayFault */
  serve(session: Session): Promise<void>
}

export type Endpoint = ModelEndpoint | OwnEndpoint

const call = (path: string, format: ModelEndpoint['format'], upstreamPath?: string): ModelEndpoint => ({
  kind: 'model',
  path,
  method: 'POST',
  format,
  ...(upstreamPath !== undefined && { upstreamPath }),
})

// Loaded when first needed: most environments never are asked.
const serveModels = async (session: Session) => (await import('./models.ts')).serveModels(session)
const serveModel = async (session: Session) => (await import('./models.ts')).serveModel(session)
const serveTokenCount = async (session: Session) => (await import('./count-tokens.ts')).serveTokenCount(session)

const endpoints: readonly Endpoint[] = [
  call('/chat/completions', 'openai-chat'),
  call('/messages', 'anthropic-messages'),
  call('/responses', 'openai-responses'),
  call('/completions', 'openai-completions'),
  call('/embeddings', 'openai-embeddings'),
  call('/audio/speech', 'openai-speech'),
  call('/audio/transcriptions', 'openai-transcription'),
  call('/audio/translations', 'openai-transcription', '/audio/translations'),
  call('/images/generations', 'openai-images'),
  call('/images/edits', 'openai-images', '/images/edits'),
  {
    kind: 'own',
    path: '/messages/count_tokens',
    method: 'POST',
    format: 'anthropic-messages',
    serve: serveTokenCount,
  },
  { kind: 'own', path: '/models', method: 'GET', serve: serveModels },
  { kind: 'own', path: '/models/{id}', method: 'GET', serve: serveModel },
]

function endpointsAt(path: string): readonly Endpoint[] {
  const normal = normalPath(path)
  const isHere = (place: string) =>
    place.endsWith('/{id}') ? normal.startsWith(place.slice(0, -'{id}'.length)) : normal === place
  return endpoints.filter((endpoint) => isHere(endpoint.path))
}

/**
 * The format of whoever asks, and so of its errors: the endpoint's; for a path that has none, known or not, Anthropic's
 * or Responses' below theirs, and Anthropic's for clients that name its version.
 */
export function formatOf({ path, headers }: GatewayRequest): FormatId | RelayFormatId {
  const known = endpointsAt(path)[0]?.format
  if (known) return known
  const normal = normalPath(path)
  if (normal.startsWith('/messages/')) return 'anthropic-messages'
  if (normal.startsWith('/responses/')) return 'openai-responses'
  return headers['anthropic-version'] === undefined ? 'openai-chat' : 'anthropic-messages'
}

/** @throws GatewayFault not_found (unknown path) or method_not_allowed */
export function findEndpoint(request: GatewayRequest): Endpoint {
  const known = endpointsAt(request.path)
  const endpoint = known.find(({ method }) => method === request.method)
  if (endpoint) return endpoint
  if (known.length === 0) {
    throw new GatewayFault({ code: 'not_found', message: `There is no ${request.method} ${request.path} here.` })
  }
  const allowed = known.map(({ method }) => method).join(', ')
  throw new GatewayFault({
    code: 'method_not_allowed',
    allow: allowed,
    message: `${request.path} takes ${allowed}, not ${request.method}.`,
  })
}

/** For load balancers and people; needs no key and leaves no record. */
export function isHealthCheck(request: GatewayRequest): boolean {
  return request.method === 'GET' && normalPath(request.path) === '/health'
}
