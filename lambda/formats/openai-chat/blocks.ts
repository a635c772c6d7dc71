import type { Block, Delta, Emit } from '../../events/stream-event.ts'

const ignore: Emit = () => {}

/** Numbers the blocks of a response over all its choices, and builds their events. */
export class Blocks {
  /** Where events go; set anew for each frame. */
  emit: Emit = ignore
  #next = 0

  /** @returns the new block's index */
  start(choice: number, block: Block): number {
    const index = this.#next++
    this.emit(choice === 0 ? { type: 'block-start', index, block } : { type: 'block-start', index, choice, block })
    return index
  }

  delta(choice: number, index: number, delta: Delta): void {
    this.emit(choice === 0 ? { type: 'block-delta', index, delta } : { type: 'block-delta', index, choice, delta })
  }

  end(choice: number, index: number): void {
    this.emit(choice === 0 ? { type: 'block-end', index } : { type: 'block-end', index, choice })
  }

  get count(): number {
    return this.#next
  }

  native(native: unknown): void {
    this.emit({ type: 'native', native })
  }
}
