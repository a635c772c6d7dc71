import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoff, remedyOf } from '../../lambda/gateway/retry.ts'
import { KeyPool } from '../../lambda/providers/key-pool.ts'
import { modelsToTry, routeFaults } from '../../lambda/providers/routes.ts'

const policy = { triesPerTarget: 2, backoffMs: 250, maxBackoffMs: 5_000 }

describe('the wait before another try', () => {
  test.each([
    ['the first repetition waits at least half of the base', 1, undefined, 0, 125],
    ['the base at most', 1, undefined, 1, 250],
    ['each failure doubles it', 3, undefined, 1, 1000],
    ['but not above the ceiling', 20, undefined, 1, 5000],
    ['the provider’s own delay is the least', 1, 3000, 0, 3000],
    ['a longer one is not waited', 1, 5001, 0, undefined],
    ['retry-after: 0 still waits a little', 1, 0, 0, 125],
  ])('%s', (_name, failures, retryAfterMs, random, expected) => {
    expect(backoff(policy, { failures, retryAfterMs, remainingMs: 60_000, random })).toBe(expected)
  })

  test('is never longer than the time left', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.nat(10_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, remainingMs, random) => {
          expect(backoff(policy, { failures, remainingMs, random }) ?? -1).toBeLessThanOrEqual(remainingMs)
        },
      ),
    )
  })
})

describe('what mends an error', () => {
  test.each([
    ['a bad request', { code: 'invalid_request', message: '' }, 'none'],
    ['a prompt that is too long', { code: 'context_length', message: '' }, 'none'],
    ['overload', { code: 'overloaded', message: '' }, 'again'],
    ['a refused key', { code: 'authentication', message: '' }, 'elsewhere'],
    ['HTTP 408', { code: 'timeout', message: '', upstream: { status: 408 } }, 'again'],
    ['HTTP 504', { code: 'timeout', message: '', upstream: { status: 504 } }, 'again'],
    ['a timeout that a stream reports', { code: 'timeout', message: '', upstream: { type: 'timeout_error' } }, 'again'],
    ['the gateway’s own clock', { code: 'timeout', message: '' }, 'elsewhere'],
    ['HTTP 425', { code: 'invalid_request', message: '', upstream: { status: 425 } }, 'again'],
  ] as const)('%s', (_name, error, remedy) => {
    expect(remedyOf(error)).toBe(remedy)
  })
})

describe('the route table', () => {
  test('a name without a route is its own only step', () => {
    expect(modelsToTry('openai/gpt-5', {}, Math.random)).toEqual(['openai/gpt-5'])
    expect(modelsToTry('toString', {}, Math.random)).toEqual(['toString'])
  })

  test('a chain keeps its order', () => {
    expect(modelsToTry('fast', { fast: ['a/1', 'b/2'] }, Math.random)).toEqual(['a/1', 'b/2'])
  })

  test('weights divide the requests', () => {
    const routes = { split: [{ 'a/1': 3, 'b/1': 1 }] }
    const draws = Array.from({ length: 400 }, (_, n) => modelsToTry('split', routes, () => n / 400)[0])
    expect(draws.filter((name) => name === 'a/1')).toHaveLength(300)
  })

  test.each([
    [{ a: [] }, 'a: expected a list of 1 to 10 steps'],
    [{ a: [{}] }, 'a[0]: expected a model'],
    [{ a: [{ 'b/c': 0 }] }, 'a[0].b/c: expected a weight above 0'],
    [{ a: [{ 'b/c': JSON.parse('1e999') }] }, 'a[0].b/c: expected a weight above 0'],
    [{ a: 'b' }, 'a: expected a list of'],
    [['a'], 'an object of routes'],
  ])('refuses %j', (table, message) => {
    expect(routeFaults(table).join()).toContain(message)
  })
})

describe('a provider’s keys', () => {
  const keys = [
    { key: 'one', weight: 1 },
    { key: 'two', weight: 3 },
  ]

  test('are taken by weight', () => {
    expect(
      new KeyPool(
        () => 0,
        () => 0.1,
      ).take(keys),
    ).toBe('one')
    expect(
      new KeyPool(
        () => 0,
        () => 0.3,
      ).take(keys),
    ).toBe('two')
  })

  test('rest after a refusal, for as long as the provider said, and wake again', () => {
    let now = 0
    const pool = new KeyPool(
      () => now,
      () => 0,
    )
    pool.rest('one', 1000)
    expect(pool.take(keys)).toBe('two')
    now = 1000
    expect(pool.take(keys)).toBe('one')
  })

  test('the first to wake is taken if all rest', () => {
    const pool = new KeyPool(
      () => 0,
      () => 0,
    )
    pool.rest('one', 2000)
    pool.rest('two', 1000)
    expect(pool.take(keys)).toBe('two')
  })

  test('a key that was tried is not taken again', () => {
    const pool = new KeyPool(
      () => 0,
      () => 0,
    )
    expect(pool.take(keys, new Set(['one']))).toBe('two')
    expect(pool.take(keys, new Set(['one', 'two']))).toBeUndefined()
  })
})
