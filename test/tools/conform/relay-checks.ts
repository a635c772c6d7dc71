import type { FormatId } from '../../../lambda/formats/codec.ts'
import { type Json, readStream, saidBy, splitEvents, terminalObject, type WireEvent } from '../independent-reader.ts'
import { runPipeline } from '../pipeline.ts'
import { type Check, compareTexts, type Violation } from './check.ts'
import { comparable } from './sdk.ts'

/** A relay's bytes are the provider's; only what is missing at the end may be added. */
export const relayIsByteEqual: Check = ({ recording: { bytes, format, expected }, stream }) => {
  if (stream.refused) return refusedRightly(expected.text + expected.reasoning.join(''), stream.refused.message)
  return sameBytes('byte-equal relay', format, splitEvents(bytes.toString('latin1')), stream.body)
}

/** A chat client that did not ask for usage gets everything but the frame that is there for nothing else. */
export const usageFrameIsWithheld: Check = async ({ recording: { bytes, format } }) => {
  const { body, refused } = await runPipeline({ from: format, to: format, body: [bytes], asksForUsage: false })
  if (refused) return []
  const events = splitEvents(bytes.toString('latin1'))
  const wanted = format === 'openai-chat' ? events.filter((event) => !isUsageOnly(event)) : events
  return sameBytes('relay without usage', format, wanted, body)
}

/**
 * A client that does not stream gets the object the provider itself put at the end of its stream. What every object has
 * and this one lacks may be added.
 */
export const foldEqualsTerminalObject: Check = ({ recording: { bytes, format, expected }, buffer }) => {
  const terminal = terminalObject(format, bytes.toString())
  if (!terminal || expected.outcome !== 'complete' || buffer.refused) return []
  const folded = JSON.parse(buffer.body.toString()) as Json
  const lacking = ['id', 'object', 'created_at', 'model', 'status'].filter((key) => !(key in terminal) && key in folded)
  const whole = { ...terminal, ...Object.fromEntries(lacking.map((key) => [key, folded[key]])) }
  return compareTexts('fold equals terminal object', comparable(format, whole), comparable(format, folded))
}

/** Fields a provider's whole answer has are in the folded one too: the shape, since the words are another sample's. */
export const foldHasTheShapeOfTheWholeAnswer: Check = ({ recording: { whole }, buffer }) => {
  if (!whole || buffer.refused) return []
  const missing = missingKeys(whole, JSON.parse(buffer.body.toString()))
  if (missing.length === 0) return []
  return [{ check: 'fold has the shape of the .json beside', expected: missing.join(', '), found: 'left out' }]
}

function refusedRightly(content: string, message: string): Violation[] {
  if (content === '') return []
  return [{ check: 'relay delivers what came', expected: content.slice(0, 100), found: `refused: ${message}` }]
}

/** Compares in Latin-1, where each character is a byte. */
function sameBytes(check: string, format: FormatId, wanted: readonly WireEvent[], body: Buffer): Violation[] {
  const found = body.toString('latin1')
  const whole = wanted.filter((event) => !event.cut || isComplete(event))
  // A last event that lacks its blank line gets it: the official clients skip it otherwise.
  const raw = whole.map((event) => (event.cut ? `${event.raw}\n\n` : event.raw)).join('')
  const rest = found.slice(raw.length)
  if (!found.startsWith(raw)) return compareTexts(check, raw, found)
  if (rest === '') return isClosed(format, raw) ? [] : [{ check, expected: 'a terminal event', found: 'nothing' }]
  return appendedRightly(format, raw, rest).map((found) => ({ check, expected: 'nothing, or what was missing', found }))
}

/** What may follow the provider's own bytes: one terminal or error, and only if the provider had none. */
function appendedRightly(format: FormatId, raw: string, rest: string): string[] {
  const before = readStream(format, Buffer.from(raw, 'latin1').toString())
  const after = readStream(format, Buffer.from(raw + rest, 'latin1').toString())
  const problems: string[] = []
  if (hasTerminal(format, raw)) problems.push(`after a terminal event: ${rest.slice(0, 200)}`)
  const wanted = before.outcome === 'complete' ? 'complete' : 'error'
  if (after.outcome !== wanted) problems.push(`with ${rest.slice(0, 200)} the answer reads as ${after.outcome}`)
  return problems
}

/** Does the stream end so that every client knows it has ended? A relay of an event that is no JSON ends as it came. */
function isClosed(format: FormatId, raw: string): boolean {
  return hasTerminal(format, raw) || splitEvents(raw).some((event) => saidBy(event).kind === 'garbage')
}

function hasTerminal(format: FormatId, raw: string): boolean {
  return splitEvents(raw).some((event) => {
    const said = saidBy(event)
    if (said.kind === 'done') return format === 'openai-chat'
    if (said.kind !== 'json') return false
    const { type, error } = said.value
    if (format === 'openai-chat') return Boolean(error)
    if (format === 'anthropic-messages') return type === 'message_stop' || type === 'error'
    return terminals.has(String(type))
  })
}

const terminals = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'error',
])

function isComplete(event: WireEvent): boolean {
  const said = saidBy(event)
  return said.kind === 'json' || said.kind === 'done'
}

function isUsageOnly(event: WireEvent): boolean {
  const said = saidBy(event)
  if (said.kind !== 'json') return false
  const { choices, usage } = said.value
  return Array.isArray(choices) && choices.length === 0 && usage !== null && usage !== undefined
}

/** Paths of `wanted` that `found` lacks; lists are not entered, since their entries are content. */
function missingKeys(wanted: Json, found: unknown, path = ''): string[] {
  const known = typeof found === 'object' && found !== null ? (found as Json) : {}
  return Object.entries(wanted).flatMap(([key, value]) => {
    if (!(key in known)) return [path + key]
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && known[key] !== null ? missingKeys(value as Json, known[key], `${path}${key}.`) : []
  })
}
