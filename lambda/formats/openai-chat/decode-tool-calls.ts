import type { MintId } from '../../events/ids.ts'
import { asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Blocks } from './blocks.ts'

interface Call {
  /** Its block, once it has a name. */
  block?: number
  id: string
  name: string
  tool: 'function' | 'custom'
  legacy?: true
  signature?: string
  /** Arguments that came before the name. */
  waiting: string
}

/** The tool calls of one choice. Their blocks stay open to the end, since argument deltas may interleave. */
export class ToolCalls {
  readonly #blocks: Blocks
  readonly #choice: number
  readonly #mint: MintId
  /** By tool index. */
  readonly #byIndex = new Map<number, Call>()
  #last: Call | undefined

  constructor(blocks: Blocks, choice: number, mint: MintId) {
    this.#blocks = blocks
    this.#choice = choice
    this.#mint = mint
  }

  /** Has any call begun? */
  get any(): boolean {
    return this.#byIndex.size > 0
  }

  /** One entry of `delta.tool_calls`. */
  push(wire: JsonObject): void {
    const body = asObject(wire.function) ?? asObject(wire.custom)
    const id = asString(wire.id) ?? ''
    const name = asString(body?.name) ?? ''
    const call = this.#callOf(asNumber(wire.index), id, name)
    if (call.block === undefined) {
      if (id !== '') call.id = id
      if (wire.type === 'custom' || wire.custom) call.tool = 'custom'
      if (name !== '') call.name = name
    }
    this.#advance(call, argumentsOf(body), signatureOf(wire))
  }

  /** The deprecated `delta.function_call`: one call, without an id. */
  pushLegacy(wire: JsonObject): void {
    let call = this.#byIndex.get(0)
    if (!call) {
      call = { id: '', name: '', tool: 'function', legacy: true, waiting: '' }
      this.#byIndex.set(0, call)
    }
    if (call.block === undefined) call.name = asString(wire.name) || call.name
    this.#advance(call, argumentsOf(wire), undefined)
  }

  /** Ends every block. A call that never got a name cannot be made into one. */
  end(): void {
    for (const call of this.#byIndex.values()) this.#end(call)
  }

  #end(call: Call): void {
    if (call.block !== undefined) this.#blocks.end(this.#choice, call.block)
    else this.#blocks.native({ id: call.id, arguments: call.waiting })
  }

  /**
   * Which call an entry belongs to. Providers repeat ids and names on every delta (GLM, Qwen), send no index (Mistral,
   * Gemini), or begin another call on an index in use.
   */
  #callOf(index: number | undefined, id: string, name: string): Call {
    const known = index === undefined ? this.#withoutIndex(id, name) : this.#byIndex.get(index)
    const isAnother = known?.block !== undefined && id !== '' && name !== '' && id !== known.id
    if (known && !isAnother) {
      this.#last = known
      return known
    }
    if (known) this.#end(known)
    const call: Call = { id: '', name: '', tool: 'function', waiting: '' }
    const key = index ?? this.#freeIndex()
    // A call that takes over an index goes to the end of the order.
    this.#byIndex.delete(key)
    this.#byIndex.set(key, call)
    this.#last = call
    return call
  }

  #withoutIndex(id: string, name: string): Call | undefined {
    if (id === '') return name === '' ? this.#last : undefined
    for (const call of this.#byIndex.values()) if (call.id === id) return call
    return undefined
  }

  #freeIndex(): number {
    let index = this.#byIndex.size
    while (this.#byIndex.has(index)) index++
    return index
  }

  #advance(call: Call, text: string, signature: string | undefined): void {
    if (call.block === undefined) {
      call.waiting += text
      if (signature !== undefined) call.signature = signature
      if (call.name !== '') this.#start(call)
      return
    }
    if (text !== '') this.#blocks.delta(this.#choice, call.block, { kind: 'arguments', text })
    if (signature !== undefined) {
      this.#blocks.delta(this.#choice, call.block, { kind: 'signature', value: signature, issuer: 'google' })
    }
  }

  #start(call: Call): void {
    if (call.id === '') call.id = this.#mint('call_')
    const { id, name, tool, legacy, signature, waiting } = call
    call.block = this.#blocks.start(this.#choice, {
      kind: 'tool-call',
      id,
      name,
      tool,
      ...(signature !== undefined && { signature }),
      ...(legacy && { legacy }),
    })
    call.waiting = ''
    if (waiting !== '') this.#blocks.delta(this.#choice, call.block, { kind: 'arguments', text: waiting })
  }
}

/** Argument text of a delta; a few servers send the parsed object instead (Ollama). */
export function argumentsOf(body: JsonObject | undefined): string {
  const value = body?.arguments ?? body?.input
  if (typeof value === 'string') return value
  return asObject(value) ? JSON.stringify(value) : ''
}

/** Google's thought signature, which must come back with the call. */
export function signatureOf(wire: JsonObject): string | undefined {
  const extra = asObject(wire.extra_content)
  if (!extra) return undefined
  const vendor = asObject(extra.google) ?? asObject(extra.vertex)
  return asString(vendor?.thought_signature) || undefined
}
