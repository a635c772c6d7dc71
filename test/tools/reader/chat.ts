import { type Answer, emptyAnswer, type Finish, type Usage } from './answer.ts'
import { count, type Json, list, object, saidBy, text, type WireEvent } from './events.ts'

interface Call {
  index: unknown
  id: string
  name: string
  kind: 'function' | 'custom'
  arguments: string
}

/** What was gathered of the first choice beyond an `Answer`. */
interface Gathered {
  answer: Answer
  calls: Call[]
  /** Choices seen, with their finish word. */
  finished: Map<number, string>
  /** `reasoning_details`, for streams whose reasoning is nowhere else. */
  details: { text: string; seals: Map<string, string> }
  sawContent: boolean
}

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export function readChatStream(events: readonly WireEvent[]): Answer {
  const gathered = begin()
  const { answer } = gathered
  for (const event of events) {
    const said = saidBy(event)
    if (said.kind === 'nothing') continue
    if (said.kind === 'garbage') return failed(gathered, 'not JSON')
    if (said.kind === 'done') {
      if (gathered.sawContent || isFinished(gathered)) answer.outcome = 'complete'
      return end(gathered)
    }
    const error = errorIn(said.value, event.name)
    readChunk(said.value, gathered)
    if (error !== undefined) return failed(gathered, error)
  }
  if (isFinished(gathered)) answer.outcome = 'complete'
  return end(gathered)
}

/** https://platform.openai.com/docs/api-reference/chat/object */
export function readChatObject(completion: Json): Answer {
  const gathered = begin()
  const whole = list(completion.choices).map((choice) => {
    const { message, ...rest } = object(choice)
    const calls = list(object(message).tool_calls).map((call, index) => ({ ...object(call), index }))
    return { ...rest, delta: { ...object(message), tool_calls: calls } }
  })
  readChunk({ ...completion, choices: whole }, gathered)
  gathered.answer.outcome = 'complete'
  return end(gathered)
}

function begin(): Gathered {
  const details = { text: '', seals: new Map<string, string>() }
  return { answer: emptyAnswer(), calls: [], finished: new Map(), details, sawContent: false }
}

/** Whose finish is still awaited is in the map with an empty word. */
function isFinished({ finished }: Gathered): boolean {
  return finished.size > 0 && [...finished.values()].every((word) => word !== '')
}

function failed(gathered: Gathered, message: string): Answer {
  const answer = end(gathered)
  return { ...answer, outcome: 'error', error: message, finish: null }
}

function errorIn(chunk: Json, name: string): string | undefined {
  if (typeof chunk.error === 'string') return chunk.error
  if (chunk.error) return text(object(chunk.error).message)
  if (name === 'error' || chunk.object === 'error') return text(chunk.message)
  const words = list(chunk.choices).map((choice) => object(choice).finish_reason)
  return words.includes('error') ? text(object(object(list(chunk.choices)[0]).error).message) : undefined
}

function readChunk(chunk: Json, gathered: Gathered): void {
  readUsage(chunk, gathered.answer)
  for (const entry of list(chunk.choices)) {
    const choice = object(entry)
    const index = count(choice.index)
    // Some servers end with the message once more, whole.
    const delta = object(choice.delta ?? (gathered.sawContent ? undefined : choice.message))
    const says = Object.values(delta).some((value) => value !== null && value !== '')
    const word = text(choice.finish_reason)
    if (!says && word === '' && !gathered.finished.has(index)) continue
    if (!gathered.finished.get(index)) gathered.finished.set(index, word)
    if (index > 0) continue
    readDelta(delta, gathered)
    const { content, refusal } = object(choice.logprobs)
    gathered.answer.tokens.push(...list(content).map((token) => text(object(token).token)))
    gathered.answer.refusalTokens.push(...list(refusal).map((token) => text(object(token).token)))
  }
  // Perplexity names its sources on every chunk.
  const sources = list(chunk.citations).filter((source) => typeof source === 'string')
  if (gathered.answer.citations.length === 0) gathered.answer.citations = sources
}

function readDelta(delta: Json, gathered: Gathered): void {
  const { answer } = gathered
  if (typeof delta.content === 'string') answer.text += delta.content
  for (const entry of list(delta.content)) {
    const part = object(entry)
    if (part.type === 'text') answer.text += text(part.text)
    if (part.type === 'thinking') addReasoning(answer, thinkingText(part.thinking))
  }
  answer.refusal += text(delta.refusal)
  addReasoning(answer, text(delta.reasoning_content) || text(delta.reasoning))
  for (const detail of list(delta.reasoning_details)) readDetail(object(detail), gathered)
  for (const annotation of list(delta.annotations)) {
    const url = text(object(object(annotation).url_citation).url)
    if (url !== '') answer.citations.push(url)
  }
  for (const call of list(delta.tool_calls)) readCall(object(call), gathered.calls)
  if (delta.function_call) {
    readCall({ index: 'legacy', type: 'function', function: object(delta.function_call) }, gathered.calls)
  }
  gathered.sawContent ||= answer.text !== '' || answer.refusal !== '' || gathered.calls.length > 0
}

function thinkingText(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking
  return list(thinking)
    .map((part) => text(object(part).text))
    .join('')
}

function addReasoning(answer: Answer, piece: string): void {
  if (piece !== '') answer.reasoning = [(answer.reasoning[0] ?? '') + piece]
}

/** The details repeat what `reasoning` says, but for signatures, encrypted data and servers that send nothing else. */
function readDetail(detail: Json, { details }: Gathered): void {
  details.text += text(detail.text) || text(detail.summary)
  const seal = text(detail.signature) || text(detail.data)
  if (seal !== '') details.seals.set(`${detail.type} ${detail.index}`, seal)
}

/**
 * Without an index, a call is known by its id, and what has neither id nor name belongs to the last one; another id on an
 * index in use is another call.
 */
function readCall(wire: Json, calls: Call[]): void {
  const id = text(wire.id)
  const hasIndex = wire.index !== undefined && wire.index !== null
  const isMore = !hasIndex && id === '' && text(object(wire.custom ?? wire.function).name) === ''
  const known = calls.findLast((call) => isMore || (hasIndex ? call.index === wire.index : id !== '' && call.id === id))
  const isNew = !known || (id !== '' && known.id !== '' && known.id !== id)
  const call: Call = isNew ? { index: wire.index, id, name: '', kind: 'function', arguments: '' } : known
  if (isNew) calls.push(call)
  const body = object(wire.custom ?? wire.function)
  if (wire.type === 'custom' || wire.custom) call.kind = 'custom'
  call.id ||= id
  call.name ||= text(body.name)
  const parsed = typeof body.arguments === 'object' && body.arguments !== null
  call.arguments += parsed ? JSON.stringify(body.arguments) : text(body.arguments) + text(body.input)
}

function readUsage(chunk: Json, answer: Answer): void {
  const wire = object(chunk.usage ?? object(chunk.x_groq).usage ?? object(list(chunk.choices)[0]).usage)
  if (typeof wire.prompt_tokens !== 'number' && typeof wire.completion_tokens !== 'number') return
  const usage = usageOf(wire)
  const earlier = answer.usage
  // A later report counts, unless it says nothing: some servers send zeros until they know.
  const promptSide = usage.input + usage.cacheRead + usage.cacheWrite > 0 || !earlier ? usage : earlier
  const { input, cacheRead, cacheWrite } = promptSide
  answer.usage = {
    input,
    cacheRead,
    cacheWrite,
    output: usage.output || (earlier?.output ?? 0),
    reasoning: usage.reasoning || (earlier?.reasoning ?? 0),
  }
}

function usageOf(wire: Json): Usage {
  const details = object(wire.prompt_tokens_details)
  const cacheRead = count(details.cached_tokens ?? wire.prompt_cache_hit_tokens ?? wire.cached_tokens)
  const cacheWrite = count(details.cache_write_tokens)
  const prompt = count(wire.prompt_tokens)
  const completion = count(wire.completion_tokens)
  const reasoning = count(object(wire.completion_tokens_details).reasoning_tokens ?? wire.reasoning_tokens)
  // xAI counts reasoning beside the completion; its total says so.
  const isOutside = reasoning > 0 && count(wire.total_tokens) === prompt + completion + reasoning
  const input = Math.max(0, prompt - cacheRead - cacheWrite)
  return { input, cacheRead, cacheWrite, output: completion + (isOutside ? reasoning : 0), reasoning }
}

const finishes: Readonly<Record<string, Finish>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  // https://docs.mistral.ai/api/#tag/chat
  model_length: 'context-window',
  // Z.ai, and servers that pass on Anthropic's words.
  model_context_window_exceeded: 'context-window',
  max_tokens: 'length',
}

function end({ answer, calls, finished, details }: Gathered): Answer {
  if (answer.reasoning.length === 0 && details.text !== '') answer.reasoning = [details.text]
  answer.seals = [...details.seals.values()]
  answer.tools = calls.map(({ id, name, kind, arguments: json }) => {
    return { id, name, kind, arguments: json === '' && kind === 'function' ? '{}' : json }
  })
  if (answer.outcome !== 'complete') return answer
  const word = finished.get(0) || 'stop'
  answer.finish = finishes[word] ?? 'other'
  if (calls.length > 0 && (answer.finish === 'stop' || answer.finish === 'other')) answer.finish = 'tool-calls'
  if (answer.finish === 'stop' && answer.refusal !== '') answer.finish = 'refusal'
  return answer
}
