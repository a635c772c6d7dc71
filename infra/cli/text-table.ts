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

/**
 * Cells of a column that is aligned to the right, the first being its head: filled at the end, so that
 * decimal points stand below each other.
 */
export function alignPoints(cells: readonly string[]): string[] {
  const afterPoint = (cell: string) => (cell.includes('.') ? cell.length - cell.indexOf('.') : 0)
  const most = Math.max(0, ...cells.map(afterPoint))
  return cells.map((cell, at) => (at === 0 || cell === '' ? cell : cell + ' '.repeat(most - afterPoint(cell))))
}
