import type { Row } from './report.ts'

/** A ratio may be this much above its baseline before it counts as worse. */
const tolerance = 1.25
/** Other programs make single figures worse, never better: what is slower in the code is so in every attempt. */
const attempts = 3

/**
 * The rows whose ratio is worse than in the baseline, as lines to print. Rows the baseline does not have are new, and what
 * is within its budget is never worse: a lucky baseline of something that should be 1 must not forbid 1.
 */
export function worse(rows: readonly Row[], baseline: readonly Row[]): string[] {
  return rows.flatMap(({ section, name, ratio, budget }) => {
    const before = baseline.find((row) => row.section === section && row.name === name)?.ratio
    if (ratio === undefined || before === undefined) return []
    const allowed = Math.max(before * tolerance, budget?.of === 'ratio' ? budget.atMost : 0)
    if (ratio <= allowed) return []
    return [`${section}: ${name}: ${ratio.toFixed(2)} ×, the baseline has ${before.toFixed(2)} ×`]
  })
}

/**
 * Measures until no ratio is worse than the baseline's, three times at most; of each row the best attempt counts.
 * @returns the rows that were worse every time, as lines to print
 */
export async function findWorse(measure: () => Promise<Row[]>, baseline: readonly Row[]): Promise<string[]> {
  const best = new Map<string, Row>()
  let failed: string[] = []
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const row of await measure()) {
      const key = `${row.section} ${row.name}`
      if ((row.ratio ?? 0) <= (best.get(key)?.ratio ?? Number.POSITIVE_INFINITY)) best.set(key, row)
    }
    failed = worse([...best.values()], baseline)
    if (failed.length === 0) return []
    console.error(`attempt ${attempt} of ${attempts}:\n${failed.join('\n')}`)
  }
  return failed
}
