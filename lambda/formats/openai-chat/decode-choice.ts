import type { FinishReason } from '../../events/finish.ts'
import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Annotation, Delta, TokenLogprob } from '../../events/stream-event.ts'
import type { DecoderOptions } from '../codec.ts'
import { readLogprobs } from '../shared/logprobs.ts'
import { readAnnotation } from './annotation.ts'
import type { Blocks } from './blocks.ts'
import { parseDataUrl } from './data-url.ts'
import { ReasoningBlock } from './decode-reasoning.ts'
import { signatureOf, ToolCalls } from './decode-tool-calls.ts'
import { readFinish } from './finish.ts'
import { encryptsWholeBlocks, issuerOfFormat } from './reasoning-format.ts'

/** What was open last. At most one text-like block of a choice is open; tool calls stay open beside it. */
type Open =
  | { kind: 'none' }
  | { kind: 'text'; index: number; start: number }
  | { kind: 'refusal'; index: number }
  | { kind: 'audio'; index: number }
  | { kind: 'reasoning'; block: ReasoningBlock }

/** @param blockStart where the block that is cited starts in the content, in UTF-16 units */
type Citation = (blockStart: number) => Annotation

/** Delta keys that are read, or say nothing. */
const knownKeys: ReadonlySet<string> = new Set([
  'role',
  'content',
  'reasoning_details',
  'reasoning_content',
  'reasoning',
  'refusal',
  'tool_calls',
  'function_call',
  'audio',
  'images',
  'annotations',
  'extra_content',
  'channel',
  'index',
  'padding',
])

/** One choice of a chat completion: finds the blocks in deltas that have none. */
export class ChoiceDecoder {
  readonly #choice: number
  readonly #blocks: Blocks
  readonly #options: DecoderOptions
  readonly #unknown: (key: string, value: unknown) => void
  readonly #calls: ToolCalls
  #open: Open = { kind: 'none' }
  /** Reasoning that ended before any details of it came: they may come behind the text (only some servers wait so long). */
  #said = ''
  /** UTF-16 units of content so far. */
  #contentLength = 0
  /** Citations that came before the text they belong to. */
  #citations: Citation[] = []
  #sawRefusal = false
  #hasBlocks = false
  /** The provider's first word for why it ended; later ones are repeats. */
  finishWord: string | undefined

  constructor(choice: number, blocks: Blocks, options: DecoderOptions, unknown: (key: string, value: unknown) => void) {
    this.#choice = choice
    this.#blocks = blocks
    this.#options = options
    this.#unknown = unknown
    this.#calls = new ToolCalls(blocks, choice, options.mint)
  }

  /** Did the choice bring anything but a role? */
  get hasBlocks(): boolean {
    return this.#hasBlocks || this.#calls.any
  }

  push(wire: JsonObject): void {
    // A server that ignores streaming within a stream sends the message whole.
    const delta = asObject(wire.delta) ?? (this.hasBlocks ? undefined : asObject(wire.message))
    if (delta) this.#delta(delta, asObject(wire.logprobs))
    const word = asString(wire.finish_reason)
    if (word) this.finishWord ??= word
    if (wire.content_filter_results) this.#unknown('content_filter_results', wire.content_filter_results)
  }

  #delta(delta: JsonObject, logprobs: JsonObject | undefined): void {
    this.#reasoning(delta)
    this.#content(delta.content, readLogprobs(logprobs?.content))
    this.#refusal(asString(delta.refusal), readLogprobs(logprobs?.refusal))
    for (const entry of asArray(delta.annotations) ?? []) {
      const wire = asObject(entry)
      if (wire) this.cite((blockStart) => readAnnotation(wire, blockStart))
    }
    this.#toolCalls(delta)
    const audio = asObject(delta.audio)
    if (audio) this.#audio(audio)
    for (const image of asArray(delta.images) ?? []) this.#image(image)
    const signature = signatureOf(delta)
    if (signature !== undefined) this.#messageSignature(signature)
    for (const key in delta) {
      if (!knownKeys.has(key) && delta[key] !== null) this.#unknown(`delta.${key}`, delta[key])
    }
  }

  #reasoning(delta: JsonObject): void {
    const details = (asArray(delta.reasoning_details) ?? []).map(asObject).filter((entry) => entry !== undefined)
    if (details.length > 0) {
      // The plain fields of the same chunk repeat it.
      for (const detail of details) this.#reasoningDetail(detail)
      return
    }
    const text = asString(delta.reasoning_content) || asString(delta.reasoning)
    if (text) this.#reasoningText(text)
  }

  #reasoningText(text: string): void {
    if (this.#open.kind !== 'reasoning' || !this.#open.block.takesPlainText) this.#openReasoning(undefined)
    if (this.#open.kind === 'reasoning') this.#open.block.text(text)
  }

  #reasoningDetail(detail: JsonObject): void {
    if (this.#open.kind !== 'reasoning' || !this.#open.block.takes(detail)) this.#openReasoning(detail)
    if (this.#open.kind === 'reasoning') this.#open.block.detail(detail)
  }

  #openReasoning(detail: JsonObject | undefined): void {
    this.#close()
    const issuer = issuerOfFormat(detail?.format) ?? this.#options.quirks.issuer ?? 'unknown'
    const redacted = detail?.type === 'reasoning.encrypted' && encryptsWholeBlocks(issuer)
    const said = detail ? this.#said : ''
    const block = new ReasoningBlock(this.#blocks, this.#choice, said, issuer, redacted, asString(detail?.id))
    this.#open = { kind: 'reasoning', block }
    this.#hasBlocks = true
  }

  #content(content: unknown, logprobs: TokenLogprob[] | undefined): void {
    if (typeof content === 'string') {
      if (content !== '' || logprobs) this.#text(content, logprobs)
      return
    }
    // Mistral: reasoning and text as parts.
    for (const entry of asArray(content) ?? []) {
      const part = asObject(entry)
      if (!part) continue
      if (part.type === 'text') this.#text(asString(part.text) ?? '', undefined)
      else if (part.type === 'thinking') this.#thinkingPart(part.thinking)
      else this.#unknown(`delta.content.${asString(part.type) ?? ''}`, part)
    }
  }

  #thinkingPart(thinking: unknown): void {
    const texts = asArray(thinking)?.map((entry) => asString(asObject(entry)?.text) ?? '') ?? [asString(thinking) ?? '']
    const text = texts.join('')
    if (text !== '') this.#reasoningText(text)
  }

  #text(text: string, logprobs: TokenLogprob[] | undefined): void {
    const index = this.#textBlock()
    this.#contentLength += text.length
    if (text === '' && !logprobs) return
    this.#blocks.delta(this.#choice, index, logprobs ? { kind: 'text', text, logprobs } : { kind: 'text', text })
  }

  /** The open text block; opened if need be. */
  #textBlock(): number {
    if (this.#open.kind === 'text') return this.#open.index
    this.#close()
    const index = this.#blocks.start(this.#choice, { kind: 'text' })
    this.#open = { kind: 'text', index, start: this.#contentLength }
    this.#hasBlocks = true
    for (const citation of this.#citations.splice(0)) this.cite(citation)
    return index
  }

  #refusal(text: string | undefined, logprobs: TokenLogprob[] | undefined): void {
    if (!text && !logprobs) return
    if (this.#open.kind !== 'refusal') {
      this.#close()
      this.#open = { kind: 'refusal', index: this.#blocks.start(this.#choice, { kind: 'refusal' }) }
      this.#sawRefusal = true
      this.#hasBlocks = true
    }
    const delta: Delta = { kind: 'refusal', text: text ?? '', ...(logprobs && { logprobs }) }
    this.#blocks.delta(this.#choice, this.#open.index, delta)
  }

  /** A citation of this choice's text: of the block that is open, else of the next one. */
  cite(citation: Citation): void {
    if (this.#open.kind !== 'text') {
      this.#citations.push(citation)
      return
    }
    const annotation = citation(this.#open.start)
    this.#blocks.delta(this.#choice, this.#open.index, { kind: 'annotation', annotation })
  }

  #toolCalls(delta: JsonObject): void {
    const calls = asArray(delta.tool_calls)
    const legacy = asObject(delta.function_call)
    if (!legacy && !(calls && calls.length > 0)) return
    this.#close()
    for (const entry of calls ?? []) {
      const wire = asObject(entry)
      if (wire) this.#calls.push(wire)
    }
    if (legacy) this.#calls.pushLegacy(legacy)
  }

  #audio(wire: JsonObject): void {
    if (this.#open.kind !== 'audio') {
      this.#close()
      const id = asString(wire.id)
      this.#open = { kind: 'audio', index: this.#blocks.start(this.#choice, { kind: 'audio', ...(id && { id }) }) }
      this.#hasBlocks = true
    }
    const base64 = asString(wire.data)
    const transcript = asString(wire.transcript)
    const expiresAt = asNumber(wire.expires_at)
    if (base64 || transcript || expiresAt !== undefined) {
      this.#blocks.delta(this.#choice, this.#open.index, {
        kind: 'audio',
        ...(base64 && { base64 }),
        ...(transcript && { transcript }),
        ...(expiresAt !== undefined && { expiresAt }),
      })
    }
    if (expiresAt !== undefined && !base64 && !transcript) this.#close()
  }

  /** OpenRouter's form: a whole picture as a data URL. */
  #image(wire: unknown): void {
    const data = parseDataUrl(asString(asObject(asObject(wire)?.image_url)?.url) ?? '')
    if (!data) {
      this.#unknown('delta.images', wire)
      return
    }
    this.#close()
    const index = this.#blocks.start(this.#choice, { kind: 'image', mediaType: data.mediaType })
    this.#blocks.delta(this.#choice, index, { kind: 'image', base64: data.data })
    this.#blocks.end(this.#choice, index)
    this.#hasBlocks = true
  }

  /** Google's signature of the message, not of a call: an otherwise empty piece of reasoning. */
  #messageSignature(value: string): void {
    if (this.#open.kind !== 'reasoning') this.#openReasoning({ format: 'google-gemini-v1' })
    if (this.#open.kind === 'reasoning') {
      this.#blocks.delta(this.#choice, this.#open.block.index, { kind: 'signature', value, issuer: 'google' })
    }
  }

  #close(): void {
    const open = this.#open
    if (open.kind === 'none') return
    this.#open = { kind: 'none' }
    if (open.kind === 'reasoning') this.#said = open.block.plainText
    this.#blocks.end(this.#choice, open.kind === 'reasoning' ? open.block.index : open.index)
  }

  /** Ends every block and tells why the choice ended. */
  finish(): { reason: FinishReason; raw?: string } {
    if (this.#citations.length > 0) this.#textBlock()
    this.#close()
    this.#calls.end()
    const reason = readFinish(this.finishWord, { call: this.#calls.any, refusal: this.#sawRefusal })
    return this.finishWord === undefined ? { reason } : { reason, raw: this.finishWord }
  }
}
