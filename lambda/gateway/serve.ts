import { readAnswer } from './answer.ts'
import { prepareConversion } from './convert.ts'
import { Deadline } from './deadline.ts'
import type { Deps } from './deps.ts'
import { gatewayHeaders } from './headers.ts'
import { FoldOutlet, type Outlet, StreamOutlet } from './outlet.ts'
import { prepareRelay } from './relay.ts'
import type { Call } from './request.ts'
import type { Target } from './route.ts'
import type { Prepared, Session } from './session.ts'
import { pump } from './transfer.ts'
import { callUpstream, type UpstreamCall } from './upstream.ts'

/**
 * Sends the request to its target and brings the answer to the client.
 * @throws GatewayFault for whatever must still become the client's error
 */
export async function serve(session: Session, call: Call, target: Target): Promise<void> {
  const { recording, deps, request } = session
  const { collector } = recording
  const prepared =
    target.mode === 'relay' ? prepareRelay(session, call, target) : prepareConversion(session, call, target)
  session.transfer = prepared.transfer
  Object.assign(session.headers, gatewayHeaders(target, session.losses))
  const outlet = createOutlet(session, call)

  const upstream = send(prepared, target, deps)
  const deadline = new Deadline(deps.limits, request.remainingMs(), upstream.abort)
  recording.note({ attempts: 1 })
  void deps.recorder.warm()
  try {
    const answer = await upstream.response
    collector.upstreamHeaders()
    deadline.headersCame()
    const events = await readAnswer(session, answer, target)
    if (!events) return
    await pump(events, prepared.transfer, outlet, deadline, collector)
    await outlet.finish()
  } finally {
    deadline.clear()
    outlet.close()
    upstream.abort()
  }
}

function send(
  { query, headers, body, contentType }: Prepared,
  { provider, codec }: Target,
  { limits }: Deps,
): UpstreamCall {
  return callUpstream({
    url: provider.baseUrl + codec.path + (query && `?${query}`),
    headers: {
      'content-type': contentType,
      accept: 'text/event-stream',
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
  if (!call.streams) return new FoldOutlet(response, headers, codec)
  return new StreamOutlet(response, headers, codec.keepAlive, deps.limits.keepAliveMs)
}
