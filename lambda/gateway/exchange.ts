import { Losses } from '../events/losses.ts'
import { loadFormat } from '../formats/index.ts'
import type { Deps } from './deps.ts'
import { findEndpoint, formatOf, isHealthCheck } from './endpoints.ts'
import { answerFailure, answerHealth } from './failure.ts'
import { identityHeaders } from './headers.ts'
import { keepProvisional, keepRecord } from './keep-record.ts'
import { MeteredResponse } from './metered-response.ts'
import { normalPath } from './path.ts'
import { Recording } from './recording.ts'
import type { ClientResponse, GatewayRequest } from './request.ts'
import { routeCall } from './route.ts'
import { serve } from './serve.ts'
import type { Session } from './session.ts'

/**
 * The story of one request: who asks, what for, where it goes, what comes back, and what stays on record.
 * Every way through it ends the client's answer before it awaits the record; nothing is thrown.
 */
export async function exchange(request: GatewayRequest, client: ClientResponse, deps: Deps): Promise<void> {
  if (isHealthCheck(request)) return answerHealth(client)

  const recording = new Recording(request, deps.now(), deps.clock)
  const response = new MeteredResponse(client, recording, () => keepProvisional(session))
  const codec = await loadFormat(formatOf(request))
  const headers = identityHeaders(recording.requestId)
  const session: Session = { request, response, codec, recording, losses: new Losses(), headers, deps }
  recording.note({ clientFormat: codec.id, endpoint: normalPath(request.path) })

  try {
    const endpoint = findEndpoint(request)
    recording.note({ endpoint: endpoint.path })
    const key = await deps.keyring.verify(request.headers)
    recording.note({ keyId: key.id })
    Object.assign(headers, identityHeaders(recording.requestId))
    // Admission stands here: a key's budget, rate and concurrency limits.
    if (endpoint.kind === 'own') await endpoint.serve(session)
    else {
      const { call, targets } = await routeCall(session, endpoint)
      await serve(session, call, targets)
    }
  } catch (cause) {
    await answerFailure(session, cause)
  }

  if (response.left.aborted) recording.clientLeft(response.left.reason)
  response.settle()
  recording.clientDone()
  await response.end()
  await keepRecord(session)
}
