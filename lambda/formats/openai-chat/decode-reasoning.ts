import { asNumber, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Issuer } from '../../events/stream-event.ts'
import type { Blocks } from './blocks.ts'
import { encryptsWholeBlocks, issuerOfFormat } from './reasoning-format.ts'

/**
 * The open reasoning block of a choice. Text comes plain (`reasoning_content`, `reasoning`) or in `reasoning_details`,
 * whose entries carry fragments (OpenRouter) or, at the block's end, the whole text once more (this gateway).
 */
export class ReasoningBlock {
  readonly index: number
  readonly #choice: number
  readonly #blocks: Blocks
  readonly #issuer: Issuer
  /** `index` of the details it was made of, undefined while it was only plain. */
  #key: number | undefined
  #text: string
  #part = 0
  /** How much of the plain text the details have repeated so far. */
  #repeated = 0
  /** The signature or encrypted content, once it came: further text, or another seal, is another block's. */
  #seal: string | undefined

  /** @param said plain text of the block before, which details that come late may repeat */
  constructor(blocks: Blocks, choice: number, said: string, issuer: Issuer, redacted: boolean, id?: string) {
    this.#text = said
    this.#blocks = blocks
    this.#choice = choice
    this.#issuer = issuer
    this.index = blocks.start(choice, {
      kind: 'reasoning',
      ...(id && { id }),
      issuer,
      ...(redacted && { redacted }),
    })
  }

  /** What it said, if no detail has repeated it yet. */
  get plainText(): string {
    return this.#key === undefined ? this.#text : ''
  }

  get takesPlainText(): boolean {
    return this.#seal === undefined
  }

  text(text: string): void {
    this.#text += text
    this.#blocks.delta(this.#choice, this.index, { kind: 'reasoning', text, part: this.#part })
  }

  /** Does this entry of `reasoning_details` continue or complete this block? */
  takes(detail: JsonObject): boolean {
    const issuer = issuerOfFormat(detail.format)
    if (detail.type === 'reasoning.encrypted' && encryptsWholeBlocks(issuer ?? this.#issuer)) return false
    if (this.#seal !== undefined) {
      const seal = asString(detail.signature) || asString(detail.data) || undefined
      return textOf(detail) === '' && (seal === undefined || seal === this.#seal)
    }
    if (textOf(detail) === '') return true
    if (this.#key === undefined || this.#key === keyOf(detail)) return true
    return detail.type === 'reasoning.summary' // the next part of the same summary
  }

  detail(detail: JsonObject): void {
    const text = textOf(detail)
    const key = keyOf(detail)
    if (text !== '' && !this.#repeats(text)) {
      if (this.#key !== undefined && this.#key !== key) this.#part++
      this.text(text)
    }
    this.#key = key
    const signature = asString(detail.signature)
    if (signature) this.#sealWith('signature', signature, detail)
    const data = asString(detail.data)
    if (data) this.#sealWith('encrypted', data, detail)
  }

  /** Is it what was said plain, or its next paragraph, once more? Text of which a part is new is no repetition. */
  #repeats(text: string): boolean {
    if (this.#key !== undefined && this.#repeated === 0) return false
    const at = this.#repeated === 0 ? 0 : this.#repeated + 2
    const end = at + text.length
    const isParagraph = end === this.#text.length || this.#text.startsWith('\n\n', end)
    if (isParagraph && this.#text.startsWith(text, at)) {
      this.#repeated = end
      return true
    }
    // Plain text has no block ends: what is sealed now may be the last of several blocks that came as one.
    if (this.#repeated > 0 || !this.#text.endsWith(text)) return false
    this.#repeated = this.#text.length
    return true
  }

  #sealWith(kind: 'signature' | 'encrypted', value: string, detail: JsonObject): void {
    this.#seal = value
    const named = issuerOfFormat(detail.format)
    const issuer = named !== undefined && named !== this.#issuer ? { issuer: named } : undefined
    const id = asString(detail.id)
    const delta = kind === 'signature' ? { kind, value, ...issuer } : { kind, value, ...issuer, ...(id && { id }) }
    this.#blocks.delta(this.#choice, this.index, delta)
  }
}

function keyOf(detail: JsonObject): number {
  return asNumber(detail.index) ?? 0
}

function textOf(detail: JsonObject): string {
  return asString(detail.type === 'reasoning.summary' ? detail.summary : detail.text) ?? ''
}
