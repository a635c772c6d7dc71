import type { Format } from '../upstream/format.ts'
import { asJson, type Json, Problems } from './problems.ts'

/**
 * What a whole answer must look like.
 * @param converted then the gateway wrote the usage, too; a relayed answer has what the provider said, if anything
 */
export function checkObject(format: Format, value: unknown, converted: boolean): string[] {
  const problems = new Problems()
  shapes[format](asJson(value), problems)
  if (converted) usages[format](asJson(asJson(value).usage), problems)
  return problems.list
}

const usages: Record<Format, (usage: Json, problems: Problems) => void> = {
  C: () => {},
  M: (usage, problems) => problems.expect(typeof usage.output_tokens === 'number', 'no usage'),
  R: (usage, problems) => {
    problems.expect(typeof asJson(usage.input_tokens_details).cached_tokens === 'number', 'no cached_tokens')
    problems.expect(typeof asJson(usage.output_tokens_details).reasoning_tokens === 'number', 'no reasoning_tokens')
  },
}

const shapes: Record<Format, (object: Json, problems: Problems) => void> = {
  C: checkCompletion,
  M: checkMessage,
  R: checkResponse,
}

function checkCompletion(object: Json, problems: Problems): void {
  problems.expect(object.object === 'chat.completion', `object is ${object.object}`)
  problems.expect(typeof object.id === 'string' && object.id !== '', 'no id')
  problems.expect(Number(object.created) > 0, 'no created')
  problems.expect(Array.isArray(object.choices) && object.choices.length > 0, 'no choice')
  for (const choice of Array.isArray(object.choices) ? object.choices : []) {
    const { message, finish_reason } = asJson(choice)
    const { role, content, tool_calls } = asJson(message)
    problems.expect(role === 'assistant', `role ${role}`)
    problems.expect(
      content === null || (typeof content === 'string' && content !== ''),
      'content is no text and not null',
    )
    problems.expect(typeof finish_reason === 'string', 'no finish_reason')
    for (const call of Array.isArray(tool_calls) ? tool_calls : []) {
      problems.expect(!('index' in asJson(call)), 'a tool call with an index')
      problems.expect(typeof asJson(call).id === 'string' && typeof asJson(call).type === 'string', 'a call without id')
    }
  }
}

function checkMessage(object: Json, problems: Problems): void {
  problems.expect(object.type === 'message' && object.role === 'assistant', 'type or role')
  problems.expect(String(object.id).startsWith('msg_'), `id ${object.id}`)
  problems.expect(Array.isArray(object.content), 'content is no list')
  problems.expect(typeof object.stop_reason === 'string', 'no stop_reason')
  problems.expect('stop_sequence' in object, 'no stop_sequence')
}

function checkResponse(object: Json, problems: Problems): void {
  problems.expect(object.object === 'response', `object is ${object.object}`)
  problems.expect(String(object.id).startsWith('resp_'), `id ${object.id}`)
  problems.expect(Number(object.created_at) > 0, 'no created_at')
  problems.expect(object.error === null, 'an error in a good answer')
  const items = (Array.isArray(object.output) ? object.output : []).map(asJson)
  problems.expect(new Set(items.map(({ id }) => id)).size === items.length, 'item ids are not unique')
}
