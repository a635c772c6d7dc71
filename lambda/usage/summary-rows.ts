import type { Summary } from './summary.ts'

/** A row for each group and slot of time, as files have them: one level deep, the same columns in each. */
export function summaryRows({ buckets }: Summary): Record<string, unknown>[] {
  return buckets.flatMap(({ from, to, results }) => results.map((result) => flat({ from, to, ...result })))
}

/** `{ttftMs: {p50: 1}}` becomes `{ttftMsP50: 1}`; counts by status and tool, whose names vary, stay a JSON text. */
function flat(row: Record<string, unknown>): Record<string, unknown> {
  const { byStatus, serverToolCounts, ttftMs, durationMs, ...plain } = row
  return {
    ...plain,
    ...(byStatus !== undefined && { byStatus, serverToolCounts }),
    ...flatTimes('ttftMs', ttftMs),
    ...flatTimes('durationMs', durationMs),
  }
}

function flatTimes(name: string, times: unknown): Record<string, unknown> {
  const entries = Object.entries(times ?? {})
  return Object.fromEntries(entries.map(([key, ms]) => [name + key.charAt(0).toUpperCase() + key.slice(1), ms]))
}
