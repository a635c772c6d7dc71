import { bucketOf, type Histogram, lastBucket, quantileMs } from './histogram.ts'

/** An answer that came within this long came at once: its speed would be the network's, not the model's. */
const shortestMs = 100

/**
 * How evenly an answer came: the times between its network chunks, from the first content until the provider finished.
 * 81 counters whatever the answer's length.
 */
export class Pace {
  readonly #firstMs: number
  #lastMs: number
  #longestMs = 0
  readonly #counts = new Uint32Array(lastBucket + 1)

  /** @param atMs when the first content came */
  constructor(atMs: number) {
    this.#firstMs = atMs
    this.#lastMs = atMs
  }

  /** Another chunk came. */
  chunk(atMs: number): void {
    const gapMs = atMs - this.#lastMs
    this.#lastMs = atMs
    if (gapMs > this.#longestMs) this.#longestMs = gapMs
    const bucket = bucketOf(gapMs)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  /** How many gaps there were of which length. */
  get gaps(): Histogram {
    return new Map([...this.#counts.entries()].filter(([, count]) => count > 0))
  }

  /**
   * The gap that this share of all did not exceed: to 19 %, but the longest (1) exactly.
   * @returns null where all came in one chunk
   */
  gapMs(quantile: number): number | null {
    const ms = quantileMs(this.gaps, quantile)
    if (ms === null) return null
    return quantile === 1 ? this.#longestMs : Math.min(ms, this.#longestMs)
  }

  /** @returns null where the answer came too fast to tell */
  tokensPerSecond(tokens: number): number | null {
    const ms = this.#lastMs - this.#firstMs
    return ms < shortestMs ? null : (tokens * 1000) / ms
  }
}
