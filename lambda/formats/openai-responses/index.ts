import type { Codec } from '../codec.ts'
import { writeOpenAiError } from '../shared/openai-error.ts'
import { readProviderError } from '../shared/provider-error.ts'
import { requireInput } from '../shared/required-fields.ts'
import { cutObject } from './cut.ts'
import { ResponsesDecoder } from './decode.ts'
import { ResponsesEncoder } from './encode.ts'
import { ResponsesFold } from './fold.ts'
import { closeRelay, isRoutine } from './relay.ts'
import { withoutForeignReasoning } from './relay-history.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'

/** OpenAI Responses (https://platform.openai.com/docs/api-reference/responses). */
export const codec: Codec = {
  id: 'openai-responses',
  path: '/responses',
  authHeaders: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  writeRequest,
  checkFields: requireInput,
  streamFields: () => ({ stream: true }),
  withoutForeignReasoning,
  createDecoder: (options) => new ResponsesDecoder(options),
  cutObject,
  readError: readProviderError,
  readRequest,
  createEncoder: (options) => new ResponsesEncoder(options),
  createFold: () => new ResponsesFold(),
  writeError: writeOpenAiError,
  // One line feed and no blank line: a dispatched empty event breaks OpenAI's Go and Python clients.
  keepAlive: ': ping\n',
  isRoutine,
  closeRelay,
}
