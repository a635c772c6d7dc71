import { expect, test } from 'vitest'
import { bucketOf, lastBucket } from '../../lambda/metrics/histogram.ts'
import { Pace } from '../../lambda/metrics/pace.ts'

function paceOf(first: number, ...chunks: number[]): Pace {
  const pace = new Pace(first)
  for (const at of chunks) pace.chunk(at)
  return pace
}

test('gaps are counted by length, and only those there were', () => {
  const pace = paceOf(50, 60, 70, 1070)
  expect(pace.gaps).toEqual(
    new Map([
      [bucketOf(10), 2],
      [bucketOf(1000), 1],
    ]),
  )
})

test('a gap longer than any request is counted as the longest there is', () => {
  expect(paceOf(0, 2 ** 21).gaps).toEqual(new Map([[lastBucket, 1]]))
})

test('the longest gap is exact, wherever it was', () => {
  expect(paceOf(0, 5, 100, 103).gapMs(1)).toBe(95)
  expect(paceOf(0, 95, 100).gapMs(1)).toBe(95)
})

test('no gap is longer than the longest', () => {
  expect(paceOf(0, 1001).gapMs(0.999)).toBe(1001)
})

test('one chunk has no gaps', () => {
  expect(paceOf(7).gapMs(0.95)).toBeNull()
  expect(paceOf(7).gapMs(1)).toBeNull()
})

test('speed is known from a tenth of a second on', () => {
  expect(paceOf(50, 100, 150).tokensPerSecond(7)).toBe(70)
  expect(paceOf(50, 149).tokensPerSecond(7)).toBeNull()
})
