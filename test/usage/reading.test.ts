import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aggregateQueries } from '../../lambda/usage/aggregates.ts'
import { writeCsv } from '../../lambda/usage/answer.ts'
import { mapBounded } from '../../lambda/usage/bounded.ts'
import { dayMs, hourMs, splitByDay, splitByMonth } from '../../lambda/usage/period.ts'
import { readRequestId, uuidFloor } from '../../lambda/usage/request-id.ts'
import { readTime } from '../../lambda/usage/time-text.ts'
import { recordAt } from './seed.ts'

const may = { from: Date.UTC(2026, 4, 1), to: Date.UTC(2026, 5, 1) }
const keys = (count: number) => Array.from({ length: count }, (_, at) => `key${at}`)

describe('queries', () => {
  test.each([
    ['a month of 50 keys by day', { keys: keys(50), period: may, resolution: 'day' }, 50],
    ['a month of one key by hour', { keys: keys(1), period: may, resolution: 'hour' }, 1],
    [
      '30 days over the end of a month',
      { keys: keys(1), period: { from: may.to - 30 * dayMs, to: may.to }, resolution: 'day' },
      1,
    ],
    [
      'seven days until now',
      { keys: keys(1), period: { from: may.from + hourMs, to: may.from + 7 * dayMs + hourMs }, resolution: 'day' },
      3,
    ],
    ['a year', { keys: keys(2), period: { from: may.from, to: Date.UTC(2027, 4, 1) }, resolution: 'day' }, 24],
    ['a month of strangers, who have shards', { keys: ['anonymous'], period: may, resolution: 'day' }, 8],
  ] as const)('%s takes %s queries', (_what, question, count) => {
    expect(aggregateQueries({ ...question, shards: { anonymous: 8 } })).toHaveLength(count)
  })

  const hours = fc.integer({ min: 0, max: 24 * 400 }).map((hour) => may.from + hour * hourMs)
  const periods = fc.tuple(hours, hours).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) + hourMs }))

  test('the parts of a time are the time, each within its month, whole days as days', () => {
    fc.assert(
      fc.property(periods, (period) => {
        let at = period.from
        for (const part of splitByMonth(period)) {
          const { head, days, tail } = splitByDay(part)
          for (const each of [head, days, tail]) {
            if (!each) continue
            expect(each.from).toBe(at)
            at = each.to
          }
          if (days) expect([days.from % dayMs, days.to % dayMs]).toEqual([0, 0])
          for (const edge of [head, tail]) if (edge) expect(edge.to - edge.from).toBeLessThan(2 * dayMs)
          expect(new Date(part.from).getUTCMonth()).toBe(new Date(part.to - 1).getUTCMonth())
        }
        expect(at).toBe(period.to)
      }),
    )
  })

  test('a bounded map keeps the order and runs some at once, never too many', async () => {
    let [running, most] = [0, 0]
    const results = await mapBounded(
      Array.from({ length: 100 }, (_, at) => at),
      async (at) => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, at % 3))
        running--
        return at * 2
      },
    )
    expect(results).toEqual(results.map((_, at) => at * 2))
    expect([most > 1, most <= 16]).toEqual([true, true])
  })
})

describe('request ids', () => {
  test('tell their key and time', () => {
    const at = Date.UTC(2026, 4, 3, 1, 2, 3, 456)
    const { requestId } = recordAt(at, 'some_key')
    expect(readRequestId(requestId)).toEqual({ keyId: 'some_key', uuid: requestId.slice(9), at })
  })

  test.each(['', 'key', 'a-b', 'a#b-01890a5d-ac96-774b-bcce-b302099a8057', 'a-01890a5d-ac96-474b-bcce-b302099a8057'])(
    '%j is none',
    (text) => {
      expect(readRequestId(text)).toBeUndefined()
    },
  )

  test('a time’s floor is before its ids and behind all earlier ones', () => {
    const at = Date.UTC(2026, 4, 3)
    const uuidAt = (time: number) => recordAt(time, 'k').requestId.slice(2)
    expect(uuidFloor(at) < uuidAt(at)).toBe(true)
    expect(uuidFloor(at) > uuidAt(at - 1)).toBe(true)
  })
})

describe('times as people write them', () => {
  const now = Date.UTC(2026, 4, 10, 12)
  test.each<[text: string, iso: string | undefined]>([
    ['7d', '2026-05-03T12:00:00.000Z'],
    ['24h', '2026-05-09T12:00:00.000Z'],
    ['30m', '2026-05-10T11:30:00.000Z'],
    ['2w', '2026-04-26T12:00:00.000Z'],
    ['2026-05-01', '2026-05-01T00:00:00.000Z'],
    ['2026-05-01T10:00', '2026-05-01T10:00:00.000Z'],
    ['2026-05-01T10:00Z', '2026-05-01T10:00:00.000Z'],
    ['2026-05-01T10:00:00+02:00', '2026-05-01T08:00:00.000Z'],
    ['1777593600', '2026-05-01T00:00:00.000Z'],
    ['2026-02-30', undefined],
    ['2026-02-30T00:00Z', undefined],
    ['2026-13-01', undefined],
    ['yesterday', undefined],
    ['-7d', undefined],
    ['7y', undefined],
    ['', undefined],
  ])('%j is %s', (text, iso) => {
    expect(readTime(text, now)).toBe(iso === undefined ? undefined : Date.parse(iso))
  })
})

describe('CSV', () => {
  test.each<[value: unknown, cell: string]>([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "x"\n', '"say ""x""\n"'],
    [null, ''],
    [0, '0'],
    [-1.5, '-1.5'],
    [true, 'true'],
    [['a'], '"[""a""]"'],
    ['=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"'],
    ['@cf/model', "'@cf/model"],
    ['-1+cmd', "'-1+cmd"],
    ['-', '-'],
  ])('%j is written %s', (value, cell) => {
    expect(writeCsv([{ a: value, b: 1 }])).toBe(`a,b\r\n${cell},1\r\n`)
  })

  test('of nothing is nothing', () => {
    expect(writeCsv([])).toBe('')
  })
})
