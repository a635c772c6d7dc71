import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fixtureNames, goldens, goldensOf, reviewedGoldens } from '../tools/fixtures.ts'

const names = fixtureNames()

describe('clients get what was reviewed (npm run golden -- <case> shows the difference)', () => {
  test.each(names)('%s', async (name) => {
    expect(Object.fromEntries(await goldensOf(name))).toEqual(Object.fromEntries(reviewedGoldens(name)))
  })

  test('no golden is left of a case that is gone', () => {
    const orphans = readdirSync(goldens).filter((file) => !names.includes(file.split('.')[0] ?? ''))
    expect(orphans).toEqual([])
  })
})
