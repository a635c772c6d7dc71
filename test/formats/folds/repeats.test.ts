import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Frame } from '../../../lambda/framing/sse.ts'
import { framesOf } from '../openai-endpoints/support.ts'
import { folding, recordedStreams } from './support.ts'

// Frames that come twice or in another order, as from a provider that resumes a stream.

const isLast = ({ data }: Frame) =>
  data === '[DONE]' || /"type": ?"(message_stop|response\.(completed|incomplete|failed))"/.test(data)
const isPiece = ({ data }: Frame) => /"type": ?"content_block_delta"/.test(data)
const whole = recordedStreams().filter(({ frames }) => frames.some(isLast))

describe.each(whole)('$name', ({ format, frames }) => {
  it('is the same object when the whole stream comes again', () => {
    expect(folding(format, [...frames, ...frames]).result()).toEqual(folding(format, frames).result())
  })
})

describe.each(whole.filter(({ format }) => format === 'anthropic-messages'))('$name', ({ format, frames }) => {
  it('is the same object when any frame but a delta comes twice', () => {
    const object = folding(format, frames).result()
    for (const [at, frame] of frames.entries()) {
      if (!isPiece(frame)) expect(folding(format, frames.toSpliced(at, 0, frame)).result()).toEqual(object)
    }
  })
})

const response = { id: 'resp_1', object: 'response', status: 'completed', output: [] as unknown[] }
const message = { type: 'message', id: 'msg_1', role: 'assistant', content: [], status: 'in_progress' }
const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '', status: 'in_progress' }

/** A stream without any `done`, so that all depends on the deltas; the last event has no output. */
const events: JsonObject[] = [
  { type: 'response.created', response: { ...response, status: 'in_progress' } },
  { type: 'response.in_progress', response: { ...response, status: 'in_progress' } },
  { type: 'response.output_item.added', output_index: 0, item: message },
  ...['ha', 'ha', ' ', 'ha'].map((delta) => ({
    type: 'response.output_text.delta',
    output_index: 0,
    content_index: 0,
    delta,
    logprobs: [{ token: delta }],
  })),
  { type: 'response.output_item.added', output_index: 1, item: call },
  ...['{"x"', ':1', '}'].map((delta) => ({
    type: 'response.function_call_arguments.delta',
    output_index: 1,
    delta,
  })),
]
const end = { type: 'response.completed', response }

function numbered(number: (at: number) => object): Frame[] {
  return framesOf([...events, end].map((event, at) => ({ ...event, ...number(at) })))
}

const text = (frames: readonly Frame[]) => folding('openai-responses', frames).result()
const expected = text(numbered((at) => ({ sequence_number: at })))

describe('Responses events', () => {
  it('are put together from deltas alone, probabilities included', () => {
    expect(expected.output).toMatchObject([
      { content: [{ text: 'haha ha', logprobs: [{ token: 'ha' }, { token: 'ha' }, { token: ' ' }, { token: 'ha' }] }] },
      { arguments: '{"x":1}', name: 'f' },
    ])
  })

  const frames = numbered((at) => ({ sequence_number: at }))
  const places = [...frames.keys()]

  it.each(places)('that come twice count once (number %i)', (at) => {
    expect(text(frames.toSpliced(at, 0, frames[at] as Frame))).toEqual(expected)
  })

  it.each(places.slice(2))('that a resumed stream tells again count once (the last few before number %i)', (at) => {
    const again = frames.slice(Math.max(0, at - 4), at)
    expect(text([...frames.slice(0, at), ...again, ...frames.slice(at)])).toEqual(expected)
  })

  it.each(places.slice(0, -2))('that change places are put in order (numbers %i and the next)', (at) => {
    const [one, other] = frames.slice(at, at + 2) as [Frame, Frame]
    expect(text(frames.toSpliced(at, 2, other, one))).toEqual(expected)
  })

  it('that come in the wrong order altogether are put in order', () => {
    const [first, second, ...rest] = frames.slice(0, -1) as [Frame, Frame, ...Frame[]]
    expect(text([first, second, ...rest.reverse(), ...frames.slice(-1)])).toEqual(expected)
  })

  it('that come twice count once though another has no number', () => {
    const one = numbered((at) => (at === 3 ? {} : { sequence_number: at }))
    expect(text(one.toSpliced(5, 0, one[5] as Frame))).toEqual(expected)
  })

  it('that wait for one that never comes are put in order at the end', () => {
    const lost = frames.toSpliced(4, 1)
    const [one, other] = lost.slice(4, 6) as [Frame, Frame]
    expect(text(lost.toSpliced(4, 2, other, one))).toEqual(text(lost))
  })

  it('wait for one that never comes until 32 others have come', () => {
    const [created, item, ...rest] = [
      events[0],
      { type: 'response.output_item.added', output_index: 0, item: call },
      ...Array.from({ length: 31 }, () => ({
        type: 'response.function_call_arguments.delta',
        output_index: 0,
        delta: '1',
      })),
      { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{}' },
    ].map((event, at) => ({ ...event, sequence_number: at < 2 ? at : at + 1 }))
    const late = { type: 'response.function_call_arguments.delta', output_index: 0, delta: 'late', sequence_number: 2 }
    const next = { type: 'response.in_progress', response, sequence_number: 35 }
    const told = (...more: JsonObject[]) =>
      folding('openai-responses', framesOf([created, item, ...rest, ...more] as JsonObject[])).completeToolCalls?.()
    expect(told()).toEqual([])
    expect(told(next)).toMatchObject([{ id: 'c', arguments: '{}' }])
    expect(told(next, late)).toMatchObject([{ id: 'c', arguments: '{}' }])
    expect(told(late)).toMatchObject([{ id: 'c', arguments: '{}' }])
  })

  it('that wait until then come in order', () => {
    const words = Array.from({ length: 40 }, (_, at) => `${at} `)
    const deltas = words.map((delta) => ({ type: 'response.output_text.delta', output_index: 0, delta }))
    const all = [events[0], { type: 'response.output_item.added', output_index: 0, item: message }, ...deltas, end]
    const numbered = all.map((event, at) => ({ ...event, sequence_number: at < 2 ? at : at + 1 }))
    expect(text(framesOf(numbered)).output).toMatchObject([{ content: [{ text: words.join('') }] }])
  })

  it.each<[string, (at: number) => object]>([
    ['no numbers', () => ({})],
    ['the number 0 always', () => ({ sequence_number: 0 })],
    ['the same number always', () => ({ sequence_number: 7 })],
    ['falling numbers', (at) => ({ sequence_number: 100 - at })],
    ['numbers that fell once', (at) => ({ sequence_number: [9, 1, 2][at] ?? 3 })],
    ['numbers with gaps', (at) => ({ sequence_number: at * 3 })],
    ['numbers from 1', (at) => ({ sequence_number: at + 1 })],
    ['a gap that is never filled', (at) => ({ sequence_number: at < 4 ? at : at + 90 })],
  ])('with %s lose nothing', (_what, number) => {
    expect(text(numbered(number))).toEqual(expected)
  })
})
