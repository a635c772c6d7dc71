import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { replaceSections, sections } from './readme.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the tables in the README are those of the code (npm run losses -- --write)', () => {
  expect(replaceSections(readme)).toBe(readme)
})

test('a README without markers is told which are missing', () => {
  expect(() => replaceSections('# No markers')).toThrow('<!-- losses:start -->')
})

test('only what stands between the markers is replaced', () => {
  const others = Object.keys(sections).filter((name) => name !== 'matrix')
  const empty = others.map((name) => `<!-- ${name}:start --><!-- ${name}:end -->`).join('\nb\n')
  const text = `a\n<!-- matrix:start -->\nwhat was there\n<!-- matrix:end -->\nb\n${empty}\nc`
  const replaced = replaceSections(text)
  expect(replaced.startsWith('a\n<!-- matrix:start -->\n| client')).toBe(true)
  expect(replaced.endsWith('\n<!-- cost:end -->\nc')).toBe(true)
  expect(replaced).not.toContain('what was there')
})
