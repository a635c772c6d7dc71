import { expect, test } from 'vitest'
import type { GatewayError } from '../../../lambda/errors.ts'
import { codec } from '../../../lambda/formats/anthropic-messages/index.ts'
import type { Frame } from '../../../lambda/framing/sse.ts'

const frame = (type: string, more = ''): Frame => ({ event: type, data: `{"type":"${type}"${more}}` })
const start = frame('message_start')
const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
const truncated: GatewayError = { code: 'upstream_truncated', message: 'Cut.' }
const failure =
  'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"Cut."},"request_id":"req_1"}\n\n'

const endings: Array<[name: string, last: Frame | undefined, error: GatewayError | undefined, expected: string]> = [
  ['a complete stream needs nothing', frame('message_stop'), undefined, ''],
  ['a stream whose message_stop is missing gets one', frame('message_delta'), undefined, stop],
  ['pings after the end do not hide that', frame('ping'), undefined, stop],
  ['a truncated stream gets an error', frame('content_block_delta'), truncated, failure],
  ['an error the provider sent is enough', frame('error'), truncated, ''],
  ['a frame without an event line is read by its type', { event: '', data: '{"type":"message_stop"}' }, undefined, ''],
  ['a stream that never began and did not fail gets nothing', undefined, undefined, ''],
  ['a frame that is no JSON is read by its event line', { event: 'error', data: 'Busy' }, truncated, ''],
  ['a stream that never began gets the error alone', undefined, truncated, failure],
]
test.each(endings)('relay: %s', (_name, last, error, expected) => {
  expect(codec.closeRelay({ ...(last && { first: start, last }) }, error, 'req_1')).toBe(expected)
})

test('only deltas need no look', () => {
  const types = [
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
    'ping',
    'error',
  ]
  expect(types.filter((type) => codec.isRoutine(frame(type)))).toEqual(['content_block_delta'])
  expect(codec.isRoutine({ ...frame('content_block_delta'), event: '' })).toBe(false)
})

test('the keep-alive is a ping whose data is JSON', () => {
  expect(codec.keepAlive).toBe('event: ping\ndata: {"type":"ping"}\n\n')
})

test('as an upstream it wants its own key and version', () => {
  expect(codec.authHeaders('k')).toEqual({ 'x-api-key': 'k', 'anthropic-version': '2023-06-01' })
  expect(codec.streamFields({})).toEqual({ stream: true })
})
