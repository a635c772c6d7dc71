/**
 * Replaces or adds top-level fields of a JSON object without touching another byte of it: what a relay sends on is the
 * client's own text, so numbers, escapes, key order and unknown fields stay as they were written.
 * @param source the text of a JSON object (already known to parse)
 * @param changes new values by field
 */
export function editFields(source: string, changes: Record<string, unknown>): string {
  const spans = topLevelValues(source, new Set(Object.keys(changes)))
  let edited = ''
  let at = 0
  for (const { key, start, end } of spans) {
    edited += source.slice(at, start) + JSON.stringify(changes[key])
    at = end
  }
  edited += source.slice(at)
  const present = new Set(spans.map(({ key }) => key))
  const added = Object.keys(changes).filter((key) => !present.has(key))
  if (added.length === 0) return edited
  const open = edited.indexOf('{') + 1
  const isEmpty = /^\s*\}/.test(edited.slice(open))
  const fields = added.map((key) => `${JSON.stringify(key)}:${JSON.stringify(changes[key])}`).join(',')
  return `${edited.slice(0, open)}${fields}${isEmpty ? '' : ','}${edited.slice(open)}`
}

interface Span {
  key: string
  start: number
  end: number
}

/** Where the values of the wanted top-level keys stand, in order; repeated keys are all found, as the last one counts. */
function topLevelValues(source: string, wanted: ReadonlySet<string>): Span[] {
  const spans: Span[] = []
  let at = skipSpace(source, source.indexOf('{') + 1)
  while (source[at] === '"') {
    const keyEnd = skipString(source, at)
    const key = JSON.parse(source.slice(at, keyEnd)) as string
    const start = skipSpace(source, skipSpace(source, keyEnd) + 1)
    const end = skipValue(source, start)
    if (wanted.has(key)) spans.push({ key, start, end })
    at = skipSpace(source, end)
    if (source[at] === ',') at = skipSpace(source, at + 1)
  }
  return spans
}

function skipSpace(source: string, from: number): number {
  let at = from
  while (at < source.length && ' \t\r\n'.includes(source[at] as string)) at++
  return at
}

/** Offset behind the string that opens at `from`. */
function skipString(source: string, from: number): number {
  for (let quote = source.indexOf('"', from + 1); quote >= 0; quote = source.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (source[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
  return source.length
}

function skipValue(source: string, from: number): number {
  let depth = 0
  for (let at = from; at < source.length; ) {
    const char = source[at]
    if (char === '"') {
      at = skipString(source, at)
      if (depth === 0) return at
      continue
    }
    if (depth === 0 && at > from && (char === ',' || char === '}' || char === ']')) return trimEnd(source, from, at)
    if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') {
      depth--
      if (depth === 0) return at + 1
    }
    at++
  }
  return source.length
}

function trimEnd(source: string, from: number, end: number): number {
  let at = end
  while (at > from && ' \t\r\n'.includes(source[at - 1] as string)) at--
  return at
}
