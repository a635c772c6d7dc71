import { asArray, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'

/** A whole `Message` (or error body) as the frames its stream would have had: one delta a part. */
export function cutObject(object: JsonObject): Frame[] {
  if (object.type === 'error' || (object.error !== undefined && object.content === undefined)) {
    return [frame({ ...object, type: 'error' })]
  }
  const { content, stop_reason, stop_sequence, stop_details, container, context_management, usage, ...message } = object
  const start = { ...message, content: [], stop_reason: null, stop_sequence: null, usage }
  const delta = { stop_reason, stop_sequence, stop_details, container }
  return [
    frame({ type: 'message_start', message: start }),
    ...(asArray(content) ?? []).flatMap((block, index) => cutBlock(asObject(block) ?? {}, index)),
    frame({ type: 'message_delta', delta, usage, ...(context_management !== undefined && { context_management }) }),
    frame({ type: 'message_stop' }),
  ]
}

function frame(event: JsonObject): Frame {
  return { event: String(event.type), data: JSON.stringify(event) }
}

function cutBlock(block: JsonObject, index: number): Frame[] {
  const { emptied, deltas } = emptyBlock(block)
  return [
    frame({ type: 'content_block_start', index, content_block: emptied }),
    ...deltas.map((delta) => frame({ type: 'content_block_delta', index, delta })),
    frame({ type: 'content_block_stop', index }),
  ]
}

/** The block as its start has it, and the deltas that fill it; blocks that stream whole stay whole. */
function emptyBlock(block: JsonObject): { emptied: JsonObject; deltas: JsonObject[] } {
  switch (block.type) {
    case 'text': {
      const citations = (asArray(block.citations) ?? []).map((citation) => ({ type: 'citations_delta', citation }))
      const text = { type: 'text_delta', text: asString(block.text) ?? '' }
      const uncited = block.citations === undefined ? block : { ...block, citations: null }
      return { emptied: { ...uncited, text: '' }, deltas: [...citations, text] }
    }
    case 'thinking': {
      const thinking = { type: 'thinking_delta', thinking: asString(block.thinking) ?? '' }
      const signature = { type: 'signature_delta', signature: asString(block.signature) ?? '' }
      return { emptied: { ...block, thinking: '', signature: '' }, deltas: [thinking, signature] }
    }
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use': {
      // Our own buffered answers hold a cut call's input as text.
      const json = typeof block.input === 'string' ? block.input : JSON.stringify(block.input ?? {})
      const input = { type: 'input_json_delta', partial_json: json === '{}' ? '' : json }
      return { emptied: { ...block, input: {} }, deltas: [input] }
    }
    default:
      return { emptied: block, deltas: [] }
  }
}
