const quote = 34
const backslash = 92
const openBracket = 91
const closeBracket = 93
const openBrace = 123
const closeBrace = 125

/**
 * Tells when text that comes in pieces has become one whole JSON object or array, without parsing it again from the
 * start for each piece. Trusts that the text is JSON: it only counts brackets outside of strings.
 */
export class JsonScanner {
  #depth = 0
  #inString = false
  #escaped = false
  #complete = false

  get complete(): boolean {
    return this.#complete
  }

  push(text: string): void {
    for (let at = 0; at < text.length && !this.#complete; at++) {
      const code = text.charCodeAt(at)
      if (this.#escaped) this.#escaped = false
      else if (this.#inString) this.#readInString(code)
      else this.#readOutside(code)
    }
  }

  #readInString(code: number): void {
    if (code === backslash) this.#escaped = true
    else if (code === quote) this.#inString = false
  }

  #readOutside(code: number): void {
    if (code === quote) this.#inString = true
    else if (code === openBrace || code === openBracket) this.#depth++
    else if (code === closeBrace || code === closeBracket) this.#complete = --this.#depth === 0
  }
}
