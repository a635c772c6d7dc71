import type { Annotation, Block, Delta, TokenLogprob } from '../../events/stream-event.ts'
import { hasSpan, writeAnnotation } from './annotation.ts'
import type { BlockEncoder, ItemEncoder, ItemPlace, ItemStatus, Output } from './encode-output.ts'
import { type DeltaLine, deltaLine } from './event-writer.ts'

type PartKind = 'text' | 'refusal'

const words = {
  text: {
    part: 'output_text',
    delta: 'response.output_text.delta',
    done: 'response.output_text.done',
    tail: ',"logprobs":[]',
  },
  refusal: { part: 'refusal', delta: 'response.refusal.delta', done: 'response.refusal.done', tail: '' },
} as const satisfies Record<PartKind, Record<string, string>>

/**
 * The assistant's message items. Consecutive text and refusal blocks are the parts of one item, which stays open until
 * something else starts, another phase begins or the answer ends: only then is it known whether it was cut off.
 */
export class MessageEncoder {
  readonly #output: Output
  #current: Message | undefined

  constructor(output: Output) {
    this.#output = output
  }

  open(block: Extract<Block, { kind: PartKind }>): BlockEncoder {
    return new PartEncoder(this.#output, block.kind, () => this.#messageFor(block))
  }

  /** Something else starts, or the answer ends: no part may be added to the current message. */
  close(status: ItemStatus): string {
    const message = this.#current
    this.#current = undefined
    return message?.close(status) ?? ''
  }

  #messageFor(block: Extract<Block, { kind: PartKind }>): { message: Message; text: string } {
    const phase = block.kind === 'text' ? block.phase : undefined
    if (this.#current && (phase === undefined || phase === this.#current.phase)) {
      return { message: this.#current, text: '' }
    }
    const closed = this.close('completed')
    const message = new Message(this.#output, phase)
    this.#current = message
    return { message, text: closed + message.start() }
  }
}

class Message implements ItemEncoder {
  readonly phase: string | undefined
  readonly place: ItemPlace
  readonly #output: Output
  readonly #parts: PartEncoder[] = []
  #openParts = 0
  #status: ItemStatus | undefined

  constructor(output: Output, phase: string | undefined) {
    this.#output = output
    this.phase = phase
    this.place = output.place('msg_')
  }

  start(): string {
    return this.#output.add(this.place, this)
  }

  /** The new part's `content_index`. */
  add(part: PartEncoder): number {
    this.#openParts++
    return this.#parts.push(part) - 1
  }

  partEnded(): string {
    this.#openParts--
    return this.#finishIfOver()
  }

  close(status: ItemStatus): string {
    this.#status = status
    return this.#finishIfOver()
  }

  json(status: ItemStatus | 'in_progress'): string {
    const content = this.#parts.map((part) => part.json()).join(',')
    const phase = this.phase === undefined ? '' : `,"phase":${JSON.stringify(this.phase)}`
    const id = JSON.stringify(this.place.id)
    return `{"id":${id},"type":"message","status":"${status}","role":"assistant","content":[${content}]${phase}}`
  }

  #finishIfOver(): string {
    return this.#status && this.#openParts === 0 ? this.#output.finish(this.place, this.#status) : ''
  }
}

/** A part begins on the wire with its first content, so that blocks that stay empty leave no trace. */
class PartEncoder implements BlockEncoder {
  readonly #output: Output
  readonly #kind: PartKind
  readonly #openMessage: () => { message: Message; text: string }
  #open: { message: Message; place: string; line: DeltaLine } | undefined
  #text = ''
  #logprobs: TokenLogprob[] = []
  #annotations: string[] = []
  /** They cite the whole block, whose length is known at its end. */
  #wholeBlock: Annotation[] = []

  constructor(output: Output, kind: PartKind, openMessage: () => { message: Message; text: string }) {
    this.#output = output
    this.#kind = kind
    this.#openMessage = openMessage
  }

  delta(delta: Delta): string {
    switch (delta.kind) {
      case 'text':
      case 'refusal':
        return this.#append(delta.text, delta.logprobs)
      case 'annotation':
        if (hasSpan(delta.annotation)) return this.#annotate(delta.annotation)
        this.#wholeBlock.push(delta.annotation)
        return ''
      default:
        return ''
    }
  }

  end(): string {
    let out = ''
    for (const annotation of this.#wholeBlock) out += this.#annotate(annotation)
    if (!this.#open) return out
    const { message, place } = this.#open
    const { writer } = this.#output
    const logprobs = this.#kind === 'text' ? `,"logprobs":${JSON.stringify(this.#logprobs)}` : ''
    const field = this.#kind === 'text' ? 'text' : 'refusal'
    out += writer.event(words[this.#kind].done, `${place},"${field}":${JSON.stringify(this.#text)}${logprobs}`)
    out += writer.event('response.content_part.done', `${place},"part":${this.json()}`)
    return out + message.partEnded()
  }

  json(): string {
    const text = JSON.stringify(this.#text)
    if (this.#kind === 'refusal') return `{"type":"refusal","refusal":${text}}`
    const annotations = this.#annotations.join(',')
    const logprobs = JSON.stringify(this.#logprobs)
    return `{"type":"output_text","text":${text},"annotations":[${annotations}],"logprobs":${logprobs}}`
  }

  #append(text: string, logprobs: readonly TokenLogprob[] | undefined): string {
    if (text === '' && !logprobs?.length) return ''
    const { started, open } = this.#start()
    this.#text += text
    if (!logprobs?.length) return started + this.#output.writer.delta(open.line, text)
    if (this.#kind === 'refusal') {
      this.#output.losses.add('logprobs') // a refusal part has no place for them
      return started + this.#output.writer.delta(open.line, text)
    }
    this.#logprobs.push(...logprobs)
    const tail = open.line.tail.replace('[]', () => JSON.stringify(logprobs))
    return started + this.#output.writer.delta(open.line, text, tail)
  }

  #annotate(annotation: Annotation): string {
    const wire = writeAnnotation(annotation, this.#text.length, this.#output.losses)
    if (!wire) return ''
    const { started, open } = this.#start()
    const json = JSON.stringify(wire)
    const index = this.#annotations.push(json) - 1
    const members = `${open.place},"annotation_index":${index},"annotation":${json}`
    return started + this.#output.writer.event('response.output_text.annotation.added', members)
  }

  #start(): { started: string; open: { message: Message; place: string; line: DeltaLine } } {
    if (this.#open) return { started: '', open: this.#open }
    const { message, text } = this.#openMessage()
    const empty = this.json()
    const place = `${message.place.members},"content_index":${message.add(this)}`
    const { delta, tail } = words[this.#kind]
    const open = { message, place, line: deltaLine(delta, place, tail) }
    this.#open = open
    return {
      started: text + this.#output.writer.event('response.content_part.added', `${place},"part":${empty}`),
      open,
    }
  }
}
