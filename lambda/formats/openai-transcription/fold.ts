import { asArray, asNumber, asString, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Fold } from '../codec.ts'
import { appendText } from '../shared/append-text.ts'

/** Transcript events → the transcript in the form the request asked for (`response_format`). */
export class TranscriptFold implements Fold {
  readonly #responseFormat: string
  /** Of the deltas; the last event's own text counts more. */
  #text = ''
  readonly #logprobs: unknown[] = []
  /** By id, so that a repeated one is the same. */
  readonly #segments = new Map<string, JsonObject>()
  #done: JsonObject | undefined

  constructor(fields?: JsonObject) {
    this.#responseFormat = asString(fields?.response_format) ?? 'json'
  }

  push(frame: Frame): void {
    if (this.#done) return
    const event = parseObject(frame.data)
    switch (event?.type) {
      case 'transcript.text.delta':
        this.#text = appendText(this.#text, asString(event.delta) ?? '')
        this.#logprobs.push(...(asArray(event.logprobs) ?? []))
        return
      case 'transcript.text.segment':
        this.#segments.set(asString(event.id) ?? String(this.#segments.size), event)
        return
      case 'transcript.text.done':
        this.#done = event
    }
  }

  result(): JsonObject {
    const { type: _, ...done } = this.#done ?? {}
    const text = asString(done.text) ?? this.#text
    if (this.#responseFormat === 'diarized_json') return this.#diarized(text, done)
    const logprobs = this.#logprobs.length > 0 ? { logprobs: this.#logprobs } : {}
    return { text, ...logprobs, ...done }
  }

  #diarized(text: string, done: JsonObject): JsonObject {
    const segments = [...this.#segments.values()]
    const duration = segments.reduce((latest, { end }) => Math.max(latest, asNumber(end) ?? 0), 0)
    return { task: 'transcribe', duration, text, segments, ...done }
  }

  bytes(): { contentType: string; body: Uint8Array } | undefined {
    if (this.#responseFormat !== 'text') return undefined
    return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(`${this.result().text}\n`) }
  }
}
