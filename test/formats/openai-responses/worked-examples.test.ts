import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import type { Usage } from '../../../lambda/events/usage.ts'
import { answer, args, call, createdAt, encode, finalResponse, reasoning, text } from './support.ts'

/** The response object of a request that says nothing. */
const started: JsonObject = {
  id: 'resp_1',
  object: 'response',
  created_at: createdAt,
  status: 'in_progress',
  access_programs: null,
  background: false,
  completed_at: null,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  model: 'm',
  output: [],
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  prompt_cache_retention: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  store: false,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  usage: null,
  user: null,
}

/** Name without `response.`, place (`output.part`), and what the event carries. */
type Entry = [name: string, place: string, value?: unknown]

const valueFields: Record<string, string> = {
  'output_item.added': 'item',
  'output_item.done': 'item',
  'content_part.added': 'part',
  'content_part.done': 'part',
  'reasoning_summary_part.added': 'part',
  'reasoning_summary_part.done': 'part',
  'output_text.done': 'text',
  'reasoning_summary_text.done': 'text',
  'refusal.done': 'refusal',
  'function_call_arguments.done': 'arguments',
  'custom_tool_call_input.done': 'input',
  'output_text.annotation.added': 'annotation',
}

/** The event that an entry stands for; `items` are the ids by output index. */
function expand([name, place, value]: Entry, sequence: number, items: string[]): JsonObject {
  const [output = 0, part, annotation] = place.split('.').map(Number)
  const item = name.startsWith('output_item') ? {} : { item_id: items[output] }
  const partField = name.startsWith('reasoning') ? 'summary_index' : 'content_index'
  return {
    type: `response.${name}`,
    sequence_number: sequence,
    ...item,
    output_index: output,
    ...(part !== undefined && { [partField]: part }),
    ...(annotation !== undefined && { annotation_index: annotation }),
    [valueFields[name] ?? 'delta']: value,
    ...(/^output_text\.(delta|done)$/.test(name) && { logprobs: [] }),
  }
}

const outputText = (value: string, annotations: unknown[] = []) => ({
  type: 'output_text',
  text: value,
  annotations,
  logprobs: [],
})

const messageItem = (id: string, status: string, content: unknown[]) => ({
  id,
  type: 'message',
  status,
  role: 'assistant',
  content,
})

/** The events of one text message. */
function message(output: number, id: string, deltas: string[], status = 'completed'): Entry[] {
  const whole = outputText(deltas.join(''))
  const part = `${output}.0`
  return [
    ['output_item.added', `${output}`, messageItem(id, 'in_progress', [])],
    ['content_part.added', part, outputText('')],
    ...deltas.map((delta): Entry => ['output_text.delta', part, delta]),
    ['output_text.done', part, whole.text],
    ['content_part.done', part, whole],
    ['output_item.done', `${output}`, messageItem(id, status, [whole])],
  ]
}

const functionItem = (id: string, callId: string, name: string, status: string, value: string) => ({
  id,
  type: 'function_call',
  status,
  call_id: callId,
  name,
  arguments: value,
})

const wireUsage = (input: number, cached: number, written: number, output: number, thought: number) => ({
  input_tokens: input + cached + written,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: thought },
  total_tokens: input + cached + written + output,
})

type Counts = [input: number, cacheRead: number, cacheWrite5m: number, output: number, reasoning: number]

const usageEvent = ([input, cacheRead, cacheWrite5m, output, thought]: Counts): StreamEvent => {
  const usage: Usage = { input, cacheRead, cacheWrite5m, output, reasoning: thought }
  return { type: 'usage', usage }
}

const end = (reason: Extract<StreamEvent, { type: 'finish' }>['reason'], counts: Counts): StreamEvent[] => [
  usageEvent(counts),
  { type: 'finish', reason },
  { type: 'response-end' },
]

const overloaded: StreamEvent = { type: 'error', error: { code: 'overloaded', message: 'Overloaded' } }
const cut = 'The provider ended the stream before it was complete.'

interface Example {
  name: string
  events: StreamEvent[]
  entries: Entry[]
  items: string[]
  terminal: JsonObject
  /** The `error` event before the terminal. */
  error?: { type: string; code: string; message: string; param: null }
}

const citation = { type: 'url_citation', url: 'https://example.org/p', title: 'Paris', start_index: 0, end_index: 23 }
const paris = 'Paris has 2.1 M people.'
const interrupted = [messageItem('msg_1', 'incomplete', [outputText('Hel')])]
const interruptedEntries = message(0, 'msg_1', ['Hel']).slice(0, 3)

const examples: Example[] = [
  {
    name: 'text only',
    events: answer([[{ kind: 'text' }, text('Hi'), text(' there')]], end('stop', [10, 0, 0, 3, 0])),
    entries: message(0, 'msg_1', ['Hi', ' there']),
    items: ['msg_1'],
    terminal: { status: 'completed', completed_at: createdAt, usage: wireUsage(10, 0, 0, 3, 0) },
  },
  {
    name: 'reasoning with a signature, and text',
    events: answer(
      [
        [
          { kind: 'reasoning', issuer: 'anthropic' },
          reasoning('Let me '),
          reasoning('add.'),
          { kind: 'signature', value: 'EqABsig' },
        ],
        [{ kind: 'text' }, text('4')],
      ],
      end('stop', [20, 0, 0, 15, 9]),
    ),
    entries: [
      ['output_item.added', '0', { id: 'rs_1', type: 'reasoning', summary: [] }],
      ['reasoning_summary_part.added', '0.0', { type: 'summary_text', text: '' }],
      ['reasoning_summary_text.delta', '0.0', 'Let me '],
      ['reasoning_summary_text.delta', '0.0', 'add.'],
      ['reasoning_summary_text.done', '0.0', 'Let me add.'],
      ['reasoning_summary_part.done', '0.0', { type: 'summary_text', text: 'Let me add.' }],
      [
        'output_item.done',
        '0',
        {
          id: 'rs_1',
          type: 'reasoning',
          summary: [{ type: 'summary_text', text: 'Let me add.' }],
          encrypted_content: 'sluice1.a.eyJ2IjoiRXFBQnNpZyJ9',
        },
      ],
      ...message(1, 'msg_1', ['4']),
    ],
    items: ['rs_1', 'msg_1'],
    terminal: { status: 'completed', completed_at: createdAt, usage: wireUsage(20, 0, 0, 15, 9) },
  },
  {
    name: 'text and two calls whose arguments alternate',
    events: [
      ...answer([[{ kind: 'text' }, text('Checking.')]], []),
      { type: 'block-start', index: 1, block: call('call_A', 'get_weather') },
      { type: 'block-delta', index: 1, delta: args('{"city":') },
      { type: 'block-start', index: 2, block: call('call_B', 'get_weather') },
      { type: 'block-delta', index: 2, delta: args('{"city":') },
      { type: 'block-delta', index: 1, delta: args('"Paris"}') },
      { type: 'block-delta', index: 2, delta: args('"Rome"}') },
      { type: 'block-end', index: 1 },
      { type: 'block-end', index: 2 },
      ...end('tool-calls', [10, 40, 7, 34, 0]),
    ],
    entries: [
      ...message(0, 'msg_1', ['Checking.']),
      ['output_item.added', '1', functionItem('fc_1', 'call_A', 'get_weather', 'in_progress', '')],
      ['function_call_arguments.delta', '1', '{"city":'],
      ['output_item.added', '2', functionItem('fc_2', 'call_B', 'get_weather', 'in_progress', '')],
      ['function_call_arguments.delta', '2', '{"city":'],
      ['function_call_arguments.delta', '1', '"Paris"}'],
      ['function_call_arguments.delta', '2', '"Rome"}'],
      ['function_call_arguments.done', '1', '{"city":"Paris"}'],
      ['output_item.done', '1', functionItem('fc_1', 'call_A', 'get_weather', 'completed', '{"city":"Paris"}')],
      ['function_call_arguments.done', '2', '{"city":"Rome"}'],
      ['output_item.done', '2', functionItem('fc_2', 'call_B', 'get_weather', 'completed', '{"city":"Rome"}')],
    ],
    items: ['msg_1', 'fc_1', 'fc_2'],
    terminal: { status: 'completed', completed_at: createdAt, usage: wireUsage(10, 40, 7, 34, 0) },
  },
  {
    name: 'a call without arguments',
    events: answer([[call('toolu_C', 'get_time')]], end('tool-calls', [8, 0, 0, 5, 0])),
    entries: [
      ['output_item.added', '0', functionItem('fc_1', 'toolu_C', 'get_time', 'in_progress', '')],
      ['function_call_arguments.delta', '0', '{}'],
      ['function_call_arguments.done', '0', '{}'],
      ['output_item.done', '0', functionItem('fc_1', 'toolu_C', 'get_time', 'completed', '{}')],
    ],
    items: ['fc_1'],
    terminal: { status: 'completed', completed_at: createdAt, usage: wireUsage(8, 0, 0, 5, 0) },
  },
  {
    name: 'a refusal',
    events: answer(
      [[{ kind: 'refusal' }, { kind: 'refusal', text: "I can't help." }]],
      end('refusal', [9, 0, 0, 6, 0]),
    ),
    entries: [
      ['output_item.added', '0', messageItem('msg_1', 'in_progress', [])],
      ['content_part.added', '0.0', { type: 'refusal', refusal: '' }],
      ['refusal.delta', '0.0', "I can't help."],
      ['refusal.done', '0.0', "I can't help."],
      ['content_part.done', '0.0', { type: 'refusal', refusal: "I can't help." }],
      ['output_item.done', '0', messageItem('msg_1', 'completed', [{ type: 'refusal', refusal: "I can't help." }])],
    ],
    items: ['msg_1'],
    terminal: { status: 'completed', completed_at: createdAt, usage: wireUsage(9, 0, 0, 6, 0) },
  },
  {
    name: 'a citation',
    events: answer(
      [
        [
          { kind: 'text' },
          text(paris),
          {
            kind: 'annotation',
            annotation: { type: 'url', url: 'https://example.org/p', title: 'Paris', start: 0, end: 23 },
          },
        ],
      ],
      end('stop', [30, 0, 0, 8, 0]),
    ),
    entries: [
      ['output_item.added', '0', messageItem('msg_1', 'in_progress', [])],
      ['content_part.added', '0.0', outputText('')],
      ['output_text.delta', '0.0', paris],
      ['output_text.annotation.added', '0.0.0', citation],
      ['output_text.done', '0.0', paris],
      ['content_part.done', '0.0', outputText(paris, [citation])],
      ['output_item.done', '0', messageItem('msg_1', 'completed', [outputText(paris, [citation])])],
    ],
    items: ['msg_1'],
    terminal: { status: 'completed', completed_at: createdAt, usage: wireUsage(30, 0, 0, 8, 0) },
  },
  {
    name: 'the token limit',
    events: answer([[{ kind: 'text' }, text('Once upon')]], end('length', [5, 0, 0, 2, 0])),
    entries: message(0, 'msg_1', ['Once upon'], 'incomplete'),
    items: ['msg_1'],
    terminal: {
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage: wireUsage(5, 0, 0, 2, 0),
    },
  },
  {
    name: 'an error in the middle',
    events: [...answer([[{ kind: 'text' }, text('Hel')]], []).slice(0, -1), overloaded],
    entries: interruptedEntries,
    items: ['msg_1'],
    error: { type: 'server_error', code: 'overloaded', message: 'Overloaded', param: null },
    terminal: { status: 'failed', error: { code: 'server_error', message: 'Overloaded' }, output: interrupted },
  },
  {
    name: 'a truncated upstream',
    events: [
      ...answer([[{ kind: 'text' }, text('Hel')]], []).slice(0, -1),
      { type: 'error', error: { code: 'upstream_truncated', message: cut } },
    ],
    entries: interruptedEntries,
    items: ['msg_1'],
    error: { type: 'server_error', code: 'upstream_truncated', message: cut, param: null },
    terminal: { status: 'failed', error: { code: 'server_error', message: cut }, output: interrupted },
  },
]

/** Derived ids (48 hex digits) as `msg_1`, `fc_2`, … in order of appearance. */
function withShortIds(wire: string): string {
  const short = new Map<string, string>()
  const counts = new Map<string, number>()
  return wire.replace(/\b(msg|rs|fc|ctc)_[0-9a-f]{48}\b/g, (id, prefix) => {
    if (!short.has(id)) {
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1)
      short.set(id, `${prefix}_${counts.get(prefix)}`)
    }
    return short.get(id) ?? ''
  })
}

function expected(example: Example): JsonObject[] {
  const body = example.entries.map((entry, index) => expand(entry, index + 2, example.items))
  const output = body.filter((event) => event.type === 'response.output_item.done').map((event) => event.item)
  output.sort((left, right) => example.items.indexOf(idOf(left)) - example.items.indexOf(idOf(right)))
  const events: JsonObject[] = [
    { type: 'response.created', sequence_number: 0, response: started },
    { type: 'response.in_progress', sequence_number: 1, response: started },
    ...body,
  ]
  if (example.error) {
    const { code, message: words, param } = example.error
    events.push({ type: 'error', sequence_number: events.length, error: example.error, code, message: words, param })
  }
  events.push({
    type: `response.${example.terminal.status}`,
    sequence_number: events.length,
    response: { ...started, output, ...example.terminal },
  })
  return events
}

const idOf = (item: unknown) => (item as { id: string }).id

describe('the worked examples of the format', () => {
  for (const example of examples) {
    test(example.name, async () => {
      const { text: wire } = encode(example.events)
      const short = withShortIds(wire)
      const lines = short.split('\n').filter((line) => line.startsWith('data: '))
      expect(lines.map((line) => JSON.parse(line.slice('data: '.length)))).toEqual(expected(example))
      if (!example.error) expect((await finalResponse(wire)).status).toBe(example.terminal.status)
    })
  }

  test('members stand in the order of the example', () => {
    const { text: wire } = encode(examples[0]?.events ?? [])
    const short = withShortIds(wire)
    expect(short).toContain(
      `event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":${JSON.stringify(started)}}\n\n`,
    )
    expect(short).toContain(
      'data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi","logprobs":[]}\n\n',
    )
  })
})
