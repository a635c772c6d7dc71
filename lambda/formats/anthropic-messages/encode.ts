import type { GatewayError } from '../../errors.ts'
import { asString } from '../../events/json.ts'
import type { Delta, StreamEvent } from '../../events/stream-event.ts'
import { mergeUsage, type Usage } from '../../events/usage.ts'
import { sseEvent } from '../../framing/sse.ts'
import type { Encoder, EncoderOptions } from '../codec.ts'
import { createBlockWriter, type ExpressibleBlock, isExpressible } from './encode-blocks.ts'
import type { BlockWriter } from './encode-wire.ts'
import { errorBody, malformed, truncated } from './error.ts'
import { stopReasons } from './finish.ts'
import { writeDeltaUsage, writeStartUsage } from './usage.ts'

export function createEncoder(options: EncoderOptions): Encoder {
  return new MessagesEncoder(options)
}

type Event<T extends StreamEvent['type']> = Extract<StreamEvent, { type: T }>

/** A block that waits for its turn: M has one block open at a time, in the order in which they started. */
interface Waiting {
  block: ExpressibleBlock
  deltas: Delta[]
  ended: boolean
}

class MessagesEncoder implements Encoder {
  readonly #options: EncoderOptions
  /** `new` → `announced` (message_start is held until something but usage comes) → `started` → `closed`. */
  #phase: 'new' | 'announced' | 'started' | 'closed' = 'new'
  #start: Event<'response-start'> | undefined
  #usage: Usage = {}
  #finish: Event<'finish'> | undefined
  #sawRefusal = false
  /** The canonical index of the block that has the turn, and its writer. */
  #turn = -1
  #writer: BlockWriter | undefined
  readonly #waiting = new Map<number, Waiting>()
  /** The wire's next block index. */
  #next = 0

  constructor(options: EncoderOptions) {
    this.#options = options
  }

  push(event: StreamEvent): string {
    if (this.#phase === 'closed') return ''
    switch (event.type) {
      case 'block-delta':
        return this.#delta(event)
      case 'block-start':
        return this.#blockStart(event)
      case 'block-end':
        return this.#blockEnd(event)
      case 'response-start':
        this.#start = event
        this.#phase = 'announced'
        return ''
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage)
        return ''
      case 'finish':
        if (!event.choice) this.#finish ??= event
        return ''
      case 'response-end':
        return this.#responseEnd()
      case 'error':
        return this.#error(event.error)
      case 'native':
        if (!event.silent) this.#options.losses.add(event.loss ?? 'unknown-event')
        return ''
    }
  }

  end(): string {
    return ''
  }

  #blockStart({ index, choice, block }: Event<'block-start'>): string {
    // Several choices cannot be one message: the first is the answer.
    if (choice) return ''
    if (block.kind === 'refusal') this.#sawRefusal = true
    const begun = this.#begin()
    if (!isExpressible(block, this.#options.losses)) return begun
    if (!this.#writer) return begun + this.#give(index, block)
    this.#waiting.set(index, { block, deltas: [], ended: false })
    return begun + (this.#yields() ? this.#advance() : '')
  }

  #delta({ index, delta }: Event<'block-delta'>): string {
    if (index === this.#turn) {
      const text = this.#writer?.delta(delta) ?? ''
      return this.#yields() ? text + this.#advance() : text
    }
    this.#waiting.get(index)?.deltas.push(delta)
    return ''
  }

  #blockEnd({ index }: Event<'block-end'>): string {
    if (index === this.#turn) return this.#advance()
    const waiting = this.#waiting.get(index)
    if (waiting) waiting.ended = true
    return ''
  }

  #give(index: number, block: ExpressibleBlock, deltas: readonly Delta[] = []): string {
    const writer = createBlockWriter(block, this.#options.losses, () => this.#next++)
    this.#turn = index
    this.#writer = writer
    let out = writer.start()
    for (const delta of deltas) out += writer.delta(delta)
    return out
  }

  #release(): string {
    const out = this.#writer?.end() ?? ''
    this.#writer = undefined
    this.#turn = -1
    return out
  }

  /** Must the open block make room? A call is over when its arguments are, though C cannot say so before the end. */
  #yields(): boolean {
    return this.#waiting.size > 0 && this.#writer?.complete() === true
  }

  /** Ends the open block and writes what waited for it, up to the next block that is still going on. */
  #advance(): string {
    let out = this.#release()
    for (const [index, { block, deltas, ended }] of this.#waiting) {
      this.#waiting.delete(index)
      out += this.#give(index, block, deltas)
      if (!ended && !this.#yields()) return out
      out += this.#release()
    }
    return out
  }

  /** `message_start`, once something but usage has come: until then usage may still become known. */
  #begin(): string {
    if (this.#phase === 'started') return ''
    this.#phase = 'started'
    const { id = '', model = '' } = this.#start ?? {}
    const message = {
      // Claude Code refuses ids without the prefix (cc-switch issue 6758).
      id: id.startsWith('msg_') ? id : this.#options.mint('msg_'),
      type: 'message',
      role: 'assistant',
      // The client's own name: Claude Code drops the signed thinking of a model it did not ask for from its history.
      model: asString(this.#options.wire.model) || model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: writeStartUsage(this.#usage),
    }
    return sseEvent('message_start', JSON.stringify({ type: 'message_start', message }))
  }

  #responseEnd(): string {
    const finish = this.#finish
    // Without a finish for the choice that was written, success would be a claim of our own.
    if (!finish) return this.#error(truncated)
    if (finish.reason === 'malformed-tool-call') return this.#error(malformed('The model wrote a malformed tool call.'))
    let out = this.#begin()
    while (this.#writer) out += this.#advance()
    this.#phase = 'closed'
    const reason: { word: string; loss?: 'finish-detail' } = stopReasons[finish.reason]
    if (reason.loss) this.#options.losses.add(reason.loss)
    const delta = {
      stop_reason: reason.word,
      stop_sequence: finish.reason === 'stop-sequence' ? (finish.stopSequence ?? null) : null,
      stop_details: this.#stopDetails(reason.word, finish.explanation),
      container: null,
    }
    const event = { type: 'message_delta', delta, usage: writeDeltaUsage(this.#usage) }
    return out + sseEvent('message_delta', JSON.stringify(event)) + messageStop
  }

  /** A refusal that stands in a text block is not explained a second time. */
  #stopDetails(word: string, explanation: string | undefined): object | null {
    if (word !== 'refusal') return null
    return { type: 'refusal', category: null, explanation: this.#sawRefusal ? null : (explanation ?? null) }
  }

  #error(error: GatewayError): string {
    const begun = this.#phase === 'announced' ? this.#begin() : ''
    this.#phase = 'closed'
    return begun + sseEvent('error', JSON.stringify(errorBody(error, this.#options.requestId)))
  }
}

export const messageStop = sseEvent('message_stop', '{"type":"message_stop"}')
