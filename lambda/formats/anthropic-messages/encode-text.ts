import type { Losses } from '../../events/losses.ts'
import type { Annotation, Delta } from '../../events/stream-event.ts'
import { writeCitation } from './citation.ts'
import { type BlockWriter, blockStart, blockStop, deltaPrefix } from './encode-wire.ts'

/** Text and refusals. Written from the first character on: M refuses empty text blocks when they come back as history. */
export class TextWriter implements BlockWriter {
  readonly #losses: Losses
  readonly #takeIndex: () => number
  #index = -1
  #prefix = ''
  #citations: Annotation[] = []

  constructor(losses: Losses, takeIndex: () => number) {
    this.#losses = losses
    this.#takeIndex = takeIndex
  }

  start(): string {
    return ''
  }

  delta(delta: Delta): string {
    if (delta.kind === 'text' || delta.kind === 'refusal') {
      if (delta.logprobs?.length) this.#losses.add('logprobs')
      if (delta.text === '') return ''
      if (this.#index >= 0) return `${this.#prefix}${JSON.stringify(delta.text)}}}\n\n`
      this.#index = this.#takeIndex()
      this.#prefix = deltaPrefix(this.#index, 'text_delta', 'text')
      const start = blockStart(this.#index, { type: 'text', text: '', citations: null })
      return `${start}${this.#prefix}${JSON.stringify(delta.text)}}}\n\n`
    }
    // A citation may come before its text, and M wants it inside the block: all go out before the stop.
    if (delta.kind === 'annotation') this.#citations.push(delta.annotation)
    return ''
  }

  end(): string {
    if (this.#index < 0) {
      if (this.#citations.length > 0) this.#losses.add('citation-source')
      return ''
    }
    let out = ''
    for (const annotation of this.#citations) {
      const citation = writeCitation(annotation, this.#losses)
      if (citation) out += `${deltaPrefix(this.#index, 'citations_delta', 'citation')}${JSON.stringify(citation)}}}\n\n`
    }
    return out + blockStop(this.#index)
  }

  complete(): boolean {
    return false
  }
}
