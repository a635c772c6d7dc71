import { type GatewayError, GatewayFault } from '../../../lambda/errors.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { capabilitiesOf } from '../../../lambda/providers/models.ts'
import { codecs } from '../../support/codecs.ts'
import { type Json, readObject } from '../independent-reader.ts'
import { list, object, text } from '../reader/events.ts'
import { type Check, compareTexts } from './check.ts'

// The second turn: the client sends the answer back as history, and the provider must get its own reasoning back.

const user = 'Go on.'

/** What a client of a format sends next, with a result for every call. */
const nextTurn: Record<FormatId, (answer: Json) => JsonObject> = {
  'openai-chat': (answer) => {
    const message = object(object(list(answer.choices)[0]).message)
    const results = list(message.tool_calls).map((call) => ({
      role: 'tool',
      tool_call_id: text(object(call).id),
      content: 'done',
    }))
    const messages = [userMessage, message, ...results, userMessage]
    return { model: 'm', messages, stream: true, reasoning_effort: 'high' }
  },
  'anthropic-messages': (answer) => {
    const results = list(answer.content)
      .map(object)
      .filter(({ type }) => type === 'tool_use')
      .map(({ id }) => ({ type: 'tool_result', tool_use_id: text(id), content: 'done' }))
    const reply = { role: 'user', content: [...results, { type: 'text', text: user }] }
    const messages = [userMessage, { role: 'assistant', content: answer.content }, reply]
    return { model: 'm', max_tokens: 8000, messages, stream: true, thinking: { type: 'enabled', budget_tokens: 4000 } }
  },
  'openai-responses': (answer) => {
    const results = list(answer.output).flatMap((entry) => {
      const { type, call_id } = object(entry)
      return type === 'function_call' || type === 'custom_tool_call'
        ? [{ type: `${type}_output`, call_id: text(call_id), output: 'done' }]
        : []
    })
    const input = [userMessage, ...list(answer.output), ...results, userMessage]
    return { model: 'm', input, stream: true, store: false, reasoning: { effort: 'high', summary: 'auto' } }
  },
}

const userMessage = { role: 'user', content: user }

/** Models that think, so that thinking is not left out for the model's sake. */
const models: Record<FormatId, string> = {
  'openai-chat': 'gpt-5',
  'anthropic-messages': 'claude-sonnet-4-5',
  'openai-responses': 'gpt-5',
}

/**
 * Signatures, redacted data and encrypted content come back to the provider that issued them byte for byte and in
 * order, whatever format the client kept them in, with the text they sign. Chat providers take none of it back.
 */
export const reasoningComesBack: Check = ({ recording, to, buffer }) => {
  const { format: from } = recording
  // Some providers encrypt anew for the object that ends the stream; a relay's client keeps that one.
  const expected = (from === to && recording.terminal) || recording.expected
  if (buffer.refused || expected.outcome !== 'complete' || expected.seals.length === 0) return []
  if (from === 'openai-chat') return []
  const sent = sendHistory(from, to, JSON.parse(buffer.body.toString()))
  const check = 'reasoning comes back to its provider'
  if (!sent.body) return [{ check, expected: 'a request', found: sent.error?.message ?? 'none' }]
  const found = assistantSide(from, sent.body)
  return [
    ...compareTexts(`${check}: seals`, JSON.stringify(expected.seals), JSON.stringify(found.seals)),
    ...compareTexts(`${check}: text`, expected.reasoning.join('\n'), found.reasoning.join('\n')),
  ]
}

function sendHistory(from: FormatId, to: FormatId, answer: Json): { body?: JsonObject; error?: GatewayError } {
  const losses = new Losses()
  try {
    const request = codecs[to].readRequest(nextTurn[to](answer), { headers: {}, losses })
    const model = models[from]
    return codecs[from].writeRequest(request, { model, capabilities: capabilitiesOf(model), quirks: {}, losses })
  } catch (cause) {
    if (cause instanceof GatewayFault) return { error: cause.error }
    throw cause
  }
}

/** The assistant's part of a request's history, read as if it were an answer. */
function assistantSide(from: FormatId, body: JsonObject): { seals: string[]; reasoning: string[] } {
  if (from === 'openai-responses') return readObject(from, { status: 'completed', output: list(body.input) })
  const turns = list(body.messages).map(object)
  const content = turns.filter(({ role }) => role === 'assistant').flatMap((turn) => list(turn.content))
  return readObject(from, { content, usage: {} })
}
