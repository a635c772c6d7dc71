import { seal } from '../../events/envelope.ts'
import type { Delta, Issuer } from '../../events/stream-event.ts'
import { type BlockWriter, blockStart, blockStop, deltaPrefix } from './encode-wire.ts'

/** Claude's own signatures go bare; Anthropic documents them as valid on Bedrock too. Others travel in an envelope. */
function isClaude(issuer: Issuer): boolean {
  return issuer === 'anthropic' || issuer === 'bedrock'
}

/** Written from the first text on, or at its end if there is only a signature. Without either it is nothing. */
export class ThinkingWriter implements BlockWriter {
  #issuer: Issuer
  #id: string | undefined
  readonly #takeIndex: () => number
  #index = -1
  #prefix = ''
  #parts: string[] = []
  #sealed: { kind: 'signature' | 'encrypted'; value: string } | undefined

  constructor(issuer: Issuer, id: string | undefined, takeIndex: () => number) {
    this.#issuer = issuer
    this.#id = id
    this.#takeIndex = takeIndex
  }

  start(): string {
    return ''
  }

  delta(delta: Delta): string {
    if (delta.kind === 'reasoning') return this.#text(delta.text, delta.part)
    if (delta.kind !== 'signature' && delta.kind !== 'encrypted') return ''
    this.#sealed = { kind: delta.kind, value: delta.value }
    this.#issuer = delta.issuer ?? this.#issuer
    if (delta.kind === 'encrypted') this.#id = delta.id ?? this.#id
    return ''
  }

  end(): string {
    const signature = this.#signature()
    if (this.#index < 0 && signature === '') return ''
    const open = this.#open()
    const signed =
      signature && `${deltaPrefix(this.#index, 'signature_delta', 'signature')}${JSON.stringify(signature)}}}\n\n`
    return open + signed + blockStop(this.#index)
  }

  complete(): boolean {
    return false
  }

  #open(): string {
    if (this.#index >= 0) return ''
    this.#index = this.#takeIndex()
    this.#prefix = deltaPrefix(this.#index, 'thinking_delta', 'thinking')
    return blockStart(this.#index, { type: 'thinking', thinking: '', signature: '' })
  }

  #text(text: string, part: number): string {
    if (text === '') return ''
    // Parts are paragraphs to a client that has only one text.
    const joint = this.#parts.length > 0 && this.#parts[part] === undefined ? '\n\n' : ''
    this.#parts[part] = (this.#parts[part] ?? '') + text
    return `${this.#open()}${this.#prefix}${JSON.stringify(joint + text)}}}\n\n`
  }

  #signature(): string {
    if (!this.#sealed) return ''
    const { kind, value } = this.#sealed
    if (kind === 'signature' && isClaude(this.#issuer)) return value
    // One part comes back as it is; several are one text by then, so the envelope remembers where they were joined.
    const parts = this.#parts.filter((text) => text !== undefined)
    const text = parts.length > 1 && { text: parts }
    return seal({ issuer: this.#issuer, value, kind, ...(this.#id !== undefined && { id: this.#id }), ...text })
  }
}

/** The data stands in the start of the block, so that is written when it is known. */
export class RedactedWriter implements BlockWriter {
  #issuer: Issuer
  readonly #takeIndex: () => number
  #data = ''

  constructor(issuer: Issuer, takeIndex: () => number) {
    this.#issuer = issuer
    this.#takeIndex = takeIndex
  }

  start(): string {
    return ''
  }

  delta(delta: Delta): string {
    if (delta.kind !== 'encrypted') return ''
    this.#data = delta.value
    this.#issuer = delta.issuer ?? this.#issuer
    return ''
  }

  end(): string {
    if (this.#data === '') return ''
    const index = this.#takeIndex()
    const data = isClaude(this.#issuer)
      ? this.#data
      : seal({ issuer: this.#issuer, value: this.#data, kind: 'redacted' })
    return blockStart(index, { type: 'redacted_thinking', data }) + blockStop(index)
  }

  complete(): boolean {
    return false
  }
}
