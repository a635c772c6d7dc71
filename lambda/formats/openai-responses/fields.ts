import { type GatewayFault, invalidRequest } from '../../errors.ts'
import type { JsonObject } from '../../events/request.ts'

/**
 * A JSON object of the client's, read strictly: null is absent, and a value of the wrong type is a fault that names its
 * path (`input[2].content`). Remembers what was read, so that what was not can be named as a loss.
 */
export class Fields {
  /** Path from the body; '' for the body itself. */
  readonly path: string
  readonly #object: JsonObject
  readonly #read = new Set<string>()

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mistake(path, 'an object', value)
    this.#object = value as JsonObject
    this.path = path
  }

  /** The path of one of its members. */
  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }

  value(name: string): unknown {
    this.#read.add(name)
    return this.#object[name] ?? undefined
  }

  string(name: string): string | undefined {
    const value = this.value(name)
    if (value !== undefined && typeof value !== 'string') throw mistake(this.at(name), 'a string', value)
    return value
  }

  requiredString(name: string): string {
    const value = this.string(name)
    if (value === undefined) throw invalidRequest(`"${this.at(name)}" is required.`, this.at(name))
    return value
  }

  number(name: string): number | undefined {
    const value = this.value(name)
    if (value !== undefined && typeof value !== 'number') throw mistake(this.at(name), 'a number', value)
    return value
  }

  boolean(name: string): boolean | undefined {
    const value = this.value(name)
    if (value !== undefined && typeof value !== 'boolean') throw mistake(this.at(name), 'true or false', value)
    return value
  }

  /** As it is, for values that pass unread. */
  object(name: string): JsonObject | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) throw mistake(this.at(name), 'an object', value)
    return value as JsonObject
  }

  fields(name: string): Fields | undefined {
    const value = this.value(name)
    return value === undefined ? undefined : new Fields(value, this.at(name))
  }

  array(name: string): unknown[] | undefined {
    const value = this.value(name)
    if (value !== undefined && !Array.isArray(value)) throw mistake(this.at(name), 'an array', value)
    return value
  }

  /** The members of an array of objects. */
  list(name: string): Fields[] {
    const path = this.at(name)
    return (this.array(name) ?? []).map((entry, index) => new Fields(entry, `${path}[${index}]`))
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const value = this.string(name)
    if (value === undefined) return undefined
    const known = words.find((word) => word === value)
    if (known === undefined) throw mistake(this.at(name), `one of ${words.join(', ')}`, value)
    return known
  }

  /** Is there a member with a value that nobody read? */
  hasUnread(): boolean {
    return Object.entries(this.#object).some(([name, value]) => value !== null && !this.#read.has(name))
  }
}

function mistake(path: string, expected: string, value: unknown): GatewayFault {
  const actual = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : typeOf(value)
  const subject = path === '' ? 'the body' : `"${path}"`
  return invalidRequest(`Expected ${subject} to be ${expected}, but it is ${actual}.`, path || undefined)
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
