import type { Limits } from '../config.ts'
import { GatewayFault } from '../errors.ts'

/**
 * The clocks of one exchange. One timer for the phase, one for the whole; progress only moves a timestamp, so that a
 * frame costs nothing. Comments and pings are no progress.
 */
export class Deadline {
  readonly #limits: Limits
  readonly #abort: (reason?: GatewayFault) => void
  readonly #total: NodeJS.Timeout
  #phase: NodeJS.Timeout | undefined
  #sawContent = false
  #inGrace = false
  #overdue = false

  /**
   * @param remainingMs until the platform ends the invocation; a reserve of it is kept to end the stream and record
   * @param abort ends the upstream call, with a fault or, when only the trailing bytes are missing, without
   */
  constructor(limits: Limits, remainingMs: number, abort: (reason?: GatewayFault) => void) {
    this.#limits = limits
    this.#abort = abort
    const total = Math.max(remainingMs - limits.reserveMs, 0)
    this.#total = setTimeout(() => this.#fail('The answer took longer than the gateway may run.'), total)
    this.#arm(limits.headersMs, 'The provider did not answer in time.')
  }

  /** The provider's headers are here; models may now think for minutes before the first content. */
  headersCame(): void {
    this.#arm(this.#limits.firstContentMs, 'The provider sent no content in time.')
  }

  /** Something came that is no comment and no ping; once that was content, silence is short. */
  progress(content: boolean): void {
    if (content && !this.#sawContent) {
      this.#sawContent = true
      this.#arm(this.#limits.idleMs, 'The provider fell silent.')
    } else this.#phase?.refresh()
  }

  /** The finish was seen: trailing usage has this long, whatever else comes; then the body counts as over. */
  finishing(): void {
    if (this.#inGrace) return
    this.#inGrace = true
    clearTimeout(this.#phase)
    this.#phase = setTimeout(() => {
      this.#overdue = true
      this.#abort()
    }, this.#limits.graceMs)
  }

  /** Did the grace run out, so that the body's early end is the gateway's doing? */
  get overdue(): boolean {
    return this.#overdue
  }

  clear(): void {
    clearTimeout(this.#total)
    clearTimeout(this.#phase)
  }

  #arm(ms: number, message: string): void {
    clearTimeout(this.#phase)
    this.#phase = setTimeout(() => this.#fail(message), ms)
  }

  #fail(message: string): void {
    this.#abort(new GatewayFault({ code: 'timeout', message }))
  }
}
