/**
 * Times in buckets whose bounds grow by a fourth of an octave: bucket 0 is up to 1 ms, bucket i above 2^((i-1)/4) ms and
 * up to 2^(i/4) ms. So any percentile is known to 19 % at worst, in sums that merge by adding, and an aggregate holds
 * only the two dozen buckets its model uses.
 */
const bucketsPerOctave = 4

/** 2^20 ms, 17 minutes: beyond Lambda's longest life of a request. Whatever is longer counts here. */
export const lastBucket = 20 * bucketsPerOctave

/** Counts by bucket; a bucket that is missing is empty. */
export type Histogram = ReadonlyMap<number, number>

/** The bucket of a time in milliseconds. */
export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(lastBucket, Math.ceil(Math.log2(ms) * bucketsPerOctave))
}

/** The longest time a bucket holds, in milliseconds; the one before it ends where it starts. */
export function upperBound(bucket: number): number {
  return 2 ** (bucket / bucketsPerOctave)
}

/**
 * The time in milliseconds that the share `quantile` (0.95: 95 %) of the counted ones does not exceed, taking times to be
 * evenly spread within a bucket; null if nothing was counted.
 */
export function quantileMs(histogram: Histogram, quantile: number): number | null {
  const buckets = [...histogram].filter(([, count]) => count > 0).sort(([a], [b]) => a - b)
  const total = buckets.reduce((sum, [, count]) => sum + count, 0)
  const rank = quantile * total
  let below = 0
  for (const [bucket, count] of buckets) {
    if (below + count >= rank) {
      const lower = bucket === 0 ? 0 : upperBound(bucket - 1)
      return lower + (upperBound(bucket) - lower) * ((rank - below) / count)
    }
    below += count
  }
  return null
}
