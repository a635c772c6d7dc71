import { invalidRequest } from '../../errors.ts'
import type { CacheMark, DocumentPart, JsonObject, Part } from '../../events/request.ts'
import type { WriteContext } from '../codec.ts'
import { dataUrl } from './data-url.ts'

/** What writing parts needs to know. */
export interface PartContext extends WriteContext {
  /** The client's name for the history, for errors. */
  param: string
  /** How many more cache marks OpenAI will honour; the last four of a request count. */
  marks: { toSkip: number }
}

/** Plain text of parts that C can only carry as text: documents with their title as first line, search results. */
export function textOfDocument(part: DocumentPart & { source: { type: 'text' } }): string {
  return [part.title, part.context, part.source.text].filter((line) => line !== undefined && line !== '').join('\n')
}

export function textOfSearchResult(part: Extract<Part, { kind: 'search-result' }>): string {
  return [part.title, part.source, ...part.texts].filter((line) => line !== '').join('\n')
}

/**
 * The parts of a user, system or developer message as C's `content`: a string where one text is all there is.
 * @throws GatewayFault invalid_request for a document by URL, which C has no form for
 */
export function writeContent(parts: readonly Part[], context: PartContext): string | JsonObject[] {
  const written = parts.map((part) => writePart(part, context))
  const [only] = written
  if (written.length === 1 && only?.type === 'text' && !only.prompt_cache_breakpoint) return String(only.text)
  if (context.quirks.joinText && written.every((part) => part.type === 'text')) {
    return written.map((part) => part.text).join('\n\n')
  }
  return written
}

function writePart(part: Part, context: PartContext): JsonObject {
  const { losses } = context
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text, ...breakpoint(part.cache, context) }
    case 'refusal':
      losses.add('refusal-history')
      return { type: 'text', text: part.text }
    case 'image': {
      const url = part.source.type === 'url' ? part.source.url : dataUrl(part.source.mediaType, part.source.data)
      const detail = part.detail !== undefined && { detail: part.detail }
      return { type: 'image_url', image_url: { url, ...detail }, ...breakpoint(part.cache, context) }
    }
    case 'audio':
      return { type: 'input_audio', input_audio: { data: part.data, format: part.format } }
    case 'search-result':
      losses.add('search-result')
      if (part.citations) losses.add('citations')
      return { type: 'text', text: textOfSearchResult(part), ...breakpoint(part.cache, context) }
    case 'document':
      return writeDocument(part, context)
  }
}

function writeDocument(part: DocumentPart, context: PartContext): JsonObject {
  const { source } = part
  if (part.citations) context.losses.add('citations')
  if (source.type === 'text') {
    context.losses.add('document')
    return { type: 'text', text: textOfDocument({ ...part, source }), ...breakpoint(part.cache, context) }
  }
  if (part.context !== undefined) context.losses.add('document')
  if (source.type === 'url') {
    throw invalidRequest('This provider takes documents only as base64 data, not by URL.', context.param)
  }
  const filename = part.title ?? (source.mediaType === 'application/pdf' ? 'document.pdf' : 'document')
  const file = { file_data: dataUrl(source.mediaType, source.data), filename }
  return { type: 'file', file, ...breakpoint(part.cache, context) }
}

/** OpenAI's lifetimes: its default, or 12 hours for anything longer. */
const ttls = { '5m': undefined, '30m': '30m', '1h': '12h', '12h': '12h' } as const

/** `prompt_cache_breakpoint` where the model has it; a request's last four count. */
function breakpoint(mark: CacheMark | undefined, context: PartContext): JsonObject {
  if (!mark) return {}
  const isLate = context.marks.toSkip <= 0
  context.marks.toSkip--
  if (!context.capabilities.cacheBreakpoints || !isLate) {
    context.losses.add('cache-hint')
    return {}
  }
  const ttl = mark.ttl && ttls[mark.ttl]
  return { prompt_cache_breakpoint: { mode: 'explicit', ...(ttl && { ttl }) } }
}
