import type { Block, Delta, Issuer } from '../../events/stream-event.ts'
import type { BlockWriter, ChoiceState, Piece } from './block-writer.ts'
import { encryptsWholeBlocks, reasoningFormatOf } from './reasoning-format.ts'

/** Text as it comes; at its end, what is sealed is owed as details (see `ChoiceState`). */
export class ReasoningWriter implements BlockWriter {
  readonly opening = undefined
  readonly #choice: ChoiceState
  #issuer: Issuer
  #id: string | undefined
  #parts: string[] = []
  #part = 0
  #signature: string | undefined
  #encrypted: string | undefined

  constructor(block: Extract<Block, { kind: 'reasoning' }>, choice: ChoiceState) {
    this.#issuer = block.issuer
    this.#id = block.id
    this.#choice = choice
  }

  write(delta: Delta): Piece | undefined {
    switch (delta.kind) {
      case 'reasoning':
        return delta.text === '' ? undefined : this.#write(delta.text, delta.part)
      case 'signature':
        this.#signature = delta.value
        this.#issuer = delta.issuer ?? this.#issuer
        return undefined
      case 'encrypted':
        this.#encrypted = delta.value
        this.#issuer = delta.issuer ?? this.#issuer
        this.#id = delta.id ?? this.#id
        return undefined
      default:
        return undefined
    }
  }

  #write(text: string, part: number): Piece {
    const isNewPart = this.#parts.length === 0 || part !== this.#part
    // Parts of one block are paragraphs of one text here.
    const piece = isNewPart && this.#parts.length > 0 ? `\n\n${text}` : text
    if (isNewPart) this.#parts.push('')
    this.#part = part
    this.#parts[this.#parts.length - 1] += text
    return { delta: `{"reasoning_content":${JSON.stringify(piece)}}` }
  }

  /** The whole block as details; each part of a summary is an entry, so that its issuer gets the same parts back. */
  close(): undefined {
    if (this.#signature === undefined && this.#encrypted === undefined) return undefined
    const format = reasoningFormatOf(this.#issuer)
    const id = this.#id && { id: this.#id }
    const details: object[] = []
    if (this.#signature !== undefined) {
      const text = this.#parts.join('\n\n')
      const index = this.#choice.reasonings++
      details.push({ type: 'reasoning.text', text, signature: this.#signature, ...id, format, index })
    } else if (!encryptsWholeBlocks(this.#issuer)) {
      for (const summary of this.#parts) {
        details.push({ type: 'reasoning.summary', summary, ...id, format, index: this.#choice.reasonings++ })
      }
    }
    if (this.#encrypted !== undefined) {
      // The summary's own index says that this is the sealed form of the same block.
      const index = details.length > 0 ? this.#choice.reasonings - 1 : this.#choice.reasonings++
      details.push({ type: 'reasoning.encrypted', data: this.#encrypted, ...id, format, index })
    }
    this.#choice.details.push(...details)
    return undefined
  }
}
