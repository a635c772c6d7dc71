import type { Codec } from '../codec.ts'
import { readProviderError } from '../shared/provider-error.ts'
import { requireMessages } from '../shared/required-fields.ts'
import { cutObject } from './cut.ts'
import { createDecoder } from './decode.ts'
import { createEncoder } from './encode.ts'
import { writeError } from './error.ts'
import { createFold } from './fold.ts'
import { closeRelay, isRoutine, keepAlive } from './relay.ts'
import { withoutForeignReasoning } from './relay-history.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'

/** M: Anthropic Messages, https://docs.anthropic.com/en/api/messages */
export const codec: Codec = {
  id: 'anthropic-messages',
  path: '/v1/messages',
  authHeaders: (apiKey) => ({ 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' }),
  writeRequest,
  checkFields: requireMessages,
  streamFields: () => ({ stream: true }),
  withoutForeignReasoning,
  createDecoder,
  cutObject,
  // Reads what any provider answers, Anthropic's `{type: 'error', error}` among it.
  readError: readProviderError,
  readRequest,
  createEncoder,
  createFold,
  writeError,
  keepAlive,
  isRoutine,
  closeRelay,
}
