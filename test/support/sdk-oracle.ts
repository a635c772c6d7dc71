import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { Answer } from './read/answer.ts'
import { readObject } from './read/index.ts'
import type { Format } from './upstream/format.ts'

/**
 * What the official SDK makes of a stream that was received before: its helper builds the final object.
 * @throws the SDK's error, if the stream breaks one of its rules
 */
export async function accumulate(format: Format, stream: string): Promise<Answer> {
  const fetch = async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  return readObject[format](await accumulators[format](fetch))
}

const given = { apiKey: 'unused', baseURL: 'http://127.0.0.1:1', maxRetries: 0 }

const accumulators: Record<Format, (fetch: () => Promise<Response>) => Promise<unknown>> = {
  C: (fetch) =>
    new OpenAI({ ...given, fetch }).chat.completions.stream({ model: 'm', messages: [] }).finalChatCompletion(),
  M: (fetch) =>
    new Anthropic({ ...given, fetch }).messages.stream({ model: 'm', max_tokens: 1, messages: [] }).finalMessage(),
  R: (fetch) => new OpenAI({ ...given, fetch }).responses.stream({ model: 'm', input: '' }).finalResponse(),
}
