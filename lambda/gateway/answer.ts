import type { Readable } from 'node:stream'
import { type GatewayError, GatewayFault, isSecret, RelayedFault } from '../errors.ts'
import { parseObject } from '../events/json.ts'
import type { Frame } from '../framing/sse.ts'
import { downstreamHeaders, upstreamRequestId } from './headers.ts'
import { eventStream } from './media-type.ts'
import type { Target } from './route.ts'
import type { Session } from './session.ts'
import type { UpstreamResponse } from './upstream.ts'

/** Whole answers and error pages; beyond it a whole answer fails and an error page is cut. */
const maxWholeBytes = 64 * 1024 * 1024
const maxErrorBytes = 1024 * 1024

/** What the provider's answer is, and what is left to do with it. */
export type Answer = { kind: 'events'; body: Readable } | WholeObject | ByteAnswer

/** One JSON object: its text, and the events in which it would have been streamed. */
export interface WholeObject {
  kind: 'object'
  status: number
  contentType: string
  text: Buffer
  frames: Frame[]
}

/** Audio, subtitles: neither events nor JSON. */
export interface ByteAnswer {
  kind: 'bytes'
  status: number
  contentType: string
  body: Readable
}

/**
 * Looks at the provider's status and content type, which decide before the body does.
 * @param streams does the client expect events?
 * @throws GatewayFault with the provider's error, or upstream_malformed
 */
export async function readAnswer(
  session: Session,
  answer: UpstreamResponse,
  target: Target,
  streams: boolean,
): Promise<Answer> {
  Object.assign(session.headers, downstreamHeaders(answer.headers))
  const upstreamId = upstreamRequestId(answer.headers)
  if (upstreamId) {
    session.headers['x-sluice-upstream-request-id'] = upstreamId
    session.recording.note({ upstreamRequestId: upstreamId.slice(0, 200) })
  }
  if (answer.status >= 400) throw await refusal(answer, target)
  return readBody(answer, target, streams)
}

/** A relayed error keeps status and body; any other becomes the client format's. */
async function refusal(answer: UpstreamResponse, target: Target): Promise<GatewayFault> {
  const bytes = await readWhole(answer.body, maxErrorBytes)
  const error = target.codec.readError({ ...answer, body: bytes.toString() })
  if (target.mode === 'convert') return new GatewayFault(providersOwn(error, target))
  const contentType = answer.headers['content-type'] ?? 'application/json'
  const body = withoutKey(bytes, target.provider.apiKey)
  return new RelayedFault(error, { status: answer.status, contentType, body })
}

/** A provider that refuses the gateway's key must not look like a gateway that refuses the client's. */
function providersOwn(error: GatewayError, { provider }: Target): GatewayError {
  if (error.code !== 'authentication' && error.code !== 'permission') return error
  const message = `The provider "${provider.id}" refused the gateway’s credentials: ${error.message}`
  return { ...error, message, detail: 'upstream_authentication' }
}

/** The one reason to touch a relayed byte: some providers quote the key they refuse. */
function withoutKey(body: Buffer, key: string | undefined): Buffer {
  return isSecret(key) && body.includes(key) ? Buffer.from(body.toString().replaceAll(key, '[key]')) : body
}

/** Types under which servers send events and files alike. */
const vagueTypes: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'text/plain'])

async function readBody(answer: UpstreamResponse, { codec, path }: Target, streams: boolean): Promise<Answer> {
  const { status, body } = answer
  const contentType = answer.headers['content-type'] ?? ''
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === eventStream) return { kind: 'events', body }
  if (type === 'application/json') return readObject(answer, { codec, path }, contentType)
  const isBytes = codec.answersBytes === true && !(streams && vagueTypes.has(type))
  if (isBytes && type !== 'text/html') {
    return { kind: 'bytes', status, contentType: contentType || 'application/octet-stream', body }
  }
  if (vagueTypes.has(type)) return { kind: 'events', body }
  throw malformed(`The provider answered with ${type.slice(0, 100)} instead of an event stream.`)
}

/** What a provider answers that does not stream, or ignored that it should. */
async function readObject(
  answer: UpstreamResponse,
  { codec, path }: Pick<Target, 'codec' | 'path'>,
  contentType: string,
): Promise<WholeObject> {
  const text = await readWhole(answer.body, maxWholeBytes)
  const object = parseObject(text.toString())
  if (!object) throw malformed('The provider answered with JSON that is no object.')
  if (object.error) throw new GatewayFault(codec.readError({ ...answer, body: text.toString() }))
  return { kind: 'object', status: answer.status, contentType, text, frames: codec.cutObject(object, path) }
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
