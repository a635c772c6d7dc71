import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-responses/index.ts'
import type { Frame } from '../../../lambda/framing/sse.ts'
import {
  answer,
  args,
  call,
  decodeFrames,
  encode,
  ended,
  finalResponse,
  framesOf,
  reasoning,
  sse,
  summary,
  text,
} from './support.ts'

const citation = {
  kind: 'annotation',
  annotation: { type: 'url', url: 'https://a', title: 'A', start: 0, end: 2 },
} as const
const full = answer(
  [
    [
      { kind: 'reasoning', issuer: 'openai' },
      reasoning('one', 0),
      reasoning('two', 1),
      { kind: 'encrypted', value: 'E' },
    ],
    [{ kind: 'text' }, text('Hel'), text('lo'), citation],
    [{ kind: 'refusal' }, { kind: 'refusal', text: 'no' }],
    [call('a', 'f'), args('{"x":'), args('1}')],
    [call('b', 'sql', 'custom'), args('SELECT 1')],
  ],
  ended('tool-calls'),
)

function fold(frames: Frame[]): JsonObject {
  const folding = codec.createFold()
  for (const frame of frames) folding.push(frame)
  return folding.result()
}

const frames = framesOf(encode(full).text)
const terminal = JSON.parse(frames.at(-1)?.data ?? '{}').response as JsonObject
const items = terminal.output as JsonObject[]
const without = (...types: string[]) => frames.filter((frame) => !types.some((type) => frame.event.endsWith(type)))

/** The last frame with an empty output, as some providers send it. */
const sparse: Frame = {
  event: 'response.completed',
  data: JSON.stringify({ type: 'response.completed', response: { ...terminal, output: [] } }),
}

const sparseEnd = { type: 'response.completed', response: { id: 'resp_1', output: [] } }

describe('the object of a stream', () => {
  test('is the terminal event’s own, verbatim', () => {
    expect(fold(frames)).toEqual(terminal)
  })

  test('is rebuilt from done items where the terminal event is sparse', () => {
    expect(fold([...frames.slice(0, -1), sparse])).toEqual(terminal)
  })

  test('is rebuilt from deltas where items have no done, and says that they are cut', () => {
    const rebuilt = fold([...without('output_item.done', 'completed'), sparse]).output as JsonObject[]
    expect(rebuilt.map(({ status: _, encrypted_content: __, ...item }) => item)).toEqual(
      items.map(({ status: _, encrypted_content: __, ...item }) => item),
    )
    expect(rebuilt.map((item) => item.status)).toEqual(items.map(() => 'incomplete'))
  })

  test('is rebuilt from deltas alone, without any part or done event', () => {
    const deltas = frames.filter((frame) => /created|item\.added|delta|annotation/.test(frame.event))
    const rebuilt = fold([...deltas, sparse]).output as JsonObject[]
    expect(rebuilt.map((item) => item.summary ?? item.content ?? item.arguments ?? item.input)).toEqual(
      items.map((item) => item.summary ?? item.content ?? item.arguments ?? item.input),
    )
  })

  test('is the same when events come twice', () => {
    const twice = frames.flatMap((frame) => [frame, frame])
    expect(fold(twice)).toEqual(terminal)
    expect(fold([...twice.filter((frame) => !/done|completed/.test(frame.event)), sparse]).output).toEqual(
      fold([...frames.filter((frame) => !/done|completed/.test(frame.event)), sparse]).output,
    )
  })

  test('puts items in the order of their indexes, also with gaps', () => {
    const item = (output_index: number) => ({
      type: 'response.output_item.done',
      output_index,
      item: { id: output_index },
    })
    expect(fold(framesOf(sse([item(3), item(0)]))).output).toEqual([{ id: 0 }, { id: 3 }])
  })

  test('gives a call without arguments an empty object', () => {
    const item = { type: 'function_call', id: 'fc', call_id: 'c', name: 'f', arguments: '' }
    const done = { type: 'response.output_item.done', output_index: 0, item }
    expect(fold(framesOf(sse([done]))).output).toEqual([{ ...item, arguments: '{}' }])
  })

  test('keeps fields and items that nobody knows', () => {
    const response = { id: 'resp_1', brand: 'new', output: [{ type: 'brand_new', x: 1 }] }
    expect(fold(framesOf(sse([{ type: 'response.completed', response }])))).toEqual({
      object: 'response',
      status: 'completed',
      ...response,
    })
  })

  test('has the status that the terminal event’s name says, and what only earlier events said', () => {
    const created = { type: 'response.created', response: { id: 'resp_1', model: 'm', status: 'in_progress' } }
    const end = { type: 'response.incomplete', response: { incomplete_details: { reason: 'max_output_tokens' } } }
    expect(fold(framesOf(sse([created, end])))).toMatchObject({ id: 'resp_1', model: 'm', status: 'incomplete' })
  })

  test('finds items that have no output_index by their ids, else by their kind', () => {
    const call = (id: string) => ({ type: 'function_call', id, call_id: `call_${id}`, name: 'f', arguments: '' })
    const folded = fold(
      framesOf(
        sse([
          { type: 'response.output_text.delta', delta: 'Hel' },
          { type: 'response.output_text.delta', delta: 'lo' },
          { type: 'response.output_item.added', item: call('a') },
          { type: 'response.output_item.added', item: call('b') },
          { type: 'response.function_call_arguments.delta', item_id: 'a', delta: '{"x":1}' },
          { type: 'response.output_item.done', item: { ...call('b'), arguments: '{"y":2}' } },
          { type: 'response.completed', response: { id: 'resp_1' } },
        ]),
      ),
    )
    expect(folded.output).toMatchObject([
      { type: 'message', content: [{ text: 'Hello' }] },
      { id: 'a', arguments: '{"x":1}' },
      { id: 'b', arguments: '{"y":2}' },
    ])
  })

  test('has no item for an event that nobody knows', () => {
    const known = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hi' }
    const unknown = { type: 'response.brand_new.delta', output_index: 1, delta: 'x' }
    expect(fold(framesOf(sse([known, unknown, sparseEnd]))).output).toHaveLength(1)
  })

  test('takes time linear in the number of events', () => {
    const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'token ' }
    const many = Array.from({ length: 20_000 }, () => delta)
    const [item] = fold(framesOf(sse(many))).output as Array<{ content: Array<{ text: string }> }>
    expect(item?.content[0]?.text).toHaveLength(6 * many.length)
  })
})

describe('an object cut into events', () => {
  const cutFrames = () => codec.cutObject(terminal)

  test('is a stream that the official client takes', async () => {
    const wire = cutFrames()
      .map((frame) => `event: ${frame.event}\ndata: ${frame.data}\n\n`)
      .join('')
    expect((await finalResponse(wire)).output).toMatchObject(items)
  })

  test('says what the object says', () => {
    const direct = summary(decodeFrames(frames))
    const { texts, kinds, finish, usage } = summary(decodeFrames(cutFrames()))
    expect({ texts, kinds, finish, usage }).toEqual({
      texts: direct.texts,
      kinds: direct.kinds,
      finish: direct.finish,
      usage: direct.usage,
    })
  })

  test('folds back into the object', () => {
    expect(fold(cutFrames())).toEqual(terminal)
    expect(fold([...cutFrames().slice(0, -1), sparse])).toEqual(terminal)
  })

  test('begins like any other, without what only the end knows', () => {
    const [created, begun] = cutFrames().map((frame) => JSON.parse(frame.data))
    const begin = { status: 'in_progress', output: [], usage: null, error: null, incomplete_details: null }
    expect(created).toEqual({
      type: 'response.created',
      sequence_number: 0,
      response: { ...terminal, ...begin, completed_at: null },
    })
    expect(begun).toEqual({ ...created, type: 'response.in_progress', sequence_number: 1 })
  })

  test('may lack the lists that are empty', () => {
    const part = { type: 'output_text', text: 'Hi' }
    const output = [{ type: 'reasoning', id: 'rs_1' }, { type: 'message' }, { type: 'message', content: [part] }]
    const cut = codec.cutObject({ status: 'completed', output })
    expect(summary(decodeFrames(cut))).toMatchObject({
      kinds: ['reasoning', 'text'],
      texts: ['', 'Hi'],
      finish: 'stop',
    })
    const parts = cut.slice(2, -1).filter(({ event }) => !event.startsWith('response.output_item.'))
    expect(parts.map(({ event }) => event)).toEqual([
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
    ])
    expect(JSON.parse(parts[1]?.data ?? '')).toMatchObject({ output_index: 2, delta: 'Hi', logprobs: [] })
  })

  test('that is an error is one before anything began', () => {
    const events = decodeFrames(codec.cutObject({ error: { message: 'Bad', type: 'invalid_request_error' } }))
    expect(events).toMatchObject([{ type: 'error', error: { message: 'Bad' } }])
  })

  test.each<[name: string, object: JsonObject, finish?: string, message?: string]>([
    ['completed with nothing to say', { status: 'completed' }, 'stop'],
    ['incomplete', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] }, 'length'],
    ['failed', { status: 'failed', error: { code: 'server_error', message: 'Oops' }, output: [] }, undefined, 'Oops'],
    ['queued, and so no answer', { status: 'queued', output: [] }, undefined, 'The provider failed to answer.'],
  ])('%s', (_, object, finish, message) => {
    const read = summary(decodeFrames(codec.cutObject(object)))
    expect(read.finish).toBe(finish)
    expect(read.kinds).toEqual([])
    expect(read.error?.message).toBe(message)
  })
})
