import type { MintId } from '../../events/ids.ts'
import { asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Block, Delta, Emit, Issuer } from '../../events/stream-event.ts'

/** What the decoders of one response's items share. */
export interface DecodeContext {
  /** Who can read this provider's encrypted reasoning. */
  issuer: Issuer
  mint: MintId
  /** The next block's index, over all items. */
  nextBlock: number
  seen: { calls: boolean; refusal: boolean }
}

/** One output item, from `added` to `done`, in canonical blocks. */
export interface ItemDecoder {
  /** An event that belongs to this item, `output_item.*` excepted. */
  push(event: JsonObject, emit: Emit): void
  /** The item is over. Emits what was not streamed before (from `item`, the whole object, if there is one) and ends. */
  finish(item: JsonObject | undefined, emit: Emit): void
  /** Another item starts: what only waits for this one's `done` need not hold it up. */
  settle?(emit: Emit): void
}

export function startBlock(context: DecodeContext, block: Block, emit: Emit, native?: unknown): number {
  const index = context.nextBlock++
  emit(native === undefined ? { type: 'block-start', index, block } : { type: 'block-start', index, block, native })
  return index
}

export function emitDelta(index: number, delta: Delta, emit: Emit): void {
  emit({ type: 'block-delta', index, delta })
}

/**
 * What a whole text adds to what was streamed of it. Streamed text is never taken back: a whole text that does not
 * begin with it adds nothing.
 */
export function missingText(streamed: string, whole: string): string {
  return whole.length > streamed.length && whole.startsWith(streamed) ? whole.slice(streamed.length) : ''
}

/** An index field of an event, 0 where a provider leaves it out. */
export function indexOf(event: JsonObject, field: 'content_index' | 'summary_index'): number {
  return asNumber(event[field]) ?? 0
}

/** A function or custom tool call. */
export class CallDecoder implements ItemDecoder {
  readonly #context: DecodeContext
  readonly #tool: 'function' | 'custom'
  #block: number | undefined
  #item: JsonObject
  #arguments = ''
  /** Arguments that came before the call had a name. */
  #early = ''

  constructor(context: DecodeContext, item: JsonObject, emit: Emit) {
    this.#context = context
    this.#item = item
    this.#tool = item.type === 'custom_tool_call' ? 'custom' : 'function'
    if (asString(item.name)) this.#start(emit)
  }

  push(event: JsonObject, emit: Emit): void {
    const delta = asString(event.delta)
    const whole = wholeArguments(event)
    if (delta !== undefined) this.#append(delta, emit)
    else if (whole !== undefined) this.#append(missingText(this.#arguments, whole), emit)
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    if (item && this.#block === undefined) this.#item = item
    if (this.#block === undefined && !asString(this.#item.name)) {
      // A call of nothing is no call: strict clients break on it.
      emit({ type: 'native', native: this.#item })
      return
    }
    const whole = item && wholeArguments(item)
    const index = this.#start(emit)
    if (whole !== undefined) this.#append(missingText(this.#arguments, whole), emit)
    emit({ type: 'block-end', index })
  }

  #append(text: string, emit: Emit): void {
    if (text === '') return
    this.#arguments += text
    if (this.#block === undefined) this.#early += text
    else emitDelta(this.#block, { kind: 'arguments', text }, emit)
  }

  #start(emit: Emit): number {
    if (this.#block !== undefined) return this.#block
    const { call_id, name, namespace, caller } = this.#item
    this.#context.seen.calls = true
    const block: Block = {
      kind: 'tool-call',
      id: asString(call_id) || this.#context.mint('call_'),
      name: asString(name) ?? '',
      tool: this.#tool,
      ...(typeof namespace === 'string' && { namespace }),
      ...(caller !== undefined && caller !== null && { caller }),
    }
    this.#block = startBlock(this.#context, block, emit)
    if (this.#early !== '') emitDelta(this.#block, { kind: 'arguments', text: this.#early }, emit)
    this.#early = ''
    return this.#block
  }
}

/** `arguments` or `input`; a few servers send the arguments parsed. */
function wholeArguments(wire: JsonObject): string | undefined {
  const parsed = asObject(wire.arguments)
  return parsed ? JSON.stringify(parsed) : (asString(wire.arguments) ?? asString(wire.input))
}

/** A call of the provider's own tool, or its output. */
export class ServerToolDecoder implements ItemDecoder {
  readonly #index: number

  constructor(context: DecodeContext, item: JsonObject, tool: { name: string; phase: 'call' | 'result' }, emit: Emit) {
    const id = asString(item.id)
    const block: Block = { kind: 'server-tool', ...tool, ...(id !== undefined && { id }) }
    this.#index = startBlock(context, block, emit, item)
  }

  push(event: JsonObject, emit: Emit): void {
    emitDelta(this.#index, { kind: 'native', native: event }, emit)
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    const query = searchQuery(item)
    if (query !== undefined) emitDelta(this.#index, { kind: 'arguments', text: JSON.stringify({ query }) }, emit)
    if (item) emitDelta(this.#index, { kind: 'native', native: item }, emit)
    emit({ type: 'block-end', index: this.#index })
  }
}

/** What a web search looked for; openings of pages have no query. */
function searchQuery(item: JsonObject | undefined): string | undefined {
  if (item?.type !== 'web_search_call') return undefined
  const action = item.action as { query?: unknown; queries?: unknown } | null | undefined
  return asString(action?.query) ?? (Array.isArray(action?.queries) ? asString(action.queries[0]) : undefined)
}

/** An image that the provider's own tool makes. Its block starts with the first bytes, which tell the media type. */
export class ImageDecoder implements ItemDecoder {
  readonly #context: DecodeContext
  #index: number | undefined

  constructor(context: DecodeContext) {
    this.#context = context
  }

  push(event: JsonObject, emit: Emit): void {
    const base64 = asString(event.partial_image_b64)
    if (base64 === undefined) {
      emit({ type: 'native', native: event, silent: true })
      return
    }
    const partial = asNumber(event.partial_image_index) ?? 0
    emitDelta(this.#start(event, emit), { kind: 'image', base64, partial }, emit)
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    const base64 = asString(item?.result)
    if (item && base64) emitDelta(this.#start(item, emit), { kind: 'image', base64 }, emit)
    if (this.#index !== undefined) emit({ type: 'block-end', index: this.#index })
    else if (item) emit({ type: 'native', native: item })
  }

  #start(source: JsonObject, emit: Emit): number {
    const mediaType = `image/${asString(source.output_format) ?? 'png'}`
    this.#index ??= startBlock(this.#context, { kind: 'image', mediaType }, emit)
    return this.#index
  }
}

/** Whatever this gateway does not know. */
export class NativeDecoder implements ItemDecoder {
  readonly #index: number

  constructor(context: DecodeContext, item: JsonObject, emit: Emit) {
    this.#index = startBlock(context, { kind: 'native', native: item }, emit)
  }

  push(event: JsonObject, emit: Emit): void {
    emitDelta(this.#index, { kind: 'native', native: event }, emit)
  }

  finish(item: JsonObject | undefined, emit: Emit): void {
    if (item) emitDelta(this.#index, { kind: 'native', native: item }, emit)
    emit({ type: 'block-end', index: this.#index })
  }
}
