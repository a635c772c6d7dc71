import { relative } from 'node:path'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { formatIds, letters } from '../formats.ts'
import type { Verdict } from './engine.ts'
import type { Skipped } from './recording.ts'

interface Report {
  verdicts: readonly Verdict[]
  skipped: readonly Skipped[]
  seed: number
  /** Paths are shown below it. */
  root: string
  /** Are good files shown too? */
  all: boolean
}

/** A table per direction, then every violation with what to look at, then a summary. */
export function printReport(report: Report): void {
  const { verdicts, skipped, seed, root } = report
  for (const from of formatIds) for (const to of formatIds) printDirection(report, from, to)
  for (const verdict of verdicts) printViolations(verdict, root)
  for (const { path, reason } of skipped) console.log(`skipped  ${relative(root, path) || path}: ${reason}`)
  const failed = verdicts.filter(({ violations }) => violations.length > 0)
  const files = new Set(verdicts.map(({ path }) => path)).size
  const checks = verdicts.reduce((sum, verdict) => sum + verdict.checks, 0)
  const violations = failed.reduce((sum, verdict) => sum + verdict.violations.length, 0)
  console.log(
    `\n${files} recordings, ${verdicts.length} passages, ${checks} checks (seed ${seed}): ` +
      (violations === 0 ? 'all conform' : `${violations} violations in ${failed.length} passages`) +
      (skipped.length > 0 ? `, ${skipped.length} files skipped` : ''),
  )
}

function printDirection({ verdicts, all, root }: Report, from: FormatId, to: FormatId): void {
  const rows = verdicts.filter((verdict) => verdict.from === from && verdict.to === to)
  if (rows.length === 0) return
  const failed = rows.filter(({ violations }) => violations.length > 0)
  const broken = rows.filter(({ outcome }) => outcome !== 'complete').length
  const title = from === to ? `${letters[from]} relay` : `${letters[to]} client ← ${letters[from]} upstream`
  const ok = rows.length - failed.length
  console.log(
    `${title.padEnd(24)} ${String(ok).padStart(4)} ok ${String(failed.length).padStart(4)} failed` +
      (broken > 0 ? `   (${broken} end in an error, as recorded)` : ''),
  )
  for (const [code, count] of countLosses(rows)) console.log(`    loss ${code.padEnd(20)} ${count}`)
  for (const { path, violations, losses } of all ? rows : failed) {
    const state = violations.length === 0 ? 'ok    ' : 'FAILED'
    console.log(`    ${state} ${relative(root, path) || path}${losses.length > 0 ? `  [${losses.join(' ')}]` : ''}`)
  }
}

function countLosses(rows: readonly Verdict[]): Array<[string, number]> {
  const counts = new Map<string, number>()
  for (const { losses } of rows) for (const code of losses) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts].sort(([left], [right]) => (left < right ? -1 : 1))
}

function printViolations({ path, from, to, violations }: Verdict, root: string): void {
  if (violations.length === 0) return
  console.log(`\n${relative(root, path) || path}   ${letters[from]} → ${letters[to]}`)
  for (const { check, expected, found } of violations) {
    console.log(`  ${check}\n    expected ${oneLine(expected)}\n    found    ${oneLine(found)}`)
  }
  console.log(`  look closer: npm run explain -- ${path} --to ${to}`)
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '⏎').slice(0, 600)
}
