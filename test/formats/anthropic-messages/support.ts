import Anthropic from '@anthropic-ai/sdk'
import type { Message } from '@anthropic-ai/sdk/resources/messages/messages'
import { Losses } from '../../../lambda/events/losses.ts'
import type { CanonicalRequest, JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import type { Encoder, WrittenRequest } from '../../../lambda/formats/codec.ts'
import { type Frame, SseReader } from '../../../lambda/framing/sse.ts'
import type { ModelCapabilities } from '../../../lambda/providers/capabilities.ts'
import type { Quirks } from '../../../lambda/providers/quirks.ts'

/** Wire text → frames, cut into chunks of `size` bytes. */
export function framesOf(text: string, size = 1 << 20): Frame[] {
  const bytes = Buffer.from(text)
  const reader = new SseReader()
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)))
  const last = reader.end()
  return last ? [...frames, last] : frames
}

/** Wire objects → an M stream. */
export function wire(...events: JsonObject[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

/** The parsed data of an M stream; also checks that each `event:` line says the type. */
export function eventsOf(text: string): JsonObject[] {
  return framesOf(text).map((frame) => {
    const event = JSON.parse(frame.data) as JsonObject
    if (event.type !== frame.event) throw new Error(`event line ${frame.event} above type ${event.type}`)
    return event
  })
}

export function decode(frames: Frame[], quirks: Quirks = {}): StreamEvent[] {
  let minted = 0
  const decoder = codec.createDecoder({ quirks, mint: (prefix) => `${prefix}${++minted}` })
  const events: StreamEvent[] = []
  for (const frame of frames) decoder.push(frame, (event) => events.push(event))
  decoder.end((event) => events.push(event))
  return events
}

/** Events without the verbatim wire objects, which repeat the input. */
export function plain(events: StreamEvent[]): unknown[] {
  return events
    .filter((event) => !(event.type === 'native' && event.silent))
    .map((event) => JSON.parse(JSON.stringify(event, (key, value) => (key === 'native' ? undefined : value))))
}

export const emptyRequest: CanonicalRequest = { items: [], tools: [], includeUsage: true, params: {} }

export function encode(events: readonly StreamEvent[]): { text: string; losses: string[] } {
  const losses = new Losses()
  const encoder = createEncoder(losses)
  return { text: events.map((event) => encoder.push(event)).join('') + encoder.end(), losses: losses.list() }
}

export function createEncoder(losses = new Losses()): Encoder {
  return codec.createEncoder({
    requestId: 'req_1',
    createdAt: 1767225600,
    mint: (prefix) => `${prefix}minted`,
    request: emptyRequest,
    wire: { model: 'm' },
    losses,
  })
}

export function foldOf(text: string): JsonObject {
  const fold = codec.createFold()
  for (const frame of framesOf(text)) fold.push(frame)
  return fold.result()
}

/** What the official client makes of the stream. */
export async function officialMessage(text: string): Promise<Message> {
  const headers = { 'content-type': 'text/event-stream' }
  const client = new Anthropic({ apiKey: 'k', maxRetries: 0, fetch: async () => new Response(text, { headers }) })
  const stream = client.messages.stream({ model: 'm', max_tokens: 1, messages: [] })
  // `parsed_output` is the client's own convenience, never on the wire.
  const { parsed_output: _, ...message } = await stream.finalMessage()
  return JSON.parse(JSON.stringify(message)) as Message
}

export function write(
  request: Partial<CanonicalRequest>,
  capabilities: ModelCapabilities = {},
  quirks: Quirks = {},
): WrittenRequest & { losses: string[] } {
  const losses = new Losses()
  const whole = { ...emptyRequest, ...request }
  const written = codec.writeRequest(whole, { model: 'claude-x', capabilities, quirks, losses })
  return { ...written, losses: losses.list() }
}

export function read(
  body: JsonObject,
  headers: Record<string, string> = {},
): { request: CanonicalRequest; losses: string[] } {
  const losses = new Losses()
  const request = codec.readRequest(body, { headers, losses })
  return { request, losses: losses.list() }
}
