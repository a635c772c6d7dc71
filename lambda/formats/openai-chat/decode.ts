import type { GatewayError } from '../../errors.ts'
import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Emit, StreamEvent } from '../../events/stream-event.ts'
import { Mould } from '../../framing/mould.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Decoder, DecoderOptions } from '../codec.ts'
import { readServiceTier, readUsage, usageObject } from '../shared/openai-usage.ts'
import { readProviderErrorObject } from '../shared/provider-error.ts'
import { readCitations } from './annotation.ts'
import { Blocks } from './blocks.ts'
import { ChoiceDecoder } from './decode-choice.ts'
import { finishError } from './finish.ts'
import { contentSlots } from './slots.ts'

/** Keys of a chunk that are read, or say nothing about the answer. */
const knownKeys: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'x_groq',
  'service_tier',
  'system_fingerprint',
  'obfuscation',
  'citations',
  'search_results',
  'provider',
  'padding',
])

/** Keys that say what a content filter thought. */
const moderationKeys: ReadonlySet<string> = new Set([
  'moderation',
  'prompt_filter_results',
  'content_filter_results',
  'content_filter_offsets',
])

/** Chat completion chunks → canonical events. What a choice says is in `ChoiceDecoder`; here is what the stream says. */
export class ChatDecoder implements Decoder {
  state: Decoder['state'] = 'open'
  readonly #options: DecoderOptions
  readonly #mould = new Mould()
  readonly #blocks = new Blocks()
  readonly #choices = new Map<number, ChoiceDecoder>()
  /** What came before the first chunk with an id or content; undefined once the response has started. */
  #early: StreamEvent[] | undefined = []
  /** Unknown keys that were reported: once a stream is enough. */
  readonly #reported = new Set<string>()
  #tier: string | undefined

  constructor(options: DecoderOptions) {
    this.#options = options
  }

  push(frame: Frame, emit: Emit): void {
    if (this.state === 'closed') return
    this.#blocks.emit = emit
    const chunk = this.#mould.read(frame)
    if (chunk) this.#chunk(chunk, emit)
    else this.#read(frame, emit)
  }

  end(emit: Emit): void {
    if (this.state === 'closed') return
    this.#blocks.emit = emit
    this.#finish(emit, false)
  }

  #read(frame: Frame, emit: Emit): void {
    const data = frame.data.trim()
    if (data === '') return
    if (data === '[DONE]') {
      this.#finish(emit, true)
      return
    }
    let chunk: unknown
    try {
      chunk = JSON.parse(data)
    } catch {
      if (!frame.cut)
        this.#fail({ code: 'upstream_malformed', message: 'The provider sent an event that is not JSON.' }, emit)
      return
    }
    const object = asObject(chunk)
    if (frame.event === 'error') this.#fail(readProviderErrorObject(chunk), emit)
    else if (object) {
      this.#mould.learn(frame, object, contentSlots)
      this.#chunk(object, emit)
    } else this.#blocks.native(chunk)
  }

  #chunk(chunk: JsonObject, emit: Emit): void {
    const choices = Array.isArray(chunk.choices) ? chunk.choices : []
    const error = errorOf(chunk)
    // An answer that fails at once has not started: a status can still say so.
    if (this.#early && error === undefined && (chunk.id || choices.length > 0)) this.#start(chunk, emit)
    this.#usage(chunk, emit)
    if (error !== undefined) {
      this.#fail(readProviderErrorObject(error), emit)
      return
    }
    for (const entry of choices) {
      const wire = asObject(entry)
      if (wire && !this.#choice(wire, emit)) return
    }
    if (asArray(chunk.citations) && !this.#reported.has('citations')) this.#cite(chunk)
    for (const key in chunk) if (!knownKeys.has(key) && chunk[key] !== null) this.#unknown(key, chunk[key])
    if (this.state === 'finishing' || choices.length > 0) {
      // A choice that was asked for and has not begun is not over.
      const isOver = this.#isFinished() && this.#choices.size >= (asNumber(this.#options.fields?.n) ?? 1)
      this.state = isOver ? 'finishing' : 'open'
    }
  }

  #start(chunk: JsonObject, emit: Emit): void {
    const created = asNumber(chunk.created)
    emit({
      type: 'response-start',
      id: asString(chunk.id) || this.#options.mint('chatcmpl-', 29),
      model: asString(chunk.model) ?? '',
      ...(created && { createdAt: created }),
      native: chunk,
    })
    const early = this.#early ?? []
    this.#early = undefined
    for (const event of early) emit(event)
  }

  #usage(chunk: JsonObject, emit: Emit): void {
    const wire = usageObject(chunk)
    const tier = readServiceTier(chunk)
    if (!wire && (tier === undefined || tier === this.#tier)) return
    this.#tier = tier ?? this.#tier
    const usage = { ...(wire && readUsage(wire)), ...(this.#tier !== undefined && { serviceTier: this.#tier }) }
    this.#say({ type: 'usage', usage }, emit)
  }

  /** @returns false if the choice's finish word means that the answer failed */
  #choice(wire: JsonObject, emit: Emit): boolean {
    const index = indexOf(wire)
    let choice = this.#choices.get(index)
    if (!choice) {
      // An empty choice is no sign of another answer: some usage chunks carry one.
      if (isEmpty(wire)) return true
      choice = new ChoiceDecoder(index, this.#blocks, this.#options, (key, value) => this.#unknown(key, value))
      this.#choices.set(index, choice)
    }
    choice.push(wire)
    const code = choice.finishWord === undefined ? undefined : finishError(choice.finishWord)
    if (code === undefined) return true
    const message = `The provider broke off the answer (${choice.finishWord}).`
    this.#fail(wire.error ? readProviderErrorObject(wire.error) : { code, message }, emit)
    return false
  }

  #cite(chunk: JsonObject): void {
    this.#reported.add('citations')
    const choice = this.#choices.get(0)
    for (const annotation of choice ? readCitations(chunk) : []) choice?.cite(() => annotation)
  }

  #unknown(key: string, value: unknown): void {
    if (this.#reported.has(key)) return
    this.#reported.add(key)
    const native = { [key]: value }
    const event: StreamEvent = moderationKeys.has(key)
      ? { type: 'native', native, loss: 'moderation-result' }
      : { type: 'native', native }
    this.#say(event, this.#blocks.emit)
  }

  /** Emits what may come early, but never before the response has started. */
  #say(event: StreamEvent, emit: Emit): void {
    if (this.#early) this.#early.push(event)
    else emit(event)
  }

  #isFinished(): boolean {
    for (const choice of this.#choices.values()) if (choice.finishWord === undefined) return false
    return this.#choices.size > 0
  }

  /**
   * The stream is over. `[DONE]` is the provider's word that it is complete, even if it named no reason (recorded from
   * Snowflake); the mere end of the body is not.
   */
  #finish(emit: Emit, saidDone: boolean): void {
    const isComplete = this.#isFinished() || (saidDone && this.#blocks.count > 0)
    if (!isComplete || this.#early) {
      const message = 'The provider ended the stream before it was complete.'
      this.#fail({ code: 'upstream_truncated', message }, emit)
      return
    }
    this.state = 'closed'
    for (const [index, choice] of this.#choices) {
      const finish = choice.finish()
      emit({ type: 'finish', ...finish, ...(index > 0 && { choice: index }) })
    }
    emit({ type: 'response-end' })
  }

  #fail(error: GatewayError, emit: Emit): void {
    this.state = 'closed'
    emit({ type: 'error', error })
  }
}

/** Anything that is no index counts as the first choice, so that two spellings of it are one. */
function indexOf({ index }: JsonObject): number {
  return Number.isSafeInteger(index) && Number(index) > 0 ? Number(index) : 0
}

/** The error in a chunk: OpenAI's and OpenRouter's `error`, or vLLM's `{object: 'error', message}`. */
function errorOf(chunk: JsonObject): unknown {
  if (chunk.error) return chunk.error
  return chunk.object === 'error' || chunk.type === 'error' ? chunk : undefined
}

function isEmpty(wire: JsonObject): boolean {
  if (wire.finish_reason || wire.message) return false
  const delta = asObject(wire.delta)
  if (!delta) return true
  for (const key in delta) if (delta[key] !== null && delta[key] !== '') return false
  return true
}
