import { GatewayFault } from '../errors.ts'
import type { CompleteToolCall } from '../formats/codec.ts'
import { sseData, sseEvent } from '../framing/sse.ts'
import { type ByteAnswer, brokenOff, type WholeObject } from './answer.ts'
import type { Deadline } from './deadline.ts'
import type { Observer } from './observe.ts'
import type { Call } from './request.ts'
import type { Session } from './session.ts'
import { type ByteSource, isBrokenBody } from './transfer.ts'

// What only answers need that reach the client in one piece.

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
  if (response.opened) throw malformed()
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

function malformed(): GatewayFault {
  const message = 'The provider answered with a file after the client was promised events.'
  return new GatewayFault({ code: 'upstream_malformed', message })
}

/** Calls named at most in the header; who gets more has other worries. */
const maxNamed = 20

/** Names the calls whose input is no JSON object: it stands in the answer as the model wrote it. */
export function malformedInputs(calls: readonly CompleteToolCall[]): Record<string, string> {
  const malformed = calls.filter((call) => call.malformed)
  const ids = malformed.slice(0, maxNamed).map(({ id }) => id.replace(/[^\w.:-]/g, '_').slice(0, 100) || 'unnamed')
  return { 'x-sluice-malformed-tool-input': ids.join(',') }
}
