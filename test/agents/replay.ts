import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { ResponseInputItem } from 'openai/resources/responses/responses'
import type { Format } from '../support/upstream/format.ts'
import type { WireCall } from './turns.ts'

/** What an upstream received as the history of a tool loop. Written without the gateway's own code. */
export interface Replay {
  /** Blocks, items or `reasoning_details`, as they stand in the request. */
  reasoning: object[]
  /** C: text of `reasoning_content`. */
  reasoningText: string
  text: string
  calls: WireCall[]
  results: { id: string; text: string; isError?: true }[]
  /** Where each stood. */
  order: ('reasoning' | 'text' | 'call' | 'result')[]
}

export const readReplay: Record<Format, (body: string) => Replay> = {
  C: (body) => readChat(body),
  M: (body) => readMessages(body),
  R: (body) => readResponses(body),
}

function emptyReplay(): Replay {
  return { reasoning: [], reasoningText: '', text: '', calls: [], results: [], order: [] }
}

type ChatMessage = ChatCompletionMessageParam & { reasoning_details?: object[]; reasoning_content?: string }

function readChat(body: string): Replay {
  const replay = emptyReplay()
  const { messages } = JSON.parse(body) as { messages: ChatMessage[] }
  for (const message of messages) {
    if (message.role === 'assistant') readChatTurn(message, replay)
    if (message.role !== 'tool') continue
    replay.results.push({ id: message.tool_call_id, text: textOf(message.content) })
    replay.order.push('result')
  }
  return replay
}

function readChatTurn(message: ChatMessage & { role: 'assistant' }, replay: Replay): void {
  const { content, reasoning_details = [], reasoning_content = '', tool_calls = [] } = message
  replay.reasoning.push(...reasoning_details)
  replay.reasoningText += reasoning_content
  replay.order.push(...reasoning_details.map(() => 'reasoning' as const))
  if (reasoning_content !== '') replay.order.push('reasoning')
  if (content) {
    replay.text += textOf(content)
    replay.order.push('text')
  }
  for (const call of tool_calls) {
    replay.order.push('call')
    if (call.type === 'function') replay.calls.push({ id: call.id, ...call.function })
    else replay.calls.push({ id: call.id, name: call.custom.name, arguments: call.custom.input, custom: true })
  }
}

interface Block {
  type: string
  [field: string]: unknown
}

function readMessages(body: string): Replay {
  const replay = emptyReplay()
  const { messages } = JSON.parse(body) as { messages: { role: string; content: string | Block[] }[] }
  for (const { role, content } of messages) {
    for (const block of typeof content === 'string' ? [] : content) {
      if (role === 'assistant') readBlock(block, replay)
      if (block.type === 'tool_result') readResult(block, replay)
    }
  }
  return replay
}

function readBlock(block: Block, replay: Replay): void {
  if (block.type === 'thinking' || block.type === 'redacted_thinking') {
    replay.reasoning.push(block)
    replay.order.push('reasoning')
  } else if (block.type === 'text') {
    replay.text += String(block.text)
    replay.order.push('text')
  } else if (block.type === 'tool_use') {
    const { id, name, input } = block as Block & { id: string; name: string }
    replay.calls.push({ id, name, arguments: JSON.stringify(input) })
    replay.order.push('call')
  }
}

function readResult(block: Block, replay: Replay): void {
  const isError = block.is_error === true && { isError: true as const }
  replay.results.push({ id: String(block.tool_use_id), text: textOf(block.content), ...isError })
  replay.order.push('result')
}

function readResponses(body: string): Replay {
  const replay = emptyReplay()
  const { input } = JSON.parse(body) as { input: ResponseInputItem[] }
  for (const item of input) readItem(item, replay)
  return replay
}

function readItem(item: ResponseInputItem, replay: Replay): void {
  switch (item.type) {
    case 'reasoning':
      replay.reasoning.push(item)
      replay.order.push('reasoning')
      return
    case 'message':
      if (item.role !== 'assistant') return
      replay.text += textOf(item.content)
      replay.order.push('text')
      return
    case 'function_call':
    case 'custom_tool_call':
      replay.calls.push(callOf(item))
      replay.order.push('call')
      return
    case 'function_call_output':
    case 'custom_tool_call_output':
      replay.results.push({ id: item.call_id ?? '', text: textOf(item.output) })
      replay.order.push('result')
  }
}

function callOf(item: Extract<ResponseInputItem, { type: 'function_call' | 'custom_tool_call' }>): WireCall {
  const { call_id: id, name, namespace } = item
  const place = namespace ? { namespace } : {}
  return item.type === 'function_call'
    ? { id, name, arguments: item.arguments, ...place }
    : { id, name, arguments: item.input, custom: true, ...place }
}

/** The text of a string or of the text parts of a list. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: { text?: unknown }) => (typeof part.text === 'string' ? part.text : '')).join('')
}
