import { asArray, asObject } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { JsonObject } from '../../events/request.ts'

/**
 * Keywords for which Anthropic's structured output refuses the whole request; the SDK's own schema helper
 * (`lib/transform-json-schema`) takes the same ones out.
 */
const refused = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
])

/** Keywords whose values are maps from names to schemas, where a property may be called like a keyword. */
const schemaMaps = new Set(['properties', '$defs', 'definitions', 'patternProperties'])

/**
 * The schema as Anthropic's structured output takes it: refused keywords removed (loss `schema-keyword`), objects
 * closed, as it demands. Everything else stays as the client wrote it; the client's object is not changed.
 */
export function strictSchema(schema: JsonObject, losses: Losses): JsonObject {
  const strict: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (refused.has(key) || (key === 'minItems' && Number(value) > 1)) losses.add('schema-keyword')
    else strict[key] = schemaMaps.has(key) ? strictMap(value, losses) : strictValue(key, value, losses)
  }
  if (schema.type === 'object' && schema.additionalProperties !== false) {
    if (schema.additionalProperties !== undefined) losses.add('schema-keyword')
    strict.additionalProperties = false
  }
  return strict
}

function strictMap(value: unknown, losses: Losses): unknown {
  const map = asObject(value)
  if (!map) return value
  return Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, strictAny(schema, losses)]))
}

/** Data that only looks like a schema stays untouched. */
function strictValue(key: string, value: unknown, losses: Losses): unknown {
  if (key === 'enum' || key === 'const' || key === 'default' || key === 'examples' || key === 'required') return value
  const list = asArray(value)
  return list ? list.map((schema) => strictAny(schema, losses)) : strictAny(value, losses)
}

function strictAny(value: unknown, losses: Losses): unknown {
  const schema = asObject(value)
  return schema ? strictSchema(schema, losses) : value
}
