import { GatewayFault, RelayedFault } from '../errors.ts'
import type { JsonObject } from '../events/request.ts'
import { loadCodec } from '../formats/index.ts'
import { wholeObject } from '../formats/shared/whole-object.ts'
import { withinStack } from './call.ts'
import { gatewayHeaders } from './headers.ts'
import type { Call } from './request.ts'
import { routeCall, type Target } from './route.ts'
import { serve } from './serve.ts'
import type { Session } from './session.ts'
import { estimateTokens } from './token-estimate.ts'

/**
 * `POST /v1/messages/count_tokens`: a provider that speaks Anthropic Messages counts itself; for any other the gateway
 * estimates, and says so in a header. So it does where the provider speaks the format but has no such endpoint.
 * @throws GatewayFault
 */
export async function serveTokenCount(session: Session): Promise<void> {
  const endpoint = { format: 'anthropic-messages', upstreamPath: '/v1/messages/count_tokens' } as const
  const { call, targets } = await routeCall(session, endpoint)
  const [target] = targets
  if (target.mode === 'convert') return estimate(session, call, target)
  // The same format, but what comes back is no message: nothing streams, and there is nothing to bill.
  const codec = { ...session.codec, ...wholeObject(() => ({})) }
  session.codec = codec
  try {
    return await serve(session, { ...call, streams: false }, [{ ...target, codec }])
  } catch (cause) {
    if (!isMissingEndpoint(cause)) throw cause
    return estimate(session, call, target)
  }
}

const statusesOfMissing: ReadonlySet<number> = new Set([404, 405, 501])

/** A 404 may also be about the model: that one says so. */
function isMissingEndpoint(cause: unknown): boolean {
  if (!(cause instanceof GatewayFault) || !statusesOfMissing.has(cause.error.upstream?.status ?? 0)) return false
  return !(cause instanceof RelayedFault && /model/i.test(cause.answer.body.toString()))
}

async function estimate(session: Session, { fields }: Call, target: Target): Promise<void> {
  const { request, response, headers, losses, recording } = session
  recording.attempt(target)
  const client = await loadCodec('anthropic-messages')
  const count = () => estimateTokens(client.readRequest(fields, { headers: request.headers, losses }))
  const answer: JsonObject = { input_tokens: withinStack(count) }
  response.open(200, {
    ...headers,
    ...gatewayHeaders(target, losses),
    'content-type': 'application/json',
    'x-sluice-token-count': 'estimated',
  })
  await response.writeLast(JSON.stringify(answer))
}
