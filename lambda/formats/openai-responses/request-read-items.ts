import { invalidRequest } from '../../errors.ts'
import { unseal } from '../../events/envelope.ts'
import { asObject, asString } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { Item, ReasoningItem, ToolCallItem } from '../../events/request.ts'
import { Fields } from './fields.ts'
import { readContent } from './request-read-parts.ts'

/** What `input` holds besides the history: tools and settings that came in the middle of it. */
export interface ReadInput {
  items: Item[]
  tools: Fields[]
  /** `configuration_update` items, in order. */
  updates: Fields[]
}

/** Steps of the provider's own tools. Another provider can do nothing with them. */
const serverItems = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
  'mcp_list_tools',
  'mcp_approval_request',
  'mcp_approval_response',
  'computer_call',
  'computer_call_output',
  'shell_call',
  'shell_call_output',
  'local_shell_call',
  'local_shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'program',
  'program_output',
])

/** History that only the provider that wrote it can read. */
const foreignItems = new Set(['item_reference', 'compaction', 'compaction_trigger'])

export function readInput(body: Fields, losses: Losses): ReadInput {
  const input = body.value('input')
  const read: ReadInput = { items: [], tools: [], updates: [] }
  if (typeof input === 'string') {
    read.items.push({ kind: 'message', role: 'user', parts: [{ kind: 'text', text: input }] })
  } else if (Array.isArray(input)) {
    for (const [index, value] of input.entries()) readItem(new Fields(value, `input[${index}]`), read, losses)
    attachSignatures(read.items)
  } else {
    throw invalidRequest('Expected "input" to be a string or an array of items.', 'input')
  }
  return read
}

function readItem(item: Fields, read: ReadInput, losses: Losses): void {
  const type = item.string('type') ?? 'message'
  switch (type) {
    case 'message':
      readMessage(item, read.items)
      break
    case 'reasoning':
      read.items.push(readReasoning(item))
      break
    case 'function_call':
    case 'custom_tool_call':
      read.items.push(readCall(item, type === 'custom_tool_call' ? 'custom' : 'function'))
      break
    case 'function_call_output':
    case 'custom_tool_call_output':
      read.items.push({
        kind: 'tool-result',
        callId: item.requiredString('call_id'),
        tool: type === 'custom_tool_call_output' ? 'custom' : 'function',
        parts: readContent(item, 'output'),
      })
      break
    case 'additional_tools':
    case 'tool_search_output':
      read.tools.push(...item.list('tools'))
      losses.add('tool-search')
      break
    case 'configuration_update':
      read.updates.push(item)
      losses.add('tool-search')
      break
    case 'tool_search_call':
      losses.add('tool-search')
      break
    default:
      readForeign(item, type, losses)
  }
}

function readForeign(item: Fields, type: string, losses: Losses): void {
  if (foreignItems.has(type)) {
    throw invalidRequest(`An item of type "${type}" can only be read by the provider that wrote it.`, item.at('type'))
  }
  losses.add(serverItems.has(type) ? 'server-tool-history' : 'unknown-field')
}

function readMessage(item: Fields, items: Item[]): void {
  const role = item.oneOf('role', ['user', 'assistant', 'system', 'developer'])
  if (role === undefined) throw invalidRequest(`"${item.at('role')}" is required.`, item.at('role'))
  const parts = readContent(item, 'content')
  if (parts.length === 0) return
  const id = item.string('id')
  const phase = item.string('phase')
  items.push({ kind: 'message', role, parts, ...(id !== undefined && { id }), ...(phase !== undefined && { phase }) })
}

function readCall(item: Fields, tool: 'function' | 'custom'): ToolCallItem {
  const namespace = item.string('namespace')
  const itemId = item.string('id')
  return {
    kind: 'tool-call',
    id: item.requiredString('call_id'),
    name: item.requiredString('name'),
    tool,
    arguments: item.string(tool === 'custom' ? 'input' : 'arguments') ?? '',
    ...(namespace !== undefined && { namespace }),
    ...(itemId !== undefined && { itemId }),
  }
}

/** A bare `encrypted_content` is OpenAI's own; the gateway's envelope says whose it is. */
function readReasoning(item: Fields): ReasoningItem {
  const summary = texts(item.array('summary'))
  const raw = texts(item.array('content'))
  const parts = summary.length > 0 ? summary : raw
  const encrypted = item.string('encrypted_content')
  const envelope = encrypted === undefined ? undefined : unseal(encrypted)
  const id = envelope ? envelope.id : item.string('id')
  const read: ReasoningItem = {
    kind: 'reasoning',
    issuer: envelope?.issuer ?? 'openai',
    parts: envelope?.text ?? parts,
    ...(id !== undefined && { id }),
    ...(parts === raw && raw.length > 0 && { raw: true }),
  }
  if (!envelope) return encrypted === undefined ? read : { ...read, encrypted }
  switch (envelope.kind) {
    case 'redacted':
      return { ...read, encrypted: envelope.value, redacted: true }
    case 'encrypted':
      return { ...read, encrypted: envelope.value }
    default:
      return { ...read, signature: envelope.value }
  }
}

function texts(parts: unknown[] | undefined): string[] {
  return (parts ?? []).map((part) => asString(asObject(part)?.text)).filter((text) => text !== undefined)
}

/** A signature of Google's belongs to a call: its envelope has that call's id (see the encoder). */
function attachSignatures(items: Item[]): void {
  for (let index = items.length - 1; index >= 0; index--) {
    const item = items[index]
    if (item?.kind !== 'reasoning' || item.issuer !== 'google' || item.parts.length > 0) continue
    const call = items.find((other) => other.kind === 'tool-call' && other.id === item.id)
    if (call?.kind !== 'tool-call' || item.signature === undefined) continue
    call.signature = item.signature
    items.splice(index, 1)
  }
}
