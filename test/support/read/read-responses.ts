import type {
  Response,
  ResponseOutputItem,
  ResponseOutputMessage,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses'
import type { Counts } from '../upstream/reply.ts'
import { type Answer, emptyAnswer, follow } from './answer.ts'
import type { WrittenFrame } from './sse-frames.ts'

type Working = ReturnType<typeof emptyAnswer>
type ErrorEvent = { type: 'error'; message?: string; code?: string | null; error?: { message: string; type: string } }

/** Reads the deltas, not the terminal object, which must say the same (see the grammar). */
export function readResponsesStream(frames: readonly WrittenFrame[]): Answer {
  const answer = emptyAnswer()
  const calls = new Map<number, Answer['calls'][number]>()
  for (const { data } of frames) {
    const event = JSON.parse(data) as ResponseStreamEvent
    addContent(answer, event)
    if (event.type === 'response.output_item.added') startItem(answer, event.item, event.output_index, calls)
    if (event.type === 'response.output_item.done') endItem(answer, event.item)
    const call = 'output_index' in event ? calls.get(event.output_index) : undefined
    if (event.type === 'response.function_call_arguments.delta' && call) call.arguments += event.delta
    if (event.type === 'response.custom_tool_call_input.delta' && call) call.arguments += event.delta
    if (event.type === 'error') answer.error = errorOf(event)
    if ('response' in event) endResponse(answer, event.type, event.response as Response)
  }
  return answer
}

function addContent(answer: Working, event: ResponseStreamEvent): void {
  switch (event.type) {
    case 'response.output_text.delta':
      answer.text += event.delta
      follow(answer.order, 'text')
      return
    case 'response.refusal.delta':
      answer.refusal += event.delta
      follow(answer.order, 'refusal')
      return
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      answer.reasoning += event.delta
      follow(answer.order, 'reasoning')
      return
    case 'response.output_text.annotation.added':
      addAnnotation(answer, event.annotation)
  }
}

function startItem(
  answer: Working,
  item: ResponseOutputItem,
  index: number,
  calls: Map<number, Answer['calls'][number]>,
): void {
  if (item.type !== 'function_call' && item.type !== 'custom_tool_call') return
  follow(answer.order, 'call')
  const call = { id: item.call_id, name: item.name, arguments: '' }
  calls.set(index, call)
  answer.calls.push(call)
}

function endItem(answer: Working, item: ResponseOutputItem): void {
  if (item.type === 'reasoning' && item.encrypted_content) answer.seals.push(item.encrypted_content)
}

function endResponse(answer: Working, type: string, response: Response): void {
  if (type === 'response.created' || type === 'response.in_progress') return
  answer.usage = response.usage ? responsesCounts(response.usage) : null
  if (type === 'response.failed') {
    answer.error ??= { message: response.error?.message ?? '', type: null, code: response.error?.code ?? null }
  } else answer.finish = statusOf(response)
}

function errorOf(event: ErrorEvent): Answer['error'] {
  return {
    message: event.error?.message ?? event.message ?? '',
    type: event.error?.type ?? null,
    code: event.code ?? null,
  }
}

export function readResponsesObject(object: unknown): Answer {
  const response = object as Response
  const answer = emptyAnswer()
  for (const item of response.output) {
    endItem(answer, item)
    if (item.type === 'reasoning') {
      const parts = item.content?.length ? item.content : item.summary
      answer.reasoning += parts.map(({ text }) => text).join('')
      if (parts.length > 0) follow(answer.order, 'reasoning')
    }
    if (item.type === 'message') addMessage(answer, item)
    if (item.type === 'function_call') addCall(answer, item.call_id, item.name, item.arguments)
    if (item.type === 'custom_tool_call') addCall(answer, item.call_id, item.name, item.input)
  }
  return {
    ...answer,
    finish: statusOf(response),
    usage: response.usage ? responsesCounts(response.usage) : null,
  }
}

function addMessage(answer: Working, item: ResponseOutputMessage): void {
  for (const part of item.content) {
    if (part.type === 'refusal') {
      answer.refusal += part.refusal
      follow(answer.order, 'refusal')
    } else {
      answer.text += part.text
      follow(answer.order, 'text')
      for (const annotation of part.annotations) addAnnotation(answer, annotation)
    }
  }
}

function addCall(answer: Working, id: string, name: string, text: string): void {
  follow(answer.order, 'call')
  answer.calls.push({ id, name, arguments: text })
}

function addAnnotation(answer: Answer, annotation: unknown): void {
  const { type, url, title } = annotation as { type: string; url: string; title: string }
  if (type === 'url_citation') answer.citations.push({ url, title })
}

function statusOf({ status, incomplete_details }: Response): string {
  return incomplete_details?.reason ? `${status}/${incomplete_details.reason}` : (status ?? '')
}

function responsesCounts(usage: NonNullable<Response['usage']>): Counts {
  if (usage.total_tokens !== usage.input_tokens + usage.output_tokens) throw new Error('total_tokens is not the sum')
  const { cached_tokens = 0, cache_write_tokens = 0 } = usage.input_tokens_details ?? {}
  return {
    input: usage.input_tokens - cached_tokens - cache_write_tokens,
    cacheRead: cached_tokens,
    cacheWrite: cache_write_tokens,
    output: usage.output_tokens,
    reasoning: usage.output_tokens_details?.reasoning_tokens ?? 0,
  }
}
