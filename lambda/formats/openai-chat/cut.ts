import { asArray, asNumber, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'

/**
 * Parts of a message in the order in which a stream brings them. The plain reasoning fields repeat the details, so they
 * come together.
 */
const order = [
  ['reasoning_details', 'reasoning_content', 'reasoning'],
  ['content'],
  ['refusal'],
  ['annotations'],
] as const
const logprobsOf: ReadonlySet<string> = new Set(['content', 'refusal'])
const separately: ReadonlySet<string> = new Set(['role', ...order.flat(), 'tool_calls'])

/**
 * A whole `chat.completion` as the chunks it would have been streamed in: one delta a part, each call with its arguments
 * whole, the finish, usage, `[DONE]`. What is no completion (an error object) becomes one frame as it stands.
 */
export function cutCompletion(object: JsonObject): Frame[] {
  const choices = asArray(object.choices)
  if (!choices || choices.length === 0 || object.error) return [frame(object)]
  const { choices: _, usage, ...rest } = object
  const head = { ...rest, object: 'chat.completion.chunk' }
  const chunks: JsonObject[] = []
  for (const entry of choices) {
    const choice = asObject(entry)
    if (choice) chunks.push(...cutChoice(choice).map((part) => ({ ...head, choices: [part] })))
  }
  if (asObject(usage)) chunks.push({ ...head, choices: [], usage })
  return [...chunks.map(frame), { event: '', data: '[DONE]' }]
}

function cutChoice(choice: JsonObject): JsonObject[] {
  const { message, delta, finish_reason, logprobs, ...rest } = choice
  const index = asNumber(choice.index) ?? 0
  const whole = asObject(message) ?? asObject(delta) ?? {}
  const parts: JsonObject[] = []
  const add = (delta: JsonObject, tokens: unknown = null) => {
    parts.push({ index, delta, logprobs: tokens, finish_reason: null })
  }
  add({ role: 'assistant' })
  let tokens = logprobs
  for (const keys of order) {
    const said = keys.filter((key) => whole[key] !== undefined && whole[key] !== null && whole[key] !== '')
    if (said.length === 0) continue
    const takesTokens = logprobsOf.has(keys[0])
    add(Object.fromEntries(said.map((key) => [key, whole[key]])), takesTokens ? tokens : null)
    if (takesTokens) tokens = null
  }
  const calls = asArray(whole.tool_calls) ?? []
  for (const [position, call] of calls.entries()) add({ tool_calls: [{ ...asObject(call), index: position }] })
  for (const [key, value] of Object.entries(whole)) if (!separately.has(key)) add({ [key]: value })
  parts.push({ ...rest, index, delta: {}, logprobs: null, finish_reason: finish_reason ?? null })
  return parts
}

function frame(chunk: JsonObject): Frame {
  return { event: '', data: JSON.stringify(chunk) }
}
