import type { FormatId } from '../../lambda/formats/codec.ts'
import { sseData, sseEvent } from '../../lambda/framing/sse.ts'

/**
 * An answer as its provider would stream it, in the sizes that providers really send: C about 290 bytes a frame, M 130,
 * R 250. `opening` ends with the first content, so that its first byte is the client's first token.
 */
export interface SyntheticStream {
  opening: string[]
  /** One content delta; called with 1, 2, 3, …; the text is a word unless given. */
  delta(number: number, text?: string): string
  /** What ends an answer of `deltas` deltas. */
  closing(deltas: number): string[]
}

// Word lengths as in prose, with the odd character that JSON must escape or UTF-8 needs two bytes for.
const words = [' the', ' stream', ',', ' of', ' tokens', ' is', ' "quoted"', ' and', ' naïve', '.\n\n', ' `code`', ' a']
const created = 1_790_000_000

function word(number: number): string {
  return words[number % words.length] ?? ''
}

/** The text of a whole answer, as R repeats it at its end. */
export function wholeText(deltas: number): string {
  let text = 'First'
  for (let number = 1; number <= deltas; number++) text += word(number)
  return text
}

function chatChunk(choices: unknown[], usage: unknown = null): string {
  const chunk = {
    id: 'chatcmpl-CYPS1lijGoK8gd9lYzY3r9Sx50nbt',
    object: 'chat.completion.chunk',
    created,
    model: 'gpt-5-mini-2025-08-07',
    service_tier: 'default',
    system_fingerprint: 'fp_7568d46099',
    choices,
    usage,
    obfuscation: 'iDOuV7Jz',
  }
  return sseData(JSON.stringify(chunk))
}

function chatDelta(delta: unknown, finishReason: string | null = null): string {
  return chatChunk([{ index: 0, delta, logprobs: null, finish_reason: finishReason }])
}

const chat: SyntheticStream = {
  opening: [chatDelta({ role: 'assistant', content: '', refusal: null }), chatDelta({ content: 'First' })],
  delta: (number, text = word(number)) => chatDelta({ content: text }),
  closing: (deltas) => [
    chatDelta({}, 'stop'),
    chatChunk([], {
      prompt_tokens: 1_200,
      completion_tokens: deltas,
      total_tokens: 1_200 + deltas,
      prompt_tokens_details: { cached_tokens: 1_024, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    }),
    sseData('[DONE]'),
  ],
}

function event(type: string, fields: object): string {
  return sseEvent(type, JSON.stringify({ type, ...fields }))
}

function messagesDelta(text: string): string {
  return event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
}

const messages: SyntheticStream = {
  opening: [
    event('message_start', {
      message: {
        model: 'claude-sonnet-4-5-20250929',
        id: 'msg_01QC4g3HwBThD4BaNtBckFDJ',
        type: 'message',
        role: 'assistant',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 176, cache_creation_input_tokens: 0, cache_read_input_tokens: 1_024, output_tokens: 1 },
      },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('ping', {}),
    messagesDelta('First'),
  ],
  delta: (number, text = word(number)) => messagesDelta(text),
  closing: (deltas) => [
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: deltas },
    }),
    event('message_stop', {}),
  ],
}

const itemId = 'msg_0a63f40a2632b74300699f8819a5e08196ac270722d369af5a'
const place = { item_id: itemId, output_index: 0, content_index: 0 }

function responseObject(status: string, output: unknown[], usage: unknown): object {
  const id = 'resp_0a63f40a2632b74300699f8818e5648196a8fa657ae8091421'
  return {
    response: { id, object: 'response', created_at: created, status, model: 'gpt-5.3-codex', output, usage },
  }
}

function responsesDelta(delta: string, number: number): string {
  const rest = { logprobs: [], obfuscation: 'iDOuV7Jz', sequence_number: 4 + number }
  return event('response.output_text.delta', { ...place, delta, ...rest })
}

function responsesClosing(deltas: number): string[] {
  const text = wholeText(deltas)
  const part = { type: 'output_text', annotations: [], logprobs: [], text }
  const item = { id: itemId, type: 'message', status: 'completed', role: 'assistant', content: [part] }
  const usage = {
    input_tokens: 1_200,
    input_tokens_details: { cached_tokens: 1_024 },
    output_tokens: deltas,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 1_200 + deltas,
  }
  const next = 5 + deltas
  return [
    event('response.output_text.done', { ...place, text, logprobs: [], sequence_number: next }),
    event('response.content_part.done', { ...place, part, sequence_number: next + 1 }),
    event('response.output_item.done', { output_index: 0, item, sequence_number: next + 2 }),
    event('response.completed', { ...responseObject('completed', [item], usage), sequence_number: next + 3 }),
  ]
}

const responses: SyntheticStream = {
  opening: [
    event('response.created', { ...responseObject('in_progress', [], null), sequence_number: 0 }),
    event('response.in_progress', { ...responseObject('in_progress', [], null), sequence_number: 1 }),
    event('response.output_item.added', {
      output_index: 0,
      item: { id: itemId, type: 'message', status: 'in_progress', role: 'assistant', content: [] },
      sequence_number: 2,
    }),
    event('response.content_part.added', {
      ...place,
      part: { type: 'output_text', annotations: [], logprobs: [], text: '' },
      sequence_number: 3,
    }),
    responsesDelta('First', 0),
  ],
  delta: (number, text = word(number)) => responsesDelta(text, number),
  closing: responsesClosing,
}

export const streams = {
  'openai-chat': chat,
  'anthropic-messages': messages,
  'openai-responses': responses,
} as const satisfies Record<FormatId, SyntheticStream>

/** The one-letter names that tables use. */
export const letters = {
  'openai-chat': 'C',
  'anthropic-messages': 'M',
  'openai-responses': 'R',
} as const satisfies Record<FormatId, string>

/** A whole answer of `deltas` deltas as frames. */
export function streamFrames(format: FormatId, deltas: number): string[] {
  const { opening, delta, closing } = streams[format]
  const content = Array.from({ length: deltas }, (_, at) => delta(at + 1))
  return [...opening, ...content, ...closing(deltas)]
}

/** The request that a client of each format sends. */
export function requestBody(format: FormatId, model: string, stream = true): Record<string, unknown> {
  const prompt = 'Write about streams.'
  if (format === 'openai-responses') return { model, stream, input: prompt, store: false }
  const messages = [{ role: 'user', content: prompt }]
  if (format === 'anthropic-messages') return { model, stream, max_tokens: 64_000, messages }
  return { model, stream, messages, ...(stream && { stream_options: { include_usage: true } }) }
}

/** Below a base URL without `/v1`. */
export const paths = {
  'openai-chat': '/v1/chat/completions',
  'anthropic-messages': '/v1/messages',
  'openai-responses': '/v1/responses',
} as const satisfies Record<FormatId, string>
