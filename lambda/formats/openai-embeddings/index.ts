import { asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { RelayFormat } from '../codec.ts'
import type { Reading } from '../shared/block-decoder.ts'
import { closeWithError, openAiEndpoint } from '../shared/openai-endpoint.ts'
import { readUsage } from '../shared/openai-usage.ts'
import { wholeObject } from '../shared/whole-object.ts'

/** OpenAI embeddings, which never stream: https://platform.openai.com/docs/api-reference/embeddings */
export const format: RelayFormat = {
  ...openAiEndpoint,
  ...wholeObject(readEmbeddings),
  id: 'openai-embeddings',
  path: '/embeddings',
  closeRelay: closeWithError,
}

function readEmbeddings(object: JsonObject): Reading {
  const usage = asObject(object.usage)
  return {
    delta: { kind: 'native', native: 'vectors' },
    // Nothing is generated, which is known and not merely uncounted.
    ...(usage && { usage: { ...readUsage(usage), output: 0 } }),
  }
}
