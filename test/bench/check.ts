import type { Results, Row, SectionName } from './report.ts'
import { median } from './statistics.ts'

/** A figure may be this much above its baseline before it counts as worse. */
const tolerance = 1.25
/** Other programs make single figures worse, never better: what is slower in the code is so in every attempt. */
const attempts = 5
/** How much worse all figures may be together on another machine than the baseline's. */
const maxMachineFactor = 1.5

type Baseline = Pick<Results, 'machine' | 'rows'>

export interface Check {
  sections: readonly SectionName[]
  measure(section: SectionName): Promise<Row[]>
  baseline: Baseline
  /** As in the results. */
  machine: string
  /** Is told what was worse in an attempt. */
  say(text: string): void
}

/** What is compared of a row; of rows without it nothing is. */
function figureOf({ relative, ratio }: Row): number | undefined {
  return relative ?? ratio
}

/**
 * The rows that are worse than in the baseline, as lines to print. Rows the baseline does not have are new, and what is
 * within its budget is never worse: a lucky baseline of something that should be 1 must not forbid 1.
 * @param factor what the machine adds to every figure
 */
export function worse(rows: readonly Row[], baseline: readonly Row[], factor = 1): string[] {
  return rows.flatMap((row) => {
    const [now, before] = [figureOf(row), baselineOf(row, baseline)]
    if (now === undefined || before === undefined) return []
    const { section, name, budget } = row
    const allowed = Math.max(before * tolerance * factor, budget?.of === 'ratio' ? budget.atMost : 0)
    if (now <= allowed) return []
    return [`${section}: ${name}: ${now.toFixed(2)} ×, the baseline has ${before.toFixed(2)} ×`]
  })
}

function baselineOf({ section, name }: Row, baseline: readonly Row[]): number | undefined {
  const row = baseline.find((each) => each.section === section && each.name === name)
  return row && figureOf(row)
}

/**
 * How much dearer the middle one of the rows has become on another machine than the baseline's: that much is the machine's.
 * On the baseline's own it is 1, so that there what makes everything slower shows as well.
 */
function machineFactor(rows: readonly Row[], baseline: Baseline, machine: string): number {
  if (machine === baseline.machine) return 1
  const factors = rows.flatMap((row) => {
    const [now, before] = [row.relative, baselineOf(row, baseline.rows)]
    return now === undefined || before === undefined ? [] : [now / before]
  })
  return factors.length === 0 ? 1 : Math.min(Math.max(median(factors), 1), maxMachineFactor)
}

/**
 * Measures each section until none of its rows is worse than the baseline's, five times at most; of each row the best
 * attempt counts.
 * @returns the rows that were worse every time, as lines to print
 */
export async function findWorse(check: Check): Promise<string[]> {
  const failed: string[] = []
  for (const section of check.sections) failed.push(...(await worseOf(section, check)))
  return failed
}

async function worseOf(section: SectionName, { measure, baseline, machine, say }: Check): Promise<string[]> {
  const best = new Map<string, Row>()
  let failed: string[] = []
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const row of await measure(section)) {
      if ((figureOf(row) ?? 0) <= (figureOf(best.get(row.name) ?? row) ?? 0)) best.set(row.name, row)
    }
    const rows = [...best.values()]
    failed = worse(rows, baseline.rows, machineFactor(rows, baseline, machine))
    if (failed.length === 0) return []
    say(`attempt ${attempt} of ${attempts}:\n${failed.join('\n')}`)
  }
  return failed
}
