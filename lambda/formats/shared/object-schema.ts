import type { JsonObject } from '../../events/request.ts'

/**
 * A function's schema as every provider takes it: Anthropic refuses one without `type`, OpenAI one without `properties`
 * ("object schema missing properties"), and tools without parameters often lack one or both (spring-ai #4776).
 */
export function objectSchema(schema: JsonObject): JsonObject {
  const { type, properties } = schema
  return type && properties ? schema : { ...schema, type: type ?? 'object', properties: properties ?? {} }
}
