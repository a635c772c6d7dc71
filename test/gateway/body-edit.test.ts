import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editFields } from '../../lambda/gateway/body-edit.ts'

test.each([
  ['{"model":"a/b","n":1.0}', { model: 'b' }, '{"model":"b","n":1.0}'],
  ['{ "x" : {"model":"no"}, "model" : "a/b" }', { model: 'b' }, '{ "x" : {"model":"no"}, "model" : "b" }'],
  ['{"n":12345678901234567890,"stream" : false\n}', { stream: true }, '{"n":12345678901234567890,"stream" : true\n}'],
  ['{"model":"a"}', { stream: true }, '{"stream":true,"model":"a"}'],
  ['{}', { stream: true }, '{"stream":true}'],
  ['{"mo\\u0064el":"a/b","s":"\\\\\\"{[,"}', { model: 'b' }, '{"mo\\u0064el":"b","s":"\\\\\\"{[,"}'],
  ['{"model":"first","model":"second"}', { model: 'x' }, '{"model":"x","model":"x"}'],
  ['{"a":[1,{"b":"]"}],"model":null,"c":[]}', { model: 'x' }, '{"a":[1,{"b":"]"}],"model":"x","c":[]}'],
])('edits %s by %j and leaves every other byte', (source, changes, expected) => {
  expect(editFields(source, changes)).toBe(expected)
})

test('an edit equals the edit of the parsed object, for any object and any spacing', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom(undefined, 1, '\t'),
      fc.dictionary(fc.constantFrom('model', 'stream', 'stream_options'), fc.jsonValue()),
      (object, indent, changes) => {
        const clean = Object.fromEntries(Object.entries(object).filter(([key]) => key !== '__proto__'))
        const edited = JSON.parse(editFields(JSON.stringify(clean, null, indent), changes))
        expect(edited).toEqual(JSON.parse(JSON.stringify({ ...clean, ...changes })))
      },
    ),
  )
})
