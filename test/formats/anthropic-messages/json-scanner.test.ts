import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonScanner } from '../../../lambda/formats/anthropic-messages/json-scanner.ts'

const texts: Array<[text: string, complete: boolean]> = [
  ['', false],
  ['{', false],
  ['{}', true],
  ['{"a":{}', false],
  ['{"a":{},"b":[{}]}', true],
  ['{"a":"}"', false],
  ['{"a":"\\"}"}', true],
  ['{"a":"\\"}"', false],
  ['{"a":"\\\\"}', true],
  ['{"a":"{["}', true],
  ['[1]', true],
]
test.each(texts)('%s is complete: %s', (text, complete) => {
  const scanner = new JsonScanner()
  for (const character of text) scanner.push(character)
  expect(scanner.complete).toBe(complete)
})

test('an object is complete with its last character and never before, however it is cut', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
  fc.assert(
    fc.property(object, fc.nat(), (value, at) => {
      const text = JSON.stringify(value)
      const cut = at % text.length
      const scanner = new JsonScanner()
      scanner.push(text.slice(0, cut))
      expect(scanner.complete).toBe(false)
      scanner.push(text.slice(cut))
      expect(scanner.complete).toBe(true)
    }),
  )
})
