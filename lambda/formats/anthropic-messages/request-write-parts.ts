import { type GatewayFault, invalidRequest } from '../../errors.ts'
import { clampCallId } from '../../events/ids.ts'
import type { Losses } from '../../events/losses.ts'
import type { DocumentPart, JsonObject, Part, ToolResultItem } from '../../events/request.ts'
import { writeCacheMark } from './cache-marks.ts'

type PartOf<K extends Part['kind']> = Extract<Part, { kind: K }>

const imageTypes = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** Canonical parts → content blocks. Its functions throw GatewayFault invalid_request for what Claude cannot read. */
export class PartWriter {
  readonly #param: string
  readonly #losses: Losses

  /** @param param the client's name of the history, for errors */
  constructor(param: string, losses: Losses) {
    this.#param = param
    this.#losses = losses
  }

  /** Content blocks; blank text is left out, since Anthropic refuses it (claude-code #23440). */
  parts(parts: readonly Part[]): JsonObject[] {
    return parts.map((part) => this.#part(part)).filter((block) => block !== undefined)
  }

  /** A `tool_result` block; plain text stays a string. */
  result(item: ToolResultItem): JsonObject {
    const blocks = this.parts(item.parts)
    const [only] = blocks
    const isPlain = blocks.length === 1 && only?.type === 'text' && only.cache_control === undefined
    return {
      type: 'tool_result',
      tool_use_id: clampCallId(item.callId),
      ...(blocks.length > 0 && { content: isPlain ? only?.text : blocks }),
      ...(item.isError && { is_error: true }),
      ...writeCacheMark(item.cache, this.#losses),
    }
  }

  #part(part: Part): JsonObject | undefined {
    switch (part.kind) {
      case 'text':
        if (part.text.trim() === '') return undefined
        return { type: 'text', text: part.text, ...writeCacheMark(part.cache, this.#losses) }
      case 'refusal':
        this.#losses.add('refusal-history')
        return part.text.trim() === '' ? undefined : { type: 'text', text: part.text }
      case 'image':
        return this.#image(part)
      case 'document':
        return this.#document(part)
      case 'audio':
        throw this.#unreadable('audio')
      case 'search-result':
        return this.#searchResult(part)
    }
  }

  #image({ source, detail, cache }: PartOf<'image'>): JsonObject {
    if (detail !== undefined && detail !== 'auto') this.#losses.add('image-detail')
    const mark = writeCacheMark(cache, this.#losses)
    if (source.type === 'url') return { type: 'image', source: { type: 'url', url: source.url }, ...mark }
    const media_type = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType
    if (!imageTypes.has(media_type)) throw this.#unreadable(`images of type ${media_type}`)
    return { type: 'image', source: { type: 'base64', media_type, data: source.data }, ...mark }
  }

  #document(part: DocumentPart): JsonObject {
    return {
      type: 'document',
      source: this.#documentSource(part),
      ...(part.title !== undefined && { title: part.title }),
      ...writeCacheMark(part.cache, this.#losses),
    }
  }

  #documentSource({ source }: DocumentPart): JsonObject {
    if (source.type === 'url') return { type: 'url', url: source.url }
    if (source.type === 'text') return { type: 'text', media_type: 'text/plain', data: source.text }
    const media_type = source.mediaType
    if (media_type === 'application/pdf') return { type: 'base64', media_type, data: source.data }
    if (!media_type.startsWith('text/')) throw this.#unreadable(`files of type ${media_type}`)
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString('utf8') }
  }

  #searchResult(part: PartOf<'search-result'>): JsonObject {
    return {
      type: 'search_result',
      title: part.title,
      source: part.source,
      content: part.texts.map((text) => ({ type: 'text', text })),
      ...writeCacheMark(part.cache, this.#losses),
    }
  }

  #unreadable(what: string): GatewayFault {
    return invalidRequest(`This model cannot read ${what}.`, this.#param)
  }
}
