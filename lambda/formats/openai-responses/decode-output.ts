import { asArray, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Emit } from '../../events/stream-event.ts'
import {
  CallDecoder,
  type DecodeContext,
  ImageDecoder,
  type ItemDecoder,
  NativeDecoder,
  ServerToolDecoder,
} from './decode-item.ts'
import { ReasoningDecoder } from './decode-reasoning.ts'
import { MessageDecoder } from './decode-text.ts'
import { itemTypeOf, OutputPlaces } from './output-place.ts'

interface Item {
  type: string
  id: string | undefined
  callId: string | undefined
  decoder: ItemDecoder
  done: boolean
}

/** The provider's own tools; a `…_output` item is the result of one. */
const serverTools: Record<string, { name: string; phase: 'call' | 'result' }> = {
  web_search_call: { name: 'web_search', phase: 'call' },
  file_search_call: { name: 'file_search', phase: 'call' },
  code_interpreter_call: { name: 'code_interpreter', phase: 'call' },
  mcp_call: { name: 'mcp', phase: 'call' },
  mcp_list_tools: { name: 'mcp_list_tools', phase: 'call' },
  mcp_approval_request: { name: 'mcp_approval', phase: 'call' },
  computer_call: { name: 'computer', phase: 'call' },
  computer_call_output: { name: 'computer', phase: 'result' },
  shell_call: { name: 'shell', phase: 'call' },
  shell_call_output: { name: 'shell', phase: 'result' },
  local_shell_call: { name: 'local_shell', phase: 'call' },
  local_shell_call_output: { name: 'local_shell', phase: 'result' },
  apply_patch_call: { name: 'apply_patch', phase: 'call' },
  apply_patch_call_output: { name: 'apply_patch', phase: 'result' },
  tool_search_call: { name: 'tool_search', phase: 'call' },
  tool_search_output: { name: 'tool_search', phase: 'result' },
  program: { name: 'program', phase: 'call' },
  program_output: { name: 'program', phase: 'result' },
}

/**
 * The output of one response, keyed by `output_index` and never by id, since some providers change ids on every event.
 */
export class OutputDecoder {
  readonly #context: DecodeContext
  readonly #places = new OutputPlaces()
  readonly #items = new Map<number, Item>()

  constructor(context: DecodeContext) {
    this.#context = context
  }

  /** False if the event belongs to no item. */
  push(event: JsonObject, emit: Emit): boolean {
    const index = this.#places.of(event)
    if (index === undefined) return false
    if (event.type === 'response.output_item.added') {
      if (!this.#items.has(index)) this.#add(index, asObject(event.item) ?? {}, emit)
      return true
    }
    if (event.type === 'response.output_item.done') {
      this.#finish(index, asObject(event.item) ?? {}, emit)
      return true
    }
    const item = this.#items.get(index) ?? this.#addFor(index, event, emit)
    if (!item) return false
    if (!item.done) item.decoder.push(event, emit)
    return true
  }

  /** The response is over: ends what is open and adds what the final object holds and the stream did not. */
  end(output: unknown, emit: Emit): void {
    const final = (asArray(output) ?? []).map((item) => asObject(item) ?? {})
    const streamed = [...this.#items.entries()].sort(([left], [right]) => left - right).map(([, item]) => item)
    const twins = streamed.map((item, at) => final.find((other) => isSame(item, other)) ?? sameType(item, final[at]))
    for (const [at, item] of streamed.entries()) {
      if (item.done) continue
      item.done = true
      item.decoder.finish(twins[at], emit)
    }
    if (final.length <= streamed.length) return
    let next = Math.max(-1, ...this.#items.keys()) + 1
    for (const item of final) if (!twins.includes(item)) this.#finish(next++, item, emit)
  }

  #finish(index: number, wire: JsonObject, emit: Emit): void {
    const item = this.#items.get(index) ?? this.#add(index, wire, emit)
    if (item.done) return
    item.done = true
    item.decoder.finish(wire, emit)
  }

  #addFor(index: number, event: JsonObject, emit: Emit): Item | undefined {
    const type = itemTypeOf(event)
    return type === undefined ? undefined : this.#add(index, { type, id: event.item_id }, emit)
  }

  #add(index: number, wire: JsonObject, emit: Emit): Item {
    const type = asString(wire.type) ?? ''
    for (const other of this.#items.values()) if (!other.done) other.decoder.settle?.(emit)
    const item: Item = {
      type,
      id: asString(wire.id) || undefined,
      callId: asString(wire.call_id) || undefined,
      decoder: decoderOf(type, this.#context, wire, emit),
      done: false,
    }
    this.#items.set(index, item)
    return item
  }
}

function decoderOf(type: string, context: DecodeContext, wire: JsonObject, emit: Emit): ItemDecoder {
  switch (type) {
    case 'message':
      return new MessageDecoder(context, wire)
    case 'reasoning':
      return new ReasoningDecoder(context, wire, emit)
    case 'function_call':
    case 'custom_tool_call':
      return new CallDecoder(context, wire, emit)
    case 'image_generation_call':
      return new ImageDecoder(context)
    default: {
      const tool = serverTools[type]
      return tool ? new ServerToolDecoder(context, wire, tool, emit) : new NativeDecoder(context, wire, emit)
    }
  }
}

function isSame(item: Item, wire: JsonObject): boolean {
  if (item.type !== wire.type) return false
  return (item.callId !== undefined && item.callId === wire.call_id) || (item.id !== undefined && item.id === wire.id)
}

/** Where ids change between events, the place in the output and the type have to do. */
function sameType(item: Item, wire: JsonObject | undefined): JsonObject | undefined {
  return item.type === wire?.type ? wire : undefined
}
