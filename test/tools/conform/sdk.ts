import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import type { Json } from '../independent-reader.ts'

// The official clients' streaming helpers, fed without a network. They throw on whatever they do not accept.

const messages = [{ role: 'user' as const, content: 'hi' }]

function answering(body: Buffer): () => Promise<Response> {
  return async () => new Response(new Uint8Array(body), { headers: { 'content-type': 'text/event-stream' } })
}

const accumulators: Record<FormatId, (body: Buffer) => Promise<unknown>> = {
  'openai-chat': (body) => {
    const client = new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: answering(body) })
    return client.chat.completions.stream({ model: 'm', messages }).finalChatCompletion()
  },
  'anthropic-messages': (body) => {
    const client = new Anthropic({ apiKey: 'k', maxRetries: 0, fetch: answering(body) })
    return client.messages.stream({ model: 'm', max_tokens: 1000, messages }).finalMessage()
  },
  'openai-responses': (body) => {
    const client = new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: answering(body) })
    return client.responses.stream({ model: 'm', input: 'hi' }).finalResponse()
  },
}

/**
 * The object an official client makes of a stream, as plain JSON.
 * @throws the client's own error for a stream it does not accept, or that carries an error
 */
export async function accumulate(format: FormatId, body: Buffer): Promise<Json> {
  return JSON.parse(JSON.stringify(await accumulators[format](body))) as Json
}

/** What the helpers add for their users' convenience; it is not on the wire. */
const conveniences = new Set(['parsed', 'parsed_arguments', 'parsed_output', 'output_parsed', 'output_text'])

/**
 * Fields of chat messages that the official accumulator does not append but overwrites with each delta, so that only
 * the last piece is left of them: nothing to compare.
 */
const overwritten = new Set(['reasoning_content', 'reasoning_details', 'annotations', 'images', 'audio'])

/** An object without what differs by the client's nature, keys sorted, so that two of them can be compared as text. */
export function comparable(format: FormatId, object: unknown): string {
  return JSON.stringify(stripped(object, format === 'openai-chat'), null, 1)
}

function stripped(value: unknown, isChat: boolean): unknown {
  if (Array.isArray(value)) return value.map((entry) => stripped(entry, isChat))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .filter(([key]) => !conveniences.has(key) && !(isChat && overwritten.has(key)))
    // Absent and null say the same to every client.
    .filter(([, entry]) => entry !== null && entry !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(kept.map(([key, entry]) => [key, stripped(entry, isChat)]))
}

/**
 * A call that the token limit cut has no input that could be parsed: this gateway keeps its text, the official client
 * guesses an object. Such inputs are left out of both.
 */
export function withoutCutInputs(folded: unknown, accumulated: unknown): [unknown, unknown] {
  const isCut = contentOf(folded).map(({ input }) => typeof input === 'string')
  const without = (message: unknown) => ({
    ...(message as object),
    content: contentOf(message).map((block, index) => (isCut[index] ? { ...block, input: null } : block)),
  })
  return [without(folded), without(accumulated)]
}

function contentOf(message: unknown): Array<Record<string, unknown>> {
  return (message as { content: Array<Record<string, unknown>> }).content
}
