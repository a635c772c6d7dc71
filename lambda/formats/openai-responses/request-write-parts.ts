import type { Responses } from 'openai/resources/responses/responses'
import { assertNever, invalidRequest } from '../../errors.ts'
import type { Losses } from '../../events/losses.ts'
import type { Base64Source, CacheMark, DocumentPart, Part, UrlSource } from '../../events/request.ts'

export type InputPart = Responses.ResponseInputText | Responses.ResponseInputImage | Responses.ResponseInputFile

/** OpenAI writes the latest four; more are refused nowhere but have no effect. */
const maxMarks = 4

/** Writes cache breakpoints, or names their loss where the model has none. */
export class CacheMarks {
  readonly #supported: boolean
  readonly #losses: Losses
  readonly #marked: InputPart[] = []

  constructor(supported: boolean, losses: Losses) {
    this.#supported = supported
    this.#losses = losses
  }

  /** Would the mark be written? */
  keeps(mark: CacheMark | undefined): boolean {
    return mark !== undefined && this.#supported
  }

  mark(part: InputPart | undefined, mark: CacheMark | undefined): void {
    if (!mark) return
    if (!part || !this.#supported) {
      this.lose()
      return
    }
    part.prompt_cache_breakpoint = { mode: 'explicit', ...ttlOf(mark) }
    this.#marked.push(part)
  }

  /** A mark where R has no place for one. */
  lose(): void {
    this.#losses.add('cache-hint')
  }

  /** Takes the earliest away if there are too many. To be called when all are written. */
  trim(): void {
    const surplus = this.#marked.slice(0, -maxMarks)
    for (const part of surplus) delete part.prompt_cache_breakpoint
    if (surplus.length > 0) this.lose()
  }
}

/** The shorter lifetimes of other formats are OpenAI's default; an hour is more than half of one, so it becomes 12. */
export function ttlOf(mark: CacheMark): { ttl?: '30m' | '12h' } {
  switch (mark.ttl) {
    case '1h':
    case '12h':
      return { ttl: '12h' }
    case '30m':
      return { ttl: '30m' }
    default:
      return {}
  }
}

export interface PartContext {
  marks: CacheMarks
  losses: Losses
  /** The client's name of the history, for errors. */
  param: string
}

/** Parts of a user's or an instruction's message, or of a tool result. */
export function writeParts(parts: readonly Part[], context: PartContext): InputPart[] {
  const written: InputPart[] = []
  for (const part of parts) {
    if (part.kind === 'text' && part.text === '') continue
    const from = written.length
    written.push(...writePart(part, context))
    if ('cache' in part) context.marks.mark(written.length > from ? written.at(-1) : undefined, part.cache)
  }
  return written
}

function writePart(part: Part, context: PartContext): InputPart[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return [{ type: 'input_text', text: part.text }]
    case 'image': {
      const detail = part.detail as Responses.ImageDetail | undefined
      return [{ type: 'input_image', image_url: urlOf(part.source), detail: detail ?? 'auto' }]
    }
    case 'document':
      return writeDocument(part, context.losses)
    case 'search-result':
      context.losses.add('search-result')
      return [{ type: 'input_text', text: [part.title, part.source, ...part.texts].join('\n') }]
    case 'audio':
      throw invalidRequest('Audio cannot be sent to a provider of the Responses format.', context.param)
    default:
      return assertNever(part)
  }
}

function writeDocument(part: DocumentPart, losses: Losses): InputPart[] {
  const before: InputPart[] = []
  if (part.context) {
    losses.add('document')
    before.push({ type: 'input_text', text: part.context })
  }
  if (part.citations) losses.add('citations')
  return [...before, writeFile(part)]
}

function writeFile({ source, title }: DocumentPart): Responses.ResponseInputFile {
  switch (source.type) {
    case 'url':
      return { type: 'input_file', file_url: source.url, ...(title !== undefined && { filename: title }) }
    case 'text': {
      const data = Buffer.from(source.text).toString('base64')
      return { type: 'input_file', file_data: `data:text/plain;base64,${data}`, filename: title ?? 'document.txt' }
    }
    case 'base64':
      // OpenAI refuses file data without a name.
      return { type: 'input_file', file_data: urlOf(source), filename: title ?? 'document.pdf' }
    default:
      return assertNever(source)
  }
}

function urlOf(source: Base64Source | UrlSource): string {
  return source.type === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`
}
