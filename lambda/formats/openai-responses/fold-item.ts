import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import { appendText } from '../shared/append-text.ts'

/** Adds an event to an item that has no `done` yet. A `.done` event's whole text replaces what its deltas gave. */
export function applyToItem(type: string, event: JsonObject, item: JsonObject): void {
  const delta = asString(event.delta) ?? ''
  switch (type) {
    case 'response.content_part.added':
    case 'response.content_part.done':
      entries(item, 'content')[asNumber(event.content_index) ?? 0] = event.part
      return
    case 'response.output_text.delta':
      addText(textPart(item, event), delta, event.logprobs)
      return
    case 'response.output_text.done':
      replaceText(textPart(item, event), event)
      return
    case 'response.output_text.annotation.added':
      entries(textPart(item, event), 'annotations')[asNumber(event.annotation_index) ?? 0] = event.annotation
      return
    case 'response.refusal.delta':
      append(part(item, 'content', event.content_index, { type: 'refusal', refusal: '' }), 'refusal', delta)
      return
    case 'response.refusal.done':
      part(item, 'content', event.content_index, { type: 'refusal' }).refusal = event.refusal
      return
    case 'response.function_call_arguments.delta':
      append(item, 'arguments', delta)
      return
    case 'response.custom_tool_call_input.delta':
      append(item, 'input', delta)
      return
    case 'response.function_call_arguments.done':
      item.arguments = event.arguments
      return
    case 'response.custom_tool_call_input.done':
      item.input = event.input
      return
    default:
      applyReasoning(type, event, item)
      applyServerTool(type, event, item)
  }
}

/** The provider's own tools: what they were called with. What they found comes with the done item only. */
function applyServerTool(type: string, event: JsonObject, item: JsonObject): void {
  switch (type) {
    case 'response.mcp_call_arguments.delta':
      append(item, 'arguments', asString(event.delta) ?? '')
      return
    case 'response.mcp_call_arguments.done':
      item.arguments = event.arguments
      return
    case 'response.code_interpreter_call_code.delta':
      append(item, 'code', asString(event.delta) ?? '')
      return
    case 'response.code_interpreter_call_code.done':
      item.code = event.code
  }
}

function addText(part: JsonObject, delta: string, logprobs: unknown): void {
  append(part, 'text', delta)
  const tokens = asArray(logprobs)
  if (tokens) entries(part, 'logprobs').push(...tokens)
}

function replaceText(part: JsonObject, { text, logprobs }: JsonObject): void {
  part.text = text
  if (asArray(logprobs)?.length) part.logprobs = logprobs
}

function applyReasoning(type: string, event: JsonObject, item: JsonObject): void {
  const summary = () => part(item, 'summary', event.summary_index, { type: 'summary_text', text: '' })
  const raw = () => part(item, 'content', event.content_index, { type: 'reasoning_text', text: '' })
  switch (type) {
    case 'response.reasoning_summary_part.added':
    case 'response.reasoning_summary_part.done':
      entries(item, 'summary')[asNumber(event.summary_index) ?? 0] = event.part
      return
    case 'response.reasoning_summary_text.delta':
      append(summary(), 'text', asString(event.delta) ?? '')
      return
    case 'response.reasoning_summary_text.done':
      summary().text = event.text
      return
    case 'response.reasoning_text.delta':
      append(raw(), 'text', asString(event.delta) ?? '')
      return
    case 'response.reasoning_text.done':
      raw().text = event.text
  }
}

function textPart(item: JsonObject, event: JsonObject): JsonObject {
  return part(item, 'content', event.content_index, { type: 'output_text', text: '', annotations: [], logprobs: [] })
}

function part(item: JsonObject, list: 'content' | 'summary', index: unknown, fresh: JsonObject): JsonObject {
  const parts = entries(item, list)
  const position = asNumber(index) ?? 0
  const known = asObject(parts[position])
  if (known) return known
  parts[position] = fresh
  return fresh
}

function entries(item: JsonObject, list: string): unknown[] {
  const known = asArray(item[list])
  if (known) return known
  const fresh: unknown[] = []
  item[list] = fresh
  return fresh
}

function append(target: JsonObject, field: string, text: string): void {
  target[field] = appendText(asString(target[field]) ?? '', text)
}
