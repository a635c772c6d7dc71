import { describe, expect, test } from 'vitest'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import { decode, framesOf, wire } from './support.ts'
import {
  block,
  blockStart,
  content,
  end,
  last,
  messageStop,
  ping,
  start,
  stop,
  textBlock,
  textDelta,
} from './wire-events.ts'

describe('the end of a stream', () => {
  const good = [start(), ...textBlock(0, 'Hi')]
  const truncated = { type: 'error', error: { code: 'upstream_truncated' } }
  const whole = { type: 'response-end' }
  const cases: Array<[name: string, text: string, expected: object]> = [
    ['a stop reason without message_stop is a success', wire(...good, end('end_turn')), whole],
    ['pings after the stop reason are nothing', wire(...good, end('end_turn'), ping, ping), whole],
    ['no stop reason is truncated', wire(...good), truncated],
    ['message_stop without a stop reason is truncated', wire(...good, end(null), messageStop), truncated],
    ['nothing at all is truncated', '', truncated],
    ['[DONE] means nothing', `${wire(...good)}data: [DONE]\n\n`, truncated],
    [
      '[DONE] after message_stop means nothing',
      `${wire(...good, end('end_turn'), messageStop)}data: [DONE]\n\n`,
      whole,
    ],
    ['an event that is cut is truncated', `${wire(...good)}event: message_delta\ndata: {"type":"mess`, truncated],
    ['the last event may lack its blank line', wire(...good, end('end_turn'), messageStop).trimEnd(), whole],
    [
      'a second message after message_stop is nothing',
      wire(...good, end('end_turn'), messageStop, start({}, 'msg_2')),
      whole,
    ],
    ['the same message_start again is a repeat', wire(start(), ...good, end('end_turn'), messageStop), whole],
    [
      'a message_start behind the first content is the start of what has begun',
      wire(...textBlock(0, 'Hi'), start({ input_tokens: 5 }), end('end_turn'), messageStop),
      whole,
    ],
    [
      'events without an event line are read by type',
      wire(...good, end('end_turn'), messageStop).replace(/event: .*\n/g, ''),
      whole,
    ],
    ['an empty data line is nothing', `data: \n\n${wire(...good, end('end_turn'), messageStop)}`, whole],
    ['an unknown event is native', wire(...good, { type: 'brand_new' }, end('end_turn'), messageStop), whole],
    [
      'another message inside the first is malformed',
      wire(start(), start({}, 'msg_2')),
      { type: 'error', error: { code: 'upstream_malformed' } },
    ],
    [
      'an event that is not JSON is malformed',
      `${wire(...good)}data: oops\n\n${wire(end('end_turn'), messageStop)}`,
      { type: 'error', error: { code: 'upstream_malformed' } },
    ],
    [
      'an error event ends the stream',
      wire(
        ...good,
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_9' },
        end('end_turn'),
      ),
      {
        type: 'error',
        error: {
          code: 'overloaded',
          message: 'Overloaded',
          upstream: { type: 'overloaded_error', requestId: 'req_9' },
        },
      },
    ],
    [
      'an error event without a type is an error',
      `${wire(...good)}data: {"error":{"type":"rate_limit_error","message":"Slow down"}}\n\n`,
      { type: 'error', error: { code: 'rate_limit', message: 'Slow down' } },
    ],
  ]
  test.each(cases)('%s', (_name, text, expected) => {
    const decoded = decode(framesOf(text))
    expect(last(decoded)).toMatchObject(expected)
    expect(decoded.filter((event) => event.type === 'error' || event.type === 'response-end')).toHaveLength(1)
  })

  test('content after the stop reason is nothing', () => {
    const decoded = decode(
      framesOf(wire(...good, end('end_turn'), ...textBlock(1, 'late'), textDelta(2, 'x'), messageStop)),
    )
    expect(content(decoded)).toEqual(block(0, { kind: 'text' }, { kind: 'text', text: 'Hi' }))
  })

  test('the state tells when only trailing events are due', () => {
    const decoder = codec.createDecoder({ quirks: {}, mint: (prefix) => prefix })
    const states = framesOf(wire(...good, end('end_turn'), ping, messageStop)).map((frame) => {
      decoder.push(frame, () => undefined)
      return decoder.state
    })
    expect(states).toEqual(['open', 'open', 'open', 'open', 'finishing', 'finishing', 'closed'])
  })
})

test('the result does not depend on how the bytes were cut', () => {
  const text = wire(
    start(),
    ping,
    ...textBlock(0, '👩‍🚀é漢字𝄞\r\n\u2028data: x [DONE] message_stop'),
    end('end_turn'),
    messageStop,
  )
  const crlf = text.replace(/\n/g, '\r\n')
  const expected = decode(framesOf(text))
  for (const size of [1, 2, 3, 7, 64]) {
    expect(decode(framesOf(text, size))).toEqual(expected)
    expect(decode(framesOf(crlf, size))).toEqual(expected)
  }
})

test('another issuer may stand behind the same format', () => {
  const thinking = [blockStart(0, { type: 'thinking', thinking: 'x', signature: '' }), stop(0)]
  const decoded = decode(framesOf(wire(start(), ...thinking, end('end_turn'), messageStop)), { issuer: 'unknown' })
  expect(content(decoded)[0]).toMatchObject({ block: { kind: 'reasoning', issuer: 'unknown' } })
})
