import type { Responses } from 'openai/resources/responses/responses'
import { asNumber, asObject, asString } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { Annotation } from '../../events/stream-event.ts'

type WireAnnotation = Responses.ResponseOutputText['annotations'][number]

const types: Record<string, Annotation['type']> = {
  url_citation: 'url',
  file_citation: 'file',
  container_file_citation: 'container-file',
  file_path: 'file-path',
} satisfies Record<WireAnnotation['type'], Annotation['type']>

/** An annotation of an output text; unknown kinds become `document`, with the wire object beside it. */
export function readAnnotation(value: unknown): Annotation {
  const wire = asObject(value) ?? {}
  const annotation: Annotation = { type: types[asString(wire.type) ?? ''] ?? 'document', native: value }
  const fields = {
    url: asString(wire.url),
    title: asString(wire.title),
    fileId: asString(wire.file_id),
    filename: asString(wire.filename),
    containerId: asString(wire.container_id),
    start: asNumber(wire.start_index) ?? asNumber(wire.index),
    end: asNumber(wire.end_index),
  }
  return Object.assign(
    annotation,
    Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined)),
  )
}

/**
 * The wire form, or undefined (and a loss) for a kind that R does not have. `textLength` stands in for offsets that the
 * source lacks: it cites the whole block.
 */
export function writeAnnotation(
  annotation: Annotation,
  textLength: number,
  losses: Losses,
): WireAnnotation | undefined {
  const { fileId, filename = '', containerId, start } = annotation
  if (annotation.type === 'url' && annotation.url !== undefined) {
    return { type: 'url_citation', url: annotation.url, title: annotation.title ?? '', ...span() }
  }
  if (fileId !== undefined && annotation.type === 'container-file' && containerId !== undefined) {
    return { type: 'container_file_citation', container_id: containerId, file_id: fileId, filename, ...span() }
  }
  if (fileId !== undefined && annotation.type === 'file-path') {
    return { type: 'file_path', file_id: fileId, index: start ?? textLength }
  }
  if (fileId !== undefined) return { type: 'file_citation', file_id: fileId, filename, index: start ?? textLength }
  losses.add('citation-source')
  return undefined

  function span(): { start_index: number; end_index: number } {
    if (!hasSpan(annotation)) losses.add('citation-span')
    return { start_index: annotation.start ?? 0, end_index: annotation.end ?? textLength }
  }
}

/** Does the annotation say where in the text it belongs, so that it need not wait for the end of the text? */
export function hasSpan(annotation: Annotation): boolean {
  return annotation.start !== undefined && (annotation.end !== undefined || annotation.type !== 'url')
}
