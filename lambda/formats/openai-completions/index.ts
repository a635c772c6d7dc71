import type { RelayFormat } from '../codec.ts'
import { closeWithDone, isUsageOnly } from '../shared/openai-chunks.ts'
import { openAiEndpoint, streamedWithUsage } from '../shared/openai-endpoint.ts'
import { cutCompletion } from './cut.ts'
import { CompletionsDecoder } from './decode.ts'
import { CompletionsFold } from './fold.ts'

/** T: OpenAI's legacy text completions, https://platform.openai.com/docs/api-reference/completions */
export const format: RelayFormat = {
  ...openAiEndpoint,
  id: 'openai-completions',
  path: '/completions',
  streamFields: streamedWithUsage,
  createDecoder: (options) => new CompletionsDecoder(options),
  cutObject: cutCompletion,
  createFold: () => new CompletionsFold(),
  isUsageOnly,
  isRoutine: () => false,
  closeRelay: closeWithDone,
}
