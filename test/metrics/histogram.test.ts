import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf, lastBucket, mergeHistograms, quantileMs, upperBound } from '../../lambda/metrics/histogram.ts'

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

test('a percentile is known to 19 %, also after adding histograms up', () => {
  const times = fc.array(fc.double({ min: 1, max: 900_000, noNaN: true }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.95, 0.99), (values, quantile) => {
      const histograms = values.map((ms) => new Map([[bucketOf(ms), 1]]))
      const estimate = quantileMs(mergeHistograms(histograms), quantile) ?? 0
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(quantile * values.length) - 1] ?? 0
      expect(estimate / exact).toBeLessThan(1.19)
      expect(estimate / exact).toBeGreaterThan(1 / 1.19)
    }),
  )
})

test('nothing has no percentile', () => {
  expect(quantileMs(new Map(), 0.5)).toBeNull()
})
