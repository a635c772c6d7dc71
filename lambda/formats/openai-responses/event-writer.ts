import { sseEvent } from '../../framing/sse.ts'

/** Writes events with their `sequence_number`, from 0 and without gaps. */
export class EventWriter {
  #sequence = 0

  constructor(first = 0) {
    this.#sequence = first
  }

  /** @param members JSON members of the event behind `type` and `sequence_number`, without braces */
  event(type: string, members: string): string {
    return sseEvent(type, `{"type":"${type}","sequence_number":${this.#sequence++},${members}}`)
  }

  /** The hot path: only the number and the text differ between the deltas of one part. */
  delta(line: DeltaLine, text: string, tail = line.tail): string {
    return `${line.head}${this.#sequence++}${line.middle}${JSON.stringify(text)}${tail}`
  }
}

export interface DeltaLine {
  head: string
  middle: string
  tail: string
}

/**
 * The constant text of one part's delta events.
 * @param place JSON members that say which part it is (`item_id`, `output_index`, …)
 */
export function deltaLine(type: string, place: string, tail = ''): DeltaLine {
  const [head = '', end = ''] = sseEvent(type, `{"type":"${type}","sequence_number":\0}`).split('\0')
  return { head, middle: `,${place},"delta":`, tail: `${tail}${end}` }
}
