import type { JsonObject } from '../../events/request.ts'
import type { Slot } from '../../framing/mould.ts'

const types: ReadonlySet<unknown> = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.reasoning_text.delta',
  'response.reasoning_summary_text.delta',
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
])

/** Of a delta of text or arguments: that, its number in the stream, and OpenAI's padding. */
export function contentSlots(event: JsonObject): Slot[] | undefined {
  const { type, delta, obfuscation, sequence_number } = event
  if (!types.has(type) || typeof delta !== 'string' || delta === '') return undefined
  const slots: Slot[] = [{ holder: event, key: 'delta' }]
  if (Number.isSafeInteger(sequence_number)) slots.push({ holder: event, key: 'sequence_number' })
  if (typeof obfuscation === 'string' && obfuscation !== '') slots.push({ holder: event, key: 'obfuscation' })
  return slots
}
