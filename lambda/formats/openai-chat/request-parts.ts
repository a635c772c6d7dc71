import { type GatewayFault, invalidRequest } from '../../errors.ts'
import { asObject } from '../../events/json.ts'
import type { CacheMark, DocumentPart, JsonObject, Part } from '../../events/request.ts'
import { parseDataUrl } from './data-url.ts'
import { objectEntries, objectField, requiredString, stringField } from './request-fields.ts'

/**
 * The `content` of a message as canonical parts: a string is one text; empty texts are dropped.
 * @param path of the message, e.g. `messages[2]`
 * @throws GatewayFault invalid_request with the part's path
 */
export function readContent(message: JsonObject, path: string): Part[] {
  const content = message.content ?? undefined
  if (content === undefined) return []
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) {
    const at = `${path}.content`
    throw invalidRequest(`Invalid type for '${at}': expected a string or an array of parts.`, at)
  }
  return objectEntries(message, 'content', path).flatMap(({ entry, path: at }) => readPart(entry, at))
}

function readPart(part: JsonObject, path: string): Part[] {
  switch (part.type) {
    case 'text':
    case 'input_text':
    case 'output_text': {
      const text = stringField(part, 'text', path) ?? ''
      return text === '' ? [] : [{ kind: 'text', text, ...cacheOf(part) }]
    }
    case 'refusal':
      return [{ kind: 'refusal', text: stringField(part, 'refusal', path) ?? '' }]
    case 'image_url':
      return [readImage(part, path)]
    case 'input_audio': {
      const audio = objectField(part, 'input_audio', path) ?? {}
      const at = `${path}.input_audio`
      return [{ kind: 'audio', data: requiredString(audio, 'data', at), format: requiredString(audio, 'format', at) }]
    }
    case 'file':
      return [readFile(part, path)]
    case 'thinking':
      return [] // Mistral's reasoning in the history: unsigned, so nobody takes it back
    default:
      throw unsupported(part, path)
  }
}

function unsupported(part: JsonObject, path: string): GatewayFault {
  const type = requiredString(part, 'type', path)
  return invalidRequest(`Unsupported content part "${type}" in '${path}'.`, `${path}.type`)
}

function readImage(part: JsonObject, path: string): Part {
  // Some clients send the address itself where OpenAI has an object.
  const image = asObject(part.image_url) ?? { url: part.image_url }
  const url = requiredString(image, 'url', `${path}.image_url`)
  const detail = stringField(image, 'detail', `${path}.image_url`)
  const data = parseDataUrl(url)
  return {
    kind: 'image',
    source: data ? { type: 'base64', ...data } : { type: 'url', url },
    ...(detail !== undefined && { detail }),
    ...cacheOf(part),
  }
}

function readFile(part: JsonObject, path: string): DocumentPart {
  const at = `${path}.file`
  const file = objectField(part, 'file', path) ?? {}
  if (stringField(file, 'file_id', at) !== undefined) {
    throw invalidRequest('File ids belong to one provider; send the file itself as file_data.', `${at}.file_id`)
  }
  const title = stringField(file, 'filename', at)
  const named = { ...(title !== undefined && { title }), ...cacheOf(part) }
  const raw = requiredString(file, 'file_data', at)
  // Bare base64 is not what OpenAI documents, but servers take it; a PDF is all it can be.
  const data = parseDataUrl(raw) ?? { mediaType: 'application/pdf', data: raw }
  if (data.mediaType.startsWith('text/')) {
    const text = Buffer.from(data.data, 'base64').toString()
    return { kind: 'document', source: { type: 'text', text }, ...named }
  }
  return { kind: 'document', source: { type: 'base64', ...data }, ...named }
}

const ttls: ReadonlySet<string> = new Set(['5m', '30m', '1h', '12h'])

/** OpenAI's `prompt_cache_breakpoint`, or Anthropic's `cache_control`, which several OpenAI-compatible servers take. */
export function cacheOf(holder: JsonObject): { cache?: CacheMark } {
  const mark = asObject(holder.prompt_cache_breakpoint) ?? asObject(holder.cache_control)
  if (!mark) return {}
  const ttl = typeof mark.ttl === 'string' && ttls.has(mark.ttl) ? (mark.ttl as CacheMark['ttl']) : undefined
  return { cache: ttl === undefined ? {} : { ttl } }
}
