import type { LossCode } from '../../../lambda/events/losses.ts'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { formatIds } from '../formats.ts'
import { runPipeline } from '../pipeline.ts'
import type { Check, Passage, Violation } from './check.ts'
import { reasoningComesBack } from './history.ts'
import type { Recording } from './recording.ts'
import {
  foldEqualsTerminalObject,
  foldHasTheShapeOfTheWholeAnswer,
  relayIsByteEqual,
  usageFrameIsWithheld,
} from './relay-checks.ts'
import {
  bufferSaysTheSame,
  grammarHolds,
  lossesAreNamed,
  officialClientAgrees,
  roundTripKeeps,
  splitDoesNotMatter,
  streamSaysTheSame,
} from './stream-checks.ts'
import { objectIsCutIntoAStream } from './whole-checks.ts'

const relayChecks: readonly Check[] = [
  relayIsByteEqual,
  usageFrameIsWithheld,
  splitDoesNotMatter,
  bufferSaysTheSame,
  foldEqualsTerminalObject,
  foldHasTheShapeOfTheWholeAnswer,
  objectIsCutIntoAStream,
  reasoningComesBack,
]

const conversionChecks: readonly Check[] = [
  grammarHolds,
  streamSaysTheSame,
  bufferSaysTheSame,
  lossesAreNamed,
  splitDoesNotMatter,
  officialClientAgrees,
  roundTripKeeps,
  reasoningComesBack,
]

/** What became of one recording for a client of one format. */
export interface Verdict {
  path: string
  from: FormatId
  to: FormatId
  outcome: Recording['expected']['outcome']
  checks: number
  violations: Violation[]
  losses: LossCode[]
}

/** Sends a recording to clients of every format and applies every rule. @param seed of the random splits */
export async function judge(recording: Recording, seed: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const to of formatIds) verdicts.push(await judgePassage(recording, to, seed))
  return verdicts
}

async function judgePassage(recording: Recording, to: FormatId, seed: number): Promise<Verdict> {
  const { path, format: from, bytes, expected } = recording
  const checks = from === to ? relayChecks : conversionChecks
  const run = { from, to, body: [bytes] }
  const verdict = { path, from, to, outcome: expected.outcome, checks: checks.length }
  try {
    const stream = await runPipeline(run)
    const buffer = await runPipeline({ ...run, buffered: true })
    const passage: Passage = { recording, to, seed, stream, buffer }
    const violations: Violation[] = []
    for (const check of checks) violations.push(...(await check(passage)))
    return { ...verdict, violations, losses: stream.losses }
  } catch (cause) {
    const found = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    return { ...verdict, violations: [{ check: 'runs', expected: 'no exception', found }], losses: [] }
  }
}
