import type { RelayFormat } from '../codec.ts'
import { BlockDecoder } from '../shared/block-decoder.ts'
import { closeWithError, openAiEndpoint } from '../shared/openai-endpoint.ts'
import { cutTranscript, transcriptReader } from './decode.ts'
import { TranscriptFold } from './fold.ts'

/**
 * OpenAI speech to text, in the language spoken or translated into English:
 * https://platform.openai.com/docs/api-reference/audio/createTranscription
 * The request is a form, which is sent on as it came: whether the answer streams is the client's `stream` field. JSON,
 * text and subtitles pass as they are.
 */
export const format: RelayFormat = {
  ...openAiEndpoint,
  id: 'openai-transcription',
  path: '/audio/transcriptions',
  answersBytes: true,
  streamFields: () => ({}),
  createDecoder: () => new BlockDecoder({ kind: 'text' }, transcriptReader()),
  cutObject: cutTranscript,
  createFold: (fields) => new TranscriptFold(fields),
  isRoutine: (frame) => frame.data.startsWith('{"type":"transcript.text.delta"'),
  closeRelay: closeWithError,
}
