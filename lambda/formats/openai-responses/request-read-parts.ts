import { invalidRequest } from '../../errors.ts'
import type { Base64Source, CacheMark, DocumentPart, Part, UrlSource } from '../../events/request.ts'
import { Fields } from './fields.ts'

/** A message's or a tool result's content: a string, or a list of parts. Empty texts say nothing and are dropped. */
export function readContent(owner: Fields, name: string): Part[] {
  const value = owner.value(name)
  if (value === undefined || value === '') return []
  if (typeof value === 'string') return [{ kind: 'text', text: value }]
  if (!Array.isArray(value)) {
    throw invalidRequest(`Expected "${owner.at(name)}" to be a string or an array of parts.`, owner.at(name))
  }
  return value
    .map((part, index) => readPart(new Fields(part, `${owner.at(name)}[${index}]`)))
    .filter((part) => part.kind !== 'text' || part.text !== '')
}

function readPart(part: Fields): Part {
  const type = part.requiredString('type')
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { kind: 'text', text: part.requiredString('text'), ...readMark(part) }
    case 'refusal':
      return { kind: 'refusal', text: part.requiredString('refusal') }
    case 'input_image':
      return readImage(part)
    case 'input_file':
      return readFile(part)
    case 'input_audio': {
      const audio = part.fields('input_audio')
      if (!audio) throw invalidRequest(`"${part.at('input_audio')}" is required.`, part.at('input_audio'))
      return { kind: 'audio', data: audio.requiredString('data'), format: audio.requiredString('format') }
    }
    default:
      throw invalidRequest(`A content part of type "${type}" cannot be converted.`, part.at('type'))
  }
}

function readMark(part: Fields): { cache?: CacheMark } {
  const mark = part.fields('prompt_cache_breakpoint')
  if (!mark) return {}
  const ttl = mark.oneOf('ttl', ['30m', '12h'])
  return { cache: ttl === undefined ? {} : { ttl } }
}

function readImage(part: Fields): Part {
  refuseFileId(part)
  const source = readSource(part.requiredString('image_url'))
  const detail = part.string('detail')
  return { kind: 'image', source, ...(detail !== undefined && detail !== 'auto' && { detail }), ...readMark(part) }
}

function readFile(part: Fields): Part {
  refuseFileId(part)
  const title = part.string('filename')
  const named = { ...(title !== undefined && { title }), ...readMark(part) }
  const url = part.string('file_url')
  if (url !== undefined) return { kind: 'document', source: { type: 'url', url }, ...named }
  return { kind: 'document', source: readFileData(part.requiredString('file_data')), ...named }
}

function readFileData(data: string): DocumentPart['source'] {
  // Without a media type it can only be what OpenAI took first.
  const source = readSource(data.startsWith('data:') ? data : `data:application/pdf;base64,${data}`)
  if (source.type !== 'base64' || !source.mediaType.startsWith('text/plain')) return source
  return { type: 'text', text: Buffer.from(source.data, 'base64').toString() }
}

/** A `data:` URL in base64, or any other URL. */
function readSource(url: string): Base64Source | UrlSource {
  const comma = url.indexOf(',')
  const head = url.slice(0, comma)
  if (!head.startsWith('data:') || !head.endsWith(';base64')) return { type: 'url', url }
  return { type: 'base64', mediaType: head.slice('data:'.length, -';base64'.length), data: url.slice(comma + 1) }
}

function refuseFileId(part: Fields): void {
  if (part.string('file_id') === undefined) return
  throw invalidRequest('A file id belongs to one provider: send the file itself.', part.at('file_id'))
}
