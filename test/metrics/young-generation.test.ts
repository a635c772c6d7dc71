import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Sizes in MiB, in order, that the young generation has while ever more survives; two of them before it is told. */
const program = `
  import { getHeapSpaceStatistics } from 'node:v8'
  import { growYoungGenerationAtOnce } from './lambda/metrics/young-generation.ts'
  const size = () => getHeapSpaceStatistics().find((each) => each.space_name === 'new_space').space_size / 2 ** 20
  const sizes = [size()]
  const kept = []
  function surviveUntil(isOver) {
    while (!isOver()) {
      for (let count = 0; count < 10_000; count++) kept.push({ count })
      if (kept.length > 100_000) kept.length = 0
      if (size() !== sizes.at(-1)) sizes.push(size())
    }
  }
  surviveUntil(() => sizes.length > 2)
  growYoungGenerationAtOnce()
  surviveUntil(() => sizes.at(-1) >= 64)
  console.log(JSON.stringify(sizes))
`

test('the young generation goes to its bound in one step once it is told', () => {
  // As the platform starts a function of 512 MB; V8 takes the next power of two, for each of two halves.
  const flags = ['--max-semi-space-size=25', '--input-type=module', '--eval', program]
  const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: root, encoding: 'utf8', timeout: 30_000 })
  expect(stderr).toBe('')
  const sizes = JSON.parse(stdout) as number[]
  expect(sizes[2]).toBeLessThanOrEqual(8)
  expect(sizes.slice(3)).toEqual([64])
})
