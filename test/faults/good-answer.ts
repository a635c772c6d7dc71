import { eventsOf, type Format } from '../support/upstream/format.ts'
import { call, cut, type Reply, text, thinking } from '../support/upstream/reply.ts'
import { sseTexts } from '../support/upstream/sse-text.ts'

/** What a provider would say if nothing went wrong: the events that a fault is put into. */
export interface GoodAnswer {
  format: Format
  reply: Reply
  /** Each with its blank line. */
  events: readonly Buffer[]
  bytes: Buffer
  /** Offset behind each event. */
  ends: readonly number[]
  /** Of the event with the finish reason: from its last byte of JSON on, an answer may count as complete. */
  finishAt: number
}

/** Text of several bytes a character, so that cuts fall inside characters. */
export const plain: Reply = { parts: [text('tok0 ', 'tök1 👩‍🚀 ', 'tok2 ')] }

export const rich: Reply = {
  parts: [
    thinking(['first ', 'then é'], 'seal'),
    text('tok0 ', '漢字 ', 'tok2 '),
    call('call_1', 'get_weather', ...cut(JSON.stringify({ city: 'Zürich 👩‍🚀', days: 3 }), 7)),
    call('call_2', 'now', '{"zone":', '"CET"}'),
  ],
}

/** Behind the finish reason come: usage and `[DONE]`; `message_stop`; nothing. */
const eventsAfterFinish: Record<Format, number> = { C: 2, M: 1, R: 0 }

export function goodAnswer(format: Format, reply: Reply): GoodAnswer {
  const events = sseTexts(eventsOf[format](reply)).map((each) => Buffer.from(each))
  let end = 0
  const ends = events.map(({ length }) => {
    end += length
    return end
  })
  const blankLine = 2
  const finishAt = (ends.at(-1 - eventsAfterFinish[format]) ?? 0) - blankLine
  return { format, reply, events, bytes: Buffer.concat(events), ends, finishAt }
}
