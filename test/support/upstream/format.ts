import { chatEvents } from './chat.ts'
import { messagesCounts, messagesEvents } from './messages.ts'
import { baseline, baselineCounts, type Counts, type Reply } from './reply.ts'
import { responsesEvents } from './responses.ts'
import { type Script, whole } from './script.ts'
import { type SseStyle, sseText, type WireEvent } from './sse-text.ts'

/** Chat Completions, Messages, Responses. */
export type Format = 'C' | 'M' | 'R'

export const formats: readonly Format[] = ['C', 'M', 'R']

/** The events a provider of that format sends for a reply. */
export const eventsOf: Record<Format, (reply: Reply) => WireEvent[]> = {
  C: chatEvents,
  M: messagesEvents,
  R: responsesEvents,
}

/** A reply as one answer of a provider. */
export function scriptOf(format: Format, reply: Reply, style: SseStyle = {}): Script {
  return whole(sseText(eventsOf[format](reply), style))
}

/** What a provider of that format reports for a reply that says nothing else. */
export function countsOf(format: Format, reply: Reply): Counts | null {
  if (reply.usage !== undefined) return reply.usage
  return format === 'M' ? messagesCounts : baselineCounts
}

/** The first events of a baseline answer, up to its last token. */
export function begun(format: Format): WireEvent[] {
  const count: Record<Format, number> = { C: 4, M: 6, R: 7 }
  return eventsOf[format](baseline).slice(0, count[format])
}
