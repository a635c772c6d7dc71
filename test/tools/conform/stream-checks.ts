import { checkStream } from '../../support/grammar/index.ts'
import { readWritten } from '../../support/read/sse-frames.ts'
import { letters } from '../formats.ts'
import { type Answer, readObject, readStream } from '../independent-reader.ts'
import { type Outcome, runPipeline } from '../pipeline.ts'
import { chunksOf, describeSplit, type Split } from '../split.ts'
import { type Check, compareTexts, type Passage, type Violation } from './check.ts'
import { accumulate, comparable, withoutCutInputs } from './sdk.ts'
import { type Difference, differences, lossesOwed, seenIn } from './translation.ts'

/** However the network cuts the bytes, the client gets the same ones, and the record says the same. */
export const splitDoesNotMatter: Check = async ({ recording: { bytes, format: from }, to, seed, stream, buffer }) => {
  const violations: Violation[] = []
  const compare = async (split: Split, whole: Outcome, buffered: boolean) => {
    const outcome = await runPipeline({ from, to, body: chunksOf(bytes, split), buffered })
    const check = `split ${describeSplit(split)}${buffered ? ', buffered' : ''}`
    violations.push(...compareTexts(check, told(whole), told(outcome)))
  }
  await compare({ kind: 'every', bytes: 1 }, stream, false)
  await compare({ kind: 'random', seed }, stream, false)
  await compare({ kind: 'random', seed: seed + 1 }, buffer, true)
  return violations
}

/** Everything a run told, as one text. Chunks and their bytes are counted elsewhere. */
function told({ body, error, losses, metrics }: Outcome): string {
  const { usage, finish, toolCalls, servedModel } = metrics
  return `${body.toString()}\n${JSON.stringify({ error, losses, usage, finish, toolCalls, servedModel })}`
}

/** A written stream keeps its format's grammar to the letter. */
export const grammarHolds: Check = ({ to, stream }) => {
  if (stream.refused) return []
  const { frames, problems } = readWritten(stream.body.toString())
  const all = [...problems, ...checkStream[letters[to]](frames)]
  return all.map((found) => ({ check: 'grammar of the stream', expected: 'none', found }))
}

/** Text, tools, reasoning, finish and usage are what an independent reader finds in the recording. */
export const streamSaysTheSame: Check = (passage) => {
  const { recording, to, stream } = passage
  if (stream.refused) return refusal(passage, stream)
  const found = readStream(to, stream.body.toString())
  return violationsOf('stream', differences(seenIn(to, recording.expected), found, false))
}

/** The object holds what the stream holds; what failed or broke off is an error and never an object. */
export const bufferSaysTheSame: Check = (passage) => {
  const { recording, to, buffer } = passage
  if (buffer.refused) return refusal(passage, buffer)
  const expected = recording.format === to ? (recording.terminal ?? recording.expected) : seenIn(to, recording.expected)
  const found = readObject(to, JSON.parse(buffer.body.toString()))
  return violationsOf('buffer', differences(expected, found, to === 'anthropic-messages'))
}

/**
 * Nothing may be refused but what failed. A stream may be refused only before its first content; an object always,
 * since half an answer is none.
 */
function refusal({ recording: { expected } }: Passage, { refused, body }: Outcome): Violation[] {
  const message = `refused: ${refused?.code} ${refused?.message}`
  if (expected.outcome === 'complete') return [{ check: 'answered', expected: 'an answer', found: message }]
  if (expected.error && refused && !refused.message.includes(expected.error)) {
    return [{ check: 'error message', expected: expected.error, found: refused.message }]
  }
  return body.length > 0 ? [{ check: 'refused', expected: 'no bytes', found: `${body.length} bytes` }] : []
}

/** What the client's format could not say is a named loss. */
export const lossesAreNamed: Check = ({ recording: { expected }, to, stream }) => {
  if (stream.refused || expected.outcome !== 'complete') return []
  const missing = lossesOwed(expected, seenIn(to, expected)).filter((loss) => !stream.losses.includes(loss))
  return missing.map((expected) => ({ check: 'named losses', expected, found: stream.losses.join(' ') || 'none' }))
}

/** The official client's helper takes a converted stream, and makes the object of it that the buffer URL answers. */
export const officialClientAgrees: Check = async ({ recording: { expected }, to, stream, buffer }) => {
  if (stream.refused) return []
  const check = 'official client'
  let object: unknown
  try {
    object = await accumulate(to, stream.body)
  } catch (cause) {
    // Chat's and Messages' clients throw the error the stream carries; which it was, the reading has compared.
    if (expected.outcome !== 'complete') return []
    return [{ check, expected: 'accepts the stream', found: String(cause) }]
  }
  if (expected.outcome !== 'complete') {
    const { status } = object as { status?: unknown }
    if (to === 'openai-responses' && status === 'failed') return []
    return [{ check, expected: 'an error', found: `an object: ${JSON.stringify(object).slice(0, 200)}` }]
  }
  const folded: unknown = JSON.parse(buffer.body.toString())
  const [wanted, found] = to === 'anthropic-messages' ? withoutCutInputs(folded, object) : [folded, object]
  return compareTexts(check, comparable(to, wanted), comparable(to, found))
}

/** There and back again: text, tools, usage and stop reason survive a second conversion. */
export const roundTripKeeps: Check = async ({ recording, to, stream }) => {
  if (stream.refused) return []
  const from = recording.format
  const back = await runPipeline({ from: to, to: from, body: [stream.body] })
  if (back.refused) return recording.expected.outcome === 'complete' ? [refusedOnTheWayBack(back.refused.message)] : []
  const expected = seenIn(from, seenIn(to, recording.expected))
  const found = readStream(from, back.body.toString())
  const check = `round trip ${letters[from]}→${letters[to]}→${letters[from]}`
  return violationsOf(check, differences(untokened(expected), untokened(found), false))
}

/** Probabilities do not pass through Messages; whether they are lost by name is another rule. */
function untokened(answer: Answer): Answer {
  return { ...answer, tokens: [], refusalTokens: [] }
}

function refusedOnTheWayBack(message: string): Violation {
  return { check: 'round trip', expected: 'an answer', found: `refused: ${message}` }
}

function violationsOf(where: string, found: readonly Difference[]): Violation[] {
  return found.flatMap(({ what, expected, found }) => compareTexts(`${where}: ${what}`, expected, found))
}
