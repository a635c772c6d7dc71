import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { folding } from '../folds/support.ts'
import { framesOf } from '../openai-endpoints/support.ts'

// What the object has of items that were cut off, or whose `done` says less than the events before it.

const at = (type: string, members: JsonObject = {}, output_index = 0) => ({
  type: `response.${type}`,
  output_index,
  ...members,
})
const added = (item: JsonObject, index = 0) => at('output_item.added', { item }, index)
const done = (item: JsonObject, index = 0) => at('output_item.done', { item }, index)
const end = (type: string, output: JsonObject[] = []) => ({
  type: `response.${type}`,
  response: { id: 'resp_1', output },
})
const object = (...events: JsonObject[]) => folding('openai-responses', framesOf(events)).result()
const outputOf = (...events: JsonObject[]) => object(...events, end('completed')).output

const message = { type: 'message', id: 'msg_1', role: 'assistant', content: [] }
const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] }
const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '' }
const custom = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'sql', input: '' }
const mcp = { type: 'mcp_call', id: 'mcp_1', name: 'ask', server_label: 'docs', arguments: '' }
const code = { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1', code: '' }

const textPart = (text: string, more: JsonObject = {}) => ({
  type: 'output_text',
  text,
  annotations: [],
  logprobs: [],
  ...more,
})
const raw = (text: string) => ({ type: 'reasoning_text', text })
const summary = (text: string) => ({ type: 'summary_text', text })
const url = (name: string) => ({
  type: 'url_citation',
  url: `https://${name}`,
  title: name,
  start_index: 0,
  end_index: 1,
})
const tokens = [{ token: 'Hello', logprob: -0.5, bytes: null, top_logprobs: [] }]

const cutOff: Array<[name: string, item: JsonObject, events: JsonObject[], read: JsonObject]> = [
  [
    'a part that only its own done has',
    message,
    [at('content_part.done', { content_index: 0, part: textPart('Hi', { annotations: [url('a')] }) })],
    { content: [textPart('Hi', { annotations: [url('a')] })] },
  ],
  [
    'a part that has begun',
    message,
    [at('content_part.added', { content_index: 0, part: { type: 'refusal', refusal: '' } })],
    { content: [{ type: 'refusal', refusal: '' }] },
  ],
  [
    'a whole text behind some of its words, with their probabilities',
    message,
    [
      at('output_text.delta', { content_index: 0, delta: 'Hel', logprobs: [] }),
      at('output_text.done', { content_index: 0, text: 'Hello', logprobs: tokens }),
    ],
    { content: [textPart('Hello', { logprobs: tokens })] },
  ],
  [
    'probabilities that the whole text does not repeat',
    message,
    [
      at('output_text.delta', { content_index: 0, delta: 'Hello', logprobs: tokens }),
      at('output_text.done', { content_index: 0, text: 'Hello', logprobs: [] }),
      at('output_text.done', { content_index: 0, text: 'Hello' }),
    ],
    { content: [textPart('Hello', { logprobs: tokens })] },
  ],
  [
    'citations, and a refusal behind them',
    message,
    [
      at('output_text.delta', { content_index: 0, delta: 'Hi' }),
      at('output_text.annotation.added', { content_index: 0, annotation_index: 0, annotation: url('a') }),
      at('output_text.annotation.added', { content_index: 0, annotation_index: 1, annotation: url('b') }),
      at('refusal.delta', { content_index: 1, delta: 'N' }),
      at('refusal.done', { content_index: 1, refusal: 'No.' }),
    ],
    { content: [textPart('Hi', { annotations: [url('a'), url('b')] }), { type: 'refusal', refusal: 'No.' }] },
  ],
  [
    'a refusal that comes whole',
    message,
    [at('refusal.done', { content_index: 0, refusal: 'No.' })],
    { content: [{ type: 'refusal', refusal: 'No.' }] },
  ],
  [
    'raw reasoning in words, and in one piece',
    reasoning,
    [
      at('reasoning_text.delta', { content_index: 0, delta: 'Two ' }),
      at('reasoning_text.delta', { content_index: 0, delta: 'boats' }),
      at('reasoning_text.done', { content_index: 1, text: 'Three men' }),
    ],
    { summary: [], content: [raw('Two boats'), raw('Three men')] },
  ],
  [
    'a summary of which each part comes another way',
    reasoning,
    [
      at('reasoning_summary_part.added', { summary_index: 0, part: summary('Begun') }),
      at('reasoning_summary_text.delta', { summary_index: 1, delta: 'Wor' }),
      at('reasoning_summary_text.done', { summary_index: 1, text: 'Words' }),
      at('reasoning_summary_part.done', { summary_index: 2, part: summary('Whole') }),
    ],
    { summary: [summary('Begun'), summary('Words'), summary('Whole')] },
  ],
  [
    'arguments that come whole',
    call,
    [at('function_call_arguments.done', { arguments: '{"x":1}' })],
    { arguments: '{"x":1}' },
  ],
  ['a custom input in pieces', custom, [at('custom_tool_call_input.delta', { delta: 'SEL' })], { input: 'SEL' }],
  [
    'a custom input that comes whole',
    custom,
    [at('custom_tool_call_input.done', { input: 'SELECT 1' })],
    { input: 'SELECT 1' },
  ],
  [
    'what a remote tool was called with, in pieces',
    mcp,
    [at('mcp_call_arguments.delta', { delta: '{"q":' }), at('mcp_call_arguments.delta', { delta: '1}' })],
    { arguments: '{"q":1}' },
  ],
  [
    'what a remote tool was called with, whole',
    mcp,
    [at('mcp_call_arguments.done', { arguments: '{"q":1}' })],
    { arguments: '{"q":1}' },
  ],
  [
    'a program in pieces',
    code,
    [at('code_interpreter_call_code.delta', { delta: 'x = ' }), at('code_interpreter_call_code.delta', { delta: '1' })],
    { code: 'x = 1' },
  ],
  ['a program that comes whole', code, [at('code_interpreter_call_code.done', { code: 'x = 1' })], { code: 'x = 1' }],
]

describe('an item that was cut off has', () => {
  test.each(cutOff)('%s', (_name, item, events, read) => {
    expect(outputOf(added(item), ...events)).toEqual([{ ...item, ...read, status: 'incomplete' }])
  })
})

const pieces: Array<[type: string, item: JsonObject]> = [
  ['output_text.delta', message],
  ['refusal.delta', message],
  ['reasoning_text.delta', reasoning],
  ['reasoning_summary_text.delta', reasoning],
  ['function_call_arguments.delta', call],
  ['custom_tool_call_input.delta', custom],
  ['mcp_call_arguments.delta', mcp],
  ['code_interpreter_call_code.delta', code],
]

test.each(pieces)('an event %s without its delta adds nothing', (type, item) => {
  const words = at(type, { delta: 'Hi' })
  expect(outputOf(added(item), at(type), words, at(type))).toEqual(outputOf(added(item), words))
})

const sparse: Array<[item: JsonObject, field: string, event: JsonObject, value: unknown]> = [
  [message, 'content', at('output_text.delta', { delta: 'Hi' }), [textPart('Hi')]],
  [reasoning, 'summary', at('reasoning_summary_text.delta', { delta: 'Hm' }), [summary('Hm')]],
  [call, 'arguments', at('function_call_arguments.delta', { delta: '{"x":1}' }), '{"x":1}'],
  [custom, 'input', at('custom_tool_call_input.delta', { delta: 'SELECT 1' }), 'SELECT 1'],
]

describe('an item that is done', () => {
  test.each(sparse)('keeps what was streamed where its done leaves it out: %j', (item, field, event, value) => {
    const { [field]: _, ...rest } = item
    expect(outputOf(added(item), event, done(rest))).toEqual([{ ...rest, [field]: value }])
  })

  test('is as its done says, whatever comes late', () => {
    const whole = { ...call, arguments: '{}', status: 'completed' }
    const late = at('function_call_arguments.delta', { delta: 'x' })
    expect(outputOf(added(call), done(whole), late, done({ ...whole, arguments: '{"x":1}' }))).toEqual([whole])
  })
})

describe('an item without a beginning', () => {
  test.each<[type: string, words: string, role?: 'assistant']>([
    ['message', 'output_text', 'assistant'],
    ['message', 'refusal', 'assistant'],
    ['reasoning', 'reasoning_text'],
    ['reasoning', 'reasoning_summary_text'],
    ['function_call', 'function_call_arguments'],
    ['custom_tool_call', 'custom_tool_call_input'],
    ['mcp_call', 'mcp_call_arguments'],
    ['code_interpreter_call', 'code_interpreter_call_code'],
  ])('is a %s by %s', (type, words, role) => {
    const delta = at(`${words}.delta`, { delta: 'Hi' })
    const item = { type, ...(role && { role }) }
    expect(outputOf(delta)).toMatchObject([{ ...item, status: 'incomplete' }])
    expect(outputOf(delta)).toEqual(outputOf(added(item), delta))
  })

  test('takes nothing from events when the beginning comes late', () => {
    const words = at('function_call_arguments.delta', { delta: '{"x":' })
    const more = at('function_call_arguments.delta', { delta: '1}' })
    const whole = { ...call, arguments: '{"x":1}', status: 'incomplete' }
    expect(outputOf(words, added({ ...call, status: 'in_progress' }), more)).toEqual([whole])
    expect(outputOf(words, added(call), more, added({ ...call, name: 'g' }))).toEqual([whole])
  })
})

describe('without output_index and without ids', () => {
  const words = (type: string, delta: string) => ({ type: `response.${type}.delta`, delta })
  const whole = (item: JsonObject) => ({ type: 'response.output_item.done', item })

  test('an event belongs to the open item of its kind that came last', () => {
    const output = outputOf(
      words('output_text', 'H'),
      words('function_call_arguments', '{'),
      words('output_text', 'i'),
      whole({ type: 'message', content: [textPart('Hi')] }),
      words('output_text', 'Bye'),
      words('function_call_arguments', '}'),
    )
    expect(output).toMatchObject([{ content: [{ text: 'Hi' }] }, { arguments: '{}' }, { content: [{ text: 'Bye' }] }])
  })

  test('an item event that has no item is nothing', () => {
    expect(
      outputOf(whole({}), { type: 'response.output_item.done' }, { type: 'response.output_item.added', item: null }),
    ).toEqual([])
  })
})

describe('the response', () => {
  test('is in progress while nothing else is known of it', () => {
    const created = { type: 'response.created', response: { id: 'resp_1' } }
    expect(object(created)).toEqual({ id: 'resp_1', object: 'response', status: 'in_progress' })
    expect(object(created, { type: 'response.queued' })).toMatchObject({ status: 'in_progress' })
  })

  test.each(['queued', 'in_progress'])('is as its last event says: %s', (status) => {
    const created = { type: 'response.created', response: { id: 'resp_1', model: 'm' } }
    const later = { type: `response.${status}`, response: { id: 'resp_1', metadata: { a: 'b' } } }
    expect(object(created, later)).toEqual({
      id: 'resp_1',
      object: 'response',
      model: 'm',
      status,
      metadata: { a: 'b' },
    })
  })

  test('takes nothing from what is no event of the format', () => {
    const fold = folding('openai-responses', framesOf([added(call)]))
    for (const data of ['', '[DONE]', '{"type":', '7', '{"sequence_number":9}']) fold.push({ event: '', data })
    expect(fold.result()).toEqual(object(added(call)))
  })

  test.each(['completed', 'incomplete', 'failed'])('is over when it is %s', (status) => {
    const over = object(added(call), end(status), { type: 'response.in_progress', response: { id: 'resp_2' } })
    expect(over).toMatchObject({ id: 'resp_1', status })
  })
})
