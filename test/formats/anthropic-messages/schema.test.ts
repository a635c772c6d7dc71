import { describe, expect, test } from 'vitest'
import { Losses } from '../../../lambda/events/losses.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { strictSchema } from '../../../lambda/formats/anthropic-messages/schema.ts'
import { fitsStrictMode } from '../../../lambda/formats/anthropic-messages/strict-mode.ts'

const looksLikeSchema = { type: 'object', minimum: 1 }
const closed = { type: 'object', additionalProperties: false }

const schemas: Array<[name: string, schema: JsonObject, strict: JsonObject, losses: string[]]> = [
  ...['const', 'default'].map((key): [string, JsonObject, JsonObject, string[]] => [
    `the data of ${key} stays`,
    { [key]: looksLikeSchema },
    { [key]: looksLikeSchema },
    [],
  ]),
  ...['enum', 'examples'].map((key): [string, JsonObject, JsonObject, string[]] => [
    `the data of ${key} stays`,
    { [key]: [looksLikeSchema] },
    { [key]: [looksLikeSchema] },
    [],
  ]),
  ['an object is closed', { type: 'object' }, closed, []],
  ['an object that is closed stays', closed, closed, []],
  ['an open object is closed, which is a loss', { ...closed, additionalProperties: true }, closed, ['schema-keyword']],
  ['a list of at least one stays', { type: 'array', minItems: 1 }, { type: 'array', minItems: 1 }, []],
  ['a list of at least two may have fewer', { type: 'array', minItems: 2 }, { type: 'array' }, ['schema-keyword']],
  [
    'definitions are schemas too',
    { $defs: { maximum: { maximum: 1 } }, definitions: { a: { type: 'object' } }, anyOf: [{ minLength: 1 }] },
    { $defs: { maximum: {} }, definitions: { a: closed }, anyOf: [{}] },
    ['schema-keyword'],
  ],
  ['properties that are none stay', { properties: true }, { properties: true }, []],
]
test.each(schemas)('Anthropic’s strict schema: %s', (_name, schema, strict, losses) => {
  const named = new Losses()
  expect(strictSchema(schema, named)).toEqual(strict)
  expect(named.list()).toEqual(losses)
})

describe('OpenAI’s strict mode', () => {
  const a = { properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
  const taken: unknown[] = [
    {},
    true,
    a,
    { type: 'object', ...a },
    { type: ['object', 'null'], ...a },
    closed,
    { type: 'array', items: closed },
    { anyOf: [closed, { type: 'null' }] },
  ]
  test.each(taken)('takes %j', (schema) => {
    expect(fitsStrictMode(schema)).toBe(true)
  })

  const refused: unknown[] = [
    { type: 'object' },
    { type: ['object', 'null'] },
    { properties: {} },
    { ...a, required: [] },
    { ...a, required: undefined },
    { type: 'array', items: { type: 'object' } },
    { anyOf: [{ type: 'object' }] },
    { $defs: { b: { type: 'object' } } },
    { definitions: { b: { type: 'object' } } },
    { ...a, properties: { a: { type: 'object' } } },
    { default: undefined },
    ...['allOf', 'oneOf', 'not', 'if', 'then', 'else', 'uniqueItems'].map((keyword) => ({ [keyword]: true })),
  ]
  test.each(refused)('does not take %j', (schema) => {
    expect(fitsStrictMode(schema)).toBe(false)
  })
})
