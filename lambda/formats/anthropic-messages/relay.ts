import type { GatewayError } from '../../errors.ts'
import { parseObject } from '../../events/json.ts'
import { type Frame, sseEvent } from '../../framing/sse.ts'
import { messageStop } from './encode.ts'
import { errorBody } from './error.ts'

/** The data must be JSON: several clients parse every `data:` line (copilot-api issue 88). */
export const keepAlive = sseEvent('ping', '{"type":"ping"}')

/** Deltas are all but a few frames of a stream, and say nothing an observer counts. */
export function isRoutine(frame: Frame): boolean {
  return frame.event === 'content_block_delta'
}

/** See `Codec.closeRelay`. Nothing follows an error or a message_stop the provider sent itself. */
export function closeRelay(
  seen: { first?: Frame; last?: Frame },
  error: GatewayError | undefined,
  requestId: string,
): string {
  const last = seen.last && terminalOf(seen.last)
  if (last === 'error' || last === 'message_stop') return ''
  if (error) return sseEvent('error', JSON.stringify(errorBody(error, requestId)))
  // Whoever reads along has seen the stop reason, or there would be an error.
  return seen.last ? messageStop : ''
}

function terminalOf(frame: Frame): unknown {
  return parseObject(frame.data)?.type ?? frame.event
}
