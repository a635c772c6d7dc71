import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lambda/events/request.ts'
import { type FindSlots, Mould, type Slot } from '../../lambda/framing/mould.ts'
import { type Frame, SseReader } from '../../lambda/framing/sse.ts'

/** Counts what it is asked to look at, since an event that fits must not be parsed. */
function counted() {
  const read = { events: 0 }
  const slotsOf: FindSlots = (object) => {
    read.events++
    if (typeof object.text !== 'string' || object.text === '' || object.finish !== null) return undefined
    return ['text', 'padding', 'number']
      .filter((key) => isValue(object[key]))
      .map((key): Slot => ({ holder: object, key }))
  }
  return { read, slotsOf }
}

function isValue(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || (Number.isSafeInteger(value) && Number(value) >= 0)
}

/** The one event of a text as the reader gives it. */
function frameOf(text: string): Frame {
  const reader = new SseReader()
  reader.push(Buffer.from(': a comment\n\n'))
  const [frame] = reader.push(Buffer.from(text))
  if (!frame) throw new Error(`no event in ${JSON.stringify(text)}`)
  return frame
}

/** A mould that has learnt from `text` for reading, which takes two events in a row. */
function taught(text: string, slotsOf: FindSlots): Mould {
  const mould = new Mould()
  for (let n = 0; n < 2; n++) mould.learn(sse(text), JSON.parse(text) as JsonObject, slotsOf)
  return mould
}

const sse = (json: string) => frameOf(`data: ${json}\n\n`)
const json = (text: string, padding = 'x', number = 1) =>
  JSON.stringify({ id: 'c', text, number, choices: [{ index: 0 }], finish: null, padding })

describe('a mould', () => {
  const { read, slotsOf } = counted()
  const misfits: Array<[name: string, text: string]> = [
    ['another value elsewhere', json('b').replace('"finish":null', '"finish":"stop"')],
    ['another value that has no slot', json('b').replace('"index":0', '"index":1')],
    ['a further field', json('b').replace('"finish"', '"usage":{},"finish"')],
    ['a field behind', `${json('b').slice(0, -1)},"usage":{}}`],
    ['an empty string', json('')],
    ['no string where one was', json('b').replace('"b"', 'null')],
    ['no number where one was', json('b').replace('"number":1', '"number":"1"')],
    ['a number that is no whole one', json('b').replace('"number":1', '"number":1.5')],
    ['a number that is no JSON', json('b').replace('"number":1', '"number":01')],
    ['a number of too many digits', json('b').replace('"number":1', '"number":12345678901234567')],
    ['a string with a tab in it', json('b').replace('"b"', '"b\t"')],
    ['a text that is cut', json('b').slice(0, -1)],
    ['a text that ends in the string', '{"id":"c","text":"b'],
    ['a text that is cut behind a backslash', '{"id":"c","text":"b\\'],
    ['nothing', ''],
  ]

  test.each(misfits)('does not fit %s', (_, text) => {
    const mould = new Mould()
    mould.fits(sse(json('a')), slotsOf)
    const parsed = read.events
    const fits = mould.fits(sse(text), slotsOf)
    // Either somebody looked at the whole object, or it is none.
    if (isObject(text)) expect(read.events).toBeGreaterThan(parsed)
    else expect(fits).toBe(false)
    const reader = taught(json('a'), slotsOf)
    expect(reader.read(sse(json('b')))).toMatchObject({ text: 'b' })
    expect(reader.read(sse(text))).toBeUndefined()
  })

  const strings = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({ unit: 'grapheme', minLength: 13, maxLength: 40 }),
    fc.constantFrom('\n', '"', '\\', ' a', '\u0000', '\ud83d', 'naïve', 'a longer piece of text, "quoted"'),
  )
  const numbers = fc.nat(2 ** 40)

  test('reads whatever its slots hold as the parser does, without parsing', () => {
    const mould = taught(json('a'), slotsOf)
    const before = read.events
    fc.assert(
      fc.property(strings, strings, numbers, (text, padding, number) => {
        const written = json(text, padding, number)
        expect(mould.read(sse(written))).toEqual(JSON.parse(written))
        expect(mould.fits(sse(written), slotsOf)).toBe(true)
      }),
    )
    expect(read.events).toBe(before)
  })

  test('reads strings that are escaped as nobody here writes them', () => {
    const mould = taught(json('a'), slotsOf)
    for (const literal of ['\\u00e9', '\\/', '\\ud83d\\ude00', '\\u0022']) {
      const written = json('b').replace('"b"', `"${literal}"`)
      expect(mould.read(sse(written))).toEqual(JSON.parse(written))
    }
    expect(mould.read(sse(json('b').replace('"b"', '"\\q"'))), 'an escape that JSON has not').toBeUndefined()
  })

  test('reads several events of one chunk each with its own values', () => {
    const mould = taught(json('a'), slotsOf)
    const texts = ['one', 'zwölf', 'a longer piece of text', '\n']
    const frames = new SseReader().push(Buffer.from(texts.map((text) => `data: ${json(text)}\n\n`).join('')))
    expect(frames.map((frame) => mould.read(frame)?.text)).toEqual(texts)
  })

  test('learns for reading from the second of two events in a row', () => {
    const mould = new Mould()
    const learn = (text: string) => mould.learn(sse(text), JSON.parse(text) as JsonObject, slotsOf)
    learn(json('a'))
    expect(mould.read(sse(json('b')))).toBeUndefined()
    learn('{"finish":"stop"}')
    learn(json('b'))
    expect(mould.read(sse(json('c')))).toBeUndefined()
    learn(json('c'))
    expect(mould.read(sse(json('d')))).toEqual(JSON.parse(json('d')))
  })

  test.each([
    ['a name', 'event: delta\ndata: '],
    ['no space', 'data:'],
    ['CRLF', 'data: ', '\r\n\r\n'],
    ['a name and CRLF', 'event: delta\r\ndata: ', '\r\n\r\n'],
  ])('learns an event with %s, and none with another beginning', (_, opening, ending = '\n\n') => {
    const mould = new Mould()
    const frame = (text: string) => frameOf(opening + json(text) + ending)
    expect(mould.fits(frame('a'), slotsOf)).toBe(true)
    const before = read.events
    expect(mould.fits(frame('b'), slotsOf)).toBe(true)
    expect(read.events).toBe(before)
    mould.fits(frameOf(`id: 7\n${opening}${json('c')}${ending}`), slotsOf)
    expect(mould.read(frameOf(`id: 7\n${opening}${json('d')}${ending}`))).toBeUndefined()
  })

  test('learns nothing of an event that is named an error', () => {
    const mould = new Mould()
    const frame = (text: string) => frameOf(`event: error\ndata: ${json(text)}\n\n`)
    expect(mould.fits(frame('a'), slotsOf)).toBe(false)
    expect(mould.fits(frame('b'), slotsOf)).toBe(false)
  })

  test('fits exactly what has the learnt value everywhere else', () => {
    const object = fc.record({
      text: fc.string({ minLength: 1 }),
      id: fc.string(),
      finish: fc.constantFrom(null, 'stop', 0),
    })
    fc.assert(
      fc.property(object, object, (first, second) => {
        const mould = new Mould()
        mould.fits(sse(JSON.stringify(first)), slotsOf)
        expect(mould.fits(sse(JSON.stringify(second)), slotsOf)).toBe(second.finish === null)
      }),
    )
  })

  test('is told apart from values elsewhere that look like its own', () => {
    const twin = (text: string, inner = 'a', alias = 'a') =>
      sse(JSON.stringify({ alias, inner: { text: inner }, text, finish: null }))
    const mould = new Mould()
    mould.fits(twin('a'), slotsOf)
    mould.fits(twin('b'), slotsOf)
    const before = read.events
    expect(mould.fits(twin('c'), slotsOf)).toBe(true)
    expect(read.events).toBe(before)
    mould.fits(twin('c', 'z'), slotsOf)
    const afterInner = read.events
    expect(afterInner).toBeGreaterThan(before)
    mould.fits(twin('c', 'z', 'z'), slotsOf)
    expect(read.events).toBeGreaterThan(afterInner)
  })

  test('gives up on events that differ elsewhere each time', () => {
    const mould = new Mould()
    const own = counted()
    for (let n = 0; n < 50; n++) mould.fits(sse(JSON.stringify({ id: n, text: 'a', finish: null })), own.slotsOf)
    expect(own.read.events).toBeLessThan(10)
  })
})

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
