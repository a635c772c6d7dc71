import type { RelayFormat } from '../codec.ts'
import { BlockDecoder } from '../shared/block-decoder.ts'
import { closeWithError, openAiEndpoint } from '../shared/openai-endpoint.ts'
import { cutImages, imageReader } from './decode.ts'
import { ImagesFold } from './fold.ts'
import { imageStreamFields } from './request.ts'

/** OpenAI image generation and edits: https://platform.openai.com/docs/api-reference/images */
export const format: RelayFormat = {
  ...openAiEndpoint,
  id: 'openai-images',
  path: '/images/generations',
  streamFields: imageStreamFields,
  createDecoder: ({ fields }) => new BlockDecoder({ kind: 'image' }, imageReader(fields)),
  cutObject: cutImages,
  createFold: () => new ImagesFold(),
  isRoutine: ({ event }) => event === 'image_generation.partial_image' || event === 'image_edit.partial_image',
  closeRelay: closeWithError,
}
