import OpenAI from 'openai'
import { mintId } from '../../../lambda/events/ids.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import type { CanonicalRequest, JsonObject } from '../../../lambda/events/request.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import type { EncoderOptions } from '../../../lambda/formats/codec.ts'
import { codec } from '../../../lambda/formats/openai-responses/index.ts'
import { type Frame, SseReader } from '../../../lambda/framing/sse.ts'
import type { Quirks } from '../../../lambda/providers/quirks.ts'

export const createdAt = 1_767_225_600

export const emptyRequest: CanonicalRequest = { items: [], tools: [], includeUsage: true, params: {} }

/** Wire text of these events, each framed as the provider frames them. */
export function sse(events: JsonObject[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

export function framesOf(text: string, size = Number.POSITIVE_INFINITY): Frame[] {
  const bytes = Buffer.from(text)
  const reader = new SseReader()
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)))
  const last = reader.end()
  return last ? [...frames, last] : frames
}

export function decodeFrames(frames: Frame[], quirks: Quirks = {}): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = codec.createDecoder({ quirks, mint: mintId })
  for (const frame of frames) decoder.push(frame, (event) => events.push(event))
  decoder.end((event) => events.push(event))
  return events
}

export function decode(events: JsonObject[], quirks: Quirks = {}): StreamEvent[] {
  return decodeFrames(framesOf(sse(events)), quirks)
}

export interface Encoded {
  text: string
  events: JsonObject[]
  losses: string[]
}

export function encode(events: StreamEvent[], options: Partial<EncoderOptions> = {}): Encoded {
  const losses = new Losses()
  const encoder = codec.createEncoder({
    requestId: 'key-1',
    createdAt,
    now: () => createdAt * 1000,
    mint: mintId,
    request: emptyRequest,
    wire: {},
    losses,
    ...options,
  })
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
  return { text, events: framesOf(text).map((frame) => JSON.parse(frame.data)), losses: losses.list() }
}

/** A canonical answer: blocks one after the other, then usage and finish. */
export function answer(blocks: Array<[Block, ...Delta[]]>, end: StreamEvent[] = ended('stop')): StreamEvent[] {
  const start: StreamEvent = { type: 'response-start', id: 'resp_1', model: 'm', createdAt }
  const body = blocks.flatMap(([block, ...deltas], index): StreamEvent[] => [
    { type: 'block-start', index, block },
    ...deltas.map((delta): StreamEvent => ({ type: 'block-delta', index, delta })),
    { type: 'block-end', index },
  ])
  return [start, ...body, ...end]
}

type Finish = Extract<StreamEvent, { type: 'finish' }>['reason']

export function ended(reason: Finish): StreamEvent[] {
  return [{ type: 'usage', usage: { input: 1, output: 1 } }, { type: 'finish', reason }, { type: 'response-end' }]
}

export const text = (value: string): Delta => ({ kind: 'text', text: value })
export const reasoning = (value: string, part = 0): Delta => ({ kind: 'reasoning', text: value, part })
export const args = (value: string): Delta => ({ kind: 'arguments', text: value })
export const call = (id: string, name: string, tool: 'function' | 'custom' = 'function'): Block => ({
  kind: 'tool-call',
  id,
  name,
  tool,
})

/** What an answer says, however it was cut into events. */
export function summary(events: StreamEvent[]) {
  const blocks = new Map<number, { block: Block; text: string; parts: string[]; deltas: Delta[] }>()
  for (const event of events) {
    if (event.type === 'block-start') blocks.set(event.index, { block: event.block, text: '', parts: [], deltas: [] })
    if (event.type !== 'block-delta') continue
    const open = blocks.get(event.index)
    if (!open) throw new Error(`delta of block ${event.index}, which has not begun`)
    const { delta } = event
    if (delta.kind === 'reasoning') open.parts[delta.part] = (open.parts[delta.part] ?? '') + delta.text
    else if ('text' in delta) open.text += delta.text
    else open.deltas.push(delta)
  }
  const finish = events.find((event) => event.type === 'finish')
  const error = events.find((event) => event.type === 'error')
  const usages = events.filter((event) => event.type === 'usage')
  return {
    blocks: [...blocks.values()],
    texts: [...blocks.values()].map((open) => open.text || open.parts.join('|')),
    kinds: [...blocks.values()].map((open) => open.block.kind),
    finish: finish?.type === 'finish' ? finish.reason : undefined,
    error: error?.type === 'error' ? error.error : undefined,
    usage: usages.at(-1)?.usage,
  }
}

/** The official client, answered with this body. */
export function clientFor(body: string): OpenAI {
  const headers = { 'content-type': 'text/event-stream' }
  return new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: async () => new Response(body, { headers }) })
}

export async function finalResponse(body: string) {
  return clientFor(body).responses.stream({ model: 'm', input: 'x' }).finalResponse()
}
