import type { GatewayError } from '../../errors.ts'
import { asNumber, asObject, asString, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Emit } from '../../events/stream-event.ts'
import { Mould } from '../../framing/mould.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Decoder, DecoderOptions } from '../codec.ts'
import { readProviderErrorObject } from '../shared/provider-error.ts'
import { AudioDecoder } from './decode-audio.ts'
import type { DecodeContext } from './decode-item.ts'
import { OutputDecoder } from './decode-output.ts'
import { readFinish } from './finish.ts'
import { isItemEvent, itemTypeOf } from './output-place.ts'
import { contentSlots } from './slots.ts'
import { readUsage } from './usage.ts'

export const truncated: GatewayError = {
  code: 'upstream_truncated',
  message: 'The provider ended the stream before it was complete.',
}

/** Responses events → canonical events. The terminal event carries finish and usage, so only an error is held back. */
export class ResponsesDecoder implements Decoder {
  #state: Decoder['state'] = 'open'
  /** The provider's `error` event: OpenAI sends `response.failed` with the usage right behind it. */
  #failing: GatewayError | undefined
  #id: string | undefined
  readonly #options: DecoderOptions
  readonly #mould = new Mould()
  readonly #context: DecodeContext
  readonly #output: OutputDecoder
  readonly #audio: AudioDecoder
  readonly #repeats = new RepeatFilter()

  constructor(options: DecoderOptions) {
    this.#options = options
    this.#context = {
      issuer: options.quirks.issuer ?? 'openai',
      mint: options.mint,
      nextBlock: 0,
      seen: { calls: false, refusal: false },
    }
    this.#output = new OutputDecoder(this.#context)
    this.#audio = new AudioDecoder(this.#context)
  }

  get state(): Decoder['state'] {
    return this.#state
  }

  push(frame: Frame, emit: Emit): void {
    if (this.#state === 'closed') return
    const again = this.#mould.read(frame)
    if (again) {
      this.#push(again, emit)
      return
    }
    if (isBlank(frame.data)) return
    const event = parseObject(frame.data)
    if (event) {
      this.#mould.learn(frame, event, contentSlots)
      this.#push(event, emit)
      return
    }
    // Cut off in the middle: whether anything is missing is for end() to say.
    if (frame.cut) return
    this.#fail({ code: 'upstream_malformed', message: 'The provider sent an event that is not JSON.' }, emit)
  }

  end(emit: Emit): void {
    if (this.#state !== 'closed') this.#fail(this.#failing ?? truncated, emit)
  }

  #push(event: JsonObject, emit: Emit): void {
    if (this.#failing && event.type !== 'response.failed') return
    switch (event.type) {
      case 'response.completed':
        this.#finish(event, 'completed', emit)
        return
      case 'response.incomplete':
        this.#finish(event, 'incomplete', emit)
        return
      case 'response.failed':
      case 'response.cancelled':
        this.#finish(event, 'failed', emit)
        return
      case 'error':
        this.#failing = errorOf(event)
        this.#state = 'finishing'
        return
      case 'keepalive':
        emit({ type: 'native', native: event, silent: true })
        return
      case undefined:
        if (event.error) {
          this.#fail(errorOf(event), emit)
          return
        }
    }
    if (this.#repeats.isRepeat(asNumber(event.sequence_number))) return
    switch (event.type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        this.#start(asObject(event.response) ?? {}, event.type === 'response.created', emit)
        return
      default:
        this.#pushOutput(event, emit)
        return
    }
  }

  #pushOutput(event: JsonObject, emit: Emit): void {
    // What belongs to no item may stand before the response and does not begin it.
    if (this.#id === undefined && isUnplaced(event)) {
      emit({ type: 'native', native: event })
      return
    }
    this.#start({}, false, emit)
    if (this.#output.push(event, emit) || this.#audio.push(event, emit)) return
    emit({ type: 'native', native: event })
  }

  /** Once. Providers repeat `created`, and some give every event an id of its own; two answers in one are not one. */
  #start(response: JsonObject, created: boolean, emit: Emit): void {
    const id = asString(response.id)
    if (this.#id !== undefined) {
      if (!created || id === undefined || id === this.#id) return
      const message = 'The provider began another response before the first was over.'
      this.#fail({ code: 'upstream_malformed', message }, emit)
      return
    }
    this.#id = id || this.#options.mint('resp_')
    const createdAt = asNumber(response.created_at)
    emit({
      type: 'response-start',
      id: this.#id,
      model: asString(response.model) ?? '',
      ...(createdAt && { createdAt: Math.floor(createdAt) }),
      native: response,
    })
  }

  #finish(event: JsonObject, type: 'completed' | 'incomplete' | 'failed', emit: Emit): void {
    const response = asObject(event.response) ?? {}
    const status = asString(response.status)
    const usage = readUsage(response)
    if (type === 'failed' || status === 'failed' || status === 'cancelled') {
      if (usage) {
        this.#start(response, false, emit)
        emit({ type: 'usage', usage })
      }
      this.#fail(this.#failing ?? failureOf(response, status), emit)
      return
    }
    this.#start(response, false, emit)
    this.#output.end(response.output, emit)
    this.#audio.end(emit)
    if (usage) emit({ type: 'usage', usage })
    const finish = readFinish(response, status === 'incomplete' ? 'incomplete' : type, this.#context.seen)
    emit({ type: 'finish', ...finish, native: response })
    this.#state = 'closed'
    emit({ type: 'response-end' })
  }

  #fail(error: GatewayError, emit: Emit): void {
    this.#state = 'closed'
    emit({ type: 'error', error })
  }
}

/** Belongs to no item: neither its place nor its name says to which, nor is it audio, which has none. */
function isUnplaced(event: JsonObject): boolean {
  if (event.output_index !== undefined || isItemEvent(event) || itemTypeOf(event) !== undefined) return false
  return asString(event.type)?.startsWith('response.audio.') !== true
}

/** `[DONE]` is no event of this format, though OpenRouter sends one. */
function isBlank(data: string): boolean {
  const trimmed = data.length < 16 ? data.trim() : data
  return trimmed === '' || trimmed === '[DONE]'
}

/** OpenAI's own stream nests the error, the published type is flat; a few servers send a string. */
function errorOf(event: JsonObject): GatewayError {
  if (event.error) return readProviderErrorObject(event.error)
  const { message, code, param } = event
  return readProviderErrorObject({ message, code, param })
}

function failureOf(response: JsonObject, status: string | undefined): GatewayError {
  if (response.error) return readProviderErrorObject(response.error)
  const message = status === 'cancelled' ? 'The response was cancelled.' : 'The provider failed to answer.'
  return { code: 'internal', message }
}

/**
 * Finds events that were sent twice, by `sequence_number`. It only judges streams whose numbers have always risen,
 * since some providers send none and others the same one always.
 */
class RepeatFilter {
  #last: number | undefined
  #numbers: 'unknown' | 'rising' | 'useless' = 'unknown'

  isRepeat(sequence: number | undefined): boolean {
    if (sequence === undefined || this.#numbers === 'useless') return false
    // The same number again proves nothing before the first rise: it may be a repeat, or a provider's only number.
    if (this.#last !== undefined && (sequence !== this.#last || this.#numbers === 'rising')) {
      if (sequence <= this.#last && this.#numbers === 'rising') return true
      this.#numbers = sequence > this.#last ? 'rising' : 'useless'
    }
    this.#last = sequence
    return false
  }
}
