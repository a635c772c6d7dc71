import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { main, readArguments, UsageError } from './cli.ts'
import { shorten, visible } from './columns.ts'
import { fixtureNames, goldens, goldensOf, isFixture, reviewedGoldens } from './fixtures.ts'
import { diffLines } from './line-diff.ts'
import { requestGolden, requestNames, requestOf, reviewedRequest, sentForRequest } from './requests.ts'

const help = `npm run golden -- [<case>] [--update <case>]

Compares what clients of every format get for a case (test/fixtures/<case>/upstream.sse), or what providers are sent for
one (test/requests/<case>.json), with the reviewed goldens, and shows the difference. Without a case it names the cases that differ. Exits with 1 if any does.

  --update  writes the goldens of this one case, after showing the difference: read it before you commit it`

/** Lines of context around a change. */
const context = 2

interface Change {
  file: string
  before: string | undefined
  after: string | undefined
}

async function run(): Promise<number> {
  const { values, positionals } = readArguments(help, { update: { type: 'string' } })
  const name = values.update ?? positionals[0]
  if (positionals.length > (values.update ? 0 : 1)) throw new UsageError(`One case at a time.\n\n${help}`)
  if (name === undefined) return listChanged()
  if (!isFixture(name) && !requestNames().includes(name)) {
    throw new UsageError(`There is no case ${name}. Cases: ${caseNames().join(', ')}.`)
  }
  const changes = await changesOf(name)
  for (const change of changes) show(change)
  if (changes.length === 0) console.log(`${name} is as reviewed.`)
  else if (values.update) {
    apply(changes)
    console.log(`\n${changes.length} files of ${name} written.`)
    return 0
  }
  return changes.length > 0 ? 1 : 0
}

async function listChanged(): Promise<number> {
  let changed = 0
  for (const name of caseNames()) {
    const changes = await changesOf(name)
    if (changes.length === 0) continue
    changed++
    console.log(`${name}: ${changes.map(({ file }) => basename(file)).join(', ')}`)
  }
  console.log(changed === 0 ? 'Every case is as reviewed.' : `${changed} cases differ.`)
  return changed > 0 ? 1 : 0
}

function caseNames(): string[] {
  return [...fixtureNames(), ...requestNames()]
}

async function changesOf(name: string): Promise<Change[]> {
  if (!isFixture(name)) {
    const change = { file: requestGolden(name), before: reviewedRequest(name), after: sentForRequest(requestOf(name)) }
    return change.before === change.after ? [] : [change]
  }
  const reviewed = reviewedGoldens(name)
  const now = await goldensOf(name)
  return [...new Set([...reviewed.keys(), ...now.keys()])]
    .map((file) => ({ file: join(goldens, file), before: reviewed.get(file), after: now.get(file) }))
    .filter(({ before, after }) => before !== after)
}

function show({ file, before, after }: Change): void {
  console.log(
    `\n── ${basename(file)}${before === undefined ? ' (new)' : ''}${after === undefined ? ' (goes away)' : ''}`,
  )
  const lines = diffLines(before ?? '', after ?? '')
  const width = process.stdout.columns ?? 200
  let gap = false
  for (const [at, { sign, line }] of lines.entries()) {
    const isNear = lines.slice(Math.max(0, at - context), at + context + 1).some((other) => other.sign !== ' ')
    if (isNear) console.log(`${sign} ${shorten(visible(line), width - 2)}`)
    else if (!gap) console.log('  …')
    gap = !isNear
  }
}

function apply(changes: readonly Change[]): void {
  mkdirSync(goldens, { recursive: true })
  for (const { file, after } of changes) {
    if (after === undefined) rmSync(file)
    else writeFileSync(file, after)
  }
}

await main(run)
