import { asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Usage } from '../../events/usage.ts'
import type { Frame } from '../../framing/sse.ts'
import type { RelayFormat } from '../codec.ts'
import { BlockDecoder, type Reading } from '../shared/block-decoder.ts'
import { closeWithError, openAiEndpoint } from '../shared/openai-endpoint.ts'
import { readTokenUsage } from '../shared/openai-token-usage.ts'
import { SpeechFold } from './fold.ts'

/**
 * OpenAI text to speech: https://platform.openai.com/docs/api-reference/audio/createSpeech
 * The answer is the audio itself, or with `stream_format: "sse"` events with pieces of it in base64. A client that wants
 * audio gets the provider's audio, since not every model has events; so nothing is added to the request.
 */
export const format: RelayFormat = {
  ...openAiEndpoint,
  id: 'openai-speech',
  path: '/audio/speech',
  answersBytes: true,
  wantsStream: (fields) => fields.stream_format === 'sse',
  streamFields: () => ({}),
  countRequest,
  createDecoder: () => new BlockDecoder({ kind: 'audio' }, readSpeech),
  cutObject,
  createFold: (fields) => new SpeechFold(fields),
  isRoutine: (frame) => frame.data.startsWith('{"type":"speech.audio.delta"'),
  closeRelay: closeWithError,
}

/** Raw audio is priced by the characters of the text, of which a surrogate pair is one. */
function countRequest({ input }: JsonObject): Usage {
  return typeof input === 'string' ? { characters: [...input].length } : {}
}

function readSpeech(event: JsonObject): Reading | undefined {
  switch (event.type) {
    case 'speech.audio.delta':
      return { delta: { kind: 'audio', base64: asString(event.audio) ?? '' } }
    case 'speech.audio.done': {
      const usage = asObject(event.usage)
      return { ...(usage && { usage: readSpeechUsage(usage) }), whole: 'yes' }
    }
    default:
      return undefined
  }
}

/** All that speech puts out is audio. */
function readSpeechUsage(wire: JsonObject): Usage {
  const usage = readTokenUsage(wire)
  return usage.output === undefined ? usage : { ...usage, audioOutput: usage.audioOutput ?? usage.output }
}

/** A provider that answers JSON instead of audio: its audio, if it has any under OpenAI's name, and its usage. */
function cutObject({ audio, usage }: JsonObject): Frame[] {
  const delta = asString(audio) === undefined ? [] : [{ type: 'speech.audio.delta', audio }]
  const done = { type: 'speech.audio.done', ...(asObject(usage) && { usage }) }
  return [...delta, done].map((event) => ({ event: '', data: JSON.stringify(event) }))
}
