import { assertNever } from '../errors.ts'
import { readAnswer } from './answer.ts'
import { tryTargets } from './attempts.ts'
import { withinStack } from './call.ts'
import { watchClient } from './client-left.ts'
import { prepareConversion } from './convert.ts'
import { Deadline } from './deadline.ts'
import type { Deps } from './deps.ts'
import { gatewayHeaders } from './headers.ts'
import { FoldOutlet, type Outlet, StreamOutlet } from './outlet.ts'
import { prepareRelay } from './relay.ts'
import type { Call } from './request.ts'
import type { Target } from './route.ts'
import type { Prepared, Session } from './session.ts'
import { usageEstimate } from './token-estimate.ts'
import { type ByteSource, pump, type Transfer } from './transfer.ts'
import { callUpstream, type UpstreamCall, type UpstreamResponse } from './upstream.ts'

/**
 * Sends the request to the first of its targets that answers, and brings the answer to the client.
 * @throws GatewayFault for whatever must still become the client's error
 */
export async function serve(session: Session, call: Call, targets: readonly Target[]): Promise<void> {
  const outlet = createOutlet(session, call)
  try {
    await tryTargets(session, targets, outlet, (target) => prepare(session, call, target, outlet))
  } finally {
    outlet.close()
  }
}

/** @returns sends it */
async function prepare(session: Session, call: Call, chosen: Target, outlet: Outlet): Promise<() => Promise<void>> {
  const { recording, deps } = session
  const target = deps.debug ? await deps.debug(chosen, recording.requestId) : chosen
  const prepared = withinStack(() =>
    target.mode === 'relay' ? prepareRelay(session, call, target) : prepareConversion(session, call, target),
  )
  return () => exchangeWith(session, call, target, prepared, outlet)
}

async function exchangeWith(
  session: Session,
  call: Call,
  target: Target,
  { transfer, ...outgoing }: Prepared,
  outlet: Outlet,
): Promise<void> {
  const { recording, deps, request } = session
  session.transfer = transfer
  Object.assign(session.headers, gatewayHeaders(target, session.losses))

  const upstream = send(outgoing, target, deps)
  const deadline = new Deadline(deps.limits, request.remainingMs(), upstream.abort)
  const unwatch = watchClient(session, upstream.abort)
  recording.sent(usageEstimate(session, call))
  try {
    const answer = await upstream.response
    recording.upstreamHeaders()
    deadline.headersCame()
    await deliver(session, call, target, answer, { transfer, outlet, deadline })
  } finally {
    deadline.clear()
    unwatch()
    upstream.abort()
  }
}

interface Delivery {
  transfer: Transfer
  outlet: Outlet
  deadline: Deadline
}

/** Brings the client what came: events through the transfer, a whole answer as it is wherever the client may have it so. */
async function deliver(
  session: Session,
  call: Call,
  target: Target,
  response: UpstreamResponse,
  { transfer, outlet, deadline }: Delivery,
): Promise<void> {
  // What an error says beside its status is not worth a longer wait.
  if (response.status >= 400) deadline.finishing()
  const through = (events: ByteSource) => pump(events, transfer, outlet, deadline)
  const answer = await readAnswer(session, response, target, call.streams)
  if (answer.kind === 'events') return through(answer.body)
  const { asEvents, sendBytes, sendObject } = await import('./whole-answer.ts')
  switch (answer.kind) {
    case 'object':
      if (target.mode === 'relay' && !call.streams) return sendObject(session, answer, transfer.observer)
      return through(asEvents(answer))
    case 'bytes':
      outlet.close()
      return sendBytes(session, answer, call, deadline)
    default:
      return assertNever(answer)
  }
}

function send(
  { query, headers, body, contentType, accept }: Omit<Prepared, 'transfer'>,
  { provider, codec, path }: Target,
  { limits }: Deps,
): UpstreamCall {
  return callUpstream({
    url: provider.baseUrl + path + (query && `?${query}`),
    headers: {
      'content-type': contentType,
      accept,
      'accept-encoding': 'identity',
      ...codec.authHeaders(provider.apiKey ?? ''),
      ...headers,
      ...provider.headers,
    },
    body,
    provider: provider.id,
    connectMs: limits.connectMs,
  })
}

/** A client that streams gets frames as they come; any other gets them folded into one object. */
function createOutlet({ response, headers, codec, deps }: Session, call: Call): Outlet {
  if (!call.streams) return new FoldOutlet(response, headers, codec, call.fields)
  return new StreamOutlet(response, headers, codec.keepAlive, deps.limits.keepAliveMs)
}
