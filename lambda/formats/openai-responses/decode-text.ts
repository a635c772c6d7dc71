import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Emit } from '../../events/stream-event.ts'
import { readLogprobs } from '../shared/logprobs.ts'
import { readAnnotation } from './annotation.ts'
import { type DecodeContext, emitDelta, type ItemDecoder, indexOf, missingText, startBlock } from './decode-item.ts'

interface TextPart {
  kind: 'text' | 'refusal' | 'native'
  block: number
  streamed: string
  logprobs: boolean
  annotations: number
  /** `whole`: all of its text came, but the item's `done` may still bring annotations. */
  state: 'open' | 'whole' | 'ended'
}

/** A message: each of its content parts is a block. */
export class MessageDecoder implements ItemDecoder {
  readonly #context: DecodeContext
  readonly #phase: string | undefined
  readonly #parts = new Map<number, TextPart>()

  constructor(context: DecodeContext, item: JsonObject) {
    this.#context = context
    this.#phase = asString(item.phase)
  }

  push(event: JsonObject, emit: Emit): void {
    const index = indexOf(event, 'content_index')
    switch (event.type) {
      case 'response.output_text.delta':
        this.#append(this.#part(index, 'text', emit), asString(event.delta) ?? '', event.logprobs, emit)
        return
      case 'response.refusal.delta':
        this.#append(this.#part(index, 'refusal', emit), asString(event.delta) ?? '', undefined, emit)
        return
      case 'response.output_text.done':
        this.#fill(this.#part(index, 'text', emit), event.text, event.logprobs, emit)
        return
      case 'response.refusal.done':
        this.#fill(this.#part(index, 'refusal', emit), event.refusal, undefined, emit)
        return
      case 'response.output_text.annotation.added':
        this.#annotate(this.#part(index, 'text', emit), event.annotation, asNumber(event.annotation_index), emit)
        return
      case 'response.content_part.added':
        this.#part(index, kindOf(event.part), emit, event.part)
        return
      case 'response.content_part.done':
        this.#completePart(index, event.part, emit)
        return
      default:
        emit({ type: 'native', native: event })
    }
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    for (const [index, part] of asArray(item?.content)?.entries() ?? []) this.#completePart(index, part, emit)
    for (const part of this.#parts.values()) this.#end(part, emit)
  }

  settle(emit: Emit): void {
    for (const part of this.#parts.values()) if (part.state === 'whole') this.#end(part, emit)
  }

  #part(index: number, kind: TextPart['kind'], emit: Emit, native?: unknown): TextPart {
    const known = this.#parts.get(index)
    if (known) return known
    this.settle(emit)
    if (kind === 'refusal') this.#context.seen.refusal = true
    const phase = this.#phase
    const blocks = {
      text: { kind: 'text', ...(phase !== undefined && { phase }) },
      refusal: { kind: 'refusal' },
      native: { kind: 'native', native },
    } as const
    const block = startBlock(this.#context, blocks[kind], emit)
    const part: TextPart = { kind, block, streamed: '', logprobs: false, annotations: 0, state: 'open' }
    this.#parts.set(index, part)
    return part
  }

  #append(part: TextPart, text: string, logprobs: unknown, emit: Emit): void {
    if (part.state !== 'open' || part.kind === 'native') return
    part.streamed += text
    const { kind } = part
    const tokens = readLogprobs(logprobs)
    if (tokens) {
      part.logprobs = true
      emitDelta(part.block, { kind, text, logprobs: tokens }, emit)
    } else if (text !== '') {
      emitDelta(part.block, { kind, text }, emit)
    }
  }

  /** Adds what was not streamed. The whole text repeats every logprob, so they count only if none came before. */
  #fill(part: TextPart, whole: unknown, logprobs: unknown, emit: Emit): void {
    const missing = missingText(part.streamed, asString(whole) ?? '')
    this.#append(part, missing, part.logprobs ? undefined : logprobs, emit)
  }

  #annotate(part: TextPart, annotation: unknown, position: number | undefined, emit: Emit): void {
    if (part.kind !== 'text' || part.state === 'ended' || (position !== undefined && position < part.annotations))
      return
    part.annotations = (position ?? part.annotations) + 1
    emitDelta(part.block, { kind: 'annotation', annotation: readAnnotation(annotation) }, emit)
  }

  #completePart(index: number, value: unknown, emit: Emit): void {
    const wire = asObject(value)
    const part = this.#part(index, kindOf(wire), emit, wire)
    if (part.state === 'ended') return
    this.#fill(part, wire?.text ?? wire?.refusal, wire?.logprobs, emit)
    for (const [position, annotation] of asArray(wire?.annotations)?.entries() ?? []) {
      this.#annotate(part, annotation, position, emit)
    }
    part.state = 'whole'
  }

  #end(part: TextPart, emit: Emit): void {
    if (part.state === 'ended') return
    part.state = 'ended'
    emit({ type: 'block-end', index: part.block })
  }
}

function kindOf(part: unknown): TextPart['kind'] {
  const type = asString(asObject(part)?.type)
  if (type === 'refusal') return 'refusal'
  return type === 'output_text' || type === 'text' || type === undefined ? 'text' : 'native'
}
