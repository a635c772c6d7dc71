import { parseObject } from '../events/json.ts'
import type { JsonObject } from '../events/request.ts'

/**
 * The strings of an object that may be others while it still says the same, in the order of the text, e.g. the words of a
 * chunk that is nothing but more words; undefined for an object that says anything else.
 */
export type VariableStrings = (object: JsonObject) => string[] | undefined

/** Misfits in a row that are learnt from. A provider whose events differ elsewhere each time costs no more than these. */
const maxLessons = 4

/**
 * Recognises JSON texts that equal one that was parsed but for the strings at a few places: providers send the same chunk
 * thousands of times with another word in it. All around those strings is compared, nothing is searched for, so what fits
 * says nothing that the parsed text did not. A fifth of the time of parsing (300 bytes: 0.2 µs against 1.1).
 */
export class Mould {
  /** What stands before, between and behind the strings, with their quotes. */
  #fixed: readonly string[] = []
  #lessons = 0

  /** Does the text say the same as one that was parsed? What does not fit is parsed, and learnt if it can be. */
  fits(text: string, variable: VariableStrings): boolean {
    if (this.#matches(text)) {
      this.#lessons = 0
      return true
    }
    if (this.#lessons >= maxLessons) return false
    this.#lessons++
    return this.#learn(text, variable)
  }

  #matches(text: string): boolean {
    if (this.#fixed.length === 0) return false
    let at = 0
    for (const part of this.#fixed) {
      if (at > 0) {
        const start = at
        at = stringEnd(text, start)
        // No words are no content.
        if (at === start) return false
      }
      const end = at + part.length
      // Not startsWith(): V8 walks it a character at a time (1 µs for 240), while it compares whole strings at once.
      if (text.slice(at, end) !== part) return false
      at = end
    }
    return at === text.length
  }

  #learn(text: string, variable: VariableStrings): boolean {
    const object = parseObject(text)
    const strings = object && variable(object)
    if (!strings) return false
    const fixed = cutOut(text, strings)
    // Filled with other strings it must read as those: then the right ones were cut out.
    const samples = strings.map((_, place) => `sample ${place}`)
    const refilled = fixed && parseObject(fixed.map((part, place) => part + (samples[place] ?? '')).join(''))
    if (fixed && refilled && variable(refilled)?.join() === samples.join()) this.#fixed = fixed
    return true
  }
}

/** The text around the given strings; undefined if one is not found, as when its escapes are not JSON.stringify's. */
function cutOut(text: string, strings: readonly string[]): string[] | undefined {
  const fixed: string[] = []
  let from = 0
  for (const string of strings) {
    const literal = JSON.stringify(string)
    const at = text.indexOf(`:${literal}`, from)
    if (at < 0) return undefined
    fixed.push(text.slice(from, at + 2))
    from = at + literal.length
  }
  return [...fixed, text.slice(from)]
}

/** Offset of the quote that ends the string whose content begins at `from`; the text's length if there is none. */
function stringEnd(text: string, from: number): number {
  let quote = text.indexOf('"', from)
  while (quote > from && isEscaped(text, quote, from)) quote = text.indexOf('"', quote + 1)
  return quote < 0 ? text.length : quote
}

function isEscaped(text: string, quote: number, from: number): boolean {
  let backslashes = 0
  while (quote - backslashes > from && text[quote - backslashes - 1] === '\\') backslashes++
  return backslashes % 2 === 1
}
