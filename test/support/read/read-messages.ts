import type { ContentBlock, Message, MessageStreamEvent, TextCitation } from '@anthropic-ai/sdk/resources/messages'
import type { Counts } from '../upstream/reply.ts'
import { type Answer, emptyAnswer, follow } from './answer.ts'
import type { WrittenFrame } from './sse-frames.ts'

type Working = ReturnType<typeof emptyAnswer>
/** Of `message_start`, `message_delta` and the object: the later ones lay over the earlier where they are not null. */
type MessageUsage = Record<string, unknown> & { output_tokens_details?: { thinking_tokens?: number } | null }
type Event = MessageStreamEvent | { type: 'error'; error: { type: string; message: string } } | { type: 'ping' }

export function readMessagesStream(frames: readonly WrittenFrame[]): Answer {
  const answer = emptyAnswer()
  let usage: MessageUsage | undefined
  for (const { data } of frames) {
    const event = JSON.parse(data) as Event
    if (event.type === 'message_start') usage = { ...event.message.usage } as MessageUsage
    else if (event.type === 'message_delta') {
      usage = merged(usage, event.usage as unknown as MessageUsage)
      answer.finish = event.delta.stop_reason
      answer.stopSequence = event.delta.stop_sequence
    } else addEvent(answer, event)
  }
  for (const call of answer.calls) if (call.arguments === '') call.arguments = '{}'
  return { ...answer, usage: usage ? messagesCounts(usage) : null }
}

function addEvent(answer: Working, event: Event): void {
  if (event.type === 'error') answer.error = { ...event.error, code: null }
  if (event.type === 'content_block_start') startBlock(answer, event.content_block)
  if (event.type === 'content_block_delta') {
    const { delta } = event
    const call = answer.calls.at(-1)
    if (delta.type === 'text_delta') answer.text += delta.text
    if (delta.type === 'thinking_delta') answer.reasoning += delta.thinking
    if (delta.type === 'signature_delta') answer.seals.push(delta.signature)
    if (delta.type === 'citations_delta') addCitation(answer, delta.citation)
    if (delta.type === 'input_json_delta' && call) call.arguments += delta.partial_json
  }
}

function startBlock(answer: Working, block: ContentBlock): void {
  if (block.type === 'text') follow(answer.order, 'text')
  if (block.type === 'thinking' || block.type === 'redacted_thinking') follow(answer.order, 'reasoning')
  if (block.type === 'redacted_thinking') answer.seals.push(block.data)
  if (block.type !== 'tool_use') return
  follow(answer.order, 'call')
  answer.calls.push({ id: block.id, name: block.name, arguments: '' })
}

export function readMessagesObject(object: unknown): Answer {
  const message = object as Message
  const answer = emptyAnswer()
  for (const block of message.content) {
    startBlock(answer, block)
    if (block.type === 'text') {
      answer.text += block.text
      for (const citation of block.citations ?? []) addCitation(answer, citation)
    }
    if (block.type === 'thinking') {
      answer.reasoning += block.thinking
      if (block.signature) answer.seals.push(block.signature)
    }
    const call = answer.calls.at(-1)
    if (block.type === 'tool_use' && call) call.arguments = inputText(block.input)
  }
  return {
    ...answer,
    finish: message.stop_reason,
    stopSequence: message.stop_sequence,
    usage: messagesCounts(message.usage as unknown as MessageUsage),
  }
}

/** Arguments that broke off are no object: they stay the text they were. */
function inputText(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input)
}

function addCitation(answer: Answer, citation: TextCitation): void {
  if ('url' in citation) answer.citations.push({ url: citation.url, title: citation.title })
}

function merged(earlier: MessageUsage | undefined, later: MessageUsage): MessageUsage {
  const present = Object.entries(later).filter(([, value]) => value !== null && value !== undefined)
  return { ...earlier, ...Object.fromEntries(present) }
}

function messagesCounts(usage: MessageUsage): Counts {
  const count = (name: string) => Number(usage[name] ?? 0)
  return {
    input: count('input_tokens'),
    cacheRead: count('cache_read_input_tokens'),
    cacheWrite: count('cache_creation_input_tokens'),
    output: count('output_tokens'),
    reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
  }
}
