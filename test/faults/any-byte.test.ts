import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../lambda/errors.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { codecs } from '../support/codecs.ts'
import { pairs, title } from '../support/failures.ts'
import type { HttpAnswer } from '../support/http-call.ts'
import { finishWords } from '../support/pairs.ts'
import type { Way } from '../support/request.ts'
import { accumulate } from '../support/sdk-oracle.ts'
import { type Format, formats } from '../support/upstream/format.ts'
import { type Outcome, runPipeline } from '../tools/pipeline.ts'
import { faults } from './fault.ts'
import { type GoodAnswer, goodAnswer, plain, rich } from './good-answer.ts'
import { judge, type StoredOutcome } from './judge.ts'
import type { Trial } from './trial.ts'

// A provider that breaks off at some thousand bytes of its answer, in this process. `faults.test.ts` and `npm run soak` try
// each event and some bytes through sockets and functions.

const formatIds: Record<Format, FormatId> = { C: 'openai-chat', M: 'anthropic-messages', R: 'openai-responses' }
const requestId = 'local-1'
/** The network brings pieces, so that an answer may have begun before it breaks off. */
const pieceBytes = 97
const replies = [
  ['a text', plain],
  ['thoughts, text and calls', rich],
] as const

/** Around each event's end, each of the last bytes, and every 23rd of the others: all of them would take minutes. */
function placesIn({ bytes, ends }: GoodAnswer): number[] {
  const around = ends.flatMap((end) => [end - 3, end - 2, end - 1, end, end + 1])
  const all = Array.from({ length: bytes.length + 1 }, (_, offset) => offset)
  return all.filter((offset) => offset % 23 === 0 || offset > bytes.length - 40 || around.includes(offset))
}

/** The body up to the cut, and then what a socket says. */
function* brokenOff(bytes: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
}

/** @returns what is wrong with the answer to a body that is cut there */
async function problemsAt(good: GoodAnswer, offset: number, client: Format, way: Way): Promise<string[]> {
  const outcome = await runPipeline({
    from: formatIds[good.format],
    to: formatIds[client],
    body: brokenOff(good.bytes.subarray(0, offset)),
    buffered: way !== 'streamed',
  })
  const answer = answerOf(outcome, client, way)
  return faults['cut at a byte'](good, { below: () => offset }).flatMap((fault) => {
    const trial: Trial = { ...fault, model: '', name: 'cut at a byte', client, upstream: good.format, way }
    return judge(trial, answer, [recordOf(outcome, answer)]).map((problem) => `${fault.at}: ${problem}`)
  })
}

/** As a client gets it. */
function answerOf({ refused, body }: Outcome, client: Format, way: Way): HttpAnswer {
  const refusal = refused && codecs[formatIds[client]].writeError(refused, requestId)
  const type = refusal || way !== 'streamed' ? 'application/json' : 'text/event-stream'
  return {
    status: refusal?.status ?? 200,
    headers: Object.entries({ 'content-type': type, 'x-sluice-request-id': requestId }),
    body: refusal ? Buffer.from(JSON.stringify(refusal.body)) : body,
    arrivals: [],
    headAtMs: 0,
    endAtMs: 0,
    complete: true,
  }
}

function recordOf({ error }: Outcome, { status: httpStatus }: HttpAnswer): StoredOutcome {
  const errorCode: ErrorCode | undefined = error?.code
  const status = errorCode === undefined ? 'success' : errorCode === 'upstream_truncated' ? 'truncated' : 'error'
  return { requestId, status, httpStatus, errorCode }
}

describe.each(replies)('a provider that breaks off within %s', (_name, reply) => {
  for (const { client, upstream } of pairs) {
    it.each(['streamed', 'buffered'] as const)(
      `is never a success, ${title({ client, upstream })}, %s`,
      async (way) => {
        const good = goodAnswer(upstream, reply)
        const problems: string[] = []
        for (const offset of placesIn(good)) problems.push(...(await problemsAt(good, offset, client, way)))
        expect(problems.slice(0, 20)).toEqual([])
      },
    )
  }
})

it.each(formats)('what lacks but its last line’s end is whole for the official client, %s relay', async (format) => {
  const { bytes } = goodAnswer(format, plain)
  for (const lacking of [1, 2]) {
    const id = formatIds[format]
    const { body, error } = await runPipeline({ from: id, to: id, body: [bytes.subarray(0, -lacking)] })
    expect(error).toBeUndefined()
    const { text, finish } = await accumulate(format, body.toString())
    expect({ text, finish }).toEqual({ text: 'tok0 tök1 👩‍🚀 tok2 ', finish: finishWords.natural[format] })
  }
})
