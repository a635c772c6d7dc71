import { assertNever, GatewayFault } from '../errors.ts'
import { Losses } from '../events/losses.ts'
import type { CanonicalRequest, Item, Part, Tool } from '../events/request.ts'
import type { Codec } from '../formats/codec.ts'
import { isFormatId } from '../formats/index.ts'
import { withinStack } from './call.ts'
import type { UsageEstimate } from './recording.ts'
import type { Call } from './request.ts'
import type { Session } from './session.ts'

/**
 * Bytes of UTF-8 a token: Anthropic's rule of thumb is 3.5 characters of English; most characters of other scripts have
 * two or three bytes and are about a token each, so that bytes serve for both.
 */
const bytesAToken = 3.5
/** What frames each message, call, result and tool. */
const tokensAnItem = 4
/** A picture of the size to which larger ones are scaled down (width × height / 750). */
const tokensAnImage = 1_600
/** Of a PDF: some 2,000 tokens a page, some 50 KB a page. */
const tokensADocumentKilobyte = 40
/** Of a document at a URL, whose size nobody knows here. */
const tokensADocument = 4_000

/**
 * About how many tokens a request's input has, for models whose tokenizer is not at hand. Text, arguments and schemas
 * count by their bytes, pictures and documents by a rule of thumb; expect ± 20 % for prose, more for pictures.
 */
export function estimateTokens(request: CanonicalRequest): number {
  const items = request.items.reduce((sum, item) => sum + tokensAnItem + tokensOfItem(item), 0)
  const tools = request.tools.reduce((sum, tool) => sum + tokensAnItem + tokensOfTool(tool), 0)
  return Math.max(1, Math.ceil(items + tools))
}

/**
 * About what an answer used that broke off before the provider counted: the input by its request, the output by what came,
 * where an event is a token at least.
 */
export function usageEstimate({ codec, request }: Session, { fields }: Call): UsageEstimate {
  return ({ frames, contentLength }) => {
    if (!isFormatId(codec.id)) return undefined
    const { readRequest } = codec as Codec
    try {
      const input = withinStack(() =>
        estimateTokens(readRequest(fields, { headers: request.headers, losses: new Losses() })),
      )
      return { input, output: Math.max(frames, Math.ceil(contentLength / bytesAToken)) }
    } catch (cause) {
      // A relay takes requests that no conversion understands.
      if (cause instanceof GatewayFault) return undefined
      throw cause
    }
  }
}

function tokensOfItem(item: Item): number {
  switch (item.kind) {
    case 'message':
    case 'tool-result':
      return item.parts.reduce((sum, part) => sum + tokensOfPart(part), 0)
    case 'reasoning':
      return item.parts.reduce((sum, text) => sum + tokensOfText(text), 0)
    case 'tool-call':
      return tokensOfText(item.name) + tokensOfText(item.arguments)
    default:
      return assertNever(item)
  }
}

function tokensOfPart(part: Part): number {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return tokensOfText(part.text)
    case 'image':
      return tokensAnImage
    case 'document': {
      const { source } = part
      if (source.type === 'text') return tokensOfText(source.text)
      return source.type === 'url' ? tokensADocument : ((source.data.length * 0.75) / 1024) * tokensADocumentKilobyte
    }
    case 'audio':
      // Ten tokens a second, at 16 KB a second of compressed sound.
      return ((part.data.length * 0.75) / 16_384) * 10
    case 'search-result':
      return [part.title, part.source, ...part.texts].reduce((sum, text) => sum + tokensOfText(text), 0)
    default:
      return assertNever(part)
  }
}

function tokensOfTool(tool: Tool): number {
  switch (tool.kind) {
    case 'function':
      return tokensOfText(tool.name) + tokensOfText(tool.description) + tokensOfJson(tool.parameters)
    case 'custom':
      return tokensOfText(tool.name) + tokensOfText(tool.description) + tokensOfJson(tool.format)
    case 'web-search':
    case 'native':
      return tokensOfJson(tool)
    default:
      return assertNever(tool)
  }
}

function tokensOfText(text = ''): number {
  return Buffer.byteLength(text) / bytesAToken
}

function tokensOfJson(value: object | undefined): number {
  return value ? tokensOfText(JSON.stringify(value)) : 0
}
