import { invalidRequest } from '../../errors.ts'
import { asArray, asNumber, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

// Strict reading of a client's request: an absent or null field is undefined, one of the wrong type is the client's
// mistake and named by its path.

function wrong(path: string, expected: string): never {
  throw invalidRequest(`Invalid type for '${path}': expected ${expected}.`, path)
}

function present(object: JsonObject, key: string): unknown {
  return object[key] ?? undefined
}

/** `prefix.key`, or the key alone at the top level. */
export function pathOf(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`
}

export function stringField(object: JsonObject, key: string, prefix = ''): string | undefined {
  const value = present(object, key)
  if (value === undefined || typeof value === 'string') return value
  return wrong(pathOf(prefix, key), 'a string')
}

export function requiredString(object: JsonObject, key: string, prefix: string): string {
  const value = stringField(object, key, prefix)
  return value === undefined || value === '' ? wrong(pathOf(prefix, key), 'a string that is not empty') : value
}

export function numberField(object: JsonObject, key: string, prefix = ''): number | undefined {
  const value = present(object, key)
  return value === undefined ? undefined : (asNumber(value) ?? wrong(pathOf(prefix, key), 'a number'))
}

/** @param least the smallest value that is allowed */
export function integerField(object: JsonObject, key: string, least: number, prefix = ''): number | undefined {
  const value = numberField(object, key, prefix)
  if (value === undefined || (Number.isInteger(value) && value >= least)) return value
  return wrong(pathOf(prefix, key), `an integer of at least ${least}`)
}

export function booleanField(object: JsonObject, key: string, prefix = ''): boolean | undefined {
  const value = present(object, key)
  if (value === undefined || typeof value === 'boolean') return value
  return wrong(pathOf(prefix, key), 'a boolean')
}

export function objectField(object: JsonObject, key: string, prefix = ''): JsonObject | undefined {
  const value = present(object, key)
  return value === undefined ? undefined : (asObject(value) ?? wrong(pathOf(prefix, key), 'an object'))
}

export function arrayField(object: JsonObject, key: string, prefix = ''): unknown[] | undefined {
  const value = present(object, key)
  return value === undefined ? undefined : (asArray(value) ?? wrong(pathOf(prefix, key), 'an array'))
}

/** The entries of an array of objects, each with its path. */
export function objectEntries(
  object: JsonObject,
  key: string,
  prefix = '',
): Array<{ entry: JsonObject; path: string }> {
  return (arrayField(object, key, prefix) ?? []).map((entry, index) => {
    const path = `${pathOf(prefix, key)}[${index}]`
    return { entry: asObject(entry) ?? wrong(path, 'an object'), path }
  })
}
