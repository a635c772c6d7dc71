import type { Readable } from 'node:stream'
import { GatewayFault } from '../errors.ts'
import { parseObject } from '../events/json.ts'
import type { RelayFormat } from '../formats/codec.ts'
import { sseData, sseEvent } from '../framing/sse.ts'
import { downstreamHeaders, upstreamRequestId } from './headers.ts'
import type { Target } from './route.ts'
import type { Session } from './session.ts'
import type { ByteSource } from './transfer.ts'
import type { UpstreamResponse } from './upstream.ts'

/** Whole answers and error pages; beyond it a whole answer fails and an error page is cut. */
const maxWholeBytes = 64 * 1024 * 1024
const maxErrorBytes = 1024 * 1024

/**
 * Looks at the provider's status and content type, which decide before the body does.
 * @returns the event stream to pump, or undefined if the client has its answer already (a relayed error)
 * @throws GatewayFault with the provider's error, or upstream_malformed
 */
export async function readAnswer(
  session: Session,
  answer: UpstreamResponse,
  target: Target,
): Promise<ByteSource | undefined> {
  Object.assign(session.headers, downstreamHeaders(answer.headers))
  const upstreamId = upstreamRequestId(answer.headers)
  if (upstreamId) {
    session.headers['x-sluice-upstream-request-id'] = upstreamId
    session.recording.note({ upstreamRequestId: upstreamId.slice(0, 200) })
  }
  if (answer.status >= 400) return failed(session, answer, target)
  return eventStream(answer, target.codec)
}

/** A relayed error keeps status and body; any other becomes the client format's. */
async function failed(session: Session, answer: UpstreamResponse, target: Target): Promise<undefined> {
  const { recording, response, headers } = session
  const bytes = await readWhole(answer.body, maxErrorBytes)
  const error = target.codec.readError({ ...answer, body: bytes.toString() })
  if (target.mode === 'convert' || response.opened) throw new GatewayFault(error)
  recording.note({ error })
  response.open(answer.status, { ...headers, 'content-type': answer.headers['content-type'] ?? 'application/json' })
  await response.write(bytes)
}

async function eventStream(answer: UpstreamResponse, codec: RelayFormat): Promise<ByteSource> {
  const type = answer.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json') return [Buffer.from(await wholeAsEvents(answer, codec))]
  if (type === '' || type === 'text/event-stream' || type === 'application/octet-stream' || type === 'text/plain') {
    return answer.body
  }
  throw malformed(`The provider answered with ${type.slice(0, 100)} instead of an event stream.`)
}

/** A provider that ignored `stream: true`: its object, as the events it should have sent. */
async function wholeAsEvents(answer: UpstreamResponse, codec: RelayFormat): Promise<string> {
  const body = (await readWhole(answer.body, maxWholeBytes)).toString()
  const object = parseObject(body)
  if (!object) throw malformed('The provider answered with JSON that is no object.')
  if (object.error) throw new GatewayFault(codec.readError({ ...answer, body }))
  return codec
    .cutObject(object)
    .map(({ event, data }) => (event ? sseEvent(event, data) : sseData(data)))
    .join('')
}

async function readWhole(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size <= maxBytes) continue
    if (maxBytes === maxErrorBytes) break
    throw new GatewayFault({ code: 'upstream_too_large', message: 'The provider’s answer is above 64 MB.' })
  }
  return Buffer.concat(chunks).subarray(0, maxBytes)
}

function malformed(message: string): GatewayFault {
  return new GatewayFault({ code: 'upstream_malformed', message })
}
