import type { GatewayError } from '../../errors.ts'
import type { MintId } from '../../events/ids.ts'
import { asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Emit, Issuer } from '../../events/stream-event.ts'
import { mergeUsage, type Usage } from '../../events/usage.ts'
import { Mould } from '../../framing/mould.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Decoder, DecoderOptions } from '../codec.ts'
import { BlockReader } from './decode-blocks.ts'
import { malformed, readErrorEvent, truncated } from './error.ts'
import { readFinish } from './finish.ts'
import { contentSlots } from './slots.ts'
import { readUsage } from './usage.ts'

export function createDecoder({ mint, quirks }: DecoderOptions): Decoder {
  return new MessagesDecoder(mint, quirks.issuer ?? 'anthropic')
}

interface HeldFinish {
  raw: string
  stopSequence?: string
  explanation?: string
  native: unknown
}

class MessagesDecoder implements Decoder {
  state: Decoder['state'] = 'open'
  readonly #mint: MintId
  readonly #mould = new Mould()
  readonly #blocks: BlockReader
  /** The wire id of the message, once it has started. */
  #id: string | undefined
  #usage: Usage = {}
  #held: HeldFinish | undefined

  constructor(mint: MintId, issuer: Issuer) {
    this.#mint = mint
    this.#blocks = new BlockReader(mint, issuer)
  }

  push(frame: Frame, emit: Emit): void {
    if (this.state === 'closed') return
    const again = this.#mould.read(frame)
    if (again) {
      this.#read(again, frame, emit)
      return
    }
    if (frame.data === '') return
    const event = parse(frame.data)
    if (event) {
      this.#mould.learn(frame, event, contentSlots)
      this.#read(event, frame, emit)
    }
    // A cut frame is the end of a broken body, which `end` names; `[DONE]` and blank data mean nothing in this format.
    else if (!frame.cut && !isNothing(frame.data))
      this.#fail(malformed('The provider sent an event that is no JSON.'), emit)
  }

  end(emit: Emit): void {
    if (this.state === 'finishing') this.#finish(emit)
    else if (this.state === 'open') this.#fail(truncated, emit)
  }

  #read(event: JsonObject, frame: Frame, emit: Emit): void {
    switch (asString(event.type) ?? frame.event) {
      case 'content_block_delta':
        if (this.state === 'finishing') return
        this.#start({}, emit)
        this.#blocks.delta(event, emit)
        break
      case 'content_block_start':
        if (this.state === 'finishing') return
        this.#start({}, emit)
        this.#blocks.start(event, emit)
        break
      case 'content_block_stop':
        this.#blocks.stop(event, emit)
        break
      case 'message_start':
        this.#messageStart(asObject(event.message) ?? {}, emit)
        break
      case 'message_delta':
        this.#messageDelta(event, emit)
        break
      case 'message_stop':
        if (this.state === 'finishing') this.#finish(emit)
        else this.#fail(truncated, emit)
        break
      case 'ping':
        emit({ type: 'native', native: event, silent: true })
        break
      default:
        this.#other(event, emit)
        break
    }
  }

  #messageStart(message: JsonObject, emit: Emit): void {
    const id = asString(message.id)
    if (this.#id === undefined) {
      this.#start(message, emit)
      this.#readUsage(message.usage, emit)
    } else if (this.#id === '') {
      // Content came first: the start only brings the name and the usage of what has begun.
      this.#id = id ?? ''
      this.#readUsage(message.usage, emit)
    } else if (id !== this.#id) {
      // The same id again is a repeat (recorded); another one is two streams spliced together.
      this.#fail(malformed('The provider sent a second message inside the first.'), emit)
    }
  }

  /** Also where a provider leaves out `message_start`: content must not be lost for it. */
  #start(message: JsonObject, emit: Emit): void {
    if (this.#id !== undefined) return
    this.#id = asString(message.id) ?? ''
    emit({
      type: 'response-start',
      id: this.#id || this.#mint('msg_'),
      model: asString(message.model) ?? '',
      native: message,
    })
  }

  #messageDelta(event: JsonObject, emit: Emit): void {
    this.#start({}, emit)
    this.#readUsage(event.usage, emit)
    const delta = asObject(event.delta)
    const raw = asString(delta?.stop_reason)
    if (!raw || this.#held) return
    this.#blocks.closeAll(emit)
    const stopSequence = asString(delta?.stop_sequence)
    const explanation = asString(asObject(delta?.stop_details)?.explanation)
    if (explanation) this.#blocks.refusal(explanation, emit)
    this.#held = {
      raw,
      ...(stopSequence !== undefined && { stopSequence }),
      ...(explanation && { explanation }),
      native: event,
    }
    this.state = 'finishing'
  }

  #readUsage(wire: unknown, emit: Emit): void {
    const read = asObject(wire)
    if (!read) return
    const usage = readUsage(read, this.#usage)
    this.#usage = mergeUsage(this.#usage, usage)
    emit({ type: 'usage', usage })
  }

  #other(event: JsonObject, emit: Emit): void {
    const type = asString(event.type)
    const isError = type === 'error' || (type === undefined && Boolean(event.error))
    if (isError) this.#fail(readErrorEvent(event), emit)
    else emit({ type: 'native', native: event })
  }

  #finish(emit: Emit): void {
    this.state = 'closed'
    if (!this.#held) return
    const reason = readFinish(this.#held.raw, this.#blocks.calledTools)
    emit({ type: 'finish', reason, ...this.#held })
    emit({ type: 'response-end' })
  }

  #fail(error: GatewayError, emit: Emit): void {
    this.state = 'closed'
    emit({ type: 'error', error })
  }
}

function parse(data: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(data))
  } catch {
    return undefined // the caller decides what broken data means
  }
}

function isNothing(data: string): boolean {
  const text = data.trim()
  return text === '' || text === '[DONE]'
}
