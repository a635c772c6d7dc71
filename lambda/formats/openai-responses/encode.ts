import { assertNever, type GatewayError } from '../../errors.ts'
import type { FinishReason } from '../../events/finish.ts'
import { clampCallId, derivedId } from '../../events/ids.ts'
import type { Block, StreamEvent } from '../../events/stream-event.ts'
import { mergeUsage, type Usage } from '../../events/usage.ts'
import type { Encoder, EncoderOptions } from '../codec.ts'
import { truncated } from './decode.ts'
import { CallEncoder, ImageEncoder, ReasoningEncoder, SearchEncoder, sealedSignature } from './encode-items.ts'
import { MessageEncoder } from './encode-message.ts'
import { type BlockEncoder, type ItemStatus, Output } from './encode-output.ts'
import { errorMembers, failureOf } from './error.ts'
import { finishes } from './finish.ts'
import { ResponseObject } from './response-object.ts'

type StartEvent = Extract<StreamEvent, { type: 'response-start' }>
type BlockStart = Extract<StreamEvent, { type: 'block-start' }>

/** Canonical events → Responses events. */
export class ResponsesEncoder implements Encoder {
  readonly #options: EncoderOptions
  #answer: Answer | undefined
  #over = false

  constructor(options: EncoderOptions) {
    this.#options = options
  }

  push(event: StreamEvent): string {
    if (this.#over) return ''
    switch (event.type) {
      case 'response-start':
        return this.#answer ? '' : this.#start(event).text
      case 'block-start':
        return event.choice ? '' : this.#open().blockStart(event)
      case 'block-delta':
        return event.choice ? '' : this.#open().blockDelta(event)
      case 'block-end':
        return event.choice ? '' : this.#open().blockEnd(event.index)
      case 'usage':
        this.#open().usage(event.usage)
        return ''
      case 'finish':
        if (event.choice) return ''
        return event.reason === 'malformed-tool-call' ? this.#fail(malformedCall) : this.#open().finish(event.reason)
      case 'response-end':
        this.#over = true
        return this.#open().end(Math.floor((this.#options.now ?? Date.now)() / 1000))
      case 'error':
        return this.#fail(event.error)
      case 'native':
        if (!event.silent) this.#options.losses.add(event.loss ?? 'unknown-event')
        return ''
      default:
        return assertNever(event)
    }
  }

  /** Never silent about an answer without an end. */
  end(): string {
    return this.#over ? '' : this.#fail(truncated)
  }

  #open(): Answer {
    return this.#answer ?? this.#start().answer
  }

  #start(event?: StartEvent): { text: string; answer: Answer } {
    const answer = new Answer(this.#options, event)
    this.#answer = answer
    return { text: answer.start(), answer }
  }

  #fail(error: GatewayError): string {
    this.#over = true
    // Clients know the response by its first event, so even an answer that failed at once begins with it.
    const started = this.#answer ? '' : this.#start().text
    return started + this.#open().fail(error)
  }
}

const malformedCall: GatewayError = {
  code: 'upstream_malformed',
  message: 'The model made a tool call that cannot be read.',
}

/** One response: its object, its items, its usage. */
class Answer {
  readonly #options: EncoderOptions
  readonly #response: ResponseObject
  readonly #output: Output
  readonly #messages: MessageEncoder
  readonly #blocks = new Map<number, BlockEncoder>()
  /** The call that ended last: finished by what comes next, which tells whether it was cut off. */
  #ended: CallEncoder | undefined
  #usage: Usage = {}
  #finish: FinishReason | undefined

  constructor(options: EncoderOptions, event: StartEvent | undefined) {
    const { requestId, createdAt, wire, losses } = options
    const id = event?.id.startsWith('resp_') ? event.id : derivedId('resp_', requestId)
    const model = event?.model || (typeof wire.model === 'string' ? wire.model : '')
    this.#options = options
    this.#response = new ResponseObject({ id, createdAt: event?.createdAt || createdAt, model }, wire)
    this.#output = new Output(id, losses)
    this.#messages = new MessageEncoder(this.#output)
  }

  start(): string {
    const members = `"response":${this.#response.json({ status: 'in_progress' })}`
    const { writer } = this.#output
    return writer.event('response.created', members) + writer.event('response.in_progress', members)
  }

  blockStart(event: BlockStart): string {
    const { text, encoder } = this.#openBlock(event.block)
    if (encoder) this.#blocks.set(event.index, encoder)
    return text
  }

  blockDelta(event: Extract<StreamEvent, { type: 'block-delta' }>): string {
    const encoder = this.#blocks.get(event.index)
    return encoder ? this.#finishCall('completed') + encoder.delta(event.delta) : ''
  }

  blockEnd(index: number): string {
    const encoder = this.#blocks.get(index)
    if (!encoder) return ''
    this.#blocks.delete(index)
    const text = this.#finishCall('completed') + encoder.end()
    if (encoder instanceof CallEncoder) this.#ended = encoder
    return text
  }

  usage(usage: Usage): void {
    this.#usage = mergeUsage(this.#usage, usage)
  }

  finish(reason: FinishReason): string {
    this.#finish = reason
    const finish = finishes[reason]
    if ('loss' in finish) this.#options.losses.add(finish.loss)
    let text = ''
    for (const index of this.#blocks.keys()) text += this.blockEnd(index)
    const status = finish.status === 'incomplete' ? 'incomplete' : 'completed'
    return text + this.#finishCall(status) + this.#messages.close(status)
  }

  end(completedAt: number): string {
    if (!this.#finish) return this.fail(truncated)
    const finish = finishes[this.#finish]
    const { cacheWrite5m, cacheWrite1h } = this.#usage
    if (cacheWrite5m && cacheWrite1h) this.#options.losses.add('usage-detail')
    const response = this.#response.json({
      status: finish.status,
      output: this.#output.json(),
      usage: this.#usage,
      ...(finish.status === 'completed' && { completedAt }),
      ...('reason' in finish && { incompleteReason: finish.reason }),
    })
    return this.#output.writer.event(`response.${finish.status}`, `"response":${response}`)
  }

  fail(error: GatewayError): string {
    const known = Object.keys(this.#usage).length > 0
    const response = this.#response.json({
      status: 'failed',
      output: this.#output.json(),
      error: failureOf(error),
      ...(known && { usage: this.#usage }),
    })
    const { writer } = this.#output
    return writer.event('error', errorMembers(error)) + writer.event('response.failed', `"response":${response}`)
  }

  #openBlock(block: Block): { text: string; encoder?: BlockEncoder } {
    const { losses } = this.#options
    switch (block.kind) {
      case 'text':
      case 'refusal':
        return { text: this.#finishCall('completed'), encoder: this.#messages.open(block) }
      case 'reasoning':
        return this.#openItem(() => new ReasoningEncoder(this.#output, block))
      case 'tool-call': {
        const before = this.#closeBefore()
        const { signature } = block
        const signed = signature === undefined ? '' : sealedSignature(this.#output, signature, clampCallId(block.id))
        const encoder = new CallEncoder(this.#output, block)
        return { text: before + signed + encoder.start(), encoder }
      }
      case 'image':
        return this.#openItem(() => new ImageEncoder(this.#output, block))
      case 'server-tool':
        if (block.name === 'web_search' && block.phase === 'call') {
          return this.#openItem(() => new SearchEncoder(this.#output, block))
        }
        losses.add('server-tool')
        return { text: '' }
      case 'audio':
        losses.add('audio-output')
        return { text: '' }
      case 'native':
        losses.add('native-block')
        return { text: '' }
      default:
        return assertNever(block)
    }
  }

  /** @param make is called when the message before it is over, since items are numbered as they start */
  #openItem(make: () => BlockEncoder & { start(): string }): { text: string; encoder: BlockEncoder } {
    const before = this.#closeBefore()
    const encoder = make()
    return { text: before + encoder.start(), encoder }
  }

  #closeBefore(): string {
    return this.#finishCall('completed') + this.#messages.close('completed')
  }

  #finishCall(status: ItemStatus): string {
    const call = this.#ended
    this.#ended = undefined
    return call?.finish(status) ?? ''
  }
}
