import { readFileSync, writeFileSync } from 'node:fs'
import { requestLosses, streamLosses } from '../../lambda/events/losses.ts'
import { costPage } from '../bench/cost-table.ts'
import { readResults } from '../bench/report.ts'
import { speedTables } from '../bench/speed-table.ts'
import { formatIds } from './formats.ts'

const names = {
  'openai-chat': 'OpenAI Chat Completions',
  'anthropic-messages': 'Anthropic Messages',
  'openai-responses': 'OpenAI Responses',
} as const satisfies Record<(typeof formatIds)[number], string>

/** Every named loss, with when it becomes known: a request's stands in the header, a stream's only in the record. */
export function lossesTable(): string {
  return [
    '| loss | of the | what a conversion could not express |',
    '|---|---|---|',
    ...rows(requestLosses, 'request'),
    ...rows(streamLosses, 'answer'),
  ].join('\n')
}

function rows(table: Readonly<Record<string, string>>, known: string): string[] {
  return Object.entries(table).map(([code, reason]) => `| \`${code}\` | ${known} | ${reason} |`)
}

/** What happens between a client's format (rows) and a provider's (columns). */
export function matrixTable(): string {
  return [
    `| client ↓ · provider → | ${formatIds.map((id) => `${names[id]} (\`${id}\`)`).join(' | ')} |`,
    `|---|${formatIds.map(() => '---|').join('')}`,
    ...formatIds.map(
      (to) => `| ${names[to]} | ${formatIds.map((from) => (from === to ? 'relay' : 'convert')).join(' | ')} |`,
    ),
  ].join('\n')
}

/** The generated parts of the README, by the name in their markers. */
export const sections = {
  losses: lossesTable,
  matrix: matrixTable,
  speed: () => speedTables(readResults()),
  cost: () => costPage(readResults()),
} as const

/**
 * A text with what stands between `<!-- name:start -->` and `<!-- name:end -->` replaced.
 * @throws Error if a marker is missing
 */
export function replaceSections(readme: string): string {
  let text = readme
  for (const [name, table] of Object.entries(sections)) {
    const start = `<!-- ${name}:start -->`
    const end = `<!-- ${name}:end -->`
    const from = text.indexOf(start)
    const to = text.indexOf(end)
    if (from < 0 || to < from) throw new Error(`The text needs the lines ${start} and ${end}, in this order.`)
    text = `${text.slice(0, from + start.length)}\n${table()}\n${text.slice(to)}`
  }
  return text
}

const readmeFile = new URL('../../README.md', import.meta.url)

/** Puts the generated parts into README.md. */
export function writeReadme(): 'is up to date' | 'was updated' {
  const before = readFileSync(readmeFile, 'utf8')
  const after = replaceSections(before)
  if (after === before) return 'is up to date'
  writeFileSync(readmeFile, after)
  return 'was updated'
}
