import { expect, test } from 'vitest'
import { Losses } from '../../lambda/events/losses.ts'

test('losses are listed once each, in the order of their names', () => {
  const losses = new Losses()
  expect(losses.list()).toEqual([])
  for (const code of ['tool', 'citations', 'tool', 'seed'] as const) losses.add(code)
  expect(losses.list()).toEqual(['citations', 'seed', 'tool'])
})
