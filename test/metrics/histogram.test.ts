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
