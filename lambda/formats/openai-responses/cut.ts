import { asArray, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'

/**
 * A whole response as the events its stream would have had: one delta a part, one a call. An object that is no response
 * (`{"error": …}` under status 200) becomes an `error` event.
 */
export function cutObject(object: JsonObject): Frame[] {
  const frames: Frame[] = []
  const write = (type: string, members: JsonObject) => {
    const data = JSON.stringify({ type, sequence_number: frames.length, ...members })
    frames.push({ event: type, data })
  }
  if (!Array.isArray(object.output) && object.error) {
    write('error', { error: object.error })
    return frames
  }
  const started = begun(object)
  write('response.created', { response: started })
  write('response.in_progress', { response: started })
  for (const [index, value] of asArray(object.output)?.entries() ?? []) cutItem(asObject(value) ?? {}, index, write)
  const terminals = ['completed', 'incomplete', 'failed']
  const status = asString(object.status) ?? ''
  // Any other status (`queued`, `cancelled`) means that there is no whole answer.
  write(`response.${terminals.includes(status) ? status : 'failed'}`, { response: object })
  return frames
}

/** The response as its first events have it: without what only its end knows. */
function begun(object: JsonObject): JsonObject {
  const begin = { ...object, status: 'in_progress', output: [], usage: null, error: null, incomplete_details: null }
  return object.completed_at === undefined ? begin : { ...begin, completed_at: null }
}

type Write = (type: string, members: JsonObject) => void

function cutItem(item: JsonObject, index: number, write: Write): void {
  const place = { item_id: item.id, output_index: index }
  write('response.output_item.added', { output_index: index, item: emptied(item) })
  switch (item.type) {
    case 'message':
      for (const [position, part] of asArray(item.content)?.entries() ?? []) {
        cutPart(asObject(part) ?? {}, { ...place, content_index: position }, write)
      }
      break
    case 'reasoning':
      cutReasoning(item, place, write)
      break
    case 'function_call':
      write('response.function_call_arguments.delta', { ...place, delta: item.arguments })
      write('response.function_call_arguments.done', { ...place, arguments: item.arguments })
      break
    case 'custom_tool_call':
      write('response.custom_tool_call_input.delta', { ...place, delta: item.input })
      write('response.custom_tool_call_input.done', { ...place, input: item.input })
  }
  write('response.output_item.done', { output_index: index, item })
}

/** The item as its `added` event has it: without content. Items of other types come whole at once. */
function emptied(item: JsonObject): JsonObject {
  switch (item.type) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] }
    case 'reasoning':
      return { ...item, summary: [], ...(item.content !== undefined && { content: [] }) }
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' }
    case 'custom_tool_call':
      return { ...item, status: 'in_progress', input: '' }
    default:
      return item
  }
}

function cutPart(part: JsonObject, place: JsonObject, write: Write): void {
  if (part.type === 'refusal') {
    write('response.content_part.added', { ...place, part: { ...part, refusal: '' } })
    write('response.refusal.delta', { ...place, delta: part.refusal })
    write('response.refusal.done', { ...place, refusal: part.refusal })
  } else {
    const { text, logprobs = [] } = part
    write('response.content_part.added', { ...place, part: { ...part, text: '', annotations: [], logprobs: [] } })
    write('response.output_text.delta', { ...place, delta: text, logprobs })
    for (const [position, annotation] of asArray(part.annotations)?.entries() ?? []) {
      write('response.output_text.annotation.added', { ...place, annotation_index: position, annotation })
    }
    write('response.output_text.done', { ...place, text, logprobs })
  }
  write('response.content_part.done', { ...place, part })
}

function cutReasoning(item: JsonObject, place: JsonObject, write: Write): void {
  for (const [position, part] of asArray(item.summary)?.entries() ?? []) {
    const at = { ...place, summary_index: position }
    const { text } = asObject(part) ?? {}
    write('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } })
    write('response.reasoning_summary_text.delta', { ...at, delta: text })
    write('response.reasoning_summary_text.done', { ...at, text })
    write('response.reasoning_summary_part.done', { ...at, part })
  }
  for (const [position, part] of asArray(item.content)?.entries() ?? []) {
    const at = { ...place, content_index: position }
    const { text } = asObject(part) ?? {}
    write('response.content_part.added', { ...at, part: { type: 'reasoning_text', text: '' } })
    write('response.reasoning_text.delta', { ...at, delta: text })
    write('response.reasoning_text.done', { ...at, text })
    write('response.content_part.done', { ...at, part })
  }
}
