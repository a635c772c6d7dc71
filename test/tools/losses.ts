import { main, readArguments } from './cli.ts'
import { lossesTable, writeReadme } from './readme.ts'

const help = `npm run losses [-- --write]

Prints the table of named losses: what a conversion may leave out, and why.

  --write  puts it, and the other generated tables, between their markers in README.md`

await main(async () => {
  const { values } = readArguments(help, { write: { type: 'boolean', default: false } })
  if (!values.write) {
    console.log(lossesTable())
    return 0
  }
  console.log(`README.md ${writeReadme()}.`)
  return 0
})
