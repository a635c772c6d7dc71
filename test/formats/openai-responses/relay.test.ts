import { describe, expect, test } from 'vitest'
import type { GatewayError } from '../../../lambda/errors.ts'
import { codec } from '../../../lambda/formats/openai-responses/index.ts'
import { checkStream } from '../../support/grammar/index.ts'
import { readWritten } from '../../support/read/sse-frames.ts'
import { answer, encode, finalResponse, framesOf, text } from './support.ts'

const error: GatewayError = { code: 'upstream_truncated', message: 'Cut.' }
const whole = framesOf(encode(answer([[{ kind: 'text' }, text('Hel'), text('lo')]])).text)
const wireOf = (frames: typeof whole) =>
  frames.map((frame) => `event: ${frame.event}\ndata: ${frame.data}\n\n`).join('')

describe('the end of a relayed stream', () => {
  test('nothing is added after a terminal event', () => {
    expect(codec.closeRelay({ first: whole[0], last: whole.at(-1) }, error, 'q')).toBe('')
    for (const type of ['error', 'response.failed', 'response.incomplete']) {
      const last = { event: type, data: JSON.stringify({ type }) }
      expect(codec.closeRelay({ first: whole[0], last }, error, 'q')).toBe('')
    }
  })

  test('nothing is added without an error', () => {
    expect(codec.closeRelay({ first: whole[0], last: whole[3] }, undefined, 'q')).toBe('')
  })

  test('an interrupted stream gets an error and the failed response, numbered on', async () => {
    const relayed = whole.slice(0, 5)
    const added = codec.closeRelay({ first: relayed[0], last: relayed.at(-1) }, error, 'q')
    const [first, second] = framesOf(added).map((frame) => JSON.parse(frame.data))
    const { response } = JSON.parse(relayed[0]?.data ?? '')
    expect(first).toMatchObject({ type: 'error', sequence_number: 5, message: 'Cut.', error: { message: 'Cut.' } })
    expect(second).toEqual({
      type: 'response.failed',
      sequence_number: 6,
      response: { ...response, status: 'failed', error: { code: 'server_error', message: 'Cut.' } },
    })
    await expect(finalResponse(wireOf(relayed) + added)).rejects.toThrow('Cut.')
  })

  test('a stream that never began gets a whole one', async () => {
    const added = codec.closeRelay({}, error, 'q')
    expect(framesOf(added).map((frame) => frame.event)).toEqual([
      'response.created',
      'response.in_progress',
      'error',
      'response.failed',
    ])
    const { response } = JSON.parse(framesOf(added)[0]?.data ?? '')
    expect(response).toMatchObject({ status: 'in_progress', model: '', output: [] })
    expect(Math.abs(response.created_at - Date.now() / 1000)).toBeLessThan(60)
    expect(checkStream.R(readWritten(added).frames)).toEqual([])
    await expect(finalResponse(added)).rejects.toThrow('Cut.')
  })
})

describe('frames an observer need not parse', () => {
  test.each([
    ['response.output_text.delta', true],
    ['response.function_call_arguments.delta', true],
    ['response.output_text.done', false],
    ['response.completed', false],
    ['error', false],
    ['', false],
  ])('%j: %s', (event, routine) => {
    expect(codec.isRoutine({ event, data: '{}' })).toBe(routine)
  })
})

test('a keep-alive is one comment line, without a blank one', () => {
  expect(codec.keepAlive).toBe(': ping\n')
})

test('an upstream request carries the key as a bearer token and streams', () => {
  expect(codec.authHeaders('k')).toEqual({ authorization: 'Bearer k' })
  expect(codec.streamFields({})).toEqual({ stream: true })
  expect(codec).toMatchObject({ id: 'openai-responses', path: '/responses' })
})
