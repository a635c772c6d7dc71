import { readFileSync, writeFileSync } from 'node:fs'
import { main, readArguments } from './cli.ts'
import { lossesTable, replaceSections } from './readme.ts'

const help = `npm run losses [-- --write]

Prints the table of named losses: what a conversion may leave out, and why.

  --write  puts it, and the matrix of formats, between their markers in README.md`

const readme = new URL('../../README.md', import.meta.url)

await main(async () => {
  const { values } = readArguments(help, { write: { type: 'boolean', default: false } })
  if (!values.write) {
    console.log(lossesTable())
    return 0
  }
  const before = readFileSync(readme, 'utf8')
  const after = replaceSections(before)
  if (after !== before) writeFileSync(readme, after)
  console.log(after === before ? 'README.md is up to date.' : 'README.md was updated.')
  return 0
})
