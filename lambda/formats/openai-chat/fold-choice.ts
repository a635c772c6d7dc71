import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { CompleteToolCall } from '../codec.ts'
import { appendText } from '../shared/append-text.ts'
import { mergeUnknown } from '../shared/merge-unknown.ts'
import { completeCustomCall, completeFunctionCall } from '../shared/tool-calls.ts'
import { argumentsOf } from './decode-tool-calls.ts'
import { joinBase64, mergeContentParts, mergeReasoningDetails } from './merge.ts'

const choiceKeys: ReadonlySet<string> = new Set(['index', 'delta', 'message', 'finish_reason', 'logprobs', 'usage'])

interface Call {
  head: JsonObject
  name: string
  text: string
  isCustom: boolean
}

/** One choice of a `chat.completion`, put together from its deltas. */
export class ChoiceFold {
  readonly #index: number
  readonly #extra: JsonObject = {}
  readonly #message: JsonObject = {}
  #content = ''
  #parts: JsonObject[] | undefined
  #refusal: string | undefined
  readonly #reasoning = new Map<'reasoning_content' | 'reasoning', string>()
  readonly #details: JsonObject[] = []
  readonly #calls = new Map<number, Call>()
  #legacyCall: { name: string; text: string } | undefined
  readonly #annotations: unknown[] = []
  readonly #images: unknown[] = []
  #audio: { fields: JsonObject; data: string[]; transcript: string } | undefined
  #logprobs: { content: unknown[]; refusal: unknown[]; hasContent: boolean; hasRefusal: boolean } | undefined
  #finishReason: string | undefined

  constructor(index: number) {
    this.#index = index
  }

  push(wire: JsonObject): void {
    // MiniMax ends with the message once more, whole; a server that does not stream sends nothing else.
    const delta = asObject(wire.delta) ?? (this.#isEmpty() ? asObject(wire.message) : undefined)
    if (delta) for (const key in delta) this.#field(key, delta[key])
    this.#finishReason ??= asString(wire.finish_reason) || undefined
    const logprobs = asObject(wire.logprobs)
    if (logprobs) this.#tokens(logprobs)
    for (const key in wire) if (!choiceKeys.has(key)) mergeUnknown(this.#extra, key, wire[key])
  }

  #isEmpty(): boolean {
    const hasText = this.#content !== '' || this.#parts || this.#refusal || this.#reasoning.size > 0
    return !hasText && this.#calls.size === 0 && !this.#legacyCall && !this.#audio && this.#images.length === 0
  }

  #field(key: string, value: unknown): void {
    switch (key) {
      case 'role':
        return
      case 'content':
        this.#addContent(value)
        return
      case 'refusal':
        if (typeof value === 'string') this.#refusal = appendText(this.#refusal ?? '', value)
        return
      case 'reasoning_content':
      case 'reasoning':
        if (typeof value === 'string') this.#reasoning.set(key, appendText(this.#reasoning.get(key) ?? '', value))
        return
      case 'reasoning_details':
        mergeReasoningDetails(this.#details, asArray(value) ?? [])
        return
      case 'tool_calls':
        for (const entry of asArray(value) ?? []) this.#call(asObject(entry) ?? {})
        return
      case 'function_call':
        this.#addLegacyCall(asObject(value))
        return
      case 'annotations':
        this.#annotations.push(...(asArray(value) ?? []))
        return
      case 'images':
        this.#images.push(...(asArray(value) ?? []))
        return
      case 'audio':
        this.#addAudio(asObject(value))
        return
      default:
        mergeUnknown(this.#message, key, value)
    }
  }

  #addContent(value: unknown): void {
    const parts = asArray(value)
    if (parts) {
      this.#parts ??= this.#content === '' ? [] : [{ type: 'text', text: this.#content }]
      mergeContentParts(this.#parts, parts)
    } else if (typeof value === 'string') {
      this.#content = appendText(this.#content, value)
      if (this.#parts && value !== '') mergeContentParts(this.#parts, [{ type: 'text', text: value }])
    }
  }

  /** Calls are known by index; without one by id; a further id and name on an index in use is another call. */
  #call(wire: JsonObject): void {
    const { index, id, function: fn, custom, ...rest } = wire
    const body = asObject(fn) ?? asObject(custom)
    const callId = asString(id) || undefined
    const name = asString(body?.name) || undefined
    let key = asNumber(index) ?? this.#keyOf(callId, name)
    const known = this.#calls.get(key)
    if (known?.head.id && callId && name && callId !== known.head.id) key = this.#freeKey()
    const call = this.#calls.get(key) ?? { head: {}, name: '', text: '', isCustom: false }
    this.#calls.set(key, call)
    if (callId) call.head.id ??= callId
    if (name && call.name === '') call.name = name
    if (asObject(custom) || rest.type === 'custom') call.isCustom = true
    call.text = appendText(call.text, argumentsOf(body))
    for (const [field, value] of Object.entries(rest)) if (field !== 'type') mergeUnknown(call.head, field, value)
  }

  #keyOf(id: string | undefined, name: string | undefined): number {
    if (id === undefined && name === undefined) return Math.max(0, ...this.#calls.keys())
    if (id !== undefined) for (const [key, call] of this.#calls) if (call.head.id === id) return key
    return this.#freeKey()
  }

  #freeKey(): number {
    return this.#calls.size === 0 ? 0 : Math.max(...this.#calls.keys()) + 1
  }

  #addLegacyCall(wire: JsonObject | undefined): void {
    if (!wire) return
    this.#legacyCall ??= { name: '', text: '' }
    this.#legacyCall.name ||= asString(wire.name) ?? ''
    this.#legacyCall.text = appendText(this.#legacyCall.text, argumentsOf(wire))
  }

  #addAudio(wire: JsonObject | undefined): void {
    if (!wire) return
    this.#audio ??= { fields: {}, data: [], transcript: '' }
    const { data, transcript, ...fields } = wire
    if (typeof data === 'string') this.#audio.data.push(data)
    if (typeof transcript === 'string') this.#audio.transcript = appendText(this.#audio.transcript, transcript)
    for (const [key, value] of Object.entries(fields)) mergeUnknown(this.#audio.fields, key, value)
  }

  #tokens(wire: JsonObject): void {
    this.#logprobs ??= { content: [], refusal: [], hasContent: false, hasRefusal: false }
    const content = asArray(wire.content)
    const refusal = asArray(wire.refusal)
    if (content) this.#logprobs.hasContent = true
    if (refusal) this.#logprobs.hasRefusal = true
    this.#logprobs.content.push(...(content ?? []))
    this.#logprobs.refusal.push(...(refusal ?? []))
  }

  /**
   * Chat does not say when a call is over, and providers interleave the deltas of several. So all are whole when the
   * choice has finished, and before that a call which another one follows and whose arguments are a whole object: nothing
   * can be added to that. Where the choice was cut, its last call may be too: then only whole objects count.
   */
  completeToolCalls(isDone: boolean): CompleteToolCall[] {
    const reason = this.#finishReason
    const isOver = (reason !== undefined || isDone) && reason !== 'length' && reason !== 'content_filter'
    const calls = [...this.#calls].sort(([a], [b]) => a - b).map(([, call]) => call)
    const latest = [...this.#calls.values()].at(-1)
    return calls.flatMap((call) => {
      const isWhole = !call.isCustom && call.text !== '' && (reason !== undefined || call !== latest)
      const complete = completeCall(call)
      if (!isOver && (!isWhole || complete.malformed)) return []
      return [this.#index === 0 ? complete : { ...complete, choice: this.#index }]
    })
  }

  /** @param isDone did the provider say that the stream is complete? Then a missing word means an ordinary end. */
  result(isDone: boolean): JsonObject {
    const logprobs = this.#logprobs
    const assumed = this.#calls.size > 0 ? 'tool_calls' : 'stop'
    return {
      index: this.#index,
      message: this.#result(),
      logprobs: logprobs
        ? {
            content: logprobs.hasContent ? logprobs.content : null,
            refusal: logprobs.hasRefusal ? logprobs.refusal : null,
          }
        : null,
      finish_reason: this.#finishReason ?? (isDone ? assumed : null),
      ...this.#extra,
    }
  }

  #result(): JsonObject {
    const calls = [...this.#calls].sort(([a], [b]) => a - b).map(([, call]) => callResult(call))
    const legacy = this.#legacyCall
    return {
      role: 'assistant',
      content: this.#parts ?? (this.#content === '' ? null : this.#content),
      refusal: this.#refusal || null,
      ...Object.fromEntries(this.#reasoning),
      ...(this.#details.length > 0 && { reasoning_details: this.#details }),
      annotations: this.#annotations,
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(legacy && { function_call: { name: legacy.name, arguments: legacy.text || '{}' } }),
      ...(this.#audio && { audio: this.#audioResult(this.#audio) }),
      ...(this.#images.length > 0 && { images: this.#images }),
      ...this.#message,
    }
  }

  #audioResult(audio: { fields: JsonObject; data: string[]; transcript: string }): JsonObject {
    return { ...audio.fields, data: joinBase64(audio.data), transcript: audio.transcript }
  }
}

function completeCall({ head, name, text, isCustom }: Call): CompleteToolCall {
  const id = asString(head.id) ?? ''
  return isCustom ? completeCustomCall(id, name, text) : completeFunctionCall(id, name, text)
}

function callResult({ head, name, text, isCustom }: Call): JsonObject {
  const { id, ...rest } = head
  const body = isCustom
    ? { type: 'custom', custom: { name, input: text } }
    : { type: 'function', function: { name, arguments: text || '{}' } }
  return { id, ...body, ...rest }
}
