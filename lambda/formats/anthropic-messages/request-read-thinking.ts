import { invalidRequest } from '../../errors.ts'
import { asObject } from '../../events/json.ts'
import { type Effort, efforts, type JsonObject, type ReasoningRequest } from '../../events/request.ts'
import { readNumber, readObject, readString } from './check.ts'

const modes = ['enabled', 'disabled', 'adaptive', 'between_tools'] as const

/** `thinking` and `output_config.effort`, in M's own words: what a mode means elsewhere is the writers' business. */
export function readReasoning(body: JsonObject): ReasoningRequest | undefined {
  const effort = readEffort(asObject(body.output_config)?.effort)
  if (body.thinking == null) return effort && { effort, summary: 'summarized' }
  const thinking = readObject(body.thinking, 'thinking')
  const mode = modes.find((known) => known === thinking.type)
  if (!mode) throw invalidRequest(`thinking.type must be one of ${modes.join(', ')}.`, 'thinking.type')
  return {
    mode,
    ...(effort && { effort }),
    ...(mode === 'enabled' && { budgetTokens: readNumber(thinking.budget_tokens, 'thinking.budget_tokens') }),
    summary: thinking.display === 'omitted' ? 'omitted' : 'summarized',
  }
}

function readEffort(value: unknown): Effort | undefined {
  if (value == null) return undefined
  const word = readString(value, 'output_config.effort')
  // A level that is newer than this gateway asks for more than it knows.
  return efforts.find((known) => known === word) ?? 'max'
}
