import { asObject, asString, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Fold } from '../codec.ts'

/** `response_format` → media type; OpenAI's default is mp3. */
const mediaTypes: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
}

/** Speech events → the audio. Each delta is base64 by itself, so each is decoded by itself. */
export class SpeechFold implements Fold {
  readonly #mediaType: string
  readonly #audio = new GrowingBytes()
  #usage: JsonObject | undefined
  #isDone = false

  constructor(fields?: JsonObject) {
    this.#mediaType = mediaTypes[asString(fields?.response_format) ?? 'mp3'] ?? 'application/octet-stream'
  }

  push(frame: Frame): void {
    if (this.#isDone) return
    const event = parseObject(frame.data)
    if (event?.type === 'speech.audio.delta') this.#audio.add(Buffer.from(asString(event.audio) ?? '', 'base64'))
    if (event?.type !== 'speech.audio.done') return
    this.#usage = asObject(event.usage)
    this.#isDone = true
  }

  /** For who wants JSON after all. */
  result(): JsonObject {
    const audio = this.#audio.bytes().toString('base64')
    return { audio, ...(this.#usage && { usage: this.#usage }) }
  }

  bytes(): { contentType: string; body: Uint8Array } {
    return { contentType: this.#mediaType, body: this.#audio.bytes() }
  }
}

/** One buffer that doubles when it is full: a list of many small pieces takes several times the audio's memory. */
class GrowingBytes {
  #buffer = Buffer.alloc(65_536)
  #length = 0

  add(piece: Buffer): void {
    const length = this.#length + piece.length
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#buffer.length))
      this.#buffer.copy(larger)
      this.#buffer = larger
    }
    piece.copy(this.#buffer, this.#length)
    this.#length = length
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }
}
