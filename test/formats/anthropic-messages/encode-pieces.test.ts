import { describe, expect, test } from 'vitest'
import { seal } from '../../../lambda/events/envelope.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { checkMessagesStream } from '../../support/grammar/messages-grammar.ts'
import {
  args,
  begin,
  call,
  close,
  finish,
  more,
  open,
  reasoning,
  said,
  text,
  textOf,
  thought,
  use,
} from './stream-events.ts'
import { createEncoder, encode, eventsOf, foldOf, framesOf } from './support.ts'

// Pieces that come late, empty, or where they do not belong; blocks that are open at the same time.

const foreign: Delta = { kind: 'native', native: {} }
const url = (more: object): Delta => ({
  kind: 'annotation',
  annotation: { type: 'url', url: 'https://e.org', ...more },
})
const cited = {
  type: 'web_search_result_location',
  url: 'https://e.org',
  title: null,
  cited_text: '',
  encrypted_index: '',
}

const contents: Array<[name: string, events: StreamEvent[], content: unknown[], losses: string[]]> = [
  [
    'a custom call that waits for nothing but its own end',
    [call(0, 'f', 'custom'), args(0, 'a'), open(1, { kind: 'text' }), said(1, 'x'), args(0, 'b'), close(0), close(1)],
    [use('f', { input: 'ab' }), textOf('x')],
    [],
  ],
  [
    'thinking that goes on beside a text',
    [
      open(0, reasoning('unknown')),
      thought(0, 'a'),
      open(1, { kind: 'text' }),
      said(1, 'x'),
      thought(0, 'b'),
      close(1),
      close(0),
    ],
    [{ type: 'thinking', thinking: 'ab', signature: '' }, textOf('x')],
    [],
  ],
  [
    'a text that goes on beside a call',
    [open(0, { kind: 'text' }), said(0, 'a'), call(1, 'f'), args(1, '{}'), said(0, 'b'), close(1), close(0)],
    [textOf('ab'), use('f', {})],
    [],
  ],
  [
    'redacted reasoning beside a text',
    [
      open(0, reasoning('anthropic', { redacted: true })),
      open(1, { kind: 'text' }),
      more(0, { kind: 'encrypted', value: 'data' }),
      ...text(1, 'x').slice(1),
      close(0),
    ],
    [{ type: 'redacted_thinking', data: 'data' }, textOf('x')],
    [],
  ],
  [
    'blocks that nothing ended',
    [open(0, { kind: 'text' }), said(0, 'a'), call(1, 'f'), args(1, '{"x":1'), open(2, { kind: 'text' }), said(2, 'b')],
    [textOf('a'), use('f', '{"x":1'), textOf('b')],
    [],
  ],
  [
    'the end of a block that was never written, while another is open',
    [
      open(0, { kind: 'text' }),
      said(0, 'a'),
      open(1, { kind: 'server-tool', name: 'web_search', phase: 'call' }),
      close(1),
      said(0, 'b'),
      close(0),
    ],
    [textOf('ab')],
    ['server-tool'],
  ],
  [
    'deltas of no use to their block',
    [
      ...text(0, 'x').slice(0, 2),
      more(0, foreign),
      close(0),
      open(1, reasoning('anthropic')),
      more(1, foreign),
      close(1),
      open(2, reasoning('anthropic', { redacted: true })),
      more(2, foreign),
      thought(2, 'hm'),
      close(2),
      call(3, 'f', 'custom'),
      args(3, ''),
      more(3, foreign),
      args(3, 'in'),
      close(3),
    ],
    [textOf('x'), use('f', { input: 'in' })],
    [],
  ],
  [
    'empty reasoning, which is none',
    [open(0, reasoning('unknown')), thought(0, ''), close(0), ...text(1, 'x')],
    [textOf('x')],
    [],
  ],
  [
    'encrypted reasoning of Claude that is not called redacted, in an envelope',
    [open(0, reasoning('anthropic')), more(0, { kind: 'encrypted', value: 'data' }), close(0)],
    [{ type: 'thinking', thinking: '', signature: seal({ issuer: 'anthropic', value: 'data', kind: 'encrypted' }) }],
    [],
  ],
  [
    'redacted reasoning of others, in an envelope',
    [
      open(0, reasoning('unknown', { redacted: true })),
      more(0, { kind: 'encrypted', value: 'data', issuer: 'google' }),
      close(0),
    ],
    [{ type: 'redacted_thinking', data: seal({ issuer: 'google', value: 'data', kind: 'redacted' }) }],
    [],
  ],
  [
    'reasoning whose first part is its second',
    [
      open(0, reasoning('openai')),
      thought(0, 'a', 1),
      thought(0, 'b', 2),
      more(0, { kind: 'encrypted', value: 'gAAA' }),
      close(0),
    ],
    [
      {
        type: 'thinking',
        thinking: 'a\n\nb',
        signature: seal({ issuer: 'openai', value: 'gAAA', kind: 'encrypted', text: ['a', 'b'] }),
      },
    ],
    [],
  ],
  ['a citation without any text', [open(0, { kind: 'text' }), more(0, url({})), close(0)], [], ['citation-source']],
  [
    'a citation that begins somewhere',
    [...text(0, 'x').slice(0, 2), more(0, url({ start: 0 })), close(0)],
    [{ ...textOf('x'), citations: [cited] }],
    ['citation-span'],
  ],
  [
    'a citation that ends somewhere',
    [...text(0, 'x').slice(0, 2), more(0, url({ end: 1 })), close(0)],
    [{ ...textOf('x'), citations: [cited] }],
    ['citation-span'],
  ],
  [
    'a document that has an address, and a web page that has none',
    [
      ...text(0, 'x').slice(0, 2),
      more(0, { kind: 'annotation', annotation: { type: 'document', url: 'https://e.org' } }),
      more(0, { kind: 'annotation', annotation: { type: 'url', title: 'E' } }),
      close(0),
    ],
    [textOf('x')],
    ['citation-source'],
  ],
]

test.each(contents)('%s', (_name, events, content, losses) => {
  const { text: written, losses: named } = encode([begin, ...events, ...finish()])
  expect(checkMessagesStream(framesOf(written))).toEqual([])
  expect({ content: foldOf(written).content, losses: named }).toEqual({ content, losses })
})

/** What each event makes the encoder write, as `start 0`, `delta 0`, `stop 0`. */
const writtenBy = (events: StreamEvent[]): string[] => {
  const encoder = createEncoder()
  return events.map((event) => {
    const wire = eventsOf(encoder.push(event)).filter(({ type }) => type !== 'message_start')
    return wire.map(({ type, index }) => `${String(type).replace('content_block_', '')} ${index}`).join(', ')
  })
}
const thinks: Block = reasoning('unknown')

describe('blocks that are open at the same time', () => {
  test('are written as soon as those before them have ended', () => {
    const waiting = [...text(1, 'x'), open(2, { kind: 'text' }), said(2, 'y')]
    const events = [begin, open(0, thinks), thought(0, 'a'), ...waiting, close(0), said(2, 'z'), close(2)]
    expect(writtenBy(events)).toEqual([
      '',
      '',
      'start 0, delta 0',
      ...waiting.map(() => ''),
      'stop 0, start 1, delta 1, stop 1, start 2, delta 2',
      'delta 2',
      'stop 2',
    ])
  })

  test('make room where a call that waited is whole already', () => {
    const events = [
      begin,
      open(0, thinks),
      thought(0, 'a'),
      call(1, 'f'),
      args(1, '{}'),
      open(2, { kind: 'text' }),
      said(2, 'x'),
      close(0),
    ]
    expect(writtenBy(events).at(-1)).toBe('stop 0, start 1, delta 1, delta 1, stop 1, start 2, delta 2')
  })

  test('wait where a call that waited is not whole yet', () => {
    const events = [begin, open(0, thinks), thought(0, 'a'), call(1, 'f'), args(1, '{'), ...text(2, 'x'), close(0)]
    expect(writtenBy(events).at(-1)).toBe('stop 0, start 1, delta 1, delta 1')
  })
})

test.each(['function', 'custom'] as const)('no arguments of a %s call are no delta', (tool) => {
  const [, , empty, some] = writtenBy([begin, call(0, 'f', tool), args(0, ''), args(0, '{}')])
  expect([empty, some]).toEqual(['', 'delta 0'])
})

describe('what the end says', () => {
  const endOf = (events: StreamEvent[]) => eventsOf(encode([begin, ...events]).text).at(-2)?.delta

  test('is what ended the choice that was written', () => {
    const other: StreamEvent = { type: 'finish', reason: 'length', choice: 1 }
    expect(endOf([...text(0, 'x'), other, ...finish('stop')])).toMatchObject({ stop_reason: 'end_turn' })
  })

  test('names a stop sequence only where that ended the answer', () => {
    expect(endOf([...text(0, 'x'), ...finish('stop', { stopSequence: 'END' })])).toMatchObject({ stop_sequence: null })
  })

  test('does not explain a refusal that stands in the content', () => {
    const refusal = [open(0, { kind: 'refusal' }), more(0, { kind: 'refusal', text: 'No.' }), close(0)]
    expect(endOf([...refusal, ...finish('content-filter', { explanation: 'No.' })])).toMatchObject({
      stop_details: { type: 'refusal', category: null, explanation: null },
    })
  })

  test('of a malformed call says so', () => {
    const { text: written } = encode([begin, ...text(0, 'x'), ...finish('malformed-tool-call')])
    expect(eventsOf(written).at(-1)).toMatchObject({ error: { message: 'The model wrote a malformed tool call.' } })
  })

  test('is the last that is said', () => {
    const encoder = createEncoder()
    for (const event of [begin, ...text(0, 'x'), ...finish()]) encoder.push(event)
    expect([...text(1, 'y'), ...finish()].map((event) => encoder.push(event)).join('')).toBe('')
  })

  test('is the error alone where nothing began', () => {
    const { text: written } = encode([{ type: 'error', error: { code: 'rate_limit', message: 'Slow down' } }])
    expect(eventsOf(written).map(({ type }) => type)).toEqual(['error'])
  })
})
