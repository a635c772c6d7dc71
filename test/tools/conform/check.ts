import type { FormatId } from '../../../lambda/formats/codec.ts'
import type { Outcome } from '../pipeline.ts'
import type { Recording } from './recording.ts'

/** A recording on its way to a client of one format. */
export interface Passage {
  recording: Recording
  /** The client's format. */
  to: FormatId
  /** Of random splits; printed, so that a failure can be made again. */
  seed: number
  /** The whole body in one chunk, streamed; a chat client asks for usage. */
  stream: Outcome
  /** The same answered as one object. */
  buffer: Outcome
}

export interface Violation {
  /** The rule that was broken, e.g. `byte-equal relay`. */
  check: string
  expected: string
  found: string
}

/** One rule; it looks at a passage and may send the recording through the pipeline again. */
export type Check = (passage: Passage) => Violation[] | Promise<Violation[]>

/** A violation if the two texts differ, showing where they part. */
export function compareTexts(check: string, expected: string, found: string): Violation[] {
  if (expected === found) return []
  let at = 0
  while (at < expected.length && expected[at] === found[at]) at++
  const from = Math.max(0, at - 40)
  const excerpt = (text: string) => `${from > 0 ? '…' : ''}${text.slice(from, at + 160)} (${text.length} characters)`
  return [{ check, expected: excerpt(expected), found: excerpt(found) }]
}
