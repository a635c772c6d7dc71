import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { GatewayFault } from '../errors.ts'
import { parseObject } from '../events/json.ts'

/** One server-sent event. */
export interface Frame {
  /** The `event:` field, '' if there was none. */
  event: string
  /** The joined `data:` lines, '' if there were none (a comment): such a frame is nothing but bytes. */
  data: string
  /** The event's bytes as they came, blank line included: a view into the chunk. Frames of one push are adjacent. */
  bytes?: Uint8Array
  /** The body ended before the event's blank line. */
  cut?: true
}

/** Image events carry a whole picture in base64. Beyond it the stream fails with `upstream_too_large`. */
const maxEventBytes = 32 * 1024 * 1024

const lf = 10
const cr = 13
const blankLine = Buffer.from('\n\n')

/**
 * Bytes → events, however the bytes were cut. The library reads the fields (comments, CRLF, several `data:` lines, byte
 * order mark); this class only finds where events end, because a relay forwards whole events byte for byte and the
 * library does not tell offsets. Since an event's end is ASCII, no multi-byte character is ever cut either.
 */
export class SseReader {
  readonly #parser = createParser({ onEvent: (message) => (this.#message = message) })
  #message: EventSourceMessage | undefined
  /** Fragments of an event that is not over, joined once when its end comes, so that tiny chunks stay linear. */
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  /** Is the current line still empty? Then a line end is an event's end. */
  #lineIsEmpty = true
  /** Did the last byte end a line as CR? Then an LF belongs to it. */
  #afterCr = false

  /**
   * The events that this chunk completes.
   * @throws GatewayFault upstream_too_large if an event passes 32 MiB
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    const hasCr = this.#afterCr || chunk.includes(cr)
    let whole = chunk
    let start = 0
    let offset = 0
    let from = 0
    for (;;) {
      const end = hasCr ? this.#nextEndMixed(chunk, from) : this.#nextEnd(chunk, from)
      if (end < 0) break
      if (this.#pendingBytes > 0) {
        offset = this.#pendingBytes
        whole = this.#takePending(chunk)
      }
      frames.push(this.#read(whole, start, end + offset))
      start = end + offset
      from = end
    }
    if (start < whole.length) this.#keep(whole.subarray(start))
    return frames
  }

  /**
   * The last event, if the body ended without its blank line but the event is complete (JSON, or `[DONE]`). Blank lines
   * behind the last event are a frame without data; they are there too when the LF of the last CRLF came on its own.
   */
  end(): Frame | undefined {
    if (this.#pendingBytes === 0) return undefined
    const bytes = this.#takePending()
    if (bytes.every((byte) => byte === lf || byte === cr)) return { event: '', data: '', bytes }
    const { event = '', data = '' } = this.#parse(`${text(bytes, 0, bytes.length)}\n\n`) ?? {}
    if (data.trim() !== '[DONE]' && !parseObject(data)) return undefined
    return { event, data, bytes, cut: true }
  }

  #read(whole: Uint8Array, start: number, end: number): Frame {
    // A CR at the very end would make the parser wait for a LF that is another event's business.
    const message = this.#parse(text(whole, start, end) + (whole[end - 1] === cr ? '\n' : ''))
    return { event: message?.event ?? '', data: message?.data ?? '', bytes: whole.subarray(start, end) }
  }

  /** The one event in `source`, if it holds any data. */
  #parse(source: string): EventSourceMessage | undefined {
    this.#message = undefined
    this.#parser.feed(source)
    return this.#message
  }

  #keep(rest: Uint8Array): void {
    this.#pending.push(rest)
    this.#pendingBytes += rest.length
    if (this.#pendingBytes > maxEventBytes) {
      throw new GatewayFault({ code: 'upstream_too_large', message: 'The provider sent an event above 32 MiB.' })
    }
  }

  #takePending(chunk?: Uint8Array): Uint8Array {
    const whole = Buffer.concat(chunk ? [...this.#pending, chunk] : this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    return whole
  }

  /** Offset behind the next blank line, or -1; for chunks without CR, which is all but a few providers. */
  #nextEnd(chunk: Uint8Array, from: number): number {
    if (this.#lineIsEmpty && chunk[from] === lf) return from + 1
    const found = (chunk as Buffer).indexOf(blankLine, from)
    this.#lineIsEmpty = found >= 0 || (from < chunk.length ? chunk[chunk.length - 1] === lf : this.#lineIsEmpty)
    return found < 0 ? -1 : found + 2
  }

  #nextEndMixed(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]
      const secondHalf = byte === lf && this.#afterCr
      this.#afterCr = byte === cr
      if (secondHalf) continue
      if (byte !== lf && byte !== cr) {
        this.#lineIsEmpty = false
        continue
      }
      if (!this.#lineIsEmpty) {
        this.#lineIsEmpty = true
        continue
      }
      // Take the LF of a CRLF along if it is here; if not, it will open the next event as a harmless blank line.
      if (byte === cr && chunk[at + 1] === lf) {
        this.#afterCr = false
        return at + 2
      }
      return at + 1
    }
    return -1
  }
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return (bytes as Buffer).toString('utf8', start, end)
}

/** `data:` event of C and T. `json` is one line. */
export function sseData(json: string): string {
  return `data: ${json}\n\n`
}

/** Named event of M and R. `json` is one line. */
export function sseEvent(type: string, json: string): string {
  return `event: ${type}\ndata: ${json}\n\n`
}
