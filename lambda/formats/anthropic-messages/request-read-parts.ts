import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, asString } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { JsonObject, Part } from '../../events/request.ts'
import { cacheOf } from './cache-marks.ts'
import { readArray, readObject, readString } from './check.ts'

/** A content block that is content for any model; undefined for empty text, and with a loss for what is Anthropic's own. */
export function readPart(block: JsonObject, param: string, losses: Losses): Part | undefined {
  const type = asString(block.type) ?? ''
  switch (type) {
    case 'text': {
      const text = readText(block, param)
      return text.text === '' ? undefined : text
    }
    case 'image':
      if (block.transformations != null) losses.add('unknown-field')
      return { kind: 'image', source: readSource(block, param), ...cacheOf(block) }
    case 'document':
      return readDocument(block, param, losses)
    case 'search_result':
      return readSearchResult(block, param)
    default:
      losses.add(isServerBlock(type) ? 'server-tool-history' : 'unknown-field')
      return undefined
  }
}

export function readText(block: JsonObject, param: string): Extract<Part, { kind: 'text' }> {
  return { kind: 'text', text: readString(block.text, `${param}.text`), ...cacheOf(block) }
}

const serverBlocks = new Set(['server_tool_use', 'mcp_tool_use', 'mcp_tool_listing', 'container_upload', 'fallback'])

function isServerBlock(type: string): boolean {
  return serverBlocks.has(type) || type.endsWith('_tool_result')
}

type Source = Extract<Part, { kind: 'image' }>['source']

function readSource(block: JsonObject, param: string): Source {
  const place = `${param}.source`
  const source = readObject(block.source, place)
  switch (source.type) {
    case 'base64': {
      const mediaType = readString(source.media_type, `${place}.media_type`)
      return { type: 'base64', mediaType, data: readString(source.data, `${place}.data`) }
    }
    case 'url':
      return { type: 'url', url: readString(source.url, `${place}.url`) }
    case 'file':
      throw invalidRequest('A file id can only be read by the provider that stores the file.', place)
    default:
      throw invalidRequest(`${place}.type must be base64 or url.`, `${place}.type`)
  }
}

function readDocument(block: JsonObject, param: string, losses: Losses): Part {
  const wire = readObject(block.source, `${param}.source`)
  const title = asString(block.title)
  const context = asString(block.context)
  return {
    kind: 'document',
    source: readTextSource(wire, param, losses) ?? readSource(block, param),
    ...(title !== undefined && { title }),
    ...(context !== undefined && { context }),
    ...(asObject(block.citations)?.enabled === true && { citations: true }),
    ...cacheOf(block),
  }
}

/** Sources that are text already: plain text, or content blocks (of which only the text is kept). */
function readTextSource(source: JsonObject, param: string, losses: Losses): { type: 'text'; text: string } | undefined {
  if (source.type === 'text') return { type: 'text', text: readString(source.data, `${param}.source.data`) }
  if (source.type !== 'content') return undefined
  if (typeof source.content === 'string') return { type: 'text', text: source.content }
  const texts = readArray(source.content, `${param}.source.content`).map((part) => asString(asObject(part)?.text))
  if (texts.includes(undefined)) losses.add('document')
  return { type: 'text', text: texts.filter((text) => text !== undefined).join('\n') }
}

function readSearchResult(block: JsonObject, param: string): Part {
  return {
    kind: 'search-result',
    title: readString(block.title, `${param}.title`),
    source: readString(block.source, `${param}.source`),
    texts: (asArray(block.content) ?? []).flatMap((part) => asString(asObject(part)?.text) ?? []),
    ...(asObject(block.citations)?.enabled === true && { citations: true }),
    ...cacheOf(block),
  }
}
