import { asNumber, asObject, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { CompleteToolCall, Fold } from '../codec.ts'
import { mergeUnknown } from '../shared/merge-unknown.ts'
import { usageObject } from '../shared/openai-usage.ts'
import { ChoiceFold } from './fold-choice.ts'

/** Chunk keys that are not copied: read otherwise, or only there to hide the length of what is streamed. */
const chunkKeys: ReadonlySet<string> = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'obfuscation'])

/** Chat completion chunks → the `chat.completion` the provider would have answered without streaming. */
export class ChatFold implements Fold {
  readonly #extra: JsonObject = {}
  readonly #choices = new Map<number, ChoiceFold>()
  #id = ''
  #model = ''
  #created = 0
  #usage: JsonObject | undefined
  #isDone = false

  push(frame: Frame): void {
    if (this.#isDone || frame.event === 'error') return
    const data = frame.data.trim()
    if (data === '[DONE]') {
      this.#isDone = true
      return
    }
    const chunk = data === '' ? undefined : parseObject(data)
    if (chunk && !chunk.error) this.#chunk(chunk)
  }

  #chunk(chunk: JsonObject): void {
    // Empty words are no words: Azure and Alibaba send them at the start or on continuations.
    if (typeof chunk.id === 'string' && this.#id === '') this.#id = chunk.id
    if (typeof chunk.model === 'string' && chunk.model !== '') this.#model = chunk.model
    this.#created ||= asNumber(chunk.created) ?? 0
    this.#addUsage(usageObject(chunk))
    for (const entry of Array.isArray(chunk.choices) ? chunk.choices : []) {
      const wire = asObject(entry)
      if (wire) this.#choice(wire)
    }
    for (const key in chunk) if (!chunkKeys.has(key)) mergeUnknown(this.#extra, key, chunk[key])
  }

  #choice(wire: JsonObject): void {
    const index = asNumber(wire.index) ?? 0
    let choice = this.#choices.get(index)
    if (!choice) {
      choice = new ChoiceFold(index)
      this.#choices.set(index, choice)
    }
    choice.push(wire)
  }

  /** The last report counts, but one of zeros does not overwrite a real one. */
  #addUsage(usage: JsonObject | undefined): void {
    if (!usage) return
    const isZero = !asNumber(usage.prompt_tokens) && !asNumber(usage.completion_tokens)
    if (!this.#usage || !isZero) this.#usage = usage
  }

  completeToolCalls(): CompleteToolCall[] {
    const choices = [...this.#choices].sort(([a], [b]) => a - b)
    return choices.flatMap(([, choice]) => choice.completeToolCalls(this.#isDone))
  }

  result(): JsonObject {
    const choices = [...this.#choices].sort(([a], [b]) => a - b)
    return {
      id: this.#id,
      object: 'chat.completion',
      created: this.#created,
      model: this.#model,
      choices: choices.map(([, choice]) => choice.result(this.#isDone)),
      ...(this.#usage && { usage: this.#usage }),
      ...this.#extra,
    }
  }
}
