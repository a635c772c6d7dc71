import { asObject } from '../../events/json.ts'
import type { Codec } from '../codec.ts'
import { readOpenAiError, writeOpenAiError } from '../shared/openai-error.ts'
import { cutCompletion } from './cut.ts'
import { ChatDecoder } from './decode.ts'
import { ChatEncoder } from './encode.ts'
import { ChatFold } from './fold.ts'
import { closeRelay, isRoutine, isUsageOnly } from './relay.ts'
import { readChatRequest } from './request-read.ts'
import { writeChatRequest } from './request-write.ts'

/** OpenAI Chat Completions: https://platform.openai.com/docs/api-reference/chat */
export const codec: Codec = {
  id: 'openai-chat',
  path: '/chat/completions',
  authHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  writeRequest: writeChatRequest,
  streamFields: (body, quirks) => ({
    stream: true,
    ...(quirks?.streamOptions !== false && {
      stream_options: { ...asObject(body.stream_options), include_usage: true },
    }),
  }),
  createDecoder: (options) => new ChatDecoder(options),
  cutObject: cutCompletion,
  readError: readOpenAiError,
  readRequest: readChatRequest,
  createEncoder: (options) => new ChatEncoder(options),
  createFold: () => new ChatFold(),
  writeError: writeOpenAiError,
  // One line end, no blank line: openai-go and openai-python make an empty event of a comment with one.
  keepAlive: ': ping\n',
  isUsageOnly,
  isRoutine,
  closeRelay,
}
