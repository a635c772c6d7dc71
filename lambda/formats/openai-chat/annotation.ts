import { asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Annotation } from '../../events/stream-event.ts'

/**
 * One entry of `annotations`. Its offsets count from the start of the whole content, canonical ones from the start of
 * their block.
 * @param blockStart where the block starts in the content, in UTF-16 units
 */
export function readAnnotation(wire: JsonObject, blockStart: number): Annotation {
  const url = asObject(wire.url_citation)
  if (wire.type !== 'url_citation' || !url) return { type: 'document', native: wire }
  const start = asNumber(url.start_index)
  const end = asNumber(url.end_index)
  const address = asString(url.url)
  const title = asString(url.title)
  const citedText = asString(url.content)
  return {
    type: 'url',
    ...(address !== undefined && { url: address }),
    ...(title !== undefined && { title }),
    ...(start !== undefined && { start: Math.max(0, start - blockStart) }),
    ...(end !== undefined && { end: Math.max(0, end - blockStart) }),
    ...(citedText !== undefined && { citedText }),
    native: wire,
  }
}

/** Perplexity's `citations`, a list of addresses, with the titles of `search_results` where they are. */
export function readCitations(chunk: JsonObject): Annotation[] {
  const titles = new Map<unknown, string>()
  for (const entry of Array.isArray(chunk.search_results) ? chunk.search_results : []) {
    const title = asString(asObject(entry)?.title)
    if (title !== undefined) titles.set(asObject(entry)?.url, title)
  }
  const citations = Array.isArray(chunk.citations) ? chunk.citations : []
  return citations
    .filter((url) => typeof url === 'string')
    .map((url) => ({ type: 'url', url, ...(titles.has(url) && { title: titles.get(url) ?? '' }) }))
}

/**
 * A canonical citation as an entry of `annotations`, or undefined if it has no address: C cites nothing else.
 * @param block where its block starts in the content and how long it is, for a citation without a place
 */
export function writeAnnotation(annotation: Annotation, block: { start: number; length: number }) {
  if (annotation.type !== 'url' || annotation.url === undefined) return undefined
  return {
    type: 'url_citation',
    url_citation: {
      url: annotation.url,
      title: annotation.title ?? '',
      start_index: block.start + (annotation.start ?? 0),
      end_index: block.start + (annotation.end ?? block.length),
    },
  }
}
