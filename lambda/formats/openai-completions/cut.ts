import { asArray, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'

/** A whole `text_completion` as the chunks it would have been streamed in: a choice each, usage, `[DONE]`. */
export function cutCompletion(object: JsonObject): Frame[] {
  const choices = asArray(object.choices)
  if (!choices || choices.length === 0) return [frame(object)]
  const { choices: _, usage, ...head } = object
  const chunks: JsonObject[] = choices.map((choice) => ({ ...head, choices: [choice] }))
  if (asObject(usage)) chunks.push({ ...head, choices: [], usage })
  return [...chunks.map(frame), { event: '', data: '[DONE]' }]
}

function frame(chunk: JsonObject): Frame {
  return { event: '', data: JSON.stringify(chunk) }
}
