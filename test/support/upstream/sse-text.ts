/** One event of a provider: a JSON value, or text that goes out as it is (comments, `[DONE]`, broken events). */
export type WireEvent = object | Verbatim

export interface Verbatim {
  verbatim: string
}

export function verbatim(text: string): Verbatim {
  return { verbatim: text }
}

/** How a provider writes its events; the default is how OpenAI and Anthropic do. */
export interface SseStyle {
  lineEnd?: '\n' | '\r\n' | '\r'
  /** Behind the colon. */
  space?: '' | ' '
  /** `event:` lines where the event has a `type`; default: if the format is not chat. */
  named?: boolean
  byteOrderMark?: true
  /** Put between any two events, and before the first. */
  between?: string
  /** Extra lines inside each event, before its data. */
  inside?: string
  /** False: no blank line after the last event. */
  closed?: false
  /** How a value becomes JSON text; line breaks in it become several `data:` lines. */
  stringify?: (value: object) => string
}

/** The texts of the events, in order. */
export function sseTexts(events: readonly WireEvent[], style: SseStyle = {}): string[] {
  const texts = events.map((event) => eventText(event, style))
  const last = texts.length - 1
  if (style.byteOrderMark) texts[0] = `\uFEFF${texts[0]}`
  if (style.closed === false) texts[last] = (texts[last] ?? '').replace(/\n+$/, '\n')
  const { lineEnd = '\n' } = style
  return lineEnd === '\n' ? texts : texts.map((text) => text.replaceAll('\n', lineEnd))
}

export function sseText(events: readonly WireEvent[], style: SseStyle = {}): string {
  return sseTexts(events, style).join('')
}

function eventText(event: WireEvent, style: SseStyle): string {
  const { space = ' ', between = '', inside = '', stringify = JSON.stringify } = style
  if ('verbatim' in event) return between + inside + event.verbatim.replace('data: [DONE]', `data:${space}[DONE]`)
  const type = 'type' in event && typeof event.type === 'string' ? event.type : undefined
  const name = type !== undefined && style.named !== false ? `event:${space}${type}\n` : ''
  const data = stringify(event)
    .split('\n')
    .map((line) => `data:${space}${line}\n`)
  return `${between}${name}${inside}${data.join('')}\n`
}
