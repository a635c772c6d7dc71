import type { Delta } from '../../events/stream-event.ts'

/** What a block event becomes: the `delta` object's JSON, and the JSON of `logprobs` where there are some. */
export interface Piece {
  delta: string
  logprobs?: string
}

/** One open block of the answer, from its first delta to what is owed at its end. */
export interface BlockWriter {
  /** The deltas that open it, as JSON. */
  readonly opening: string | undefined
  write(delta: Delta): Piece | undefined
  /** JSON of the delta that ends it, if one is owed. */
  close(): string | undefined
}

/** What the blocks of one choice share. */
export interface ChoiceState {
  readonly legacy: boolean
  /** Reasoning goes into the content: see thinking-text.ts. */
  readonly thinkingText: boolean
  /** UTF-16 units of content so far: citations count from its start. */
  contentLength: number
  calls: number
  reasonings: number
  /**
   * `reasoning_details` of blocks that ended and are still to be sent: a block and the redacted ones behind it share one
   * list, since official accumulators assign unknown keys instead of appending, so that only what comes once survives.
   */
  details: object[]
}
