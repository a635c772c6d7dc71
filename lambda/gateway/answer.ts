import type { Readable } from 'node:stream'
import { GatewayFault } from '../errors.ts'
import type { Frame } from '../framing/sse.ts'
import { downstreamHeaders, upstreamRequestId } from './headers.ts'
import { eventStream } from './media-type.ts'
import type { Target } from './route.ts'
import type { Session } from './session.ts'
import type { UpstreamResponse } from './upstream.ts'

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
  const { status } = answer
  if (status >= 400 && status < 600) throw await (await wholeAnswer()).refusal(answer, target)
  if (status < 200 || status >= 300) throw malformed(`The provider answered with the status ${status}.`)
  return readBody(answer, target, streams)
}

/** Loaded when first needed: most answers are events. */
const wholeAnswer = () => import('./whole-answer.ts')

/** Types under which servers send events and files alike. */
const vagueTypes: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'text/plain'])

async function readBody(answer: UpstreamResponse, { codec, path }: Target, streams: boolean): Promise<Answer> {
  const { status, body } = answer
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw malformed(`The provider answered in the encoding ${encoding.slice(0, 100)}.`)
  const contentType = answer.headers['content-type'] ?? ''
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === eventStream) return { kind: 'events', body }
  if (type === 'application/json') return (await wholeAnswer()).readObject(answer, { codec, path })
  const isBytes = codec.answersBytes === true && !(streams && vagueTypes.has(type))
  if (isBytes && type !== 'text/html') {
    return { kind: 'bytes', status, contentType: contentType || 'application/octet-stream', body }
  }
  if (vagueTypes.has(type)) return { kind: 'events', body }
  throw malformed(`The provider answered with ${type.slice(0, 100)} instead of an event stream.`)
}

export function malformed(message: string): GatewayFault {
  return new GatewayFault({ code: 'upstream_malformed', message })
}
