/** Shortens in the middle, so that both ends stay readable. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  if (width < 3) return text.slice(0, width)
  const left = Math.ceil((width - 1) / 2)
  const right = width - 1 - left
  return `${text.slice(0, left)}…${right > 0 ? text.slice(-right) : ''}`
}

/** Control characters made visible, so that a cell stays one line. */
export function visible(text: string): string {
  let out = ''
  for (const character of text) {
    if (character === '\n') out += '⏎'
    else if (character === '\r') out += '␍'
    else out += character < ' ' || character === '\u2028' || character === '\u2029' ? '·' : character
  }
  return out
}

/**
 * One row of columns that start at the same height; a column may have fewer lines than its neighbours.
 * @param widths characters a column; longer lines are shortened in the middle
 */
export function layRow(columns: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const height = Math.max(1, ...columns.map((lines) => lines.length))
  return Array.from({ length: height }, (_, row) =>
    columns
      .map((lines, column) => shorten(lines[row] ?? '', widths[column] ?? 0).padEnd(widths[column] ?? 0))
      .join(' │ ')
      .trimEnd(),
  )
}

/** Widths of columns that fill the terminal: shares of what the two separators leave. */
export function columnWidths(terminal: number, shares: readonly number[]): number[] {
  const room = Math.max(terminal - 3 * (shares.length - 1), shares.length * 8)
  const total = shares.reduce((sum, share) => sum + share, 0)
  return shares.map((share) => Math.floor((room * share) / total))
}
