/**
 * Columns two spaces apart, the first row being the heads; no line has blanks at its end.
 * @param toTheRight columns (from 0) whose cells are aligned to the right, as numbers are; the others to the left
 */
export function textTable(rows: readonly string[][], toTheRight: ReadonlySet<number> = new Set()): string {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  const padded = (cell: string, at: number) =>
    toTheRight.has(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n')
}
