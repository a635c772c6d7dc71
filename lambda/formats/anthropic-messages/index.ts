import type { Codec } from '../codec.ts'
import { readOpenAiError } from '../shared/openai-error.ts'
import { cutObject } from './cut.ts'
import { createDecoder } from './decode.ts'
import { createEncoder } from './encode.ts'
import { writeError } from './error.ts'
import { createFold } from './fold.ts'
import { closeRelay, isRoutine, keepAlive } from './relay.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'

/** M: Anthropic Messages, https://docs.anthropic.com/en/api/messages */
export const codec: Codec = {
  id: 'anthropic-messages',
  path: '/v1/messages',
  authHeaders: (apiKey) => ({ 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' }),
  writeRequest,
  streamFields: () => ({ stream: true }),
  createDecoder,
  cutObject,
  // Reads what any provider answers, Anthropic's `{type: 'error', error}` among it.
  readError: readOpenAiError,
  readRequest,
  createEncoder,
  createFold,
  writeError,
  keepAlive,
  isRoutine,
  closeRelay,
}
