import type { MintId } from '../../events/ids.ts'
import { asArray, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Block, Delta, Emit, Issuer } from '../../events/stream-event.ts'
import { readCitation } from './citation.ts'

interface OpenBlock {
  index: number
  kind: Block['kind']
  /** The wire block's own id, to tell a repeated start from a new block under an old number. */
  id: unknown
  /** A call's whole input in its start (programmatic callers send it so); used if no delta brings it. */
  input?: JsonObject
}

/** The content blocks of one M message → canonical blocks. Keyed by the wire's index, numbered by its own. */
export class BlockReader {
  /** Has the model called a client tool? */
  calledTools = false
  readonly #mint: MintId
  readonly #issuer: Issuer
  readonly #open = new Map<unknown, OpenBlock>()
  #next = 0

  constructor(mint: MintId, issuer: Issuer) {
    this.#mint = mint
    this.#issuer = issuer
  }

  /** `content_block_start`. */
  start(event: JsonObject, emit: Emit): void {
    const wire = asObject(event.content_block) ?? {}
    const block = this.#readBlock(wire)
    const before = this.#open.get(event.index)
    if (before && before.id === wire.id && before.kind === block.kind) return
    if (before) this.#close(event.index, before, emit)
    if (block.kind === 'tool-call') this.calledTools = true
    const open = this.#begin(event.index, block, wire, emit)
    const input = asObject(wire.input)
    if (input && Object.keys(input).length > 0) open.input = input
    for (const delta of readStartContent(wire)) emit({ type: 'block-delta', index: open.index, delta })
  }

  /** `content_block_delta`. */
  delta(event: JsonObject, emit: Emit): void {
    const wire = asObject(event.delta)
    if (!wire) return
    const open = this.#open.get(event.index) ?? this.#openFor(event.index, wire, emit)
    if (!open) {
      emit({ type: 'native', native: event })
      return
    }
    const delta = readDelta(wire, open.kind)
    if (!delta) return
    if (delta.kind === 'arguments') delete open.input
    emit({ type: 'block-delta', index: open.index, delta })
  }

  /** `content_block_stop`. */
  stop(event: JsonObject, emit: Emit): void {
    const open = this.#open.get(event.index)
    if (open) this.#close(event.index, open, emit)
  }

  /** A message that ends closes what it left open (a call cut at the token limit). */
  closeAll(emit: Emit): void {
    for (const [index, open] of this.#open) this.#close(index, open, emit)
  }

  /** A refusal explained outside the content. */
  refusal(text: string, emit: Emit): void {
    const index = this.#next++
    emit({ type: 'block-start', index, block: { kind: 'refusal' } })
    emit({ type: 'block-delta', index, delta: { kind: 'refusal', text } })
    emit({ type: 'block-end', index })
  }

  #begin(wireIndex: unknown, block: Block, wire: JsonObject, emit: Emit): OpenBlock {
    const open: OpenBlock = { index: this.#next++, kind: block.kind, id: wire.id }
    this.#open.set(wireIndex, open)
    emit({ type: 'block-start', index: open.index, block, native: wire })
    return open
  }

  #close(wireIndex: unknown, open: OpenBlock, emit: Emit): void {
    this.#open.delete(wireIndex)
    if (open.input) {
      const text = JSON.stringify(open.input)
      emit({ type: 'block-delta', index: open.index, delta: { kind: 'arguments', text } })
    }
    emit({ type: 'block-end', index: open.index })
  }

  /** Some servers leave out the start of text and thinking. */
  #openFor(wireIndex: unknown, wire: JsonObject, emit: Emit): OpenBlock | undefined {
    if (wire.type === 'text_delta') return this.#begin(wireIndex, { kind: 'text' }, {}, emit)
    if (wire.type !== 'thinking_delta') return undefined
    return this.#begin(wireIndex, { kind: 'reasoning', issuer: this.#issuer }, {}, emit)
  }

  #readBlock(wire: JsonObject): Block {
    const type = asString(wire.type) ?? ''
    switch (type) {
      case 'text':
        return { kind: 'text' }
      case 'thinking':
        return { kind: 'reasoning', issuer: this.#issuer }
      case 'redacted_thinking':
        return { kind: 'reasoning', issuer: this.#issuer, redacted: true }
      case 'tool_use': {
        const name = asString(wire.name)
        // A call of nothing is no call: strict clients break on it.
        if (!name) return { kind: 'native', native: wire }
        const id = asString(wire.id) || this.#mint('toolu_')
        return { kind: 'tool-call', id, name, tool: 'function', ...readCaller(wire.caller) }
      }
      case 'server_tool_use':
      case 'mcp_tool_use':
        return { kind: 'server-tool', ...readId(wire.id), name: asString(wire.name) ?? type, phase: 'call' }
      default:
        if (!type.endsWith('_tool_result')) return { kind: 'native', native: wire }
        return { kind: 'server-tool', ...readId(wire.tool_use_id), name: resultOf(type), phase: 'result' }
    }
  }
}

function resultOf(type: string): string {
  return type.slice(0, -'_tool_result'.length)
}

function readId(id: unknown): { id?: string } {
  return typeof id === 'string' ? { id } : {}
}

/** A direct call is what every call is; only others are worth naming. */
function readCaller(caller: unknown): { caller?: unknown } {
  const type = asObject(caller)?.type
  return type === undefined || type === 'direct' ? {} : { caller }
}

/** What a `content_block_start` already holds of its content. */
function readStartContent(wire: JsonObject): Delta[] {
  const deltas: Delta[] = []
  if (wire.type === 'text') {
    if (asString(wire.text)) deltas.push({ kind: 'text', text: asString(wire.text) ?? '' })
    for (const citation of asArray(wire.citations) ?? []) {
      const annotation = readCitation(citation)
      if (annotation) deltas.push({ kind: 'annotation', annotation })
    }
  } else if (wire.type === 'thinking') {
    if (asString(wire.thinking)) deltas.push({ kind: 'reasoning', text: asString(wire.thinking) ?? '', part: 0 })
    if (asString(wire.signature)) deltas.push({ kind: 'signature', value: asString(wire.signature) ?? '' })
  } else if (wire.type === 'redacted_thinking') {
    deltas.push({ kind: 'encrypted', value: asString(wire.data) ?? '' })
  } else if (asString(wire.type)?.endsWith('_tool_result')) {
    deltas.push({ kind: 'native', native: wire })
  }
  return deltas
}

/** Undefined: nothing to say. A delta that does not fit its block stays native. */
function readDelta(wire: JsonObject, kind: Block['kind']): Delta | undefined {
  switch (wire.type) {
    case 'text_delta':
      if (kind === 'text') return said(wire.text, (text) => ({ kind: 'text', text }))
      break
    case 'thinking_delta':
      if (kind === 'reasoning') return said(wire.thinking, (text) => ({ kind: 'reasoning', text, part: 0 }))
      break
    case 'input_json_delta':
      if (kind === 'tool-call' || kind === 'server-tool') {
        return said(wire.partial_json, (text) => ({ kind: 'arguments', text }))
      }
      break
    case 'signature_delta':
      if (kind === 'reasoning') return said(wire.signature, (value) => ({ kind: 'signature', value }))
      break
    case 'citations_delta': {
      const annotation = kind === 'text' ? readCitation(wire.citation) : undefined
      if (annotation) return { kind: 'annotation', annotation }
      break
    }
  }
  return { kind: 'native', native: wire }
}

function said(value: unknown, read: (text: string) => Delta): Delta | undefined {
  const text = asString(value)
  return text ? read(text) : undefined
}
