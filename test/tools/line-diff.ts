/** A line of a comparison: kept, gone, or new. */
export interface DiffLine {
  sign: ' ' | '-' | '+'
  line: string
}

/** The longest lists that are compared exactly; the table of common subsequences is quadratic. */
const maxLines = 2000

/** What must be done to the lines of `before` to get those of `after`. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, fresh] = [linesOf(before), linesOf(after)]
  if (old.length > maxLines || fresh.length > maxLines) {
    return [...signed('-', old), ...signed('+', fresh)]
  }
  const common = commonLengths(old, fresh)
  const lines: DiffLine[] = []
  let [left, right] = [0, 0]
  while (left < old.length && right < fresh.length) {
    if (old[left] === fresh[right]) {
      lines.push({ sign: ' ', line: old[left++] ?? '' })
      right++
    } else if (at(common, left + 1, right) >= at(common, left, right + 1))
      lines.push({ sign: '-', line: old[left++] ?? '' })
    else lines.push({ sign: '+', line: fresh[right++] ?? '' })
  }
  return [...lines, ...signed('-', old.slice(left)), ...signed('+', fresh.slice(right))]
}

/** `lengths[i][j]`: the longest common subsequence of what follows line i of one text and line j of the other. */
function commonLengths(old: readonly string[], fresh: readonly string[]): number[][] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Array<number>(fresh.length + 1).fill(0))
  for (let left = old.length - 1; left >= 0; left--) {
    const row = lengths[left] ?? []
    for (let right = fresh.length - 1; right >= 0; right--) {
      row[right] =
        old[left] === fresh[right]
          ? at(lengths, left + 1, right + 1) + 1
          : Math.max(at(lengths, left + 1, right), at(lengths, left, right + 1))
    }
  }
  return lengths
}

function at(table: readonly (readonly number[])[], row: number, column: number): number {
  return table[row]?.[column] ?? 0
}

function signed(sign: DiffLine['sign'], lines: readonly string[]): DiffLine[] {
  return lines.map((line) => ({ sign, line }))
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}
