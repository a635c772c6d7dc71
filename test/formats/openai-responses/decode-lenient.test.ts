import { describe, expect, test } from 'vitest'
import { mintId } from '../../../lambda/events/ids.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-responses/index.ts'
import { decode, decodeFrames, framesOf, sse, summary } from './support.ts'

// What servers leave out or send late, and a reader still understands.

const response = { id: 'resp_1', object: 'response', created_at: 7, model: 'm', status: 'in_progress', output: [] }
const created = { type: 'response.created', response }
const usage = { input_tokens: 5, output_tokens: 2, total_tokens: 7 }
const completed = { type: 'response.completed', response: { ...response, status: 'completed', usage } }
const event = (type: string, members: JsonObject) => ({ type: `response.${type}`, ...members })
const url = { type: 'url_citation', url: 'https://a', title: 'A', start_index: 0, end_index: 2 }
const part = (annotations: JsonObject[]) => ({ type: 'output_text', text: 'Hi', annotations })
const message = (annotations: JsonObject[]) => ({ type: 'message', id: 'msg_1', content: [part(annotations)] })
const text = (index: number) => [
  event('output_item.added', { output_index: index, item: { type: 'message', id: 'msg_1', content: [] } }),
  event('output_text.delta', { output_index: index, content_index: 0, delta: 'Hi' }),
  event('content_part.done', { output_index: index, content_index: 0, part: part([]) }),
]

describe('annotations', () => {
  test('that stand only in the finished item are read', () => {
    const events = decode([
      created,
      ...text(0),
      event('output_item.done', { output_index: 0, item: message([url]) }),
      completed,
    ])
    const [block] = summary(events).blocks
    expect(block?.deltas).toMatchObject([{ kind: 'annotation', annotation: { url: 'https://a', start: 0, end: 2 } }])
  })

  test.each([
    ['file_citation', 'file', { filename: 'a.pdf', index: 1 }, { filename: 'a.pdf', start: 1 }],
    [
      'container_file_citation',
      'container-file',
      { container_id: 'cntr_1', filename: 'a.png', start_index: 0, end_index: 2 },
      { containerId: 'cntr_1', filename: 'a.png', start: 0, end: 2 },
    ],
    ['file_path', 'file-path', { index: 1 }, { start: 1 }],
  ])('of a file: %s', (type, kind, says, read) => {
    const cited = { type, file_id: 'file_1', ...says }
    const [block] = summary(decode([created, event('content_part.done', { part: part([cited]) }), completed])).blocks
    const annotation = { type: kind, native: cited, fileId: 'file_1', ...read }
    expect(block?.deltas).toStrictEqual([{ kind: 'annotation', annotation }])
  })

  test('of a kind that nobody knows are of a document, and keep what they say', () => {
    const tide = { type: 'tide_citation', level: 2 }
    const [block] = summary(decode([created, event('content_part.done', { part: part([tide]) }), completed])).blocks
    expect(block?.deltas).toStrictEqual([{ kind: 'annotation', annotation: { type: 'document', native: tide } }])
  })

  test('of a refusal are nothing', () => {
    const events = decode([
      created,
      event('refusal.delta', { output_index: 0, content_index: 0, delta: 'No' }),
      event('output_text.annotation.added', { output_index: 0, content_index: 0, annotation: url }),
      completed,
    ])
    expect(summary(events)).toMatchObject({ texts: ['No'], kinds: ['refusal'], blocks: [{ deltas: [] }] })
  })

  test('a text that waits for them does not hold up the next item', () => {
    const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '' }
    const events = decode([
      created,
      ...text(0),
      event('output_item.added', { output_index: 1, item: call }),
      event('output_item.done', { output_index: 0, item: message([]) }),
      event('output_item.done', { output_index: 1, item: { ...call, arguments: '{}' } }),
      completed,
    ])
    const order = events.flatMap((each) => (each.type.startsWith('block-') ? [each.type] : []))
    expect(order).toEqual(['block-start', 'block-delta', 'block-end', 'block-start', 'block-delta', 'block-end'])
  })
})

describe('without output_index', () => {
  const call = (id: string, args = '') => ({
    type: 'function_call',
    id,
    call_id: `call_${id}`,
    name: 'f',
    arguments: args,
  })

  test('items are told apart by their ids', () => {
    const events = decode([
      created,
      event('output_item.added', { item: call('fc_1') }),
      event('output_item.added', { item: call('fc_2') }),
      event('function_call_arguments.delta', { item_id: 'fc_2', delta: '{"b":1}' }),
      event('function_call_arguments.delta', { item_id: 'fc_1', delta: '{"a":1}' }),
      event('output_item.done', { item: call('fc_1', '{"a":1}') }),
      event('output_item.done', { item: call('fc_2', '{"b":1}') }),
      completed,
    ])
    expect(summary(events)).toMatchObject({ texts: ['{"a":1}', '{"b":1}'], finish: 'tool-calls' })
  })

  test('an event without any id belongs to the open item of its kind', () => {
    const events = decode([
      created,
      event('output_item.added', { item: { type: 'message', content: [] } }),
      event('output_text.delta', { delta: 'Hi' }),
      event('output_item.done', { item: { type: 'message', content: [part([])] } }),
      completed,
    ])
    expect(summary(events)).toMatchObject({ texts: ['Hi'], kinds: ['text'], finish: 'stop' })
  })
})

test('a text begins the response where neither a start nor any place is told', () => {
  const deltas = ['Hel', 'lo'].map((delta) => event('output_text.delta', { delta }))
  expect(summary(decode([...deltas, completed]))).toMatchObject({ texts: ['Hello'], finish: 'stop' })
})

test('a call that never gets a name is no call', () => {
  const item = { type: 'function_call', id: 'fc_1', call_id: 'c', arguments: '{}' }
  const events = decode([created, event('output_item.done', { output_index: 0, item }), ...text(1), completed])
  expect(summary(events)).toMatchObject({ kinds: ['text'], finish: 'stop' })
})

describe('an error event', () => {
  const error = { type: 'error', error: { type: 'server_error', code: 'overloaded', message: 'Too busy' } }
  const failed = event('failed', {
    response: { ...response, status: 'failed', error: { code: 'server_error', message: 'vaguer' }, usage },
  })

  test('and the failed response behind it are one error, with its usage', () => {
    const events = decode([created, ...text(0), error, failed])
    expect(summary(events)).toMatchObject({
      usage: { input: 5, output: 2 },
      error: { code: 'overloaded', message: 'Too busy' },
    })
    expect(events.filter(({ type }) => type === 'error')).toHaveLength(1)
    expect(events.at(-1)?.type).toBe('error')
  })

  test('alone is an error when the stream ends, whatever came after it', () => {
    const events = decode([created, error, ...text(0), completed])
    expect(events.map(({ type }) => type)).toEqual(['response-start', 'error'])
  })

  test('a failure without any start still tells its usage', () => {
    expect(summary(decode([failed]))).toMatchObject({ usage: { input: 5 }, error: { code: 'internal' } })
  })
})

describe('events that all come twice', () => {
  const events = [created, ...text(0), completed]

  test('count once where their numbers rise, from the first event on', () => {
    const numbered = events.map((each, at) => ({ ...each, sequence_number: at }))
    const twice = numbered.flatMap((each) => [each, each])
    expect(decode(twice)).toEqual(decode(numbered))
  })

  test('count as often as they come where the number is always the same', () => {
    const again = event('output_text.delta', { output_index: 0, content_index: 0, delta: 'Hi' })
    const numbered = [created, ...text(0).slice(0, 2), again, completed].map((each) => ({
      ...each,
      sequence_number: 7,
    }))
    expect(summary(decode(numbered)).texts).toEqual(['HiHi'])
  })

  test('count as often as they come where a number once fell', () => {
    const numbers = [9, 1, 2, 3, 3, 3]
    const hi = event('output_text.delta', { output_index: 0, content_index: 0, delta: 'Hi' })
    const numbered = [created, ...text(0).slice(0, 2), hi, hi, completed].map((each, at) => ({
      ...each,
      sequence_number: numbers[at],
    }))
    expect(summary(decode(numbered))).toMatchObject({ texts: ['HiHiHi'], finish: 'stop' })
  })

  test('count once though others have no number', () => {
    const hi = { ...event('output_text.delta', { output_index: 0, delta: 'Hi' }), sequence_number: 2 }
    const events = [{ ...created, sequence_number: 0 }, { ...text(0)[0], sequence_number: 1 }, hi, hi]
    const bare = event('output_text.delta', { output_index: 0, delta: '!' })
    expect(summary(decode([...(events as JsonObject[]), bare, hi, bare, completed])).texts).toEqual(['Hi!!'])
  })
})

describe('the end', () => {
  test.each(['[DONE]', ' [DONE] ', ''])('is not told by %j, which is no event', (data) => {
    const frames = [...framesOf(sse([created, ...text(0)])), { event: '', data }]
    expect(summary(decodeFrames(frames)).error?.code).toBe('upstream_truncated')
    expect(summary(decodeFrames([...frames, ...framesOf(sse([completed]))])).finish).toBe('stop')
  })

  test('tells usage only where there is one', () => {
    const types = (end: JsonObject) => decode([created, end]).map(({ type }) => type)
    expect(types(completed)).toEqual(['response-start', 'usage', 'finish', 'response-end'])
    expect(types({ ...completed, response: {} })).toEqual(['response-start', 'finish', 'response-end'])
  })

  test('is near behind an error event, and there behind the last one', () => {
    const decoder = codec.createDecoder({ quirks: {}, mint: mintId })
    const states = [created, { type: 'error', message: 'No' }, { type: 'response.failed', response: {} }].map(
      (each) => {
        for (const frame of framesOf(sse([each]))) decoder.push(frame, () => {})
        return decoder.state
      },
    )
    expect(states).toEqual(['open', 'finishing', 'closed'])
  })
})

test('a response begins with an event that names a place, or with the first sound', () => {
  for (const first of [event('brand_new', { output_index: 0 }), event('audio.delta', { delta: 'AAAA' })]) {
    expect(decode([first, completed])[0]?.type).toBe('response-start')
  }
})

test('a second created event without an id is no other response', () => {
  const again = { type: 'response.created', response: { status: 'in_progress' } }
  expect(summary(decode([created, again, ...text(0), completed]))).toMatchObject({ texts: ['Hi'], finish: 'stop' })
})
