import { expect } from 'vitest'
import { everyPair, type Row } from '../support/pairs.ts'
import { eventsOf, type Format } from '../support/upstream/format.ts'
import { ping } from '../support/upstream/messages.ts'
import { baseline, call, cut, type Reply, text, thinking } from '../support/upstream/reply.ts'
import { type Script, whole } from '../support/upstream/script.ts'
import { type SseStyle, sseText, sseTexts, type WireEvent } from '../support/upstream/sse-text.ts'

// The same answers, however a provider frames and cuts them.

const styled =
  (style: SseStyle, rest: Omit<Script, 'steps'> = {}, reply: Reply = baseline) =>
  (format: Format): Script =>
    whole(sseText(eventsOf[format](reply), style), rest)

const manyScripts = '👩‍🚀é漢字𝄞'
const everywhere: Reply = {
  parts: [
    thinking([`so ${manyScripts}`], 'seal'),
    text(`tok ${manyScripts}`),
    call('call_1', 'get_weather', ...cut(JSON.stringify({ city: `Zürich ${manyScripts}` }), 9)),
  ],
}
const lineLike: Reply = {
  parts: [text('a\nb\r\nc\u2028d\u2029e\u0085f', 'data: x\n', 'event: fake\n\n', '\n', 'end')],
}
const terminalLike: Reply = {
  parts: [text('say [DONE] ', 'data: [DONE]\n\n', 'message_stop ', '"type":"response.completed"', ' finish_reason')],
}
const eventTexts = (format: Format) => sseTexts(eventsOf[format](baseline))

function halves(format: Format): Script {
  return {
    steps: eventTexts(format).flatMap((event) => [{ text: event.slice(0, 20) }, { text: event.slice(20), afterMs: 1 }]),
  }
}

/** A provider that pings before, between and after the deltas. */
function pinging(format: Format): Script {
  const idle: WireEvent = format === 'R' ? { type: 'keepalive', sequence_number: 3 } : ping
  const style: SseStyle = format === 'C' ? { between: ': ping\n\n' } : {}
  const events = eventsOf[format](baseline)
  const pinged = format === 'C' ? events : events.flatMap((event, at) => (at === 0 ? [event] : [idle, event]))
  return whole(sseText(pinged, style))
}

/** Spaces before the last brace, escapes where none are needed, and keys in another order. */
function unusualJson(value: object): string {
  const reversed = Object.fromEntries(Object.entries(value).reverse())
  return JSON.stringify(reversed).replaceAll('é', '\\u00e9').replace(/\}$/, '  }')
}

const rows: Row[] = [
  { name: 'the baseline answers arrive whole, streamed and folded' },
  { name: 'lines may end in CRLF', script: styled({ lineEnd: '\r\n' }) },
  { name: 'a CRLF may be cut between its two bytes', script: styled({ lineEnd: '\r\n' }, { bytesAWrite: 7 }) },
  { name: 'lines may end in a lone CR', script: styled({ lineEnd: '\r' }) },
  { name: 'fields may stand without a space behind the colon', script: styled({ space: '' }) },
  {
    name: 'characters cut between bytes stay whole in text, reasoning and arguments',
    reply: everywhere,
    ways: ['streamed', 'buffered'],
    script: styled({}, { bytesAWrite: 1 }, everywhere),
    check: ({ text: body }) => expect(body).not.toContain('\uFFFD'),
  },
  { name: 'each event may come in two writes', script: halves },
  { name: 'a byte order mark may stand before the first event', script: styled({ byteOrderMark: true }) },
  {
    name: 'comments, ids and retry lines are no events',
    script: styled({ between: ': PROCESSING\n\nid: 7\nretry: 100\n\n', inside: ': inside\nid: 8\n' }),
  },
  {
    name: 'an object may be spread over several data lines',
    script: styled({ stringify: (value) => JSON.stringify(value, null, 1) }),
  },
  {
    name: 'events without event: lines are known by their type',
    script: styled({ named: false }),
    upstreams: ['M', 'R'],
  },
  { name: 'the last event counts without its blank line', script: styled({ closed: false }), identical: false },
  { name: 'text that looks like lines stays text', reply: lineLike },
  {
    name: 'unusual JSON is the same JSON',
    reply: { parts: [text('café ', 'é')] },
    script: styled({ stringify: unusualJson }, {}, { parts: [text('café ', 'é')] }),
  },
  { name: 'pings are no content, wherever they come', script: pinging },
  {
    name: 'words that end a stream elsewhere end nothing inside a text',
    reply: terminalLike,
    script: styled({}, { bytesAWrite: 11 }, terminalLike),
  },
  { name: 'gzip is undone, though it was not asked for', script: styled({}, { gzip: true }) },
  {
    name: 'an event stream may be called application/octet-stream',
    script: styled({}, { headers: { 'content-type': 'application/octet-stream' } }),
  },
]

everyPair(rows)
