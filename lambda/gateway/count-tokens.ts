import type { JsonObject } from '../events/request.ts'
import { wholeObject } from '../formats/shared/whole-object.ts'
import { gatewayHeaders } from './headers.ts'
import type { Call } from './request.ts'
import { type ConversionTarget, routeCall } from './route.ts'
import { serve } from './serve.ts'
import type { Session } from './session.ts'
import { estimateTokens } from './token-estimate.ts'

/**
 * `POST /v1/messages/count_tokens`: a provider that speaks Anthropic Messages counts itself; for any other the gateway
 * estimates, and says so in a header.
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
  return serve(session, { ...call, streams: false }, [{ ...target, codec }])
}

async function estimate(session: Session, { fields }: Call, target: ConversionTarget): Promise<void> {
  const { request, response, headers, losses, recording } = session
  recording.attempt({ provider: target.provider.id, upstreamFormat: target.codec.id, mode: target.mode })
  const canonical = target.client.readRequest(fields, { headers: request.headers, losses })
  const answer: JsonObject = { input_tokens: estimateTokens(canonical) }
  response.open(200, {
    ...headers,
    ...gatewayHeaders(target, losses),
    'content-type': 'application/json',
    'x-sluice-token-count': 'estimated',
  })
  await response.write(JSON.stringify(answer))
}
