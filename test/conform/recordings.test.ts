import { describe, expect, test } from 'vitest'
import { judge } from '../tools/conform/engine.ts'
import { loadRecording } from '../tools/conform/recording.ts'
import { fixtureNames, upstreamOf } from '../tools/fixtures.ts'

describe('every fixture conforms in every direction (npm run conform -- test/fixtures)', () => {
  test.each(fixtureNames())('%s', async (name) => {
    const recording = loadRecording(upstreamOf(name))
    if ('reason' in recording) throw new Error(`not recognised: it looks like ${recording.reason}`)
    const verdicts = await judge(recording, 1)
    const broken = verdicts.filter(({ violations }) => violations.length > 0)
    expect(broken.map(({ from, to, violations }) => ({ from, to, violations }))).toEqual([])
  })
})
