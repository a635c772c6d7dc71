/** One server-sent event, with the text it was made of. */
export interface WireEvent {
  /** The `event:` field, '' if there was none. */
  name: string
  /** The joined `data:` lines; '' for an event that is only comments. */
  data: string
  /** The event's own text, its blank line included; concatenated, the raws are the body. */
  raw: string
  /** Did the body end before the blank line? */
  cut: boolean
}

/**
 * Splits a body into events, by the letter of https://html.spec.whatwg.org/multipage/server-sent-events.html and
 * without the library the gateway uses: two readers that agree are worth more than one that agrees with itself.
 */
export function splitEvents(body: string): WireEvent[] {
  const events: WireEvent[] = []
  let raw = ''
  let name = ''
  let data: string[] = []
  const flush = (cut: boolean) => {
    if (raw !== '') events.push({ name, data: data.join('\n'), raw, cut })
    raw = ''
    name = ''
    data = []
  }
  for (const { line, end } of linesOf(body)) {
    raw += line + end
    const content = events.length === 0 && raw === line + end && line.startsWith('\uFEFF') ? line.slice(1) : line
    if (content === '' && end !== '') flush(false)
    const { field, value } = fieldOf(content)
    if (field === 'event') name = value
    if (field === 'data') data.push(value)
  }
  flush(true)
  return events
}

function fieldOf(line: string): { field: string; value: string } {
  const colon = line.indexOf(':')
  if (colon < 0) return { field: line, value: '' }
  const value = line.slice(colon + 1)
  return { field: line.slice(0, colon), value: value.startsWith(' ') ? value.slice(1) : value }
}

/** Lines with their ends: LF, CR or CRLF; the last one's may be missing. */
function* linesOf(body: string): Generator<{ line: string; end: string }> {
  let from = 0
  while (from < body.length) {
    let at = from
    while (at < body.length && body[at] !== '\n' && body[at] !== '\r') at++
    const end = body[at] === '\r' && body[at + 1] === '\n' ? '\r\n' : (body[at] ?? '')
    yield { line: body.slice(from, at), end }
    from = at + end.length
  }
}

/** What an event says: its JSON, `[DONE]`, nothing, or text that is no JSON. */
export type Said = { kind: 'json'; value: Json } | { kind: 'done' } | { kind: 'nothing' } | { kind: 'garbage' }

/** A JSON object, read field by field. */
export type Json = { readonly [key: string]: unknown }

export function saidBy({ data, cut }: WireEvent): Said {
  const text = data.trim()
  if (text === '') return { kind: 'nothing' }
  if (text === '[DONE]') return { kind: 'done' }
  try {
    return { kind: 'json', value: object(JSON.parse(text)) }
  } catch {
    // An event that was cut off is the end of the body, not a broken event.
    return cut ? { kind: 'nothing' } : { kind: 'garbage' }
  }
}

/** An object, or an empty one for anything else: what is not there says nothing. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
