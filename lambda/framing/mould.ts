import { parseObject } from '../events/json.ts'
import type { JsonObject } from '../events/request.ts'
import type { Frame } from './sse.ts'

/** A string or whole number of a parsed event that may be another while the event says the same. */
export interface Slot {
  readonly holder: JsonObject
  readonly key: string
}

/** The slots of an event that is nothing but more content, e.g. its words; undefined for any other event. */
export type FindSlots = (object: JsonObject) => Slot[] | undefined

/** An event that was parsed, and its text without what stands in its slots. */
interface Lesson {
  readonly object: JsonObject
  /** In the order of the text. */
  readonly slots: readonly Slot[]
  /** What stands before, between and behind the values, quotes included. */
  readonly fixed: readonly string[]
}

/** Where a value stands in a text: from its first character to behind its last, without quotes. */
interface Place {
  readonly slot: Slot
  readonly start: number
  readonly end: number
}

/** Misfits in a row that are learnt from. A provider whose events differ elsewhere each time costs no more than these. */
const maxLessons = 4
/** V8 copies a shorter piece of a string; a longer one would keep the whole event's text alive. */
const maxCopied = 12
/** Longer numbers may not be exact. */
const maxDigits = 15

const quote = 34
const backslash = 92
const space = 32
const zero = 48
const nine = 57

/** An event of one `data:` line, with or without a name: what stands before the JSON, the JSON, and what follows it. */
const oneLine = /^((?:event: ?(?!error)[\w.]+\r?\n)?data: ?)([^\r\n]*)(\r?\n\r?\n)$/
const ascii = /^[ -~]*$/

/**
 * Recognises events that equal one that was parsed but for the values in a few slots: providers send the same event
 * thousands of times with another word in it. All around the slots is compared, so what fits says nothing that the parsed
 * event did not, and neither its fields nor its JSON need reading.
 */
export class Mould {
  #lesson: Lesson | undefined
  #lessons = 0
  /** Had the last event that was parsed slots? */
  #resembles = false
  /** Where the values of the text that fitted last begin and end. */
  readonly #bounds: number[] = []

  /** Does the event say the same as one that was parsed? What does not fit is parsed, and learnt if it can be. */
  fits({ raw }: Frame, slotsOf: FindSlots): boolean {
    if (raw === undefined) return false
    if (this.#matches(raw)) return true
    if (this.#lessons >= maxLessons) return false
    this.#lessons++
    const object = parseObject(oneLine.exec(raw)?.[2] ?? '')
    const slots = object && slotsOf(object)
    if (slots) this.#learn(raw, object, slots, slotsOf)
    return slots !== undefined
  }

  /**
   * The event's object without parsing, if it fits: the same one each time, with this event's values in it. It holds until
   * the next call, so only events of which a decoder keeps nothing but strings may have slots.
   */
  read(frame: Frame): JsonObject | undefined {
    const lesson = this.#lesson
    if (!lesson || frame.raw === undefined || !this.#matches(frame.raw)) return undefined
    for (let place = 0; place < lesson.slots.length; place++) {
      const slot = lesson.slots[place]
      const value = readValue(frame, this.#bounds[place * 2] ?? 0, this.#bounds[place * 2 + 1] ?? 0)
      if (!slot || value === undefined) return undefined
      slot.holder[slot.key] = value
    }
    return lesson.object
  }

  /**
   * Takes what was parsed of an event that did not fit: `object` is the mould's from then on. The second in a row is learnt
   * from, so that an answer's first words do not wait for it.
   */
  learn({ raw }: Frame, object: JsonObject, slotsOf: FindSlots): void {
    if (raw === undefined || this.#lessons >= maxLessons) return
    const slots = slotsOf(object)
    if (slots && this.#resembles) {
      this.#lessons++
      this.#learn(raw, object, slots, slotsOf)
    }
    this.#resembles = slots !== undefined
  }

  #matches(raw: string): boolean {
    if (!this.#lesson) return false
    const { fixed } = this.#lesson
    let at = 0
    for (let place = 0; place < fixed.length; place++) {
      const part = fixed[place] ?? ''
      if (place > 0) {
        const start = at
        at = valueEnd(raw, start)
        // No words are no content.
        if (at <= start) return false
        this.#bounds[place * 2 - 2] = start
        this.#bounds[place * 2 - 1] = at
      }
      const end = at + part.length
      // Not startsWith(): V8 walks it a character at a time (1 µs for 240), while it compares whole strings at once.
      if (raw.slice(at, end) !== part) return false
      at = end
    }
    if (at !== raw.length) return false
    this.#lessons = 0
    return true
  }

  #learn(raw: string, object: JsonObject, slots: readonly Slot[], slotsOf: FindSlots): void {
    const [, opening = '', json = '', ending = ''] = oneLine.exec(raw) ?? []
    const places = findPlaces(json, slots)
    if (!places) return
    const fixed = around(json, places)
    if (!isRight(fixed, places, slots, slotsOf)) return
    const last = fixed.length - 1
    const whole = fixed.map((part, at) => (at === 0 ? opening : '') + part + (at === last ? ending : ''))
    this.#lesson = { object, slots: places.map(({ slot }) => slot), fixed: whole }
  }
}

/** The slots' values in the order of the text; undefined if one is not found. */
function findPlaces(json: string, slots: readonly Slot[]): Place[] | undefined {
  const places: Place[] = []
  for (const slot of slots) {
    const place = findPlace(json, slot)
    if (!place) return undefined
    places.push(place)
  }
  return places.sort((left, right) => left.start - right.start)
}

/** The first value under the slot's key that is the slot's. */
function findPlace(json: string, slot: Slot): Place | undefined {
  const members = json.matchAll(new RegExp(`"${slot.key}"\\s*:\\s*"?`, 'g'))
  for (const { index, 0: member } of members) {
    const start = index + member.length
    const end = valueEnd(json, start)
    const isString = json.charCodeAt(start - 1) === quote
    const literal = Buffer.from(isString ? json.slice(start - 1, end + 1) : json.slice(start, end), 'latin1').toString()
    if (end > start && parseValue(literal) === slot.holder[slot.key]) return { slot, start, end }
  }
  return undefined
}

function around(json: string, places: readonly Place[]): string[] {
  const starts = [0, ...places.map(({ end }) => end)]
  return starts.map((start, at) => json.slice(start, places[at]?.start ?? json.length))
}

/** Filled with other values the text must read as those: then the right ones were cut out. */
function isRight(
  fixed: readonly string[],
  places: readonly Place[],
  slots: readonly Slot[],
  slotsOf: FindSlots,
): boolean {
  const samples = new Map(
    slots.map((slot, at) => [slot, typeof slot.holder[slot.key] === 'number' ? at + 1 : `v${at}`]),
  )
  const text = fixed.map((part, at) => part + (places[at] ? samples.get(places[at].slot) : '')).join('')
  const refilled = parseObject(text)
  const read = refilled && slotsOf(refilled)
  return read?.length === slots.length && slots.every((slot, at) => samples.get(slot) === valueIn(read[at]))
}

function valueIn(slot: Slot | undefined): unknown {
  return slot?.holder[slot.key]
}

/** Offset behind the string or number whose content begins at `from`; -1 if there is none. */
function valueEnd(text: string, from: number): number {
  return text.charCodeAt(from - 1) === quote ? stringEnd(text, from) : numberEnd(text, from)
}

/** Offset of the closing quote. Control characters, line ends among them, are not allowed within. */
function stringEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code < space) return -1
    if (code === backslash) at++
  }
  return -1
}

/** Whole numbers only, and none that starts with a zero. */
function numberEnd(text: string, from: number): number {
  let at = from
  while (isDigit(text.charCodeAt(at))) at++
  return at - from > maxDigits || (text.charCodeAt(from) === zero && at - from > 1) ? -1 : at
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine
}

/** Undefined for a string with an escape that JSON does not have. */
function readValue(frame: Frame, start: number, end: number): string | number | undefined {
  const raw = frame.raw ?? ''
  const text = raw.slice(start, end)
  if (raw.charCodeAt(start - 1) !== quote) return Number(text)
  const decoded = text.length <= maxCopied && ascii.test(text) ? text : decode(frame, start, end)
  if (!decoded.includes('\\')) return decoded
  const value = parseValue(`"${decoded}"`)
  return typeof value === 'string' ? value : undefined
}

function decode({ bytes }: Frame, start: number, end: number): string {
  return (bytes as Buffer).toString('utf8', start, end)
}

function parseValue(literal: string): unknown {
  try {
    return JSON.parse(literal)
  } catch {
    return undefined // no value of JSON is undefined
  }
}
