// Stands in for Vitest where a test file is loaded to be run many times: its tests are kept, not run.

export { expect } from 'vitest'

type Body = (...row: never[]) => unknown

export interface Collected {
  name: string
  run: () => unknown
}

export const collected: Collected[] = []
const within: string[] = []

/** For each row of a table, as Vitest calls it: a list is the arguments, anything else the only one. */
function each(declare: (name: string, body: () => unknown) => void) {
  return (table: readonly unknown[]) => (name: string, body: Body) => {
    for (const row of table) declare(name, () => body(...((Array.isArray(row) ? row : [row]) as never[])))
  }
}

export function describe(name: string, body: () => void): void {
  within.push(name)
  body()
  within.pop()
}

export function test(name: string, body: () => unknown): void {
  collected.push({ name: [...within, name].join(' > '), run: body })
}

describe.each = each(describe)
test.each = each(test)
export const it = test
