import type { GatewayError } from '../../errors.ts'
import { asObject, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import { type Frame, sseData } from '../../framing/sse.ts'
import type { Quirks } from '../../providers/quirks.ts'
import type { RelayFormat } from '../codec.ts'
import { openAiErrorBody, writeOpenAiError } from './openai-error.ts'
import { readProviderError } from './provider-error.ts'

/** What all endpoints of OpenAI's API have in common. */
export const openAiEndpoint = {
  authHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  readError: readProviderError,
  writeError: writeOpenAiError,
  // One line end, no blank line: openai-go and openai-python make an empty event of a comment with one.
  keepAlive: ': ping\n',
} as const satisfies Partial<RelayFormat>

/** `stream`, and `stream_options` so that the stream reports usage, where the provider takes them. */
export function streamedWithUsage(body: JsonObject, quirks?: Quirks): JsonObject {
  const asksForUsage = quirks?.streamOptions !== false
  const options = { ...asObject(body.stream_options), include_usage: true }
  return { stream: true, ...(asksForUsage && { stream_options: options }) }
}

/** Appends the error that ended a relayed stream, unless the provider said one itself. A whole stream needs nothing. */
export function closeWithError(seen: { last?: Frame }, error: GatewayError | undefined): string {
  if (!error || (seen.last && endsInError(seen.last))) return ''
  return sseData(JSON.stringify({ error: openAiErrorBody(error) }))
}

/** Is this the provider's own error event? */
export function endsInError(frame: Frame): boolean {
  return frame.event === 'error' || Boolean(asObject(parseObject(frame.data))?.error)
}
