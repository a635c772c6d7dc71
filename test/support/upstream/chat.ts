import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import { baselineCounts, type Counts, type Finish, finishOf, type Part, type Reply } from './reply.ts'
import { verbatim, type WireEvent } from './sse-text.ts'

/** Chat Completions events, each in one line. */
type Delta = ChatCompletionChunk.Choice.Delta & Record<string, unknown>

const identity = { id: 'chatcmpl-fake1', object: 'chat.completion.chunk', created: 1767225600, model: 'fake-model' }

export function chatChunk(choices: unknown[], more: object = {}): WireEvent {
  return { ...identity, choices, ...more }
}

export function chatDelta(delta: Record<string, unknown>, finish: string | null = null, more: object = {}): WireEvent {
  return chatChunk([{ index: 0, delta: delta as Delta, finish_reason: finish }], more)
}

export const chatRole = chatDelta({ role: 'assistant', content: '' })
export const chatDone = verbatim('data: [DONE]\n\n')

export function chatUsage(counts: Counts = baselineCounts): WireEvent {
  return chatChunk([], { usage: chatCounts(counts) })
}

export function chatCounts({ input, cacheRead, cacheWrite, output, reasoning }: Counts): object {
  const prompt = input + cacheRead + cacheWrite
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cacheRead, ...(cacheWrite > 0 && { cache_write_tokens: cacheWrite }) },
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  }
}

const finishWords: Record<Finish, string> = {
  natural: 'stop',
  tools: 'tool_calls',
  limit: 'length',
  filter: 'content_filter',
}

export function chatEvents(reply: Reply): WireEvent[] {
  let calls = 0
  const onlyCalls = reply.parts[0]?.kind === 'call'
  const content = reply.parts.flatMap((part) => partEvents(part, part.kind === 'call' ? calls++ : -1))
  const usage = reply.usage === null ? [] : [chatUsage(reply.usage ?? baselineCounts)]
  return [
    onlyCalls ? chatDelta({ role: 'assistant', content: null }) : chatRole,
    ...content,
    chatDelta({}, finishWords[finishOf(reply)]),
    ...usage,
    chatDone,
  ]
}

function partEvents(part: Part, toolIndex: number): WireEvent[] {
  switch (part.kind) {
    case 'text':
      return part.deltas.map((content) => chatDelta({ content }))
    case 'refusal':
      return part.deltas.map((refusal) => chatDelta({ refusal }))
    case 'thinking':
      return part.deltas.map((reasoning_content) => chatDelta({ reasoning_content }))
    case 'call':
      return [
        chatCallStart(toolIndex, part.id, part.name),
        ...part.pieces.map((piece) => chatArguments(toolIndex, piece)),
      ]
  }
}

export function chatCallStart(index: number, id: string, name: string, args: string | null = ''): WireEvent {
  return chatDelta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] })
}

export function chatArguments(index: number, piece: string): WireEvent {
  return chatDelta({ tool_calls: [{ index, function: { arguments: piece } }] })
}
