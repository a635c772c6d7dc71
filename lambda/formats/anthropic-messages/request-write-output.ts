import type { CanonicalRequest, JsonObject, OutputFormat } from '../../events/request.ts'
import type { WriteContext } from '../codec.ts'
import { strictSchema } from './schema.ts'

/** How the answer's form is asked for. */
export interface OutputPlan {
  /** Fields of `output_config`. */
  config: JsonObject
  /** A sentence for the system prompt, where the model has nothing better. */
  instruction?: string
  /** One forced tool whose arguments become the text. */
  tool?: { name: string; description: string; schema: JsonObject }
}

export const jsonToolName = 'json_response'

export function planOutput(request: CanonicalRequest, { capabilities, losses }: WriteContext): OutputPlan {
  const format = request.outputFormat
  if (!format || format.type === 'text') return { config: {} }
  if (format.type === 'json') {
    losses.add('json-object')
    return { config: {}, instruction: 'Answer with one JSON object and nothing else: no prose, no code fence.' }
  }
  if (capabilities.structuredOutput) {
    return { config: { format: { type: 'json_schema', schema: strictSchema(format.schema, losses) } } }
  }
  // A tool's input must be an object, and the answer's calls must all be this one.
  if (request.tools.length === 0 && format.schema.type === 'object' && capabilities.forcedTools !== false) {
    const description = format.description ?? 'Gives the answer to the user.'
    return { config: {}, tool: { name: jsonToolName, description, schema: format.schema } }
  }
  losses.add('structured-output')
  return { config: {}, instruction: schemaSentence(format) }
}

function schemaSentence(format: Extract<OutputFormat, { type: 'json-schema' }>): string {
  const schema = JSON.stringify(format.schema)
  return `Answer with JSON and nothing else: no prose, no code fence. It must match this JSON schema:\n${schema}`
}
