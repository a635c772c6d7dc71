import { type GatewayFault, invalidRequest } from '../errors.ts'
import { readTime } from './time-text.ts'

/** Names of a list parameter as clients write them: `group_by`, `group_by[]` (OpenAI's SDKs), `group_by[0]`. */
const listSuffix = /\[\d*\]$/

/**
 * A query string, read by name. What is asked for and not known is refused: a filter that is ignored gives wrong sums.
 * Every reader throws GatewayFault `invalid_request` with the parameter's name.
 */
export class Parameters {
  readonly #values = new Map<string, string[]>()

  /** @param known all names the endpoint takes */
  constructor(query: string, known: readonly string[]) {
    for (const [written, value] of new URLSearchParams(query)) {
      const name = written.replace(listSuffix, '')
      if (!known.includes(name)) {
        throw invalidRequest(`There is no parameter ${name} here; there are: ${known.join(', ')}.`, name)
      }
      if (value !== '') this.#values.set(name, [...(this.#values.get(name) ?? []), value])
    }
  }

  text(name: string): string | undefined {
    const [first, ...others] = this.#values.get(name) ?? []
    if (others.length > 0) throw invalidRequest(`${name} may be given once.`, name)
    return first
  }

  /** Values given one by one or with commas; undefined if there are none. */
  list(name: string): string[] | undefined {
    return this.#values.get(name)?.flatMap((value) => value.split(',').filter((each) => each !== ''))
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : knownValue(name, text, values)
  }

  listOf<Value extends string>(name: string, values: readonly Value[]): Value[] {
    return (this.list(name) ?? []).map((text) => knownValue(name, text, values))
  }

  integer(name: string, byDefault: number, min: number, max: number): number {
    const text = this.text(name)
    if (text === undefined) return byDefault
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw expected(name, text, `a whole number from ${min} to ${max}`)
    return value
  }

  /** Milliseconds since 1970 of whatever `readTime` reads. */
  time(name: string, now: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const at = readTime(text, now)
    if (at === undefined) throw expected(name, text, 'a date (2026-05-01), a time (ISO 8601), Unix seconds or 7d, 24h')
    return at
  }
}

function knownValue<Value extends string>(name: string, text: string, values: readonly Value[]): Value {
  const value = values.find((each) => each === text)
  if (value === undefined) throw expected(name, text, `one of ${values.join(', ')}`)
  return value
}

function expected(name: string, text: string, what: string): GatewayFault {
  return invalidRequest(`${name} is ${JSON.stringify(text.slice(0, 100))}: expected ${what}.`, name)
}
