import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { CompletionUsage } from 'openai/resources/completions'
import type { Counts } from '../upstream/reply.ts'
import { type Answer, emptyAnswer, follow } from './answer.ts'
import type { WrittenFrame } from './sse-frames.ts'

/** Fields that are no part of OpenAI's own types but in common use. */
interface MoreFields {
  reasoning_content?: string | null
  reasoning_details?: { signature?: string; data?: string }[]
  annotations?: { url_citation: { url: string; title: string } }[]
}
type Delta = ChatCompletionChunk.Choice.Delta & MoreFields
type Message = ChatCompletion['choices'][number]['message'] & MoreFields
type ToolDelta = ChatCompletionChunk.Choice.Delta.ToolCall & { custom?: { name?: string; input?: string } }
interface ErrorBody {
  error?: { message: string; type: string | null; code: string | null }
}

export function readChatStream(frames: readonly WrittenFrame[]): Answer {
  const answer = emptyAnswer()
  for (const { data } of frames) {
    if (data === '[DONE]') continue
    const chunk = JSON.parse(data) as ChatCompletionChunk & ErrorBody
    if (chunk.error) answer.error = chunk.error
    if (chunk.usage) answer.usage = chatCounts(chunk.usage)
    for (const { delta, finish_reason } of chunk.choices ?? []) {
      addDelta(answer, delta)
      answer.finish ??= finish_reason
    }
  }
  return answer
}

function addDelta(answer: ReturnType<typeof emptyAnswer>, delta: Delta): void {
  if (delta.reasoning_content) follow(answer.order, 'reasoning')
  if (delta.content) follow(answer.order, 'text')
  if (delta.refusal) follow(answer.order, 'refusal')
  answer.reasoning += delta.reasoning_content ?? ''
  answer.text += delta.content ?? ''
  answer.refusal += delta.refusal ?? ''
  addSeals(answer, delta)
  for (const piece of delta.tool_calls ?? []) addCallPiece(answer, piece)
}

function addSeals(answer: Answer, { reasoning_details, annotations }: MoreFields): void {
  for (const { signature, data } of reasoning_details ?? []) answer.seals.push(...[signature ?? data ?? []].flat())
  for (const { url_citation } of annotations ?? []) {
    answer.citations.push({ url: url_citation.url, title: url_citation.title })
  }
}

function addCallPiece(answer: ReturnType<typeof emptyAnswer>, piece: ToolDelta): void {
  follow(answer.order, 'call')
  answer.calls[piece.index] ??= { id: '', name: '', arguments: '' }
  const call = answer.calls[piece.index]
  if (!call) return
  call.id += piece.id ?? ''
  call.name += piece.function?.name ?? piece.custom?.name ?? ''
  call.arguments += piece.function?.arguments ?? piece.custom?.input ?? ''
}

export function readChatObject(object: unknown): Answer {
  const { choices, usage } = object as ChatCompletion
  const message = choices[0]?.message as Message
  const calls = (message.tool_calls ?? []).map((call) =>
    call.type === 'custom'
      ? { id: call.id, name: call.custom.name, arguments: call.custom.input }
      : { id: call.id, name: call.function.name, arguments: call.function.arguments },
  )
  const { order: _order, ...answer } = emptyAnswer()
  addSeals(answer, message)
  return {
    ...answer,
    text: message.content ?? '',
    reasoning: message.reasoning_content ?? '',
    refusal: message.refusal ?? '',
    calls,
    finish: choices[0]?.finish_reason ?? null,
    usage: usage ? chatCounts(usage) : null,
  }
}

function chatCounts(usage: CompletionUsage): Counts {
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details, completion_tokens_details } = usage
  if (total_tokens !== prompt_tokens + completion_tokens) throw new Error('total_tokens is not the sum of both sides')
  const cacheRead = prompt_tokens_details?.cached_tokens ?? 0
  const cacheWrite = (prompt_tokens_details as { cache_write_tokens?: number } | undefined)?.cache_write_tokens ?? 0
  return {
    input: prompt_tokens - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    output: completion_tokens,
    reasoning: completion_tokens_details?.reasoning_tokens ?? 0,
  }
}
