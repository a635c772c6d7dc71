import { createHash } from 'node:crypto'
import { clampCallId } from '../../events/ids.ts'
import type {
  CanonicalRequest,
  Item,
  JsonObject,
  MessageItem,
  ReasoningItem,
  ToolCallItem,
  ToolResultItem,
} from '../../events/request.ts'
import { paramOf } from '../../events/request.ts'
import { clampToolName } from '../../events/tool-names.ts'
import type { WriteContext } from '../codec.ts'
import { writeReasoningDetails } from './request-reasoning.ts'
import { type PartContext, writeContent } from './write-parts.ts'
import { writeToolResults } from './write-tool-results.ts'

/** Consecutive items of the model are one assistant message; results follow the calls they answer. */
type Turn =
  | { kind: 'message'; item: MessageItem }
  | { kind: 'assistant'; items: Array<MessageItem | ReasoningItem | ToolCallItem> }
  | { kind: 'results'; items: ToolResultItem[] }

/**
 * The history as `messages`.
 * @throws GatewayFault invalid_request for a part that C cannot carry
 */
export function writeMessages(request: CanonicalRequest, write: WriteContext): JsonObject[] {
  const context: PartContext = {
    ...write,
    param: paramOf(request, 'items'),
    marks: { toSkip: countMarks(request.items) - 4 },
  }
  const turns = turnsOf(request.items)
  const last = turns.at(-1)
  if (last?.kind === 'assistant' && last.items.at(-1)?.kind === 'message') context.losses.add('prefill')
  return turns.flatMap((turn, index) => writeTurn(turn, turns[index + 1], context))
}

function writeTurn(turn: Turn, next: Turn | undefined, context: PartContext): JsonObject[] {
  switch (turn.kind) {
    case 'message':
      return [writeMessage(turn.item, context)]
    case 'assistant':
      return [...writeAssistant(turn.items, context), ...missingResults(turn.items, next, context)]
    case 'results':
      return writeToolResults(turn.items, (id) => callId(id, context), context)
  }
}

/** Groups the items and moves each result directly behind its call, where OpenAI wants it. */
function turnsOf(items: readonly Item[]): Turn[] {
  const turns: Turn[] = []
  const turnOfCall = new Map<string, ToolResultItem[]>()
  let assistant: Extract<Turn, { kind: 'assistant' }> | undefined
  let results: ToolResultItem[] = []
  for (const item of items) {
    if (item.kind === 'tool-result') {
      const known = turnOfCall.get(item.callId)
      if (known) known.push(item)
      else turns.push({ kind: 'results', items: [item] })
      // Results end the assistant message: what the model says next, it says knowing them.
      assistant = undefined
    } else if (item.kind === 'message' && item.role !== 'assistant') {
      turns.push({ kind: 'message', item })
      assistant = undefined
    } else {
      if (!assistant) {
        assistant = { kind: 'assistant', items: [] }
        results = []
        turns.push(assistant, { kind: 'results', items: results })
      }
      assistant.items.push(item)
      if (item.kind === 'tool-call') turnOfCall.set(item.id, results)
    }
  }
  return turns.filter((turn) => turn.kind !== 'results' || turn.items.length > 0)
}

function countMarks(items: readonly Item[]): number {
  let marks = 0
  for (const item of items) {
    if (item.kind !== 'message' || item.role === 'assistant') continue
    for (const part of item.parts) if ('cache' in part && part.cache) marks++
  }
  return marks
}

function writeMessage(item: MessageItem, context: PartContext): JsonObject {
  const role = item.role === 'developer' ? (context.quirks.developerRole ?? 'developer') : item.role
  return { role, content: writeContent(item.parts, context) }
}

/** One message, or none: a turn of which only reasoning is left that cannot go back is refused (Mistral, litellm #13355). */
function writeAssistant(
  items: ReadonlyArray<MessageItem | ReasoningItem | ToolCallItem>,
  context: PartContext,
): JsonObject[] {
  const messages = items.filter((item) => item.kind === 'message')
  const calls = items.filter((item) => item.kind === 'tool-call')
  const { text, refusal } = textOf(messages, context)
  if (messages.some((item) => item.phase !== undefined)) context.losses.add('phase')
  const said = {
    ...(refusal !== '' && { refusal }),
    ...writeReasoning(
      items.filter((item) => item.kind === 'reasoning'),
      context,
    ),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => writeCall(call, context)) }),
  }
  if (text === '' && Object.keys(said).length === 0) return []
  const content = text === '' && (calls.length > 0 || refusal !== '') ? null : text
  return [{ role: 'assistant', content, ...said }]
}

function textOf(messages: readonly MessageItem[], context: PartContext): { text: string; refusal: string } {
  let refusal = ''
  const texts = messages.map(({ parts }) => {
    let text = ''
    for (const part of parts) {
      if (part.kind === 'refusal') refusal += part.text
      else if (part.kind === 'text') text += part.text
      else context.losses.add('unknown-field') // no format lets the model's own turn hold pictures or files
      if (part.kind === 'text' && part.cache) context.losses.add('cache-hint')
    }
    return text
  })
  // The parts of a message are one text in pieces; two messages are two texts.
  return { text: texts.filter((text) => text !== '').join('\n\n'), refusal }
}

/** Reasoning goes back only to providers that ask for it; others have no field for it. */
function writeReasoning(items: readonly ReasoningItem[], context: PartContext): JsonObject {
  const { quirks, losses } = context
  if (items.length === 0) return {}
  if (quirks.replayReasoningDetails) {
    return { reasoning_details: items.flatMap((item, index) => writeReasoningDetails(item, index)) }
  }
  const text = quirks.replayReasoning ? items.flatMap((item) => item.parts).join('\n\n') : ''
  if (text === '') losses.add('foreign-reasoning')
  return text === '' ? {} : { reasoning_content: text }
}

function writeCall(call: ToolCallItem, context: PartContext): JsonObject {
  if (call.cache) context.losses.add('cache-hint')
  const id = callId(call.id, context)
  const name = clampToolName(call.name, call.namespace)
  const signature = call.signature !== undefined &&
    context.quirks.issuer === 'google' && {
      extra_content: { google: { thought_signature: call.signature } },
    }
  if (call.tool === 'function') {
    return { id, type: 'function', function: { name, arguments: call.arguments || '{}' }, ...signature }
  }
  if (!context.quirks.wrapCustomTools) return { id, type: 'custom', custom: { name, input: call.arguments } }
  return { id, type: 'function', function: { name, arguments: JSON.stringify({ input: call.arguments }) } }
}

/** Several servers refuse longer ids, though OpenAI itself no longer does (litellm #17343, agno #5382). */
const maxCallId = 40

/** Call ids as the provider takes them: a pure function, so a call and its result agree. */
function callId(id: string, { quirks }: WriteContext): string {
  const hash = () => createHash('sha256').update(id).digest('hex')
  if (quirks.callIds === 'nine-alphanumerics') return /^[A-Za-z0-9]{9}$/.test(id) ? id : hash().slice(0, 9)
  const legal = clampCallId(id)
  return legal.length <= maxCallId ? legal : `${legal.slice(0, 23)}_${hash().slice(0, 16)}`
}

/** OpenAI refuses a call without its result. One that is still to come (the history ends here) is not missing. */
function missingResults(
  items: ReadonlyArray<MessageItem | ReasoningItem | ToolCallItem>,
  next: Turn | undefined,
  context: PartContext,
): JsonObject[] {
  const calls = items.filter((item) => item.kind === 'tool-call')
  if (!next || calls.length === 0) return []
  const answered = new Set(next.kind === 'results' ? next.items.map((item) => item.callId) : [])
  const missing = calls.filter((call) => !answered.has(call.id))
  if (missing.length > 0) context.losses.add('missing-tool-result')
  return missing.map((call) => ({ role: 'tool', tool_call_id: callId(call.id, context), content: '(no output)' }))
}
