import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { mergeUsage, type Usage } from '../../../lambda/events/usage.ts'
import type { RelayFormat } from '../../../lambda/formats/codec.ts'
import { type Frame, SseReader } from '../../../lambda/framing/sse.ts'

/** Events (or `[DONE]`, or any other text) as frames. */
export function framesOf(events: ReadonlyArray<object | string>): Frame[] {
  return events.map((event) => ({ event: '', data: typeof event === 'string' ? event : JSON.stringify(event) }))
}

/** A stream's text as frames, read in pieces of `size` bytes. */
export function framesOfText(sse: string, size = 65_536): Frame[] {
  const reader = new SseReader()
  const bytes = Buffer.from(sse)
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)))
  const last = reader.end()
  return (last ? [...frames, last] : frames).map(({ event, data }) => ({ event, data }))
}

export function decode(format: RelayFormat, frames: readonly Frame[], fields: JsonObject = {}): StreamEvent[] {
  const decoder = format.createDecoder({ quirks: {}, mint: (prefix) => `${prefix}1`, fields })
  const events: StreamEvent[] = []
  const emit = (event: StreamEvent) => {
    events.push(event)
  }
  for (const frame of frames) decoder.push(frame, emit)
  decoder.end(emit)
  return events
}

export function fold(format: RelayFormat, frames: readonly Frame[], fields: JsonObject = {}): JsonObject {
  const folding = format.createFold(fields)
  for (const frame of frames) folding.push(frame)
  return folding.result()
}

/** What all usage events of an answer amount to. */
export function usageOf(events: readonly StreamEvent[]): Usage {
  return events.reduce<Usage>((sum, event) => (event.type === 'usage' ? mergeUsage(sum, event.usage) : sum), {})
}

export function errorOf(events: readonly StreamEvent[]): string | undefined {
  return events.flatMap((event) => (event.type === 'error' ? [event.error.code] : []))[0]
}
