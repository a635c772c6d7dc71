import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Fold } from '../codec.ts'
import { appendText } from '../shared/append-text.ts'
import { mergeUnknown } from '../shared/merge-unknown.ts'
import { readEvent } from '../shared/openai-event.ts'
import { usageObject } from '../shared/openai-usage.ts'

/** Keys that are read, or only there to hide the length of what is streamed. */
const chunkKeys: ReadonlySet<string> = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'obfuscation'])
const choiceKeys: ReadonlySet<string> = new Set(['index', 'text', 'logprobs', 'finish_reason'])

interface Choice {
  text: string
  logprobs: JsonObject | undefined
  finishReason: string | undefined
  extra: JsonObject
}

/** `text_completion` chunks → the object the provider would have answered without streaming. */
export class CompletionsFold implements Fold {
  readonly #extra: JsonObject = {}
  readonly #choices = new Map<number, Choice>()
  #id = ''
  #model = ''
  #created = 0
  #usage: JsonObject | undefined
  #isDone = false

  push(frame: Frame): void {
    const event = this.#isDone ? undefined : readEvent(frame)
    if (event?.kind === 'done') this.#isDone = true
    if (event?.kind === 'object') this.#chunk(event.object)
  }

  #chunk(chunk: JsonObject): void {
    this.#id ||= asString(chunk.id) ?? ''
    this.#model = asString(chunk.model) || this.#model
    this.#created ||= asNumber(chunk.created) ?? 0
    this.#usage = usageObject(chunk) ?? this.#usage
    for (const entry of asArray(chunk.choices) ?? []) {
      const wire = asObject(entry)
      if (wire) this.#choice(wire)
    }
    for (const key in chunk) if (!chunkKeys.has(key)) mergeUnknown(this.#extra, key, chunk[key])
  }

  #choice(wire: JsonObject): void {
    const index = asNumber(wire.index) ?? 0
    const choice = this.#choices.get(index) ?? { text: '', logprobs: undefined, finishReason: undefined, extra: {} }
    this.#choices.set(index, choice)
    choice.text = appendText(choice.text, asString(wire.text) ?? '')
    choice.finishReason ??= asString(wire.finish_reason) || undefined
    const logprobs = asObject(wire.logprobs)
    if (logprobs) choice.logprobs = append(choice.logprobs ?? {}, logprobs)
    for (const key in wire) if (!choiceKeys.has(key)) mergeUnknown(choice.extra, key, wire[key])
  }

  result(): JsonObject {
    const choices = [...this.#choices].sort(([one], [other]) => one - other)
    return {
      id: this.#id,
      object: 'text_completion',
      created: this.#created,
      model: this.#model,
      choices: choices.map(([index, { text, logprobs = null, finishReason, extra }]) => ({
        text,
        index,
        logprobs,
        finish_reason: finishReason ?? (this.#isDone ? 'stop' : null),
        ...extra,
      })),
      ...(this.#usage && { usage: this.#usage }),
      ...this.#extra,
    }
  }
}

/** `tokens`, `token_logprobs`, `top_logprobs` and `text_offset` are arrays that grow in step. */
function append(logprobs: JsonObject, more: JsonObject): JsonObject {
  for (const [key, value] of Object.entries(more)) {
    const list = asArray(value)
    const known = asArray(logprobs[key])
    if (list && known) known.push(...list)
    else if (list) logprobs[key] = [...list]
    else logprobs[key] ??= value
  }
  return logprobs
}
