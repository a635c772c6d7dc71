import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf, type Histogram, lastBucket, quantileMs, upperBound } from '../../lambda/metrics/histogram.ts'

test.each([
  [0, 0],
  [1, 0],
  [1.001, 1],
  [2, 4],
  [1000, 40],
  [900_000, 80],
  [1e12, lastBucket],
])('%d ms are in bucket %d', (ms, bucket) => {
  expect(bucketOf(ms)).toBe(bucket)
})

test('a time lies between the bounds of its bucket', () => {
  fc.assert(
    fc.property(fc.double({ min: 1.001, max: 1_000_000, noNaN: true }), (ms) => {
      const bucket = bucketOf(ms)
      expect(ms).toBeLessThanOrEqual(upperBound(bucket) * (1 + 1e-12))
      expect(ms).toBeGreaterThan(upperBound(bucket - 1) * (1 - 1e-12))
    }),
  )
})

test.each<[situation: string, counts: [bucket: number, count: number][], quantile: number, ms: number | null]>([
  ['half of one bucket', [[4, 2]], 0.5, 2 ** 0.75 + (2 - 2 ** 0.75) / 2],
  ['the first bucket starts at nothing', [[0, 4]], 0.25, 0.25],
  [
    'all of two buckets is the end of the second',
    [
      [40, 3],
      [8, 1],
    ],
    1,
    1024,
  ],
  [
    'a quantile at the end of a bucket stays in it',
    [
      [8, 1],
      [40, 1],
    ],
    0.5,
    4,
  ],
  [
    'one beyond it is in the next',
    [
      [8, 1],
      [40, 3],
    ],
    0.5,
    2 ** 9.75 + (1024 - 2 ** 9.75) / 3,
  ],
  [
    'empty buckets are no times',
    [
      [0, 0],
      [8, 1],
    ],
    0,
    2 ** 1.75,
  ],
  ['nothing but empty buckets', [[8, 0]], 0.5, null],
])('%s', (_situation, counts, quantile, ms) => {
  const estimate = quantileMs(new Map(counts), quantile)
  if (ms === null) expect(estimate).toBeNull()
  else expect(estimate).toBeCloseTo(ms, 9)
})

function histogramOf(times: readonly number[]): Histogram {
  const counts = new Map<number, number>()
  for (const ms of times) counts.set(bucketOf(ms), (counts.get(bucketOf(ms)) ?? 0) + 1)
  return counts
}

test('a percentile is known to 19 %', () => {
  const times = fc.array(fc.double({ min: 1, max: 900_000, noNaN: true }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.95, 0.99), (values, quantile) => {
      const estimate = quantileMs(histogramOf(values), quantile) ?? 0
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(quantile * values.length) - 1] ?? 0
      expect(estimate / exact).toBeLessThan(1.19)
      expect(estimate / exact).toBeGreaterThan(1 / 1.19)
    }),
  )
})

test('nothing has no percentile', () => {
  expect(quantileMs(new Map(), 0.5)).toBeNull()
})
