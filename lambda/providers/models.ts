import type { ModelCapabilities } from './capabilities.ts'
import { anthropicModels } from './models-anthropic.ts'
import { openaiModels } from './models-openai.ts'

const rows = [...anthropicModels, ...openaiModels]

/** What is known of a model, by the upstream's name for it; a path in front of the name does not matter. */
export function capabilitiesOf(model: string): ModelCapabilities {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return rows.find(([pattern]) => pattern.test(name))?.[1] ?? {}
}
