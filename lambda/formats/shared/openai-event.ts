import type { GatewayError } from '../../errors.ts'
import { asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import { readProviderErrorObject } from './provider-error.ts'

/** What an event of OpenAI's smaller streams turns out to be. */
export type WireEvent =
  | { kind: 'object'; object: JsonObject }
  | { kind: 'error'; error: GatewayError }
  /** `[DONE]`. */
  | { kind: 'done' }
  /** A comment, an event that the end of the body cut, or JSON that is no object. */
  | { kind: 'nothing' }

/** Reads one event of a stream of JSON objects. Never throws. */
export function readEvent(frame: Frame): WireEvent {
  const data = frame.data.trim()
  if (data === '') return { kind: 'nothing' }
  if (data === '[DONE]') return { kind: 'done' }
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    if (frame.cut) return { kind: 'nothing' }
    const message = 'The provider sent an event that is not JSON.'
    return { kind: 'error', error: { code: 'upstream_malformed', message } }
  }
  const object = asObject(value)
  if (frame.event === 'error') return { kind: 'error', error: readProviderErrorObject(value) }
  if (!object) return { kind: 'nothing' }
  const error = object.error || (object.type === 'error' || object.object === 'error' ? object : undefined)
  return error ? { kind: 'error', error: readProviderErrorObject(error) } : { kind: 'object', object }
}

/** The body ended before the answer was complete. */
export const truncated: GatewayError = {
  code: 'upstream_truncated',
  message: 'The provider ended the stream before it was complete.',
}
