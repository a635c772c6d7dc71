import type { Format } from '../upstream/format.ts'
import type { Answer } from './answer.ts'
import { readChatObject, readChatStream } from './read-chat.ts'
import { readMessagesObject, readMessagesStream } from './read-messages.ts'
import { readResponsesObject, readResponsesStream } from './read-responses.ts'
import type { WrittenFrame } from './sse-frames.ts'

export const readStream: Record<Format, (frames: readonly WrittenFrame[]) => Answer> = {
  C: readChatStream,
  M: readMessagesStream,
  R: readResponsesStream,
}

export const readObject: Record<Format, (object: unknown) => Answer> = {
  C: readChatObject,
  M: readMessagesObject,
  R: readResponsesObject,
}
