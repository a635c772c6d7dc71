import type { MintId } from '../../../lambda/events/ids.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import type { CanonicalRequest, JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { mergeUsage, type Usage } from '../../../lambda/events/usage.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { type Frame, SseReader } from '../../../lambda/framing/sse.ts'
import type { ModelCapabilities } from '../../../lambda/providers/capabilities.ts'
import type { Quirks } from '../../../lambda/providers/quirks.ts'

/** Ids that count up, so that results can be compared. */
export function countingMint(): MintId {
  let next = 1
  return (prefix) => `${prefix}${next++}`
}

export const createdAt = 1767225600

/** Chunks (or `[DONE]`, or raw text) as frames. */
export function framesOf(chunks: ReadonlyArray<JsonObject | string>): Frame[] {
  return chunks.map((chunk) => ({ event: '', data: typeof chunk === 'string' ? chunk : JSON.stringify(chunk) }))
}

/** A chunk of one choice with the ids of every test. */
export function chunk(delta: JsonObject, rest: JsonObject = {}, index = 0): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: createdAt,
    model: 'm',
    choices: [{ index, delta, finish_reason: null, ...rest }],
  }
}

export function usageChunk(usage: JsonObject, choices: unknown[] = []): JsonObject {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: createdAt, model: 'm', choices, usage }
}

export const finished = (word: string) => chunk({}, { finish_reason: word })

export function decode(frames: readonly Frame[], quirks: Quirks = {}): StreamEvent[] {
  const decoder = codec.createDecoder({ quirks, mint: countingMint() })
  const events: StreamEvent[] = []
  const emit = (event: StreamEvent) => {
    events.push(event)
  }
  for (const frame of frames) decoder.push(frame, emit)
  decoder.end(emit)
  return events
}

export function decodeChunks(chunks: ReadonlyArray<JsonObject | string>, quirks?: Quirks): StreamEvent[] {
  return decode(framesOf(chunks), quirks)
}

/** The object that a stream of chunks is folded to. */
export function fold(chunks: ReadonlyArray<JsonObject | string>): JsonObject {
  const fold = codec.createFold()
  for (const frame of framesOf(chunks)) fold.push(frame)
  return fold.result()
}

/** The message of its first choice. */
export function foldedMessage(chunks: ReadonlyArray<JsonObject | string>): JsonObject {
  const [choice] = fold(chunks).choices as Array<{ message: JsonObject }>
  return choice?.message ?? {}
}

export function request(fields: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return { items: [], tools: [], includeUsage: true, params: {}, ...fields }
}

/** What a request is written for. */
export interface Given {
  quirks?: Quirks
  capabilities?: ModelCapabilities
  model?: string
}

/** A request as its JSON goes out. */
export function write(
  fields: Partial<CanonicalRequest>,
  { quirks = {}, capabilities = {}, model = 'gpt-x' }: Given = {},
) {
  const losses = new Losses()
  const { body, restore } = codec.writeRequest(request(fields), { model, capabilities, quirks, losses })
  return { body: JSON.parse(JSON.stringify(body)) as JsonObject, restore, losses: losses.list() }
}

export function encode(
  events: readonly StreamEvent[],
  fields: Partial<CanonicalRequest> = {},
): { text: string; losses: string[] } {
  const losses = new Losses()
  const encoder = codec.createEncoder({
    requestId: 'request-1',
    createdAt,
    mint: countingMint(),
    request: request(fields),
    wire: { model: 'm' },
    losses,
  })
  let text = ''
  for (const event of events) text += encoder.push(event)
  return { text: text + encoder.end(), losses: losses.list() }
}

export function readFrames(text: string): readonly Frame[] {
  const reader = new SseReader()
  const frames = reader.push(Buffer.from(text))
  const last = reader.end()
  return last ? [...frames, last] : frames
}

/** What stands behind each `data: `, parsed; `[DONE]` as it is. */
export function dataOf(text: string): Array<JsonObject | string> {
  return readFrames(text).map(({ data }) => (data === '[DONE]' ? data : (JSON.parse(data) as JsonObject)))
}

export interface Summary {
  /** Contents by choice. */
  text: Record<number, string>
  reasoning: Record<number, string>
  refusal: Record<number, string>
  calls: Array<{ id: string; name: string; tool: string; arguments: string; choice: number }>
  sealed: Array<{ kind: string; value: string }>
  annotations: Array<{ url?: string; title?: string; start?: number; end?: number }>
  finish: Record<number, string>
  usage: Usage
  error: { code: string; message: string } | undefined
  /** Kinds of blocks in the order in which they started. */
  blocks: string[]
}

/** What an answer says, however it was cut into events. */
export function summarize(events: readonly StreamEvent[]): Summary {
  const summary: Summary = {
    text: {},
    reasoning: {},
    refusal: {},
    calls: [],
    sealed: [],
    annotations: [],
    finish: {},
    usage: {},
    error: undefined,
    blocks: [],
  }
  const calls = new Map<number, Summary['calls'][number]>()
  for (const event of events) summarizeEvent(event, summary, calls)
  return summary
}

function summarizeEvent(event: StreamEvent, summary: Summary, calls: Map<number, Summary['calls'][number]>): void {
  if (event.type === 'usage') summary.usage = mergeUsage(summary.usage, event.usage)
  if (event.type === 'finish') summary.finish[event.choice ?? 0] = event.reason
  if (event.type === 'error') summary.error = { code: event.error.code, message: event.error.message }
  if (event.type === 'block-start') {
    summary.blocks.push(event.block.kind)
    if (event.block.kind !== 'tool-call') return
    const { id, name, tool } = event.block
    const call = { id, name, tool, arguments: '', choice: event.choice ?? 0 }
    calls.set(event.index, call)
    summary.calls.push(call)
  }
  if (event.type === 'block-delta') summarizeDelta(event, summary, calls)
}

function summarizeDelta(
  { delta, index, choice = 0 }: Extract<StreamEvent, { type: 'block-delta' }>,
  summary: Summary,
  calls: Map<number, Summary['calls'][number]>,
): void {
  const append = (record: Record<number, string>, text: string) => {
    record[choice] = (record[choice] ?? '') + text
  }
  if (delta.kind === 'text' || delta.kind === 'reasoning' || delta.kind === 'refusal') {
    append(summary[delta.kind], delta.text)
  }
  if (delta.kind === 'signature' || delta.kind === 'encrypted') {
    summary.sealed.push({ kind: delta.kind, value: delta.value })
  }
  if (delta.kind === 'annotation') {
    const { native: _, ...annotation } = delta.annotation
    summary.annotations.push(annotation)
  }
  const call = calls.get(index)
  if (delta.kind === 'arguments' && call) call.arguments += delta.text
}

/** Chunks, and what the answer they make must be. */
export interface DecodeCase {
  name: string
  chunks: Array<JsonObject | string>
  expected: Partial<Summary>
}

/** What baseline answers report. */
export const baselineUsage = {
  prompt_tokens: 25,
  completion_tokens: 42,
  total_tokens: 67,
  prompt_tokens_details: { cached_tokens: 10 },
}

export const done = '[DONE]'

/** A chunk with one entry of `tool_calls`. */
export const callChunk = (entry: JsonObject) => chunk({ tool_calls: [entry] })

export const functionNamed = (name: string, text?: string | null) => ({
  type: 'function',
  function: { name, arguments: text },
})

/** The blocks of an answer and what is in them, event by event. */
export function blockEvents(events: readonly StreamEvent[]): StreamEvent[] {
  return events.filter(({ type }) => type.startsWith('block-'))
}

/** Google's signature, on a call or a message. */
export const googleSigned = (signature: string) => ({ extra_content: { google: { thought_signature: signature } } })

/** A chunk with entries of `reasoning_details`. */
export const detailsChunk = (...entries: JsonObject[]) => chunk({ reasoning_details: entries })
