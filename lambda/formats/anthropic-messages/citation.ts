import type { CitationsWebSearchResultLocation } from '@anthropic-ai/sdk/resources/messages/messages'
import { asNumber, asObject, asString } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Annotation } from '../../events/stream-event.ts'

/** M cites whole blocks, so the annotation has no `start` and `end`; it names the place in the source instead. */
export function readCitation(value: unknown): Annotation | undefined {
  const wire = asObject(value)
  if (!wire) return undefined
  const title = asString(wire.title) ?? asString(wire.document_title)
  const citedText = asString(wire.cited_text)
  const shared = { ...(title !== undefined && { title }), ...(citedText !== undefined && { citedText }), native: wire }
  if (wire.type === 'web_search_result_location') {
    const url = asString(wire.url)
    return { type: 'url', ...(url !== undefined && { url }), ...shared }
  }
  const fileId = asString(wire.file_id)
  const source = readSource(wire)
  const url = wire.type === 'search_result_location' ? asString(wire.source) : undefined
  return {
    type: 'document',
    ...(url !== undefined && { url }),
    ...(fileId !== undefined && { fileId }),
    ...(source && { source }),
    ...shared,
  }
}

const ranges = {
  char_location: { unit: 'char', start: 'start_char_index', end: 'end_char_index' },
  page_location: { unit: 'page', start: 'start_page_number', end: 'end_page_number' },
  content_block_location: { unit: 'block', start: 'start_block_index', end: 'end_block_index' },
  search_result_location: { unit: 'block', start: 'start_block_index', end: 'end_block_index' },
} as const

function readSource(wire: JsonObject): Annotation['source'] {
  const range = ranges[wire.type as keyof typeof ranges]
  if (!range) return undefined
  const start = asNumber(wire[range.start])
  const end = asNumber(wire[range.end])
  if (start === undefined || end === undefined) return undefined
  const documentIndex = asNumber(wire.document_index) ?? asNumber(wire.search_result_index)
  return { unit: range.unit, start, end, ...(documentIndex !== undefined && { documentIndex }) }
}

/** The one citation M can show for another provider's source: a web page. Undefined for other kinds, with a loss. */
export function writeCitation(annotation: Annotation, losses: Losses): CitationsWebSearchResultLocation | undefined {
  if (annotation.type !== 'url' || annotation.url === undefined) {
    losses.add('citation-source')
    return undefined
  }
  if (annotation.start !== undefined || annotation.end !== undefined) losses.add('citation-span')
  return {
    type: 'web_search_result_location',
    url: annotation.url,
    title: annotation.title ?? null,
    cited_text: annotation.citedText ?? '',
    encrypted_index: '',
  }
}
