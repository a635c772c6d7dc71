import { asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Delta } from '../../events/stream-event.ts'
import type { Usage } from '../../events/usage.ts'
import type { Frame } from '../../framing/sse.ts'
import type { ReadBlockEvent, Reading } from '../shared/block-decoder.ts'
import { readTokenUsage } from '../shared/openai-token-usage.ts'

/**
 * Reads the events of one transcript. Deltas and segments tell the same words, so whichever comes first counts; some
 * providers send only the last event, which has the whole text.
 */
export function transcriptReader(): ReadBlockEvent {
  let source: unknown
  return (event) => {
    switch (event.type) {
      case 'transcript.text.delta':
      case 'transcript.text.segment':
        source ??= event.type
        return source === event.type ? { delta: textDelta(event.delta ?? event.text) } : {}
      case 'transcript.text.done':
        return readDone(event, source !== undefined)
      default:
        return undefined
    }
  }
}

function textDelta(text: unknown): Delta {
  return { kind: 'text', text: asString(text) ?? '' }
}

function readDone(event: JsonObject, sawText: boolean): Reading {
  const usage = readTranscriptUsage(event)
  return {
    ...(!sawText && { delta: textDelta(event.text) }),
    ...(usage && { usage }),
    whole: 'yes',
  }
}

/** `{type: tokens, …}` or `{type: duration, seconds}`; whisper's verbose answer may have only its `duration`. */
function readTranscriptUsage(answer: JsonObject): Usage | undefined {
  const usage = asObject(answer.usage)
  const seconds = asNumber(usage?.seconds) ?? (usage ? undefined : asNumber(answer.duration))
  if (seconds !== undefined) return { seconds }
  return usage && readTokenUsage(usage)
}

/** A whole transcript as the one event that has all of it. */
export function cutTranscript(object: JsonObject): Frame[] {
  return [{ event: '', data: JSON.stringify({ ...object, type: 'transcript.text.done' }) }]
}
