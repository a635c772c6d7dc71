import type { GatewayError } from '../../errors.ts'
import type { FinishReason } from '../../events/finish.ts'
import { asArray, asNumber, asObject, asString, entryOf } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Emit } from '../../events/stream-event.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Decoder, DecoderOptions } from '../codec.ts'
import { readEvent, truncated } from '../shared/openai-event.ts'
import { readServiceTier, readUsage, usageObject } from '../shared/openai-usage.ts'

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
}

interface Choice {
  /** Index of its block. */
  block: number
  finishWord?: string
}

/** `text_completion` chunks → canonical events: one text block a choice. */
export class CompletionsDecoder implements Decoder {
  state: Decoder['state'] = 'open'
  readonly #options: DecoderOptions
  /** How many choices were asked for: one that has not begun yet is not over. */
  readonly #wanted: number
  readonly #choices = new Map<number, Choice>()
  #started = false

  constructor(options: DecoderOptions) {
    this.#options = options
    this.#wanted = choiceCount(options.fields ?? {})
  }

  push(frame: Frame, emit: Emit): void {
    if (this.state === 'closed') return
    const event = readEvent(frame)
    switch (event.kind) {
      case 'nothing':
        return
      case 'error':
        this.#fail(event.error, emit)
        return
      case 'done':
        this.#finish(this.#choices.size > 0, emit)
        return
      case 'object':
        this.#chunk(event.object, emit)
    }
  }

  end(emit: Emit): void {
    if (this.state !== 'closed') this.#finish(this.#isFinished(), emit)
  }

  #chunk(chunk: JsonObject, emit: Emit): void {
    const choices = asArray(chunk.choices) ?? []
    if (!this.#started && (chunk.id || choices.length > 0)) this.#start(chunk, emit)
    for (const entry of choices) {
      const wire = asObject(entry)
      if (wire) this.#choice(wire, emit)
    }
    const wire = usageObject(chunk)
    const serviceTier = readServiceTier(chunk)
    if (wire) emit({ type: 'usage', usage: { ...readUsage(wire), ...(serviceTier && { serviceTier }) } })
    this.state = this.#isFinished() && this.#choices.size >= this.#wanted ? 'finishing' : 'open'
  }

  #start(chunk: JsonObject, emit: Emit): void {
    this.#started = true
    const id = asString(chunk.id) || this.#options.mint('cmpl-', 29)
    const createdAt = asNumber(chunk.created)
    emit({ type: 'response-start', id, model: asString(chunk.model) ?? '', ...(createdAt && { createdAt }) })
  }

  #choice(wire: JsonObject, emit: Emit): void {
    const index = asNumber(wire.index) ?? 0
    let choice = this.#choices.get(index)
    if (!choice) {
      choice = { block: this.#choices.size }
      this.#choices.set(index, choice)
      emit({ type: 'block-start', index: choice.block, ...of(index), block: { kind: 'text' } })
    }
    const text = asString(wire.text)
    if (text) emit({ type: 'block-delta', index: choice.block, ...of(index), delta: { kind: 'text', text } })
    choice.finishWord ??= asString(wire.finish_reason) || undefined
  }

  #isFinished(): boolean {
    for (const { finishWord } of this.#choices.values()) if (finishWord === undefined) return false
    return this.#choices.size > 0
  }

  #finish(isComplete: boolean, emit: Emit): void {
    if (!isComplete) {
      this.#fail(truncated, emit)
      return
    }
    this.state = 'closed'
    for (const [index, { block, finishWord: raw }] of this.#choices) {
      emit({ type: 'block-end', index: block, ...of(index) })
      const reason = entryOf(finishReasons, raw ?? 'stop') ?? 'other'
      emit({ type: 'finish', reason, ...(raw !== undefined && { raw }), ...of(index) })
    }
    emit({ type: 'response-end' })
  }

  #fail(error: GatewayError, emit: Emit): void {
    this.state = 'closed'
    emit({ type: 'error', error })
  }
}

function of(choice: number): { choice?: number } {
  return choice > 0 ? { choice } : {}
}

/** `n` answers to each prompt; a prompt is a text or a list of tokens. */
function choiceCount({ n, prompt }: JsonObject): number {
  const list = asArray(prompt)
  const prompts = list && typeof list[0] !== 'number' ? list.length : 1
  return (asNumber(n) ?? 1) * prompts
}
