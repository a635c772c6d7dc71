import { checkError } from '../support/grammar/index.ts'
import type { HttpAnswer } from '../support/http-call.ts'
import type { Answer } from '../support/read/answer.ts'
import { readObject, readStream } from '../support/read/index.ts'
import { readWritten } from '../support/read/sse-frames.ts'
import type { Way } from '../support/request.ts'
import type { Format } from '../support/upstream/format.ts'
import { finishOf, type Reply } from '../support/upstream/reply.ts'
import { bodyOf } from '../support/upstream/script.ts'
import type { Trial } from './trial.ts'

/** What the table says about one request. */
export interface StoredOutcome {
  requestId: string
  status: string
  httpStatus: number
  errorCode: string | undefined
}

/** What a client got. */
type Got = { kind: 'complete' } | { kind: 'status' } | { kind: 'in band'; answer: Answer } | { kind: 'passed on' }

/** Whose clients read events. */
const streamedWays: ReadonlySet<Way> = new Set(['streamed', 'streamed at once'])

const finishWords = {
  natural: { C: 'stop', M: 'end_turn', R: 'completed' },
  tools: { C: 'tool_calls', M: 'tool_use', R: 'completed' },
} as const

/** Judges what became of a trial; the answer is read with none of the gateway's own code. @returns what is wrong */
export function judge(trial: Trial, answer: HttpAnswer, records: readonly StoredOutcome[]): string[] {
  if (!answer.complete) return ['the answer’s body has no end']
  const got = outcomeOf(trial, answer)
  if (typeof got === 'string') return [got]
  return [...outcomeProblems(trial, got), ...recordProblems(trial, answer, got, records)]
}

/** @returns what is wrong, if it is none of the defined outcomes */
function outcomeOf(trial: Trial, answer: HttpAnswer): Got | string {
  const body = answer.body.toString()
  const { client, upstream, way, passesOn, script } = trial
  if (answer.status >= 400) return statusOutcome(trial, answer, body)
  if (answer.status !== 200) return `status ${answer.status}`
  if (passesOn && client === upstream && streamedWays.has(way)) {
    if (body.startsWith(bodyOf(script))) return { kind: 'passed on' }
  }
  const read = readAnswer(trial, answer, body)
  if (typeof read === 'string') return read
  if (read.error) return inBandOutcome(trial, read, body)
  const lack = lackOf(trial, read)
  return lack === undefined ? { kind: 'complete' } : `a fake success: ${lack}: ${body.slice(-400)}`
}

function statusOutcome({ client }: Trial, { status }: HttpAnswer, body: string): Got | string {
  const problems = checkError(client, status, body)
  return problems.length === 0 ? { kind: 'status' } : `status ${status}: ${problems.join(', ')}: ${body.slice(0, 300)}`
}

function readAnswer({ client, upstream }: Trial, answer: HttpAnswer, body: string): Answer | string {
  const type = answer.headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  try {
    if (!type.startsWith('text/event-stream')) return readObject[client](JSON.parse(body))
    const { frames, problems } = readWritten(body)
    // A relay's frames are the provider's.
    return problems.length > 0 && client !== upstream
      ? `broken stream: ${problems.join(', ')}`
      : readStream[client](frames)
  } catch (cause) {
    return `unreadable: ${cause}: ${body.slice(0, 400)}`
  }
}

function inBandOutcome({ reply, whole, upstream }: Trial, answer: Answer, body: string): Got | string {
  if (answer.finish !== null) return `an error and a finish: ${body.slice(-400)}`
  if (/\[DONE\]|message_stop|response\.completed/.test(body)) return `an error and an end: ${body.slice(-400)}`
  const said = contentOf(reply)
  if (!said.text.startsWith(answer.text)) return `text that was never said: ${answer.text.slice(0, 100)}`
  if (whole && !answer.text.startsWith(textIn(upstream, whole))) return 'whole events before the fault are missing'
  return { kind: 'in band', answer }
}

/** The text of the whole events in what a provider sent. */
function textIn(upstream: Format, came: Buffer): string {
  const lastEnd = came.lastIndexOf('\n\n')
  return lastEnd < 0 ? '' : readStream[upstream](readWritten(`${came.subarray(0, lastEnd)}\n\n`).frames).text
}

/** What a success lacks. */
function lackOf({ client, reply }: Trial, answer: Answer): string | undefined {
  const said = contentOf(reply)
  const finish = finishOf(reply)
  if (finish !== 'natural' && finish !== 'tools') throw new Error(`no words for ${finish}`)
  if (answer.text !== said.text) return `text ${answer.text.length} of ${said.text.length}`
  if (answer.reasoning !== said.reasoning) return 'reasoning'
  const calls = answer.calls.map(({ name, arguments: text }) => [name, text])
  if (JSON.stringify(calls) !== JSON.stringify(said.calls)) return `calls ${JSON.stringify(calls)}`
  return answer.finish === finishWords[finish][client] ? undefined : `finish ${answer.finish}`
}

function contentOf({ parts }: Reply): { text: string; reasoning: string; calls: [string, string][] } {
  const joined = (kind: 'text' | 'thinking') =>
    parts.flatMap((part) => (part.kind === kind ? part.deltas : [])).join('')
  const calls = parts.flatMap((part): [string, string][] =>
    part.kind === 'call' ? [[part.name, part.pieces.join('')]] : [],
  )
  return { text: joined('text'), reasoning: joined('thinking'), calls }
}

function outcomeProblems({ outcome, whole, upstream, way }: Trial, got: Got): string[] {
  if (outcome === 'complete') return got.kind === 'complete' ? [] : [`${got.kind} instead of the answer`]
  if (outcome === 'either') return []
  if (got.kind === 'complete') return ['a success']
  if (got.kind === 'passed on') return []
  // Text that came must reach a streaming client, so the error must be in band.
  const spoke = whole !== undefined && way === 'streamed' && textIn(upstream, whole) !== ''
  return spoke && got.kind === 'status' ? ['an error status, though text had come'] : []
}

function recordProblems(trial: Trial, answer: HttpAnswer, got: Got, records: readonly StoredOutcome[]): string[] {
  const [record, ...more] = records
  if (!record || more.length > 0) return [`${records.length} records`]
  const id = answer.headers.find(([name]) => name === 'x-sluice-request-id')?.[1]
  const problems: string[] = []
  if (record.requestId !== id) problems.push(`the record of ${record.requestId}, not of ${id}`)
  if (record.httpStatus !== answer.status) problems.push(`recorded as HTTP ${record.httpStatus}, was ${answer.status}`)
  const fitting =
    got.kind === 'complete'
      ? ['success']
      : trial.outcome === 'either'
        ? ['truncated', 'timeout', 'error', ...(got.kind === 'passed on' ? ['success'] : [])]
        : trial.records
  if (!fitting.includes(record.status)) problems.push(`${got.kind}, recorded as ${record.status} ${record.errorCode}`)
  return problems
}
