import type { ProvisionalRecord } from '../../lambda/metrics/provisional.ts'

/**
 * Requests whose other line has not come yet. The two lines of a request are some seconds apart at most, so this many are
 * never at work in between; beyond it the oldest count as done without it, which is right but knows a little less.
 */
const maxWaiting = 50_000

/** Pairs the two lines that a request leaves, in whatever order a log has them: a final record makes a provisional one void. */
export class UnfinishedRequests {
  /** Oldest first. */
  readonly #provisional = new Map<string, ProvisionalRecord>()
  /** Seen without their provisional line: a log may come latest first. */
  readonly #final = new Set<string>()

  final(requestId: string): void {
    if (this.#provisional.delete(requestId)) return
    this.#final.add(requestId)
    const [oldest] = this.#final
    if (this.#final.size > maxWaiting && oldest !== undefined) this.#final.delete(oldest)
  }

  /** @returns one that has waited too long */
  provisional(provisional: ProvisionalRecord): ProvisionalRecord | undefined {
    const { requestId } = provisional.record
    if (this.#final.delete(requestId)) return undefined
    this.#provisional.set(requestId, provisional)
    if (this.#provisional.size <= maxWaiting) return undefined
    const [oldest] = this.#provisional.values()
    if (oldest) this.#provisional.delete(oldest.record.requestId)
    return oldest
  }

  /** Those whose final record never came, once the log has ended. */
  async *rest(): AsyncGenerator<ProvisionalRecord> {
    yield* this.#provisional.values()
  }
}
