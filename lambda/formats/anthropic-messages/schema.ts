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
  'patternProperties',
  'propertyNames',
  'prefixItems',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
])

/** Values of `format` it takes. */
const formats: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
])

/** Keywords whose values are maps from names to schemas, where a property may be called like a keyword. */
const schemaMaps = new Set(['properties', '$defs', 'definitions'])

/**
 * The schema as Anthropic's structured output takes it: refused keywords removed (loss `schema-keyword`), objects
 * closed, as it demands. Everything else stays as the client wrote it; the client's object is not changed.
 */
export function strictSchema(schema: JsonObject, losses: Losses): JsonObject {
  const strict: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (isRefused(key, value)) losses.add('schema-keyword')
    // It has no `oneOf`; the SDK's helper writes the same.
    else if (key === 'oneOf') strict.anyOf = strictValue(key, value, losses)
    else strict[key] = schemaMaps.has(key) ? strictMap(value, losses) : strictValue(key, value, losses)
  }
  const isObject = schema.type === 'object' || asArray(schema.type)?.includes('object')
  if (isObject && schema.additionalProperties !== false) {
    if (schema.additionalProperties !== undefined) losses.add('schema-keyword')
    strict.additionalProperties = false
  }
  return strict
}

function isRefused(keyword: string, value: unknown): boolean {
  if (keyword === 'minItems') return Number(value) > 1
  if (keyword === 'format') return !formats.has(value)
  return refused.has(keyword)
}

function strictMap(value: unknown, losses: Losses): unknown {
  const map = asObject(value)
  if (!map) return value
  return Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, strictAny(schema, losses)]))
}

/** Data that only looks like a schema stays untouched. */
function strictValue(key: string, value: unknown, losses: Losses): unknown {
  if (key === 'enum' || key === 'const' || key === 'default' || key === 'examples') return value
  const list = asArray(value)
  return list ? list.map((schema) => strictAny(schema, losses)) : strictAny(value, losses)
}

function strictAny(value: unknown, losses: Losses): unknown {
  const schema = asObject(value)
  return schema ? strictSchema(schema, losses) : value
}
