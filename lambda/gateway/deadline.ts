import { monotonicMs } from '../clock.ts'
import type { Limits } from '../config.ts'
import { GatewayFault } from '../errors.ts'

/**
 * The clocks of one attempt: one timer for the phase, one for the whole. Progress only notes the time, and the timer looks
 * at it when it fires: setting a timer anew for each frame would cost more than the frame. Comments and pings are no
 * progress.
 */
export class Deadline {
  readonly #limits: Limits
  readonly #abort: (reason?: GatewayFault) => void
  readonly #total: NodeJS.Timeout
  #phase: NodeJS.Timeout | undefined
  #lastProgress = 0
  #stage: 'waiting' | 'content' | 'grace' = 'waiting'

  /**
   * @param remainingMs until the platform ends the invocation; a reserve of it is kept to end the stream and record
   * @param abort ends the upstream call, with a fault or, when only the trailing bytes are missing, without
   */
  constructor(limits: Limits, remainingMs: number, abort: (reason?: GatewayFault) => void) {
    this.#limits = limits
    this.#abort = abort
    const total = Math.max(remainingMs - limits.reserveMs, 0)
    this.#total = setTimeout(() => this.#fail('The answer took longer than the gateway may run.'), total)
    this.#limitSilence(limits.headersMs, 'The provider did not answer in time.')
  }

  /** Was the finish seen, so that only trailing usage is to come? */
  get isFinishing(): boolean {
    return this.#stage === 'grace'
  }

  /** The provider's headers are here; models may now think for minutes before the first content. */
  headersCame(): void {
    this.#limitSilence(this.#limits.firstContentMs, 'The provider sent no content in time.')
  }

  /**
   * Something came that is no comment and no ping; once that was content, silence is short.
   * @param now of `monotonicMs`, which the caller has read anyway
   */
  progress(content: boolean, now: number): void {
    if (content && this.#stage === 'waiting') {
      this.#stage = 'content'
      this.#limitSilence(this.#limits.idleMs, 'The provider fell silent.')
    } else this.#lastProgress = now
  }

  /** The finish was seen: trailing usage has this long, whatever else comes; then the body counts as over. */
  finishing(): void {
    if (this.#stage === 'grace') return
    this.#stage = 'grace'
    clearTimeout(this.#phase)
    this.#phase = setTimeout(() => this.#abort(), this.#limits.graceMs)
  }

  clear(): void {
    clearTimeout(this.#total)
    clearTimeout(this.#phase)
  }

  #limitSilence(ms: number, message: string): void {
    this.#lastProgress = monotonicMs()
    const check = () => {
      const left = this.#lastProgress + ms - monotonicMs()
      if (left <= 0) this.#fail(message)
      else this.#phase = setTimeout(check, left)
    }
    clearTimeout(this.#phase)
    this.#phase = setTimeout(check, ms)
  }

  #fail(message: string): void {
    this.#abort(new GatewayFault({ code: 'timeout', message }))
  }
}
