import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { CompleteToolCall, Fold } from '../codec.ts'
import { appendText } from '../shared/append-text.ts'
import { completeFunctionCall } from '../shared/tool-calls.ts'

export function createFold(): Fold {
  return new MessageFold()
}

interface FoldedBlock {
  index: number
  wire: JsonObject
  /** A call's input so far, parsed when the object is asked for. */
  json: string
  /** What deltas added to `text` or `thinking`. */
  text: string
}

/**
 * The frames of a stream → the `Message` a request without `stream` would have got, its blocks in the order of their
 * index. A repeated message_start, a block that starts twice and anything after message_stop change nothing. Another
 * block under an index that is in use, or was, is a block of its own, as for the decoder. A delta that is repeated
 * within its block cannot be told from one that says the same again.
 */
class MessageFold implements Fold {
  /** `message_start.message`, overlaid with what `message_delta` brought; content and usage are kept beside it. */
  #message: JsonObject | undefined
  #usage: JsonObject = {}
  readonly #blocks: FoldedBlock[] = []
  /** Those that have not stopped, by index. */
  readonly #open = new Map<number, FoldedBlock>()
  #stopped = false

  push(frame: Frame): void {
    if (this.#stopped || frame.data === '') return
    const event = parse(frame.data)
    if (!event) return
    switch (event.type ?? frame.event) {
      case 'content_block_delta':
        this.#delta(event)
        break
      case 'content_block_start':
        this.#start(event)
        break
      case 'content_block_stop':
        this.#open.delete(asNumber(event.index) ?? 0)
        break
      case 'message_start':
        this.#messageStart(asObject(event.message) ?? {})
        break
      case 'message_delta':
        this.#messageDelta(event)
        break
      case 'message_stop':
        this.#stopped = true
    }
  }

  completeToolCalls(): CompleteToolCall[] {
    const ended = (block: FoldedBlock) => this.#open.get(block.index) !== block
    return this.#inOrder().filter(ended).flatMap(completeCall)
  }

  result(): JsonObject {
    return { ...emptyMessage, ...this.#message, content: this.#inOrder().map(folded), usage: this.#usage }
  }

  #inOrder(): FoldedBlock[] {
    return this.#blocks.toSorted((a, b) => a.index - b.index)
  }

  #messageStart(message: JsonObject): void {
    if (this.#message) return
    this.#message = { ...message }
    this.#usage = { ...asObject(message.usage) }
  }

  #start({ index, content_block }: JsonObject): void {
    const at = asNumber(index) ?? 0
    const wire = { ...asObject(content_block) }
    const open = this.#open.get(at)
    if (open && open.wire.id === wire.id && open.wire.type === wire.type) return
    this.#begin(at, wire)
  }

  #begin(index: number, wire: JsonObject): FoldedBlock {
    const block = { index, wire, json: '', text: '' }
    this.#blocks.push(block)
    this.#open.set(index, block)
    return block
  }

  #delta({ index, delta }: JsonObject): void {
    const wire = asObject(delta)
    if (!wire) return
    const at = asNumber(index) ?? 0
    const block = this.#open.get(at) ?? this.#startless(at, wire)
    if (block) append(block, wire)
  }

  #startless(at: number, delta: JsonObject): FoldedBlock | undefined {
    if (delta.type === 'text_delta') return this.#begin(at, { type: 'text', text: '' })
    if (delta.type === 'thinking_delta') return this.#begin(at, { type: 'thinking', thinking: '', signature: '' })
    return undefined
  }

  #messageDelta(event: JsonObject): void {
    this.#message ??= {}
    const { type: _type, delta, usage, ...rest } = event
    mergeNonNull(this.#message, asObject(delta) ?? {})
    mergeNonNull(this.#message, rest)
    mergeUsage(this.#usage, asObject(usage) ?? {})
  }
}

const emptyMessage = { type: 'message', role: 'assistant', content: [], stop_reason: null, stop_sequence: null }

/** Scalars overwrite, null and absent never do; objects merge one level deep. */
function mergeNonNull(into: JsonObject, from: JsonObject): void {
  for (const [key, value] of Object.entries(from)) {
    const known = asObject(into[key])
    const object = asObject(value)
    if (known && object) into[key] = { ...known, ...object }
    else if (value !== null && value !== undefined) into[key] = value
    else if (!(key in into)) into[key] = null
  }
}

const promptCounts = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens']

/**
 * The law of `mergeUsage` on the wire's own fields: 0 never overwrites a count, but a prompt side with any non-zero
 * count is a whole snapshot, zeros included.
 */
function mergeUsage(into: JsonObject, from: JsonObject): void {
  const promptReported = promptCounts.some((key) => (asNumber(from[key]) ?? 0) > 0)
  const { ...kept } = from
  for (const [key, value] of Object.entries(from)) {
    const meant = promptReported && promptCounts.includes(key)
    if (value === 0 && !meant && asNumber(into[key])) delete kept[key]
  }
  mergeNonNull(into, kept)
}

function append(block: FoldedBlock, delta: JsonObject): void {
  const { wire } = block
  switch (delta.type) {
    case 'text_delta':
      block.text = appendText(block.text, asString(delta.text) ?? '')
      return
    case 'thinking_delta':
      block.text = appendText(block.text, asString(delta.thinking) ?? '')
      return
    case 'input_json_delta':
      block.json = appendText(block.json, asString(delta.partial_json) ?? '')
      return
    case 'citations_delta':
      addCitation(wire, delta.citation)
      return
    default: {
      const { type: _type, ...rest } = delta
      mergeNonNull(wire, rest)
    }
  }
}

function addCitation(wire: JsonObject, citation: unknown): void {
  const known = asArray(wire.citations)
  if (known) known.push(citation)
  else wire.citations = [citation]
}

/** Anthropic's own calls (`server_tool_use`, `mcp_tool_use`) are no business of the client. */
function completeCall({ wire, json }: FoldedBlock): CompleteToolCall[] {
  if (wire.type !== 'tool_use') return []
  const text = json || JSON.stringify(wire.input ?? {})
  return [completeFunctionCall(asString(wire.id) ?? '', asString(wire.name) ?? '', text)]
}

function folded({ wire, json, text }: FoldedBlock): JsonObject {
  const field = wire.type === 'thinking' ? 'thinking' : 'text'
  const whole = text !== '' && { [field]: (asString(wire[field]) ?? '') + text }
  return { ...wire, ...whole, ...(json !== '' && { input: parseInput(json) }) }
}

/** A call that was cut is no JSON: its text is kept as it is, since an object cannot be invented. */
function parseInput(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function parse(data: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(data))
  } catch {
    return undefined // the decoder beside this fold names the failure
  }
}
