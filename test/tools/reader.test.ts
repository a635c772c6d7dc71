import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { upstreamOf } from './fixtures.ts'
import { detectedFormat } from './formats.ts'
import { type Answer, readStream, splitEvents } from './independent-reader.ts'

// The judge is judged by hand: what a person reads in these fixtures.

const rows: Array<[fixture: string, said: Partial<Answer>]> = [
  ['chat-text', { text: 'The harbour is quiet 👩\u200d🚀, naïve 漢字.', finish: 'stop', outcome: 'complete' }],
  [
    'chat-interleaved-calls',
    { finish: 'tool-calls', tools: [call('call_north', '{"port":"Nord"}'), call('call_south', '{"port":"Süd"}')] },
  ],
  ['chat-call-repeats-id-and-name', { tools: [call('call_rep', '{"port":"Nord"}')], finish: 'tool-calls' }],
  ['chat-reasoning-details', { reasoning: ['Count the gulls.'], seals: ['U0lHTkFUVVJFLW9uZQ=='], text: 'Four gulls.' }],
  ['chat-refusal', { refusal: 'I cannot help with that.', text: '', finish: 'refusal' }],
  ['chat-two-choices', { text: 'Left bank', finish: 'stop' }],
  ['chat-logprobs', { tokens: ['Fine', '!'] }],
  ['chat-usage-on-every-chunk', { usage: { input: 15, cacheRead: 10, cacheWrite: 0, output: 42, reasoning: 0 } }],
  [
    'chat-reasoning-outside-completion',
    { usage: { input: 1, cacheRead: 11, cacheWrite: 0, output: 42, reasoning: 40 } },
  ],
  ['chat-error-mid-stream', { outcome: 'error', error: 'The model is overloaded.', text: 'Hel', finish: null }],
  ['chat-truncated', { outcome: 'truncated', text: 'The harbour is', finish: null }],
  ['chat-crlf-and-comments', { outcome: 'complete', text: 'Calm sea.' }],
  [
    'chat-text-that-looks-like-framing',
    { text: 'data: [DONE]\n\nevent: fake\nmessage_stop response.completed \u2028\u2029\u0085\r\n\r\nend' },
  ],
  [
    'messages-thinking-signature',
    { reasoning: ['Let me count.'], seals: ['RXFBQnNpZy1vbmU='], text: 'Four.', finish: 'stop' },
  ],
  ['messages-redacted-thinking', { reasoning: ['Hm.'], seals: ['UkVEQUNURUQtMQ==', 'U0lHLTM='] }],
  ['messages-call-whole-in-its-start', { tools: [call('toolu_w', '{"port":"Nord"}')] }],
  ['messages-refusal', { finish: 'content-filter', refusal: 'This request was declined.', text: 'I would' }],
  ['messages-usage-grows', { usage: { input: 181, cacheRead: 0, cacheWrite: 0, output: 8, reasoning: 0 } }],
  [
    'messages-usage-all-zero-prompt-at-the-end',
    { usage: { input: 15, cacheRead: 10, cacheWrite: 4, output: 42, reasoning: 0 } },
  ],
  ['messages-stop-without-reason', { outcome: 'truncated' }],
  ['messages-second-answer-after-the-end', { text: 'First.' }],
  [
    'responses-reasoning-encrypted',
    { reasoning: ['**Counting**\n\nboats\n\n**Adding** oars'], seals: ['Z0FBQUFB-enc-1'] },
  ],
  [
    'responses-custom-tool',
    { tools: [{ id: 'call_free', name: 'log_entry', kind: 'custom', arguments: 'Wind: "NW 5"\nSea: rough' }] },
  ],
  ['responses-only-done-events', { text: 'Only done.', tools: [call('call_n', '{"port":"Nord"}')] }],
  ['responses-items-only-at-the-end', { text: 'Never streamed.' }],
  ['responses-length', { finish: 'length', text: 'Once upon' }],
  ['responses-failed', { outcome: 'error', error: 'The model crashed.', text: 'Hel' }],
  ['responses-url-citation', { citations: ['https://example.org/tides'] }],
]

function call(id: string, json: string) {
  return { id, name: 'tide_table', kind: 'function' as const, arguments: json }
}

describe('the independent reader finds what a person reads', () => {
  test.each(rows)('%s', (name, said) => {
    const body = readFileSync(upstreamOf(name), 'utf8')
    expect(readStream(detectedFormat(name, body), body)).toMatchObject(said)
  })

  test('it imports nothing of the product', () => {
    const files = [
      'independent-reader.ts',
      ...['answer', 'chat', 'events', 'messages', 'responses'].map((file) => `reader/${file}.ts`),
    ]
    for (const file of files) expect(readFileSync(new URL(file, import.meta.url), 'utf8')).not.toContain('lambda/')
  })
})

describe('events are split by the letter', () => {
  test.each([
    ['LF', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['CR', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['a byte order mark', '\uFEFFdata: a\n\n', ['a']],
    ['several data lines', 'data: a\ndata:b\n\n', ['a\nb']],
    ['comments, ids and retries', ': x\nid: 1\nretry: 2\ndata: a\n\n', ['a']],
    ['no blank line at the end', 'data: a\n\ndata: b', ['a', 'b']],
    ['a line without a colon', 'data\ndata: a\n\n', ['\na']],
  ])('%s', (_, body, data) => {
    const events = splitEvents(body)
    expect(events.map((event) => event.data)).toEqual(data)
    expect(events.map((event) => event.raw).join('')).toBe(body)
  })
})
