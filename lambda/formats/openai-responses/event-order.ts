/** Events that may wait for one that is missing. Beyond it the missing one is taken for lost. */
const maxWaiting = 32

/**
 * Puts events into the order of their `sequence_number`, once each. It trusts the numbers only once they have risen,
 * since some providers send none and others the same one always: those lose nothing. Afterwards a number that is not
 * above the last one is a repeat (a resumed stream tells its last events again), and one that is too high waits for those
 * between, up to 32 events: recordings have gaps that are never filled.
 */
export class EventOrder {
  #last: number | undefined
  #numbers: 'unknown' | 'rising' | 'useless' = 'unknown'
  readonly #waiting = new Map<number, () => void>()

  /** Runs `apply` now, later (when its turn comes, or at `settle`) or, for a repeat, never. */
  push(sequence: number | undefined, apply: () => void): void {
    if (sequence === undefined || this.#numbers !== 'rising') {
      if (sequence !== undefined) this.#judge(sequence)
      apply()
      return
    }
    if (sequence <= (this.#last ?? -1)) return
    if (!this.#waiting.has(sequence)) this.#waiting.set(sequence, apply)
    if (this.#waiting.size > maxWaiting) this.#last = Math.min(...this.#waiting.keys()) - 1
    this.#release()
  }

  /** What still waits is applied in order. */
  settle(): void {
    for (const sequence of [...this.#waiting.keys()].sort((a, b) => a - b)) {
      this.#last = sequence - 1
      this.#release()
    }
  }

  #judge(sequence: number): void {
    if (this.#numbers === 'useless') return
    if (this.#last !== undefined && sequence !== this.#last) {
      this.#numbers = sequence > this.#last ? 'rising' : 'useless'
    }
    this.#last = sequence
  }

  #release(): void {
    let next = (this.#last ?? -1) + 1
    for (let apply = this.#waiting.get(next); apply; apply = this.#waiting.get(++next)) {
      this.#waiting.delete(next)
      this.#last = next
      apply()
    }
  }
}
