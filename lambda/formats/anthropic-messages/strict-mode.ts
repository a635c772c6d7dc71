import { asArray, asObject } from '../../events/json.ts'

/** Keywords OpenAI's strict mode refuses: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
const refused = [
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'uniqueItems',
  'default',
]

/**
 * Would strict mode take the schema? Anthropic's own takes more, above all properties that are not required, for which
 * OpenAI refuses the whole request (litellm #38211).
 */
export function fitsStrictMode(value: unknown): boolean {
  const schema = asObject(value)
  if (!schema) return true
  if (refused.some((keyword) => Object.hasOwn(schema, keyword))) return false
  const properties = asObject(schema.properties) ?? {}
  const isObject =
    schema.type === 'object' || asArray(schema.type)?.includes('object') || schema.properties !== undefined
  if (isObject && schema.additionalProperties !== false) return false
  const required = asArray(schema.required) ?? []
  if (Object.keys(properties).some((name) => !required.includes(name))) return false
  const inner = [properties, schema.$defs, schema.definitions].flatMap((map) => Object.values(asObject(map) ?? {}))
  return [...inner, schema.items, ...(asArray(schema.anyOf) ?? [])].every(fitsStrictMode)
}
