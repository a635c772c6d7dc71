import { asArray, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Emit } from '../../events/stream-event.ts'
import { type DecodeContext, emitDelta, type ItemDecoder, indexOf, missingText, startBlock } from './decode-item.ts'

interface ReasoningPart {
  /** Number over summary and raw parts together, in order of appearance. */
  number: number
  raw: boolean
  streamed: string
}

/** A reasoning item: one block, whose parts are the summary's and, from open models, the raw text's. */
export class ReasoningDecoder implements ItemDecoder {
  readonly #block: number
  readonly #parts = new Map<string, ReasoningPart>()

  constructor(context: DecodeContext, item: JsonObject, emit: Emit) {
    const id = asString(item.id)
    this.#block = startBlock(
      context,
      { kind: 'reasoning', issuer: context.issuer, ...(id !== undefined && { id }) },
      emit,
    )
  }

  push(event: JsonObject, emit: Emit): void {
    switch (event.type) {
      case 'response.reasoning_summary_text.delta':
        this.#append(this.#summary(event), asString(event.delta) ?? '', emit)
        return
      case 'response.reasoning_text.delta':
        this.#append(this.#raw(event), asString(event.delta) ?? '', emit)
        return
      case 'response.reasoning_summary_text.done':
        this.#fill(this.#summary(event), event.text, emit)
        return
      case 'response.reasoning_text.done':
        this.#fill(this.#raw(event), event.text, emit)
        return
      case 'response.reasoning_summary_part.added':
      case 'response.reasoning_summary_part.done':
        this.#fill(this.#summary(event), asObject(event.part)?.text, emit)
        return
      case 'response.content_part.added':
      case 'response.content_part.done':
        this.#fill(this.#raw(event), asObject(event.part)?.text, emit)
        return
      default:
        emitDelta(this.#block, { kind: 'native', native: event }, emit)
    }
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    for (const [index, part] of asArray(item?.summary)?.entries() ?? []) {
      this.#fill(this.#part(index, false), asObject(part)?.text, emit)
    }
    for (const [index, part] of asArray(item?.content)?.entries() ?? []) {
      this.#fill(this.#part(index, true), asObject(part)?.text, emit)
    }
    const encrypted = asString(item?.encrypted_content)
    if (encrypted) emitDelta(this.#block, { kind: 'encrypted', value: encrypted }, emit)
    emit({ type: 'block-end', index: this.#block })
  }

  #summary(event: JsonObject): ReasoningPart {
    return this.#part(indexOf(event, 'summary_index'), false)
  }

  #raw(event: JsonObject): ReasoningPart {
    return this.#part(indexOf(event, 'content_index'), true)
  }

  #part(index: number, raw: boolean): ReasoningPart {
    const key = `${raw ? 'raw' : 'summary'} ${index}`
    let part = this.#parts.get(key)
    if (!part) {
      part = { number: this.#parts.size, raw, streamed: '' }
      this.#parts.set(key, part)
    }
    return part
  }

  #fill(part: ReasoningPart, whole: unknown, emit: Emit): void {
    this.#append(part, missingText(part.streamed, asString(whole) ?? ''), emit)
  }

  #append(part: ReasoningPart, text: string, emit: Emit): void {
    if (text === '') return
    part.streamed += text
    emitDelta(this.#block, { kind: 'reasoning', text, part: part.number, ...(part.raw && { raw: true }) }, emit)
  }
}
