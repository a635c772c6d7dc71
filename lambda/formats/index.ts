import type { Codec, FormatId, RelayFormat, RelayFormatId } from './codec.ts'
import './shared/index.ts'

/**
 * The formats that convert into each other: a new one is a folder and a row. Each is a chunk of its own, so that
 * the request for the secret goes out before any of them is read.
 */
const codecs = {
  'openai-chat': () => import('./openai-chat/index.ts'),
  'anthropic-messages': () => import('./anthropic-messages/index.ts'),
  'openai-responses': () => import('./openai-responses/index.ts'),
} as const satisfies Record<FormatId, () => Promise<{ codec: Codec }>>

/** The formats that are only relayed, in the same way. */
const relayFormats = {
  'openai-completions': () => import('./openai-completions/index.ts'),
  'openai-embeddings': () => import('./openai-embeddings/index.ts'),
  'openai-speech': () => import('./openai-speech/index.ts'),
  'openai-transcription': () => import('./openai-transcription/index.ts'),
  'openai-images': () => import('./openai-images/index.ts'),
} as const satisfies Record<RelayFormatId, () => Promise<{ format: RelayFormat }>>

export const formatIds = Object.keys(codecs) as readonly FormatId[]

export function isFormatId(format: string): format is FormatId {
  return Object.hasOwn(codecs, format)
}

/** Cache: the codecs that were asked for. A repeated `import()` of a module that is there takes 11 µs. */
const loaded: Partial<Record<FormatId, Promise<Codec>>> = {}

export function loadCodec(format: FormatId): Promise<Codec> {
  loaded[format] ??= codecs[format]().then(({ codec }) => codec)
  return loaded[format]
}

export async function loadFormat(format: FormatId | RelayFormatId): Promise<RelayFormat> {
  return isFormatId(format) ? loadCodec(format) : (await relayFormats[format]()).format
}
