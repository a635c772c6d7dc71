import type { JsonObject, Part, ToolResultItem } from '../../events/request.ts'
import { type PartContext, textOfDocument, textOfSearchResult, writeContent } from './write-parts.ts'

/**
 * A run of results as `role: tool` messages, which hold only text. Pictures and files follow the run in one user
 * message, each behind the id of its call, since nothing may stand between the results of one assistant message.
 * @param callId a call's id as the provider takes it
 */
export function writeToolResults(
  items: readonly ToolResultItem[],
  callId: (id: string) => string,
  context: PartContext,
): JsonObject[] {
  const media: Part[] = []
  const messages: JsonObject[] = items.map((item) => {
    if (item.cache) context.losses.add('cache-hint')
    const id = callId(item.callId)
    return { role: 'tool', tool_call_id: id, content: resultText(item, id, media, context) }
  })
  if (media.length > 0) {
    context.losses.add('tool-result-media')
    messages.push({ role: 'user', content: writeContent(media, context) })
  }
  return messages
}

function resultText(item: ToolResultItem, id: string, media: Part[], context: PartContext): string {
  const texts = item.parts.map((part) => partText(part, id, media, context))
  const text = texts.filter((line) => line !== '').join('\n')
  if (!item.isError) return text
  context.losses.add('is-error')
  return text.startsWith('Error: ') ? text : `Error: ${text}`
}

/** The part's text, or a place holder for what moves to the user message. */
function partText(part: Part, id: string, media: Part[], context: PartContext): string {
  if ('cache' in part && part.cache) context.losses.add('cache-hint')
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text
    case 'search-result':
      context.losses.add('search-result')
      return textOfSearchResult(part)
    case 'document':
      if (part.source.type !== 'text') return moved('file', part, id, media)
      context.losses.add('document')
      return textOfDocument({ ...part, source: part.source })
    case 'image':
      return moved('image', part, id, media)
    case 'audio':
      return moved('audio', part, id, media)
  }
}

function moved(word: 'image' | 'file' | 'audio', part: Part, id: string, media: Part[]): string {
  const number = 1 + media.filter((other) => other.kind === part.kind).length
  const place = `[${word} ${number}]`
  const { cache: _, ...unmarked } = 'cache' in part ? part : { ...part, cache: undefined }
  media.push({ kind: 'text', text: `${place} of the result of call ${id}:` }, unmarked as Part)
  return place
}
