import type { WrittenFrame } from '../read/sse-frames.ts'
import type { Format } from '../upstream/format.ts'
import { checkChatStream } from './chat-grammar.ts'
import { checkMessagesStream } from './messages-grammar.ts'
import { checkResponsesStream } from './responses-grammar.ts'

/** Departures of a written stream from its grammar; none: it is good. */
export const checkStream: Record<Format, (frames: readonly WrittenFrame[]) => string[]> = {
  C: checkChatStream,
  M: checkMessagesStream,
  R: checkResponsesStream,
}

export { checkError } from './error-shape.ts'
export { checkObject } from './object-shape.ts'
