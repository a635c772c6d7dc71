import { createHash } from 'node:crypto'
import { invalidRequest } from '../errors.ts'
import { asObject } from './json.ts'
import type { Tool } from './request.ts'
import type { Emit, ToolCallBlock } from './stream-event.ts'

/** What a call of a renamed or rewritten tool must become again on its way back to the client. */
export interface OriginalTool {
  name: string
  namespace?: string
  tool: 'function' | 'custom'
  /** The custom tool was sent as a function with one string property `input`: take the text out again. */
  unwrapInput?: true
  /** The tool stood in for structured output: its arguments are the answer's text. */
  asText?: true
}

/** Wire name → the client's tool; holds only what differs. Nothing is stored: it is rebuilt from each request. */
export type ToolRestore = ReadonlyMap<string, OriginalTool>

/**
 * A name that fits `[A-Za-z0-9_-]{1,64}`, the strictest of the formats. A name that does not fit becomes its legal
 * characters, cut to 55, `_`, and 8 hex digits of its SHA-256: a pure function, so history and definitions agree.
 */
export function clampToolName(name: string, namespace?: string): string {
  const full = namespace === undefined ? name : `${namespace}__${name}`
  if (/^[A-Za-z0-9_-]{1,64}$/.test(full)) return full
  const hash = createHash('sha256').update(full).digest('hex').slice(0, 8)
  return `${full.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 55)}_${hash}`
}

/**
 * The way back from wire names for the tools of one request.
 * @param wrapsCustom does the target take custom tools only as functions?
 * @throws GatewayFault invalid_request(tools) if two tools have the same wire name
 */
export function restoreOf(tools: readonly Tool[], wrapsCustom: boolean): Map<string, OriginalTool> {
  const restore = new Map<string, OriginalTool>()
  const seen = new Set<string>()
  for (const tool of tools) {
    if (tool.kind !== 'function' && tool.kind !== 'custom') continue
    const wire = clampToolName(tool.name, tool.namespace)
    if (seen.has(wire)) throw invalidRequest(`Two tools would both be called "${wire}".`, 'tools')
    seen.add(wire)
    const unwrapInput = tool.kind === 'custom' && wrapsCustom
    if (wire === tool.name && !tool.namespace && !unwrapInput) continue
    restore.set(wire, {
      name: tool.name,
      tool: tool.kind,
      ...(tool.namespace !== undefined && { namespace: tool.namespace }),
      ...(unwrapInput && { unwrapInput }),
    })
  }
  return restore
}

/** Stands between decoder and encoder and gives every tool call its client-side name and form again. */
export function restoreTools(restore: ToolRestore, emit: Emit): Emit {
  if (restore.size === 0) return emit
  const wrapped = new Map<number, { tool: OriginalTool; json: string }>()
  const sawText = { only: true }
  return (event) => {
    if (event.type === 'block-start' && event.block.kind === 'tool-call') {
      const tool = restore.get(event.block.name)
      if (!tool?.asText) sawText.only = false
      if (!tool) return emit(event)
      if (tool.unwrapInput || tool.asText) wrapped.set(event.index, { tool, json: '' })
      return emit({ ...event, block: tool.asText ? { kind: 'text' } : renamed(event.block, tool) })
    }
    if (event.type === 'block-delta' && event.delta.kind === 'arguments') {
      const open = wrapped.get(event.index)
      if (!open) return emit(event)
      if (open.tool.asText) return emit({ ...event, delta: { kind: 'text', text: event.delta.text } })
      open.json += event.delta.text
      return
    }
    if (event.type === 'block-end') {
      const open = wrapped.get(event.index)
      wrapped.delete(event.index)
      if (open?.tool.unwrapInput) {
        const delta = { kind: 'arguments', text: unwrapped(open.json) } as const
        emit({ type: 'block-delta', index: event.index, ...(event.choice && { choice: event.choice }), delta })
      }
      return emit(event)
    }
    if (event.type === 'finish' && event.reason === 'tool-calls' && sawText.only)
      return emit({ ...event, reason: 'stop' })
    emit(event)
  }
}

function renamed(block: ToolCallBlock, tool: OriginalTool): ToolCallBlock {
  const { name, namespace } = tool
  return { ...block, name, tool: tool.tool, ...(namespace !== undefined && { namespace }) }
}

/** The text in `{"input": "…"}`; anything else is passed as it is rather than lost. */
function unwrapped(json: string): string {
  try {
    const input = asObject(JSON.parse(json))?.input
    if (typeof input === 'string') return input
  } catch {
    // Cut at the token limit, or not of that form: the raw text is the input.
  }
  return json
}
