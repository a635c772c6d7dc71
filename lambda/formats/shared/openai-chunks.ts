import type { GatewayError } from '../../errors.ts'
import { asArray, parseObject } from '../../events/json.ts'
import { type Frame, sseData } from '../../framing/sse.ts'
import { closeWithError, endsInError } from './openai-endpoint.ts'
import { usageObject } from './openai-usage.ts'

// What the streams of Chat and of legacy Completions have in common: chunks with `choices`, then `[DONE]`.

/**
 * The chunk that reports usage after the last choice has ended: `choices` is empty and `usage` is not null. Usage that
 * rides on a chunk with choices is not one, since its bytes are not ours to edit.
 */
export function isUsageOnly(frame: Frame): boolean {
  // Saves parsing the chunks that cannot be one; what remains is decided by the parsed chunk.
  const key = frame.data.lastIndexOf('"usage"')
  if (key < 0 || frame.data.startsWith('"usage":null', key)) return false
  const chunk = parseObject(frame.data)
  return chunk !== undefined && asArray(chunk.choices)?.length === 0 && usageObject(chunk) !== undefined
}

/**
 * What a relayed stream still needs: `[DONE]`, or the error that ended it. Nothing if the provider said either itself.
 */
export function closeWithDone(seen: { last?: Frame }, error: GatewayError | undefined): string {
  if (error) return closeWithError(seen, error)
  const isOver = seen.last && (isDone(seen.last) || endsInError(seen.last))
  return isOver ? '' : sseData('[DONE]')
}

/** `data: [DONE]`, the end of these streams. */
export function isDone(frame: Frame): boolean {
  return frame.data.trim() === '[DONE]'
}
