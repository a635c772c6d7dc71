import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Mould, type VariableStrings } from '../../lambda/framing/mould.ts'

/** Counts what it is asked to read, since a text that fits must not be parsed. */
function counted() {
  const read = { texts: 0 }
  const variable: VariableStrings = ({ text, padding, finish }) => {
    read.texts++
    if (typeof text !== 'string' || finish !== null) return undefined
    return typeof padding === 'string' ? [text, padding] : [text]
  }
  return { read, variable }
}

const chunk = (text: string, padding = 'x') =>
  JSON.stringify({ id: 'c', text, choices: [{ index: 0 }], finish: null, padding })

describe('a mould', () => {
  const { read, variable } = counted()
  const mould = new Mould()
  mould.fits(chunk('a'), variable)
  const { texts } = read
  const misfits: Array<[name: string, text: string]> = [
    ['another value elsewhere', chunk('b').replace('"finish":null', '"finish":"stop"')],
    ['another value that is no string', chunk('b').replace('"index":0', '"index":1')],
    ['a further field', chunk('b').replace('"finish"', '"usage":{},"finish"')],
    ['a field behind', `${chunk('b').slice(0, -1)},"usage":{}}`],
    ['an empty string', chunk('')],
    ['no string where one was', chunk('b').replace('"b"', 'null')],
    ['a text that is cut', chunk('b').slice(0, -1)],
    ['a text that ends in the string', '{"id":"c","text":"b'],
    ['a text that is cut behind a backslash', '{"id":"c","text":"b\\'],
    ['nothing', ''],
  ]

  test.each(misfits)('does not fit %s', (_, text) => {
    const other = new Mould()
    other.fits(chunk('a'), variable)
    const parsed = read.texts
    const fits = other.fits(text, variable)
    // Either somebody looked at the whole object, or it is none.
    if (isObject(text)) expect(read.texts).toBeGreaterThan(parsed)
    else expect(fits).toBe(false)
  })

  test('fits whatever its strings hold, without parsing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ minLength: 1 }), (text, padding) => {
        const before = read.texts
        expect(mould.fits(chunk(text, padding), variable)).toBe(true)
        expect(read.texts).toBe(before)
      }),
    )
    expect(texts).toBeGreaterThan(0)
  })

  test('fits exactly what has the learnt value everywhere else', () => {
    const json = fc.record({ text: fc.string(), id: fc.string(), finish: fc.constantFrom(null, 'stop', 0) })
    fc.assert(
      fc.property(json, json, (first, second) => {
        const own = new Mould()
        own.fits(JSON.stringify(first), variable)
        expect(own.fits(JSON.stringify(second), variable)).toBe(second.finish === null)
      }),
    )
  })

  test('is told apart from strings elsewhere that look like its own', () => {
    const own = new Mould()
    const { read: reads, variable: reader } = counted()
    const twin = (text: string) => JSON.stringify({ alias: 'a', text, finish: null })
    own.fits(twin('a'), reader)
    own.fits(twin('b'), reader)
    const before = reads.texts
    expect(own.fits(twin('c'), reader)).toBe(true)
    expect(own.fits(twin('c').replace('"alias":"a"', '"alias":"z"'), reader)).toBe(true)
    expect(reads.texts).toBeGreaterThan(before)
  })

  test('gives up on texts that differ elsewhere each time', () => {
    const own = new Mould()
    const { read: reads, variable: reader } = counted()
    for (let n = 0; n < 50; n++) own.fits(JSON.stringify({ id: n, text: 'a', finish: null }), reader)
    expect(reads.texts).toBeLessThan(10)
  })
})

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
