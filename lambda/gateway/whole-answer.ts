import type { Readable } from 'node:stream'
import { type GatewayError, GatewayFault, isSecret, RelayedFault } from '../errors.ts'
import { parseObject } from '../events/json.ts'
import type { CompleteToolCall } from '../formats/codec.ts'
import { sseData, sseEvent } from '../framing/sse.ts'
import { type ByteAnswer, malformed, type WholeObject } from './answer.ts'
import type { Deadline } from './deadline.ts'
import type { Observer } from './observe.ts'
import type { Call } from './request.ts'
import type { Target } from './route.ts'
import type { Session } from './session.ts'
import { type ByteSource, isBrokenBody } from './transfer.ts'
import type { UpstreamResponse } from './upstream.ts'

// What only answers need that come or go in one piece: errors, objects, files.

/** Whole answers and error pages; beyond it a whole answer fails and an error page is cut. */
const maxWholeBytes = 64 * 1024 * 1024
const maxErrorBytes = 1024 * 1024

/** A relayed error keeps status and body, if there is one; any other becomes the client format's. */
export async function refusal(answer: UpstreamResponse, target: Target): Promise<GatewayFault> {
  const { bytes, brokenBy } = await readWhole(answer.body, maxErrorBytes)
  const text = bytes.toString()
  const error = target.codec.readError({ ...answer, body: text })
  const saysNothing = bytes.length === 0 || (brokenBy !== undefined && !parseObject(text))
  if (target.mode === 'convert' || saysNothing) return new GatewayFault(providersOwn(error, target))
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

/** What a provider answers that does not stream, or ignored that it should. */
export async function readObject(
  answer: UpstreamResponse,
  { codec, path }: Pick<Target, 'codec' | 'path'>,
): Promise<WholeObject> {
  const { bytes: text, brokenBy } = await readWhole(answer.body, maxWholeBytes)
  const object = parseObject(text.toString())
  if (!object) throw brokenBy ? brokenOff(brokenBy) : malformed('The provider answered with JSON that is no object.')
  if (object.error) throw new GatewayFault(codec.readError({ ...answer, body: text.toString() }))
  const contentType = answer.headers['content-type'] ?? ''
  return { kind: 'object', status: answer.status, contentType, text, frames: codec.cutObject(object, path) }
}

interface WholeBody {
  bytes: Buffer
  /** The body broke off, and this is what came of it: whether that is enough, who reads it knows. */
  brokenBy?: unknown
}

async function readWhole(body: Readable, maxBytes: number): Promise<WholeBody> {
  const chunks: Buffer[] = []
  let size = 0
  let brokenBy: unknown
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size <= maxBytes) continue
      if (maxBytes === maxErrorBytes) break
      throw new GatewayFault({ code: 'upstream_too_large', message: 'The provider’s answer is above 64 MB.' })
    }
  } catch (cause) {
    if (!isBrokenBody(cause)) throw cause
    brokenBy = cause
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), brokenBy }
}

/** For a client that must have events: those the provider should have sent. */
export function asEvents({ frames }: WholeObject): ByteSource {
  return [Buffer.from(frames.map(({ event, data }) => (event ? sseEvent(event, data) : sseData(data))).join(''))]
}

/**
 * Relays a JSON answer byte for byte, measured through the events it would have been.
 * @throws GatewayFault if the object says that the answer failed
 */
export async function sendObject(session: Session, answer: WholeObject, observer: Observer): Promise<void> {
  const { response, headers } = session
  for (const frame of answer.frames) observer.frame(frame)
  observer.end()
  if (observer.error) throw new GatewayFault(observer.error)
  response.open(answer.status, { ...headers, 'content-type': answer.contentType })
  await response.writeLast(answer.text)
}

/**
 * Relays bytes as they come. Such a body has no words for an error: one that breaks off is broken off for the client too
 * (or becomes an error answer, where nothing has left yet).
 * @throws GatewayFault while a status can still say what went wrong
 */
export async function sendBytes(session: Session, answer: ByteAnswer, call: Call, deadline: Deadline): Promise<void> {
  const { response, recording } = session
  if (response.opened) throw malformed('The provider answered with a file after the client was promised events.')
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      begin(session, answer, call)
      await response.write(chunk)
      deadline.progress(true, recording.collector.progress(true))
    }
    // An empty text is a transcript of silence; an empty file is no file.
    if (!response.opened && !answer.contentType.startsWith('text/')) throw brokenOff()
    begin(session, answer, call)
    recording.collector.event({ type: 'finish', reason: 'stop' })
    response.settle()
  } catch (cause) {
    const fault = isBrokenBody(cause) ? brokenOff(cause) : cause
    response.abort()
    if (!response.opened || !(fault instanceof GatewayFault)) throw fault
    recording.note({ error: fault.error })
  }
}

/** With the first bytes: only now is it known that there is an answer. */
function begin({ response, recording, headers, codec }: Session, answer: ByteAnswer, call: Call): void {
  if (response.opened) return
  const counts = codec.countRequest?.(call.fields)
  if (counts) recording.collector.counted(counts)
  recording.collector.event({ type: 'block-delta', index: 0, delta: { kind: 'native', native: answer.contentType } })
  response.open(answer.status, { ...headers, 'content-type': answer.contentType })
}

/** Calls named at most in the header; who gets more has other worries. */
const maxNamed = 20

/** Names the calls whose input is no JSON object: it stands in the answer as the model wrote it. */
export function malformedInputs(calls: readonly CompleteToolCall[]): Record<string, string> {
  const malformed = calls.filter((call) => call.malformed)
  const ids = malformed.slice(0, maxNamed).map(({ id }) => id.replace(/[^\w.:-]/g, '_').slice(0, 100) || 'unnamed')
  return { 'x-sluice-malformed-tool-input': ids.join(',') }
}

function brokenOff(cause?: unknown): GatewayFault {
  const message = 'The provider broke off its answer.'
  return new GatewayFault({ code: 'upstream_truncated', message }, { cause })
}
