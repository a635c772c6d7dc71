import { monotonicMs } from '../clock.ts'
import type { Limits } from '../config.ts'
import { GatewayFault } from '../errors.ts'

/** A bound on silence: what happens when it has lasted so many milliseconds. */
interface Bound {
  ms: number
  act: () => void
}

/**
 * The clocks of one attempt: one timer for the phase, one for the whole. Progress only notes the time, and the timer looks
 * at it when it fires: setting a timer anew for each frame would cost more than the frame. Comments and pings are no
 * progress.
 */
export class Deadline {
  readonly #limits: Limits
  readonly #abort: (reason?: GatewayFault) => void
  readonly #total: NodeJS.Timeout
  #bound: Bound
  /** When the silence began, by `monotonicMs`. */
  #since = 0
  #timer: NodeJS.Timeout | undefined
  #lastLook: NodeJS.Immediate | undefined
  #stage: 'waiting' | 'content' | 'grace' | 'over' = 'waiting'

  /**
   * @param remainingMs until the platform ends the invocation; a reserve of it is kept to end the stream and record
   * @param abort ends the upstream call, with a fault or, when only the trailing bytes are missing, without
   */
  constructor(limits: Limits, remainingMs: number, abort: (reason?: GatewayFault) => void) {
    this.#limits = limits
    this.#abort = abort
    const total = Math.max(remainingMs - limits.reserveMs, 0)
    this.#total = setTimeout(() => this.#fail('The answer took longer than the gateway may run.'), total)
    this.#bound = this.#begin(limits.headersMs, () => this.#fail('The provider did not answer in time.'))
  }

  /** Was the finish seen, so that only trailing usage is to come? */
  get isFinishing(): boolean {
    return this.#stage === 'grace'
  }

  /** The provider's headers are here; models may now think for minutes before the first content. */
  headersCame(): void {
    this.#begin(this.#limits.firstContentMs, () => this.#fail('The provider sent no content in time.'))
  }

  /**
   * Something came that is no comment and no ping; once that was content, silence is short.
   * @param now of `monotonicMs`, which the caller has read anyway
   */
  progress(content: boolean, now: number): void {
    if (content && this.#stage === 'waiting') {
      this.#stage = 'content'
      this.#begin(this.#limits.idleMs, () => this.#fail('The provider fell silent.'))
    } else this.#since = now
  }

  /** The finish was seen: trailing usage has this long, whatever else comes; then the body counts as over. */
  finishing(): void {
    if (this.#stage === 'grace') return
    this.#stage = 'grace'
    this.#begin(this.#limits.graceMs, () => this.#abort())
  }

  /**
   * The client takes its time, and nothing is read meanwhile: that is no silence of the provider's.
   * @returns ends the pause
   */
  pause(): () => void {
    const pausedAt = monotonicMs()
    this.#stop()
    return () => {
      if (this.#stage === 'over') return
      this.#since += monotonicMs() - pausedAt
      this.#wait(this.#left)
    }
  }

  clear(): void {
    this.#stage = 'over'
    clearTimeout(this.#total)
    this.#stop()
  }

  #begin(ms: number, act: () => void): Bound {
    this.#bound = { ms, act }
    this.#since = monotonicMs()
    this.#wait(ms)
    return this.#bound
  }

  /**
   * Before the bound counts as reached, what the sockets hold is read: after a stall (no processor time, a long collection)
   * Node may run a timer first.
   */
  #wait(ms: number): void {
    this.#stop()
    this.#timer = setTimeout(() => {
      this.#lastLook = setImmediate(() => this.#check())
    }, ms)
  }

  get #left(): number {
    return this.#since + this.#bound.ms - monotonicMs()
  }

  #check(): void {
    const left = this.#left
    if (left <= 0) this.#bound.act()
    else this.#wait(left)
  }

  #stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#lastLook)
  }

  #fail(message: string): void {
    this.#abort(new GatewayFault({ code: 'timeout', message }))
  }
}
