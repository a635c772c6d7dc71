import { invalidRequest } from '../../errors.ts'
import { asObject, asString } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type {
  Item,
  JsonObject,
  MessageItem,
  Part,
  ReasoningItem,
  ToolCallItem,
  ToolResultItem,
} from '../../events/request.ts'
import { signatureOf } from './decode-tool-calls.ts'
import { arrayField, objectEntries, objectField, requiredString, stringField } from './request-fields.ts'
import { cacheOf, readContent } from './request-parts.ts'
import { readReasoning } from './request-reasoning.ts'
import { readThinkingText } from './thinking-text.ts'

/** Message fields that are read, or only echo what the answer said and no upstream takes back. */
const messageKeys: ReadonlySet<string> = new Set([
  'role',
  'content',
  'name',
  'refusal',
  'tool_calls',
  'tool_call_id',
  'function_call',
  'audio',
  'annotations',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'parsed',
  'cache_control',
])

/** What the history so far tells about later messages. */
interface History {
  items: Item[]
  /** Which calls were of custom tools: their results do not say it. */
  customCalls: Set<string>
  /** Deprecated calls that wait for their result, by name: they have no ids. */
  legacyCalls: Map<string, string[]>
  /** May an assistant's text hold reasoning? See thinking-text.ts. */
  thinkingText: boolean
}

/**
 * `messages` as the flat history. Messages without content are dropped.
 * @throws GatewayFault invalid_request with the path of what is wrong
 */
export function readMessages(body: JsonObject, losses: Losses, thinkingText = false): Item[] {
  const messages = arrayField(body, 'messages')
  if (!messages || messages.length === 0) {
    throw invalidRequest("Invalid 'messages': expected an array with at least one message.", 'messages')
  }
  const history: History = { items: [], customCalls: new Set(), legacyCalls: new Map(), thinkingText }
  for (const { entry, path } of objectEntries(body, 'messages')) {
    readMessage(entry, path, history)
    if (Object.keys(entry).some((key) => !messageKeys.has(key) && entry[key] !== null)) losses.add('unknown-field')
  }
  return history.items
}

function readMessage(message: JsonObject, path: string, history: History): void {
  const { role } = message
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      pushMessage(message, path, role, readContent(message, path), history)
      return
    case 'assistant':
      readAssistant(message, path, history)
      return
    case 'tool':
      readToolResult(message, path, history)
      return
    case 'function':
      readFunctionResult(message, path, history)
      return
    default: {
      const expected = "expected 'system', 'developer', 'user', 'assistant', 'tool' or 'function'"
      throw invalidRequest(`Invalid value for '${path}.role': ${expected}.`, `${path}.role`)
    }
  }
}

function pushMessage(
  message: JsonObject,
  path: string,
  role: MessageItem['role'],
  parts: Part[],
  history: History,
): void {
  if (parts.length === 0) return
  const name = stringField(message, 'name', path)
  const marked = markLast(parts, message)
  history.items.push({ kind: 'message', role, parts: marked, ...(name !== undefined && { name }) })
}

/** A cache mark on the message means its last part. */
function markLast(parts: Part[], message: JsonObject): Part[] {
  const { cache } = cacheOf(message)
  const last = parts.at(-1)
  if (!cache || !last || last.kind === 'refusal' || last.kind === 'audio') return parts
  return [...parts.slice(0, -1), { ...last, cache }]
}

function readAssistant(message: JsonObject, path: string, history: History): void {
  if (asString(asObject(message.audio)?.id) !== undefined) {
    throw invalidRequest('Audio of an earlier answer belongs to one provider.', `${path}.audio`)
  }
  history.items.push(...readReasoning(message))
  const parts = readContent(message, path)
  const refusal = stringField(message, 'refusal', path)
  if (refusal) parts.push({ kind: 'refusal', text: refusal })
  for (const piece of history.thinkingText ? takenApart(parts) : [parts]) {
    if (Array.isArray(piece)) pushMessage(message, path, 'assistant', piece, history)
    else history.items.push(piece)
  }
  for (const { entry, path: at } of objectEntries(message, 'tool_calls', path)) {
    history.items.push(readCall(entry, at, history))
  }
  const legacy = objectField(message, 'function_call', path)
  if (legacy) history.items.push(readLegacyCall(legacy, `${path}.function_call`, history))
}

/** Reasoning that stands in the text, and the parts between, in order. */
function takenApart(parts: readonly Part[]): Array<ReasoningItem | Part[]> {
  const pieces: Array<ReasoningItem | Part[]> = []
  for (const part of parts) {
    const read = part.kind === 'text' ? readThinkingText(part.text) : [part]
    for (const piece of read) {
      const last = pieces.at(-1)
      if (piece.kind === 'reasoning') pieces.push(piece)
      else if (Array.isArray(last)) last.push(marked(piece, part))
      else pieces.push([marked(piece, part)])
    }
  }
  return pieces
}

function marked(piece: Part, whole: Part): Part {
  return piece.kind === 'text' && whole.kind === 'text' && whole.cache ? { ...piece, cache: whole.cache } : piece
}

function readCall(call: JsonObject, path: string, history: History): ToolCallItem {
  const id = requiredString(call, 'id', path)
  const custom = objectField(call, 'custom', path)
  if (custom) {
    history.customCalls.add(id)
    const name = requiredString(custom, 'name', `${path}.custom`)
    const input = stringField(custom, 'input', `${path}.custom`) ?? ''
    return { kind: 'tool-call', id, name, tool: 'custom', arguments: input }
  }
  const at = `${path}.function`
  const body = objectField(call, 'function', path) ?? {}
  const name = requiredString(body, 'name', at)
  const signature = signatureOf(call)
  return {
    kind: 'tool-call',
    id,
    name,
    tool: 'function',
    arguments: stringField(body, 'arguments', at) ?? '',
    ...(signature !== undefined && { signature }),
  }
}

/** Deprecated calls have no id, so one is made of their place, which is the same in every request of a conversation. */
function readLegacyCall(call: JsonObject, path: string, history: History): ToolCallItem {
  const name = requiredString(call, 'name', path)
  const id = `call_function_${history.items.length}`
  history.legacyCalls.set(name, [...(history.legacyCalls.get(name) ?? []), id])
  return { kind: 'tool-call', id, name, tool: 'function', arguments: stringField(call, 'arguments', path) ?? '' }
}

function readToolResult(message: JsonObject, path: string, history: History): void {
  const callId = requiredString(message, 'tool_call_id', path)
  const tool: ToolResultItem['tool'] = history.customCalls.has(callId) ? 'custom' : 'function'
  const parts = readContent(message, path)
  history.items.push({ kind: 'tool-result', callId, tool, parts, ...cacheOf(message) })
}

function readFunctionResult(message: JsonObject, path: string, history: History): void {
  const name = requiredString(message, 'name', path)
  const callId = history.legacyCalls.get(name)?.shift()
  if (callId === undefined) {
    throw invalidRequest(`'${path}' answers no earlier function call named "${name}".`, `${path}.name`)
  }
  history.items.push({ kind: 'tool-result', callId, tool: 'function', parts: readContent(message, path) })
}
