import { describe, expect, test } from 'vitest'
import { createDebugLogs, createLogger, describeError } from '../../lambda/log.ts'

function setUp() {
  const lines: string[] = []
  return {
    lines,
    ...createLogger(
      (line) => void lines.push(line),
      () => 0,
    ),
  }
}

describe('the log', () => {
  test('a line is one JSON object with level, time and message, whatever the message holds', () => {
    const { log, lines } = setUp()
    log('warn', 'two\nlines and "quotes"', { requestId: 'k-1', httpStatus: 502 })
    expect(lines).toEqual([
      '{"level":"warn","time":"1970-01-01T00:00:00.000Z","message":"two\\nlines and \\"quotes\\"","requestId":"k-1","httpStatus":502}\n',
    ])
  })

  test('debug lines exist for the flags that are on, and only for them', () => {
    const { log, lines } = setUp()
    const debug = createDebugLogs(log, new Set(['frames'] as const))
    debug.frames?.('received', { event: 'message_start', bytes: 120 })
    debug.timing?.('first byte', { durationMs: 3 })
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'debug', time: '1970-01-01T00:00:00.000Z', message: 'received', event: 'message_start', bytes: 120 },
    ])
  })

  test('a described error has its name, code and message, no stack, and an end', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    expect(describeError(refused)).toBe('Error ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1')
    expect(describeError(new TypeError('x'.repeat(9_999)))).toHaveLength(500)
    expect(describeError('sk-hidden')).toBe('something that is no error was thrown')
  })
})
