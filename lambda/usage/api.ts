import { type GatewayError, GatewayFault } from '../errors.ts'
import { uuidV7 } from '../events/ids.ts'
import { writeOpenAiError } from '../formats/shared/openai-error.ts'
import { identityHeaders } from '../gateway/headers.ts'
import { normalPath } from '../gateway/path.ts'
import type { ClientResponse, GatewayRequest } from '../gateway/request.ts'
import { describeError } from '../log.ts'
import type { UsageAnswer } from './answer.ts'
import type { UsageDeps } from './deps.ts'
import { findRoute } from './routes.ts'

/** On every answer: what somebody's spending was is nobody else's to keep. */
const everyHeader = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** Answers one request to the usage URL; errors have OpenAI's shape. Never throws. */
export async function answerUsage(request: GatewayRequest, response: ClientResponse, deps: UsageDeps): Promise<void> {
  const requestId = `usage-${uuidV7(deps.now())}`
  const headers = { ...everyHeader, ...identityHeaders(requestId) }
  const write = async ({ status, headers: own, body }: UsageAnswer) => {
    response.open(status, { ...headers, ...own })
    await response.write(request.method === 'HEAD' ? '' : body)
  }
  try {
    await write(await serve(request, deps))
  } catch (cause) {
    if (!(cause instanceof GatewayFault)) {
      deps.logger.log('error', 'reading usage failed', { requestId, error: describeError(cause) })
    }
    const { status, headers: own, body } = writeOpenAiError(asError(cause), requestId)
    await write({ status, headers: { 'content-type': 'application/json', ...own }, body: JSON.stringify(body) })
  }
  response.end()
}

async function serve(request: GatewayRequest, deps: UsageDeps): Promise<UsageAnswer> {
  const path = normalPath(request.path)
  const route = findRoute(path)
  if (!route) throw new GatewayFault({ code: 'not_found', message: `There is no ${request.path} here.` })
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const message = `${request.path} takes GET and HEAD, not ${request.method}: usage is read here, not changed.`
    throw new GatewayFault({ code: 'method_not_allowed', message })
  }
  if (!route.open) await deps.keyring.verify(request.headers)
  return route.answer({ query: request.query, rest: route.rest }, deps)
}

function asError(cause: unknown): GatewayError {
  if (!(cause instanceof GatewayFault)) return { code: 'internal', message: 'The usage could not be read.' }
  if (cause.error.code !== 'upstream_too_large') return cause.error
  const message = 'The answer is above the 6 MB that this URL can carry. Ask for a shorter time, fewer groups or less.'
  return { code: 'too_large', message, status: 400 }
}
