import { createParser } from 'eventsource-parser'
import { GatewayFault } from '../errors.ts'
import { parseObject } from '../events/json.ts'

/** One server-sent event. */
export interface Frame {
  /** The `event:` field, '' if there was none. */
  readonly event: string
  /** The joined `data:` lines, '' if there were none (a comment): such a frame is nothing but bytes. */
  readonly data: string
  /** The event's bytes as they came, blank line included: a view into the chunk. Frames of one push are adjacent. */
  readonly bytes?: Uint8Array
  /** The body ended before the event's blank line. */
  readonly cut?: true
  /** The bytes, a character each and not decoded: for comparing with another frame's (see `Mould`). */
  readonly raw?: string
  /** The event's last byte but white space is a brace, as a JSON object's: a cheap look, no proof. */
  readonly endsInBrace?: boolean
}

/** Image events carry a whole picture in base64. Beyond it the stream fails with `upstream_too_large`. */
const maxEventBytes = 32 * 1024 * 1024

const lf = 10
const cr = 13
const space = 32
const brace = 125

const none: readonly Frame[] = []

/**
 * Bytes → events, however the bytes were cut. The library reads the fields (comments, CRLF, several `data:` lines, byte
 * order mark); this class only finds where events end, because a relay forwards whole events byte for byte and the
 * library does not tell offsets. Since an event's end is ASCII, no multi-byte character is ever cut either.
 */
export class SseReader {
  readonly #fields = new FieldReader()
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
  push(chunk: Uint8Array): readonly Frame[] {
    let frames: Frame[] | undefined
    // A character a byte, so offsets in it are offsets in the chunk; V8 searches strings much faster than buffers.
    const text = latin1(chunk)
    const hasCr = this.#afterCr || text.includes('\r')
    let source: Source = { fields: this.#fields, bytes: chunk, text, hasCr }
    let start = 0
    let offset = 0
    let from = 0
    for (;;) {
      const end = hasCr ? this.#nextEndMixed(chunk, from) : this.#nextEnd(text, from)
      if (end < 0) break
      if (this.#pendingBytes > 0) {
        offset = this.#pendingBytes
        source = this.#joinPending(source)
      }
      const frame = new WireFrame(source, start, end + offset)
      // Most chunks hold one event, and an array that grows takes room for sixteen more.
      if (frames) frames.push(frame)
      else frames = [frame]
      start = end + offset
      from = end
    }
    if (start < source.bytes.length) this.#keep(source.bytes.subarray(start))
    return frames ?? none
  }

  /**
   * The last event, if the body ended without its blank line but the event is complete (JSON, or `[DONE]`). Blank lines
   * behind the last event are a frame without data; they are there too when the LF of the last CRLF came on its own.
   */
  end(): Frame | undefined {
    if (this.#pendingBytes === 0) return undefined
    const bytes = Buffer.concat(this.#pending)
    if (bytes.every((byte) => byte === lf || byte === cr)) return { event: '', data: '', bytes }
    const { event, data } = this.#fields.read(`${bytes.toString()}\n\n`)
    if (data.trim() !== '[DONE]' && !parseObject(data)) return undefined
    return { event, data, bytes, cut: true }
  }

  #keep(rest: Uint8Array): void {
    this.#pending.push(rest)
    this.#pendingBytes += rest.length
    if (this.#pendingBytes > maxEventBytes) {
      throw new GatewayFault({ code: 'upstream_too_large', message: 'The provider sent an event above 32 MiB.' })
    }
  }

  #joinPending(source: Source): Source {
    const bytes = Buffer.concat([...this.#pending, source.bytes])
    const hasCr = source.hasCr || this.#pending.some((fragment) => fragment.includes(cr))
    this.#pending = []
    this.#pendingBytes = 0
    return { ...source, bytes, text: latin1(bytes), hasCr }
  }

  /** Offset behind the next blank line, or -1; for chunks without CR, which is all but a few providers. */
  #nextEnd(chunk: string, from: number): number {
    if (from === chunk.length) return -1
    if (this.#lineIsEmpty && chunk.charCodeAt(from) === lf) return from + 1
    const found = chunk.indexOf('\n\n', from)
    this.#lineIsEmpty = found >= 0 || chunk.endsWith('\n')
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

/** What the frames of one push are cut from. */
interface Source {
  fields: FieldReader
  bytes: Uint8Array
  /** The bytes as latin1. */
  text: string
  hasCr: boolean
}

/** An event whose fields are read when someone asks for them: a relay passes most events on without a look at their data. */
class WireFrame implements Frame {
  readonly #source: Source
  readonly #start: number
  readonly #end: number
  #fields: Fields | undefined

  constructor(source: Source, start: number, end: number) {
    this.#source = source
    this.#start = start
    this.#end = end
    // Only the first event can have a byte order mark before it, and the library looks for it in what it reads first.
    if (!source.fields.began) this.#fields = this.#read()
  }

  get event(): string {
    return this.#fields?.event ?? this.#plainName() ?? this.#readOnce().event
  }

  get data(): string {
    return this.#readOnce().data
  }

  get bytes(): Uint8Array {
    const { bytes } = this.#source
    return this.#end - this.#start === bytes.length ? bytes : bytes.subarray(this.#start, this.#end)
  }

  /**
   * The name of an event in the form in which they come, `event: name⏎data: …⏎⏎`, without reading all of it. Anything else
   * (another order, several lines, a name that is no ASCII) is the library's.
   */
  #plainName(): string | undefined {
    const { text, hasCr, fields } = this.#source
    if (hasCr) return undefined
    const { lastNamed } = fields
    // Nearly always it is the name of the event before.
    const dataStart = this.#start + lastNamed.opening.length
    const again = text.slice(this.#start, dataStart) === lastNamed.opening
    const named = again ? lastNamed : readOpening(text, this.#start)
    if (!named || text.indexOf('\n', this.#start + named.opening.length) !== this.#end - 2) return undefined
    if (!again) fields.lastNamed = named
    return named.name
  }

  get raw(): string {
    return this.#source.text.slice(this.#start, this.#end)
  }

  get endsInBrace(): boolean {
    const { text } = this.#source
    let at = this.#end - 1
    while (at > this.#start && text.charCodeAt(at) <= space) at--
    return text.charCodeAt(at) === brace
  }

  #readOnce(): Fields {
    this.#fields ??= this.#read()
    return this.#fields
  }

  #read(): Fields {
    const { fields, bytes } = this.#source
    const text = (bytes as Buffer).toString('utf8', this.#start, this.#end)
    // A CR at the very end would make the parser wait for a LF that is another event's business.
    return fields.read(text + (bytes[this.#end - 1] === cr ? '\n' : ''))
  }
}

/** An event's name, and the text it opens with up to its data. */
interface Named {
  name: string
  opening: string
}

function readOpening(text: string, start: number): Named | undefined {
  if (!text.startsWith('event: ', start)) return undefined
  const nameEnd = text.indexOf('\n', start)
  const name = text.slice(start + 7, nameEnd)
  return text.startsWith('data:', nameEnd + 1) && /^[\w.]+$/.test(name)
    ? { name, opening: `event: ${name}\ndata:` }
    : undefined
}

interface Fields {
  event: string
  data: string
}

const noFields: Fields = { event: '', data: '' }

/** The library, one whole event at a time. */
class FieldReader {
  began = false
  /** Of the last event whose name was read on its own. */
  lastNamed: Named = { name: '', opening: 'event: \ndata:' }
  #fields = noFields
  readonly #parser = createParser({
    onEvent: ({ event = '', data }) => {
      this.#fields = { event, data }
    },
  })

  /** The fields of the one event in `text`; empty if it holds no data. */
  read(text: string): Fields {
    this.began = true
    this.#fields = noFields
    this.#parser.feed(text)
    return this.#fields
  }
}

function latin1(bytes: Uint8Array): string {
  return (bytes as Buffer).toString('latin1')
}

/** `data:` event of C and T. `json` is one line. */
export function sseData(json: string): string {
  return `data: ${json}\n\n`
}

/** Named event of M and R. `json` is one line. */
export function sseEvent(type: string, json: string): string {
  return `event: ${type}\ndata: ${json}\n\n`
}
