import { type Answer, emptyAnswer, type Finish, type Usage } from './answer.ts'
import { count, type Json, list, object, saidBy, text, type WireEvent } from './events.ts'

interface Block {
  start: Json
  text: string
  json: string
  signature: string
  citations: Json[]
}

interface Gathered {
  blocks: Map<number, Block>
  usage: Usage | null
  stop: { reason: string; details: Json } | null
  /** Of the message that began; undefined before. */
  id: string | undefined
}

/** https://docs.claude.com/en/docs/build-with-claude/streaming */
export function readMessagesStream(events: readonly WireEvent[]): Answer {
  const gathered: Gathered = { blocks: new Map(), usage: null, stop: null, id: undefined }
  for (const event of events) {
    const said = saidBy(event)
    if (said.kind === 'garbage') return failed(gathered, 'not JSON')
    if (said.kind !== 'json') continue
    const wire = said.value
    if (wire.type === 'message_stop') break
    if (wire.type === 'error') return failed(gathered, text(object(wire.error).message))
    if (beginsAnother(wire, gathered)) return failed(gathered, 'a second message')
    readEvent(wire, gathered)
  }
  return end(gathered, gathered.stop ? 'complete' : 'truncated')
}

/** https://docs.claude.com/en/api/messages */
export function readMessagesObject(message: Json): Answer {
  const gathered: Gathered = { blocks: new Map(), usage: null, stop: null, id: '' }
  for (const [index, block] of list(message.content).entries()) {
    const start = object(block)
    const citations = list(start.citations).map(object)
    gathered.blocks.set(index, { start, text: '', json: '', signature: text(start.signature), citations })
  }
  gathered.usage = mergedUsage(null, object(message.usage))
  gathered.stop = { reason: text(message.stop_reason), details: object(message.stop_details) }
  return end(gathered, 'complete')
}

/** A repeated start is harmless; the start of another message inside this one means that two streams were mixed. */
function beginsAnother(wire: Json, { id }: Gathered): boolean {
  return wire.type === 'message_start' && id !== undefined && text(object(wire.message).id) !== id
}

function readEvent(wire: Json, gathered: Gathered): void {
  switch (wire.type) {
    case 'message_start':
      if (gathered.id === undefined) gathered.usage = mergedUsage(null, object(object(wire.message).usage))
      gathered.id ??= text(object(wire.message).id)
      return
    case 'content_block_start': {
      const start = object(wire.content_block)
      const citations = list(start.citations).map(object)
      const block = { start, text: '', json: '', signature: text(start.signature), citations }
      gathered.blocks.set(count(wire.index), block)
      return
    }
    case 'content_block_delta':
      readDelta(object(wire.delta), gathered.blocks.get(count(wire.index)))
      return
    case 'message_delta': {
      const delta = object(wire.delta)
      if (wire.usage) gathered.usage = mergedUsage(gathered.usage, object(wire.usage))
      if (delta.stop_reason) gathered.stop = { reason: text(delta.stop_reason), details: object(delta.stop_details) }
    }
  }
}

function readDelta(delta: Json, block: Block | undefined): void {
  if (!block) return
  if (delta.type === 'text_delta') block.text += text(delta.text)
  if (delta.type === 'thinking_delta') block.text += text(delta.thinking)
  if (delta.type === 'input_json_delta') block.json += text(delta.partial_json)
  if (delta.type === 'signature_delta') block.signature = text(delta.signature)
  if (delta.type === 'citations_delta') block.citations.push(object(delta.citation))
}

/** A later report replaces; one whose prompt side is all zero says nothing about the prompt, as 0 says nothing at all. */
function mergedUsage(earlier: Usage | null, wire: Json): Usage {
  const later = {
    input: count(wire.input_tokens),
    cacheRead: count(wire.cache_read_input_tokens),
    cacheWrite: count(wire.cache_creation_input_tokens),
  }
  const prompt = later.input + later.cacheRead + later.cacheWrite > 0 || !earlier ? later : earlier
  const pick = (field: keyof typeof later, wireField: string) =>
    typeof wire[wireField] === 'number' || !earlier ? prompt[field] : earlier[field]
  return {
    input: pick('input', 'input_tokens'),
    cacheRead: pick('cacheRead', 'cache_read_input_tokens'),
    cacheWrite: pick('cacheWrite', 'cache_creation_input_tokens'),
    output: count(wire.output_tokens) || (earlier?.output ?? 0),
    reasoning: count(object(wire.output_tokens_details).thinking_tokens) || (earlier?.reasoning ?? 0),
  }
}

function failed(gathered: Gathered, message: string): Answer {
  return { ...end(gathered, 'error'), error: message, finish: null }
}

const finishes: Readonly<Record<string, Finish>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'context-window',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
  pause_turn: 'pause',
  compaction: 'compaction',
}

function end({ blocks, usage, stop }: Gathered, outcome: Answer['outcome']): Answer {
  const answer: Answer = { ...emptyAnswer(), outcome, usage }
  for (const block of [...blocks].sort(([left], [right]) => left - right).map(([, block]) => block)) {
    readBlock(block, answer)
  }
  if (outcome !== 'complete' || !stop) return answer
  answer.refusal = text(stop.details.explanation)
  answer.finish = finishes[stop.reason] ?? 'other'
  if (answer.tools.length > 0 && (answer.finish === 'stop' || answer.finish === 'other')) answer.finish = 'tool-calls'
  return answer
}

function readBlock(block: Block, answer: Answer): void {
  const { start } = block
  switch (start.type) {
    case 'text':
      answer.text += text(start.text) + block.text
      for (const { url, type } of block.citations) {
        if (type === 'web_search_result_location') answer.citations.push(text(url))
      }
      return
    case 'thinking': {
      const thinking = text(start.thinking) + block.text
      if (thinking !== '') answer.reasoning.push(thinking)
      if (block.signature !== '') answer.seals.push(block.signature)
      return
    }
    case 'redacted_thinking':
      answer.seals.push(text(start.data))
      return
    case 'tool_use':
      answer.tools.push({ id: text(start.id), name: text(start.name), kind: 'function', arguments: inputOf(block) })
  }
}

function inputOf({ start, json }: Block): string {
  if (json !== '') return json
  // A call that was cut stands in a whole message as the text it had.
  return typeof start.input === 'string' ? start.input : JSON.stringify(start.input ?? {})
}
