/** One of a provider's keys. */
export interface PoolKey {
  key: string
  /** Share of the requests, relative to the other keys'. */
  weight: number
}

/** A key that was refused or limited is left alone for this long, or for as long as the provider said. */
const restMs = 30_000
const maxRestMs = 10 * 60_000
/** Keys that rest at once; more are not remembered (oldest first), since no provider has as many. */
const maxResting = 1000

/** Which keys rest until when. Module state on purpose: it is what one environment learnt of its providers. */
export class KeyPool {
  readonly #restsUntil = new Map<string, number>()
  readonly #now: () => number
  readonly #random: () => number

  constructor(now: () => number, random: () => number) {
    this.#now = now
    this.#random = random
  }

  /**
   * A key by weight among those that are awake and not in `tried`; if all rest, the one that wakes first (better a try
   * than a refusal of our own). Undefined when every key was tried.
   */
  take(keys: readonly PoolKey[], tried: ReadonlySet<string> = new Set()): string | undefined {
    const left = keys.filter(({ key }) => !tried.has(key))
    const awake = left.filter(({ key }) => (this.#restsUntil.get(key) ?? 0) <= this.#now())
    if (awake.length === 0) return this.#firstAwake(left)
    let point = this.#random() * awake.reduce((sum, { weight }) => sum + weight, 0)
    for (const { key, weight } of awake) {
      point -= weight
      if (point < 0) return key
    }
    return awake.at(-1)?.key
  }

  /** The provider refused or limited this key. */
  rest(key: string, retryAfterMs = restMs): void {
    this.#restsUntil.delete(key)
    this.#restsUntil.set(key, this.#now() + Math.min(retryAfterMs, maxRestMs))
    const oldest = this.#restsUntil.keys().next().value
    if (this.#restsUntil.size > maxResting && oldest !== undefined) this.#restsUntil.delete(oldest)
  }

  #firstAwake(keys: readonly PoolKey[]): string | undefined {
    const until = ({ key }: PoolKey) => this.#restsUntil.get(key) ?? 0
    return keys.toSorted((a, b) => until(a) - until(b))[0]?.key
  }
}
