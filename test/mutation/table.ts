import { dirname } from 'node:path'
import type { Mutant } from './instrument.ts'

/** `Ignored` are static ones, `Pending` those for which there was no time. */
export type Status = 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'Ignored' | 'Pending'

/** As Stryker's own reports: https://github.com/stryker-mutator/mutation-testing-elements */
export interface MutationReport {
  files: Record<string, { mutants: Array<Mutant & { status: Status }> }>
}

const columns = ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored', 'Pending'] as const satisfies Status[]

/** A line for each mutant that no test noticed. */
export function unnoticed({ files }: MutationReport): string {
  const lines = Object.entries(files).flatMap(([path, { mutants }]) =>
    mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ status, location: { start }, replacement }) => {
        const place = `${path}:${start.line + 1}:${start.column + 1}`
        return `${status === 'Survived' ? 'survived' : 'not covered'} ${place} ${replacement.replace(/\s+/g, ' ')}`
      }),
  )
  return lines.join('\n')
}

/**
 * One line a folder: how many mutants a test noticed (killed), how many never ended (timed out), which no test noticed
 * or even ran, and which were left out because they are static. The score is noticed of all but those left out.
 */
export function mutationTable(reports: readonly MutationReport[]): string {
  const folders = new Map<string, Status[]>()
  for (const [path, { mutants }] of reports.flatMap(({ files }) => Object.entries(files))) {
    const statuses = folders.get(dirname(path)) ?? []
    statuses.push(...mutants.map(({ status }) => status))
    folders.set(dirname(path), statuses)
  }
  const names = [...folders.keys()].toSorted()
  return [
    '| folder | mutants | killed | timed out | survived | not covered | static, not run | out of time | score |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...names.map((name) => line(`\`${name}\``, folders.get(name) ?? [])),
    line('all', [...folders.values()].flat()),
  ].join('\n')
}

function line(name: string, statuses: readonly Status[]): string {
  const counts = columns.map((column) => statuses.filter((status) => status === column).length)
  const [killed = 0, timedOut = 0, survived = 0, notCovered = 0] = counts
  const run = killed + timedOut + survived + notCovered
  const score = run === 0 ? '–' : `${((100 * (killed + timedOut)) / run).toFixed(1)} %`
  return `| ${name} | ${statuses.length} | ${counts.join(' | ')} | ${score} |`
}
