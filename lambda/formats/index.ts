import type { Codec, FormatId, RelayFormat, RelayFormatId } from './codec.ts'

/**
 * The formats that convert into each other: a new one is a folder and a row. Each is a chunk of its own, loaded when a
 * request first needs it, so that a cold start reads none of them while it waits for its secret.
 */
const codecs = {
  'openai-chat': () => import('./openai-chat/index.ts'),
  'anthropic-messages': () => import('./anthropic-messages/index.ts'),
  'openai-responses': () => import('./openai-responses/index.ts'),
} as const satisfies Record<FormatId, () => Promise<{ codec: Codec }>>

export const formatIds = Object.keys(codecs) as readonly FormatId[]

export function isFormatId(format: string): format is FormatId {
  return Object.hasOwn(codecs, format)
}

/** The module system keeps what was loaded, so every call but the first is a turn of the microtask queue. */
export async function loadCodec(format: FormatId): Promise<Codec> {
  return (await codecs[format]()).codec
}

export async function loadFormat(format: FormatId | RelayFormatId): Promise<RelayFormat> {
  if (isFormatId(format)) return loadCodec(format)
  throw new Error(`no such format yet: ${format}`)
}
