import { invalidRequest } from '../../errors.ts'
import { clampCallId } from '../../events/ids.ts'
import {
  type CanonicalRequest,
  type DocumentPart,
  type JsonObject,
  type Part,
  paramOf,
  type ToolResultItem,
} from '../../events/request.ts'
import type { WriteContext } from '../codec.ts'
import { writeCacheMark } from './cache-marks.ts'

export interface PartWriter {
  /** Content blocks; empty text is left out, since Anthropic refuses it. */
  parts(parts: readonly Part[]): JsonObject[]
  result(item: ToolResultItem): JsonObject
}

/** @throws GatewayFault (from its functions) for parts Claude cannot read */
export function createPartWriter(request: CanonicalRequest, { losses }: WriteContext): PartWriter {
  const unreadable = (what: string) => invalidRequest(`This model cannot read ${what}.`, paramOf(request, 'items'))

  function parts(values: readonly Part[]): JsonObject[] {
    return values.map(part).filter((block) => block !== undefined)
  }

  function part(value: Part): JsonObject | undefined {
    switch (value.kind) {
      case 'text':
        return value.text === ''
          ? undefined
          : { type: 'text', text: value.text, ...writeCacheMark(value.cache, losses) }
      case 'refusal':
        losses.add('refusal-history')
        return value.text === '' ? undefined : { type: 'text', text: value.text }
      case 'image':
        return image(value)
      case 'document':
        return {
          type: 'document',
          source: documentSource(value),
          ...(value.title !== undefined && { title: value.title }),
          ...(value.context !== undefined && { context: value.context }),
          ...(value.citations && { citations: { enabled: true } }),
          ...writeCacheMark(value.cache, losses),
        }
      case 'audio':
        throw unreadable('audio')
      case 'search-result':
        return searchResult(value)
    }
  }

  function image({ source, detail, cache }: Extract<Part, { kind: 'image' }>): JsonObject {
    if (detail !== undefined && detail !== 'auto') losses.add('image-detail')
    const mark = writeCacheMark(cache, losses)
    if (source.type === 'url') return { type: 'image', source: { type: 'url', url: source.url }, ...mark }
    const media_type = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType
    if (!imageTypes.has(media_type)) throw unreadable(`images of type ${media_type}`)
    return { type: 'image', source: { type: 'base64', media_type, data: source.data }, ...mark }
  }

  function documentSource({ source }: DocumentPart): JsonObject {
    if (source.type === 'url') return { type: 'url', url: source.url }
    if (source.type === 'text') return { type: 'text', media_type: 'text/plain', data: source.text }
    const media_type = source.mediaType
    if (media_type === 'application/pdf') return { type: 'base64', media_type, data: source.data }
    if (!media_type.startsWith('text/')) throw unreadable(`files of type ${media_type}`)
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString('utf8') }
  }

  function searchResult(value: Extract<Part, { kind: 'search-result' }>): JsonObject {
    return {
      type: 'search_result',
      title: value.title,
      source: value.source,
      content: value.texts.map((text) => ({ type: 'text', text })),
      ...(value.citations && { citations: { enabled: true } }),
      ...writeCacheMark(value.cache, losses),
    }
  }

  function result(item: ToolResultItem): JsonObject {
    const blocks = parts(item.parts)
    const [only] = blocks
    const isPlain = blocks.length === 1 && only?.type === 'text' && only.cache_control === undefined
    return {
      type: 'tool_result',
      tool_use_id: clampCallId(item.callId),
      ...(blocks.length > 0 && { content: isPlain ? only?.text : blocks }),
      ...(item.isError && { is_error: true }),
      ...writeCacheMark(item.cache, losses),
    }
  }

  return { parts, result }
}

const imageTypes = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
