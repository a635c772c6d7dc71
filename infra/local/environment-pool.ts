import { Environment } from './environment.ts'
import type { FunctionSpec, LogSink } from './function-spec.ts'
import type { LocalServices } from './function-variables.ts'

/** An idle environment ends after this long; the platform keeps them for some minutes too. */
const IDLE_MS = 5 * 60_000
const SWEEP_MS = 30_000
/** How long an environment whose answer is out may still write its record when everything ends. */
const GRACE_MS = 1_500

export interface PoolOptions {
  spec: FunctionSpec
  services: LocalServices
  userEnv: Record<string, string | undefined>
  log: LogSink
  /** Environments at once; beyond it requests are throttled. */
  concurrency: number
  /** Milliseconds until an idle environment ends. */
  idleMs?: number
}

/** The environments of one function: warm ones are reused, most recently used first; new ones start when all are busy. */
export class EnvironmentPool {
  readonly #options: PoolOptions
  #spec: FunctionSpec
  readonly #all = new Set<Environment>()
  /** Most recently used last. */
  #idle: Environment[] = []
  readonly #sweeper: NodeJS.Timeout
  #closing = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#spec = options.spec
    const idleMs = options.idleMs ?? IDLE_MS
    this.#sweeper = setInterval(() => this.#sweep(idleMs), Math.min(SWEEP_MS, idleMs))
    this.#sweeper.unref()
  }

  get spec(): FunctionSpec {
    return this.#spec
  }

  get environments(): ReadonlySet<Environment> {
    return this.#all
  }

  /**
   * An environment that waits for work and belongs to the caller, who invokes it at once.
   * @returns undefined when `concurrency` environments are already at work
   * @throws {InitError} when a new one could not be started
   */
  async acquire(): Promise<Environment | undefined> {
    const warm = this.#idle.pop()
    if (warm) return warm
    if (this.#closing || this.#all.size >= this.#options.concurrency) return undefined
    const fresh = this.#start()
    await fresh.ready
    return fresh
  }

  /** Starts one environment before a request asks for it. @throws {InitError} */
  async warm(): Promise<void> {
    const fresh = this.#start()
    try {
      await fresh.ready
      this.#onIdle(fresh)
    } catch (error) {
      if (!this.#closing) throw error
    }
  }

  /** From now on new requests run `spec`; environments of the old code end when they are done. */
  replace(spec: FunctionSpec): void {
    this.#spec = spec
    const old = this.#idle
    this.#idle = []
    for (const environment of old) void environment.end()
  }

  /** Ends every environment: those that still write a record after their answer have a moment to do it. */
  async close(): Promise<void> {
    this.#closing = true
    clearInterval(this.#sweeper)
    const deadline = Date.now() + GRACE_MS
    while (Date.now() < deadline && [...this.#all].some((each) => each.phase === 'finishing')) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await Promise.all([...this.#all].map((each) => each.end()))
  }

  #start(): Environment {
    const { services, userEnv, log } = this.#options
    const environment = new Environment({
      spec: this.#spec,
      services,
      userEnv,
      log,
      onIdle: (each) => this.#onIdle(each),
      onEnded: (each) => this.#onEnded(each),
    })
    this.#all.add(environment)
    return environment
  }

  #onIdle(environment: Environment): void {
    if (environment.spec !== this.#spec) void environment.end()
    else this.#idle.push(environment)
  }

  #onEnded(environment: Environment): void {
    this.#all.delete(environment)
    this.#idle = this.#idle.filter((each) => each !== environment)
  }

  #sweep(idleMs: number): void {
    const now = Date.now()
    for (const environment of [...this.#idle]) {
      if (environment.idleSince !== undefined && now - environment.idleSince >= idleMs) void environment.end()
    }
  }
}
