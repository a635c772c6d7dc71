import { type Answer, emptyAnswer, type Finish, type Usage } from './answer.ts'
import { count, type Json, list, object, saidBy, text, type WireEvent } from './events.ts'

interface Item {
  /** From `output_item.added`, then replaced by `.done` or by the item in the final response. */
  wire: Json
  isWhole: boolean
  /** Streamed pieces by what they belong to, e.g. `text 0`. */
  pieces: Map<string, string>
  /** Whose probabilities came with the pieces. */
  tokens: string[]
}

interface Gathered {
  items: Map<number, Item>
  /** Of the response that began. */
  id?: string
}

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function readResponsesStream(events: readonly WireEvent[]): Answer {
  const gathered: Gathered = { items: new Map() }
  const isRepeat = repeatFinder()
  for (const event of events) {
    const said = saidBy(event)
    if (said.kind === 'garbage') return failed(gathered, 'not JSON')
    if (said.kind !== 'json' || isRepeat(said.value)) continue
    const wire = said.value
    const response = object(wire.response)
    if (wire.type === 'error') return failed(gathered, text(object(wire.error).message) || text(wire.message))
    if (wire.type === 'response.failed' || wire.type === 'response.cancelled') {
      return failed(gathered, text(object(response.error).message))
    }
    if (wire.type === 'response.completed' || wire.type === 'response.incomplete') return ended(response, gathered)
    if (wire.type === 'response.created') {
      const another = text(response.id)
      if (gathered.id !== undefined && gathered.id !== another) return failed(gathered, 'a second response')
      gathered.id = another
    }
    readEvent(wire, gathered.items)
  }
  return end(gathered, {}, 'truncated')
}

/** https://platform.openai.com/docs/api-reference/responses/object */
export function readResponsesObject(response: Json): Answer {
  return ended(response, { items: new Map() })
}

/**
 * The final response may hold items that were never streamed; some providers leave its output empty. Its items are known
 * by their ids, or by their place for providers that change ids.
 */
function ended(response: Json, { items }: Gathered): Answer {
  const ids = new Set([...items.values()].filter((item) => item.isWhole).map((item) => item.wire.id))
  for (const [index, entry] of list(response.output).entries()) {
    const wire = object(entry)
    const known = items.get(index)
    if (known?.isWhole || (wire.id && ids.has(wire.id))) continue
    items.set(index, { wire, isWhole: true, pieces: known?.pieces ?? new Map(), tokens: [] })
  }
  return end({ items }, response, 'complete')
}

/** Events count up from 0; one whose number has been is a repeat. Where the numbers never rose they mean nothing. */
function repeatFinder(): (wire: Json) => boolean {
  let last = -1
  let means = true
  return ({ sequence_number }) => {
    if (typeof sequence_number !== 'number') return false
    if (sequence_number > last) {
      last = sequence_number
      return false
    }
    if (last === 0) means = false
    return means
  }
}

function readEvent(wire: Json, items: Map<number, Item>): void {
  const place = typeof wire.output_index === 'number' ? wire.output_index : likelyPlace(wire, items)
  if (place === undefined) return
  const known = items.get(place)
  const item: Item = known ?? { wire: { type: kindOf(wire) }, isWhole: false, pieces: new Map(), tokens: [] }
  if (!known) items.set(place, item)
  const add = (key: string) => item.pieces.set(key, (item.pieces.get(key) ?? '') + text(wire.delta))
  switch (wire.type) {
    case 'response.output_item.added':
      if (!item.isWhole) item.wire = object(wire.item)
      return
    case 'response.output_item.done':
      item.wire = object(wire.item)
      item.isWhole = true
      return
    case 'response.output_text.delta':
      add(`text ${wire.content_index}`)
      item.tokens.push(...tokensOf(wire))
      return
    case 'response.refusal.delta':
      add(`refusal ${wire.content_index}`)
      return
    case 'response.reasoning_summary_text.delta':
      add(`summary ${wire.summary_index}`)
      return
    case 'response.reasoning_text.delta':
      add(`raw ${wire.content_index}`)
      return
    case 'response.function_call_arguments.delta':
    case 'response.custom_tool_call_input.delta':
      add('arguments')
  }
}

/** What the deltas of an event belong to; undefined for events that are not about items. */
function kindOf({ type, item }: Json): unknown {
  const name = text(type)
  if (name.startsWith('response.output_item.')) return object(item).type
  if (/^response\.(output_text|refusal|content_part)\./.test(name)) return 'message'
  if (name.startsWith('response.reasoning_')) return 'reasoning'
  if (name.startsWith('response.function_call_arguments.')) return 'function_call'
  return name.startsWith('response.custom_tool_call_input.') ? 'custom_tool_call' : undefined
}

/** Some servers tell no places: then an item is known by its id, or is the last of its kind that is not whole. */
function likelyPlace(wire: Json, items: Map<number, Item>): number | undefined {
  const kind = kindOf(wire)
  if (kind === undefined) return undefined
  const id = wire.item_id ?? object(wire.item).id
  const all = [...items]
  const same = all.find(([, item]) => id !== undefined && item.wire.id === id)
  const isNew = wire.type === 'response.output_item.added'
  const open = all.findLast(([, item]) => item.wire.type === kind && !item.isWhole && !isNew)
  return (same ?? open)?.[0] ?? Math.max(-1, ...items.keys()) + 1
}

function failed(gathered: Gathered, message: string): Answer {
  return { ...end(gathered, {}, 'error'), error: message, finish: null }
}

function end({ items }: Gathered, response: Json, outcome: Answer['outcome']): Answer {
  const answer: Answer = { ...emptyAnswer(), outcome, usage: usageOf(response) }
  for (const item of [...items].sort(([left], [right]) => left - right).map(([, item]) => item)) readItem(item, answer)
  if (outcome === 'complete') answer.finish = finishOf(response, answer)
  return answer
}

function readItem({ wire, pieces, tokens, isWhole }: Item, answer: Answer): void {
  const streamed = (kind: string) => [...pieces].filter(([key]) => key.startsWith(kind)).map(([, piece]) => piece)
  switch (wire.type) {
    case 'message':
      if (isWhole && (list(wire.content).length > 0 || pieces.size === 0))
        for (const [index, part] of list(wire.content).entries()) readPart(object(part), index, pieces, answer)
      else {
        answer.text += streamed('text').join('')
        answer.refusal += streamed('refusal').join('')
        answer.tokens.push(...tokens)
      }
      return
    case 'reasoning': {
      const summary = list(wire.summary).map((part) => text(object(part).text))
      const raw = list(wire.content).map((part) => text(object(part).text))
      const whole = [...summary, ...raw]
      const parts = isWhole && whole.length > 0 ? whole : [...streamed('summary'), ...streamed('raw')]
      if (parts.join('') !== '') answer.reasoning.push(parts.filter((part) => part !== '').join('\n\n'))
      if (isWhole && wire.encrypted_content) answer.seals.push(text(wire.encrypted_content))
      return
    }
    case 'function_call': {
      const json = shown(pieces.get('arguments'), text(wire.arguments)) || '{}'
      answer.tools.push({ id: text(wire.call_id), name: text(wire.name), kind: 'function', arguments: json })
      return
    }
    case 'custom_tool_call': {
      const input = shown(pieces.get('arguments'), text(wire.input))
      answer.tools.push({ id: text(wire.call_id), name: text(wire.name), kind: 'custom', arguments: input })
    }
  }
}

/** What a client that follows the stream has shown cannot be taken back: the whole may only go on where it ends. */
function shown(streamed: string | undefined, whole: string): string {
  return streamed && !whole.startsWith(streamed) ? streamed : whole
}

function readPart(part: Json, index: number, pieces: Item['pieces'], answer: Answer): void {
  answer.text += shown(pieces.get(`text ${index}`), text(part.text))
  answer.refusal += shown(pieces.get(`refusal ${index}`), text(part.refusal))
  answer.tokens.push(...tokensOf(part))
  for (const annotation of list(part.annotations).map(object)) {
    if (annotation.type === 'url_citation') answer.citations.push(text(annotation.url))
  }
}

function tokensOf({ logprobs }: Json): string[] {
  return list(logprobs).map((token) => text(object(token).token))
}

function finishOf(response: Json, answer: Answer): Finish {
  if (response.status === 'incomplete') {
    const { reason } = object(response.incomplete_details)
    if (reason === 'content_filter') return 'content-filter'
    return reason === 'max_output_tokens' || reason === 'max_tokens' ? 'length' : 'other'
  }
  if (answer.tools.length > 0) return 'tool-calls'
  return answer.refusal === '' ? 'stop' : 'refusal'
}

function usageOf(response: Json): Usage | null {
  if (!response.usage) return null
  const wire = object(response.usage)
  const details = object(wire.input_tokens_details)
  const cacheRead = count(details.cached_tokens)
  const cacheWrite = count(details.cache_write_tokens)
  const prompt = count(wire.input_tokens)
  const output = count(wire.output_tokens)
  const reasoning = count(object(wire.output_tokens_details).reasoning_tokens)
  const isOutside = reasoning > 0 && count(wire.total_tokens) === prompt + output + reasoning
  const input = Math.max(0, prompt - cacheRead - cacheWrite)
  return { input, cacheRead, cacheWrite, output: output + (isOutside ? reasoning : 0), reasoning }
}
