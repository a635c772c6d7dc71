import type { Format } from './upstream/format.ts'

/**
 * How an answer is asked for: streamed from the stream URL, whole from it (`stream:false`), whole from the buffer URL,
 * or as a stream (`stream:true`) from the buffer URL.
 */
export type Way = 'streamed' | 'whole' | 'buffered' | 'streamed at once'

export const wholeWays = ['whole', 'buffered'] as const satisfies readonly Way[]
export const ways = ['streamed', ...wholeWays] as const satisfies readonly Way[]

export const paths: Record<Format, string> = { C: '/v1/chat/completions', M: '/v1/messages', R: '/v1/responses' }

const minimal: Record<Format, object> = {
  C: { messages: [{ role: 'user', content: 'Hello' }], stream_options: { include_usage: true } },
  M: { max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] },
  R: { input: 'Hello' },
}

/** The smallest request of a format. */
export function requestOf(client: Format, upstream: Format, model: string, way: Way = 'streamed'): object {
  const stream = way === 'streamed' || way === 'streamed at once'
  const { stream_options, ...rest } = minimal[client] as { stream_options?: object }
  return {
    model: `${upstream.toLowerCase()}/${model}`,
    stream,
    ...rest,
    ...(stream && stream_options && { stream_options }),
  }
}

/** What a client sends along with a body. */
export function headersOf(client: Format, key: string): Record<string, string> {
  const credentials: Record<string, string> =
    client === 'M' ? { 'x-api-key': key, 'anthropic-version': '2023-06-01' } : { authorization: `Bearer ${key}` }
  return { 'content-type': 'application/json', ...credentials }
}
