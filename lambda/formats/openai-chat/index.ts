import type { Codec } from '../codec.ts'
import { closeWithDone, isUsageOnly } from '../shared/openai-chunks.ts'
import { openAiEndpoint, streamedWithUsage } from '../shared/openai-endpoint.ts'
import { requireMessages } from '../shared/required-fields.ts'
import { cutCompletion } from './cut.ts'
import { ChatDecoder } from './decode.ts'
import { ChatEncoder } from './encode.ts'
import { ChatFold } from './fold.ts'
import { isRoutine } from './relay.ts'
import { withoutForeignReasoning } from './relay-history.ts'
import { readChatRequest } from './request-read.ts'
import { writeChatRequest } from './request-write.ts'

/** OpenAI Chat Completions: https://platform.openai.com/docs/api-reference/chat */
export const codec: Codec = {
  id: 'openai-chat',
  path: '/chat/completions',
  ...openAiEndpoint,
  writeRequest: writeChatRequest,
  checkFields: requireMessages,
  streamFields: streamedWithUsage,
  withoutForeignReasoning,
  createDecoder: (options) => new ChatDecoder(options),
  cutObject: cutCompletion,
  readRequest: readChatRequest,
  createEncoder: (options) => new ChatEncoder(options),
  createFold: () => new ChatFold(),
  isUsageOnly,
  isRoutine,
  closeRelay: closeWithDone,
}
