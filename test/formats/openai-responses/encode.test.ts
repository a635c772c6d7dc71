import { describe, expect, test } from 'vitest'
import { unseal } from '../../../lambda/events/envelope.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { checkStream } from '../../support/grammar/index.ts'
import { readWritten } from '../../support/read/sse-frames.ts'
import { answer, args, call, clientFor, createdAt, encode, ended, finalResponse, reasoning, text } from './support.ts'

const terminalOf = (events: JsonObject[]) => events.at(-1)?.response as JsonObject
const outputOf = (events: JsonObject[]) => terminalOf(events).output as JsonObject[]
const typesOf = (events: JsonObject[]) => events.map((event) => String(event.type).replace(/^response\./, ''))

type Row = { name: string; blocks: Array<[Block, ...Delta[]]>; end?: StreamEvent[]; items: string[]; losses?: string[] }

const rows: Row[] = [
  {
    name: 'reasoning, text and two calls are four items in that order',
    blocks: [
      [{ kind: 'reasoning', issuer: 'unknown' }, reasoning('hm')],
      [{ kind: 'text' }, text('Hi')],
      [call('a', 'f'), args('{}')],
      [call('b', 'f'), args('{"x":1}')],
    ],
    end: ended('tool-calls'),
    items: ['reasoning', 'message', 'function_call', 'function_call'],
  },
  {
    name: 'a text after the calls is a new message',
    blocks: [
      [{ kind: 'text' }, text('A')],
      [call('a', 'f'), args('{}')],
      [{ kind: 'text' }, text('B')],
    ],
    items: ['message', 'function_call', 'message'],
  },
  {
    name: 'consecutive texts and refusals are the parts of one message',
    blocks: [
      [{ kind: 'text' }, text('A')],
      [{ kind: 'text' }, text('B')],
      [{ kind: 'refusal' }, { kind: 'refusal', text: 'no' }],
    ],
    items: ['message'],
  },
  {
    name: 'another phase is another message',
    blocks: [
      [{ kind: 'text', phase: 'commentary' }, text('A')],
      [{ kind: 'text', phase: 'final_answer' }, text('B')],
    ],
    items: ['message', 'message'],
  },
  {
    name: 'an empty text leaves no trace',
    blocks: [[{ kind: 'text' }, text('')], [call('a', 'f'), args('{}')], [{ kind: 'text' }]],
    items: ['function_call'],
  },
  {
    name: 'eight calls keep their order',
    blocks: [0, 1, 2, 3, 4, 5, 6, 7].map((number) => [call(`call_${number}`, 'f'), args('{}')]),
    items: Array(8).fill('function_call'),
  },
  {
    name: 'a web search is an item of its own, its result a loss',
    blocks: [
      [{ kind: 'server-tool', name: 'web_search', phase: 'call', id: 'srvtoolu_1' }, args('{"query":"zürich"}')],
      [{ kind: 'server-tool', name: 'web_search', phase: 'result' }],
      [{ kind: 'text' }, text('Hi')],
    ],
    items: ['web_search_call', 'message'],
    losses: ['server-tool'],
  },
  {
    name: 'other server tools, audio and unknown blocks are losses and leave no gap',
    blocks: [
      [{ kind: 'server-tool', name: 'code_execution', phase: 'call' }, args('{}')],
      [{ kind: 'audio' }, { kind: 'audio', base64: 'AA==' }],
      [
        { kind: 'native', native: {} },
        { kind: 'native', native: {} },
      ],
      [{ kind: 'text' }, text('Hi')],
    ],
    items: ['message'],
    losses: ['audio-output', 'native-block', 'server-tool'],
  },
  {
    name: 'an image is an item with its result',
    blocks: [
      [
        { kind: 'image', mediaType: 'image/png' },
        { kind: 'image', base64: 'AA==', partial: 0 },
        { kind: 'image', base64: 'BB==' },
      ],
    ],
    items: ['image_generation_call'],
  },
  {
    name: 'no block is an empty output',
    blocks: [],
    items: [],
  },
  {
    name: 'a signature on a call is a reasoning item before it',
    blocks: [[{ ...call('a', 'f'), signature: 'SIG' } as Block, args('{}')]],
    end: ended('tool-calls'),
    items: ['reasoning', 'function_call'],
  },
]

describe('canonical events become Responses events', () => {
  for (const row of rows) {
    test(row.name, async () => {
      const { text: wire, events, losses } = encode(answer(row.blocks, row.end))
      expect(outputOf(events).map((item) => item.type)).toEqual(row.items)
      expect(losses).toEqual(row.losses ?? [])
      expect(checkStream.R(readWritten(wire).frames)).toEqual([])
      expect(readWritten(wire).problems).toEqual([])
      const final = await finalResponse(wire)
      expect(final.output.map((item) => item.type)).toEqual(row.items)
    })
  }

  test('a web search says what it looked for', () => {
    const block: Block = { kind: 'server-tool', name: 'web_search', phase: 'call' }
    const { events } = encode(answer([[block, args('{"query":'), args('"z"}')]]))
    expect(typesOf(events).slice(2, -1)).toEqual([
      'output_item.added',
      'web_search_call.in_progress',
      'web_search_call.searching',
      'web_search_call.completed',
      'output_item.done',
    ])
    expect(outputOf(events)[0]).toMatchObject({ status: 'completed', action: { type: 'search', query: 'z' } })
  })

  test('each text part has its own content index', () => {
    const { events } = encode(
      answer([
        [{ kind: 'text' }, text('A')],
        [{ kind: 'text' }, text('B')],
      ]),
    )
    const deltas = events.filter((event) => event.type === 'response.output_text.delta')
    expect(deltas.map((event) => [event.output_index, event.content_index])).toEqual([
      [0, 0],
      [0, 1],
    ])
  })

  test('several choices are one: the first', () => {
    const second = { choice: 1, index: 1 }
    const { events } = encode([
      { type: 'response-start', id: 'x', model: 'm' },
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      { type: 'block-start', ...second, block: { kind: 'text' } },
      { type: 'block-delta', index: 0, delta: text('A') },
      { type: 'block-delta', ...second, delta: text('B') },
      { type: 'block-end', ...second },
      { type: 'block-end', index: 0 },
      { type: 'finish', reason: 'length', choice: 1 },
      ...ended('stop'),
    ])
    expect(terminalOf(events)).toMatchObject({ status: 'completed', output: [{ content: [{ text: 'A' }] }] })
  })

  test('logprobs stand in the delta, in the done event and in the item', () => {
    const logprobs = [{ token: 'A', logprob: -1, bytes: [65], top_logprobs: [] }]
    const { events } = encode(answer([[{ kind: 'text' }, { kind: 'text', text: 'A', logprobs }, text('B')]]))
    const [first, second] = events.filter((event) => event.type === 'response.output_text.delta')
    expect([first?.logprobs, second?.logprobs]).toEqual([logprobs, []])
    expect(events.find((event) => event.type === 'response.output_text.done')?.logprobs).toEqual(logprobs)
    expect(outputOf(events)).toMatchObject([{ content: [{ text: 'AB', logprobs }] }])
  })

  test('a citation without a place cites the whole text, also when it comes first', () => {
    const annotation = { type: 'url', url: 'https://a', title: 'A' } as const
    const { events, losses } = encode(answer([[{ kind: 'text' }, { kind: 'annotation', annotation }, text('Hello')]]))
    const citation = { type: 'url_citation', url: 'https://a', title: 'A', start_index: 0, end_index: 5 }
    expect(outputOf(events)).toMatchObject([{ content: [{ text: 'Hello', annotations: [citation] }] }])
    expect(losses).toEqual(['citation-span'])
  })

  test('citations of files and of documents', () => {
    const file = { type: 'file', fileId: 'file-1', filename: 'a.pdf' } as const
    const document = { type: 'document', title: 'D', citedText: 'x' } as const
    const { events, losses } = encode(
      answer([
        [
          { kind: 'text' },
          text('Hi'),
          { kind: 'annotation', annotation: file },
          { kind: 'annotation', annotation: document },
        ],
      ]),
    )
    const citation = { type: 'file_citation', file_id: 'file-1', filename: 'a.pdf', index: 2 }
    expect(outputOf(events)).toMatchObject([{ content: [{ annotations: [citation] }] }])
    expect(losses).toEqual(['citation-source'])
  })

  test('a custom tool call carries its input as it is', () => {
    const { events } = encode(answer([[call('c', 'sql', 'custom'), args('SELECT "1"')]], ended('tool-calls')))
    expect(outputOf(events)).toMatchObject([{ type: 'custom_tool_call', call_id: 'c', input: 'SELECT "1"' }])
    expect(typesOf(events)).toContain('custom_tool_call_input.done')
  })

  test('call ids are legal and no two are the same, nor are item ids', async () => {
    const reasoningBlock = { kind: 'reasoning', issuer: 'openai', id: 'rs_same' } as const
    const { text: wire, events } = encode(
      answer(
        [[call('llm:0', 'f')], [call('same', 'f')], [call('same', 'f')], [reasoningBlock], [reasoningBlock]],
        ended('tool-calls'),
      ),
    )
    const output = outputOf(events)
    expect(output.slice(0, 3).map((item) => item.call_id)).toEqual([
      expect.stringMatching(/^llm_0_[0-9a-f]{16}$/),
      'same',
      'same_2',
    ])
    expect(new Set(output.map((item) => item.id)).size).toBe(output.length)
    expect((await finalResponse(wire)).output).toHaveLength(output.length)
  })

  test('a namespace goes back with its call', () => {
    const block: Block = { kind: 'tool-call', id: 'c', name: 'f', tool: 'function', namespace: 'ns' }
    const { events } = encode(answer([[block, args('{}')]], ended('tool-calls')))
    expect(outputOf(events)).toMatchObject([{ name: 'f', namespace: 'ns' }])
  })

  test('pings are silent and unknown events are a loss', () => {
    const silent = encode([...answer([], []), { type: 'native', native: {}, silent: true }, ...ended('stop')])
    expect(silent.losses).toEqual([])
    const unknown = encode([...answer([], []), { type: 'native', native: {} }, ...ended('stop')])
    expect(unknown.losses).toEqual(['unknown-event'])
  })
})

describe('reasoning of a provider goes to the client so that it can come back', () => {
  const item = (issuer: 'anthropic' | 'openai' | 'xai', delta: Delta, more: Partial<Block> = {}) => {
    const block = { kind: 'reasoning', issuer, ...more } as Block
    const { events } = encode(answer([[block, reasoning('a', 0), reasoning('b', 1), delta]]))
    return outputOf(events)[0] as { id: string; summary: Array<{ text: string }>; encrypted_content: string }
  }

  test('its parts are summary parts', () => {
    const { summary } = item('openai', { kind: 'encrypted', value: 'E' })
    expect(summary.map((part) => part.text)).toEqual(['a', 'b'])
  })

  test('OpenAI’s own goes bare and keeps its id', () => {
    const own = item('openai', { kind: 'encrypted', value: 'gAAAA' }, { id: 'rs_7' })
    expect(own).toMatchObject({ id: 'rs_7', encrypted_content: 'gAAAA' })
  })

  test.each([
    ['a signature', 'anthropic', { kind: 'signature', value: 'S' }, {}, { issuer: 'anthropic', value: 'S' }],
    [
      'redacted data',
      'anthropic',
      { kind: 'encrypted', value: 'D' },
      { redacted: true },
      { issuer: 'anthropic', value: 'D', kind: 'redacted' },
    ],
    [
      'another’s encrypted content',
      'xai',
      { kind: 'encrypted', value: 'X' },
      { id: 'rs_x' },
      { issuer: 'xai', value: 'X', kind: 'encrypted', id: 'rs_x' },
    ],
  ] as const)('%s is sealed', (_, issuer, delta, more, sealed) => {
    expect(unseal(item(issuer, delta, more as Partial<Block>).encrypted_content)).toEqual(sealed)
  })

  test('without anything opaque there is no encrypted content', () => {
    expect(item('anthropic', reasoning('', 1))).not.toHaveProperty('encrypted_content')
  })

  test('redacted reasoning has no summary events', () => {
    const block: Block = { kind: 'reasoning', issuer: 'anthropic', redacted: true }
    const { events } = encode(answer([[block, { kind: 'encrypted', value: 'D' }]]))
    expect(typesOf(events).slice(2, -1)).toEqual(['output_item.added', 'output_item.done'])
  })
})

describe('the end', () => {
  const finished = (reason: Parameters<typeof ended>[0]) => {
    const { events, losses } = encode(answer([[{ kind: 'text' }, text('Hi')]], ended(reason)))
    const { status, incomplete_details, completed_at, error, output } = terminalOf(events)
    const [item] = output as JsonObject[]
    return { type: events.at(-1)?.type, status, incomplete_details, completed_at, error, item: item?.status, losses }
  }
  const completed = (losses: string[] = []) => ({
    type: 'response.completed',
    status: 'completed',
    incomplete_details: null,
    completed_at: createdAt,
    error: null,
    item: 'completed',
    losses,
  })
  const incomplete = (reason: string, losses: string[] = []) => ({
    type: 'response.incomplete',
    status: 'incomplete',
    incomplete_details: { reason },
    completed_at: null,
    error: null,
    item: 'incomplete',
    losses,
  })

  test.each([
    ['stop', completed()],
    ['stop-sequence', completed(['stop-sequence'])],
    ['tool-calls', completed()],
    ['refusal', completed()],
    ['other', completed(['finish-detail'])],
    ['length', incomplete('max_output_tokens')],
    ['context-window', incomplete('max_output_tokens', ['finish-detail'])],
    ['pause', incomplete('max_output_tokens', ['finish-detail'])],
    ['compaction', incomplete('max_output_tokens', ['finish-detail'])],
    ['content-filter', incomplete('content_filter')],
  ] as const)('finish %s', (reason, expected) => {
    expect(finished(reason)).toEqual(expected)
  })

  test('a malformed tool call is an error', () => {
    expect(finished('malformed-tool-call')).toMatchObject({
      type: 'response.failed',
      status: 'failed',
      error: { code: 'server_error', message: 'The model made a tool call that cannot be read.' },
    })
  })

  test('a call that the limit cut off is incomplete, the one before it is not', () => {
    const { events } = encode(
      answer(
        [
          [call('a', 'f'), args('{}')],
          [call('b', 'f'), args('{"city":"Zür')],
        ],
        ended('length'),
      ),
    )
    const calls = outputOf(events).map(({ status, arguments: value }) => [status, value])
    expect(calls).toEqual([
      ['completed', '{}'],
      ['incomplete', '{"city":"Zür'],
    ])
  })

  test('usage is OpenAI’s arithmetic', () => {
    const usage = { input: 15, cacheRead: 10, cacheWrite5m: 1, cacheWrite1h: 3, output: 42, reasoning: 7 }
    const { events, losses } = encode([...answer([], []), { type: 'usage', usage }, ...ended('stop').slice(1)])
    expect(terminalOf(events).usage).toEqual({
      input_tokens: 29,
      input_tokens_details: { cached_tokens: 10, cache_write_tokens: 4 },
      output_tokens: 42,
      output_tokens_details: { reasoning_tokens: 7 },
      total_tokens: 71,
    })
    expect(losses).toEqual(['usage-detail'])
  })

  test('usage after the finish counts, and unknown usage is zeros', () => {
    const [usage, finish, end] = ended('stop') as [StreamEvent, StreamEvent, StreamEvent]
    const late = encode([...answer([], []), finish, usage, end])
    expect(terminalOf(late.events).usage).toMatchObject({ input_tokens: 1, output_tokens: 1 })
    const none = encode([...answer([], []), finish, end])
    expect(terminalOf(none.events).usage).toMatchObject({ input_tokens: 0, output_tokens: 0, total_tokens: 0 })
  })

  test('the served tier is told in OpenAI’s words', () => {
    const tier = (serviceTier: string) => {
      const usage = { output: 1, serviceTier }
      return terminalOf(encode([...answer([], []), { type: 'usage', usage }, ...ended('stop').slice(1)]).events)
    }
    expect(tier('standard').service_tier).toBe('default')
    const own = ['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast']
    expect(own.map((word) => tier(word).service_tier)).toEqual(own)
    const unknown = (wire: JsonObject) => terminalOf(encode(answer([]), { wire }).events).service_tier
    expect(unknown({ service_tier: 'flex' })).toBe('flex')
    expect(unknown({})).toBe('default')
  })

  test('events that end without an end are an error, not a success', () => {
    const { events } = encode(answer([[{ kind: 'text' }, text('Hi')]], []))
    expect(typesOf(events).slice(-2)).toEqual(['error', 'failed'])
  })

  test('an end without a finish is an error too', () => {
    const { events } = encode([...answer([[{ kind: 'text' }, text('Hi')]], []), { type: 'response-end' }])
    expect(typesOf(events).slice(-2)).toEqual(['error', 'failed'])
  })

  test('an error before anything else still begins with the response', async () => {
    const { text: wire, events } = encode([{ type: 'error', error: { code: 'rate_limit', message: 'Slow down' } }])
    expect(typesOf(events)).toEqual(['created', 'in_progress', 'error', 'failed'])
    expect(terminalOf(events).error).toEqual({ code: 'rate_limit_exceeded', message: 'Slow down' })
    await expect(finalResponse(wire)).rejects.toThrow('Slow down')
  })

  test('after an error there is nothing', () => {
    const error: StreamEvent = { type: 'error', error: { code: 'internal', message: 'No' } }
    expect(encode([...answer([], []), error, ...ended('stop')]).text).toBe(encode([...answer([], []), error]).text)
  })
})

describe('the response object', () => {
  const start = { type: 'response-start', id: 'msg_01', model: 'claude', createdAt: 0 } as const

  test('echoes what the client asked for, unknown to any conversion', () => {
    const wire = {
      model: 'm/claude',
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      tools: [{ type: 'namespace', name: 'n', tools: [] }],
      tool_choice: 'required',
      parallel_tool_calls: false,
      max_output_tokens: 99,
      reasoning: { summary: 'auto' },
      text: { verbosity: 'low' },
      temperature: 0.2,
      prompt_cache_key: 'k',
    }
    const { events } = encode([start, ...ended('stop')], { wire })
    expect(terminalOf(events)).toMatchObject({
      ...wire,
      model: 'claude',
      reasoning: { effort: null, summary: 'auto' },
      text: { format: { type: 'text' }, verbosity: 'low' },
    })
  })

  test('an id of another format is replaced, by the same one in every event and every time', () => {
    const run = () => encode([start, ...ended('stop')], { requestId: 'key-42' }).events
    const ids = [...run(), ...run()].map((event) => event.response && (event.response as JsonObject).id)
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^resp_[0-9a-f]{48}$/)
    expect(encode([start, ...ended('stop')], { requestId: 'key-43' }).events[0]).not.toMatchObject({
      response: { id: ids[0] },
    })
  })

  test('a model that the upstream does not name is the client’s', () => {
    const nameless = { ...start, model: '' }
    expect(terminalOf(encode([nameless, ...ended('stop')], { wire: { model: 'm/claude' } }).events).model).toBe(
      'm/claude',
    )
    expect(terminalOf(encode([nameless, ...ended('stop')]).events).model).toBe('')
  })

  test('a creation time that the upstream lacks is the request’s', () => {
    expect(terminalOf(encode([start, ...ended('stop')]).events).created_at).toBe(createdAt)
  })
})

describe('the official client', () => {
  test('gets text, calls and usage as they are', async () => {
    const hard = '👩‍🚀é漢字𝄞 \u2028\u0085 data: x\n\nevent: fake\r\n"quoted" \\back'
    const { text: wire } = encode(
      answer(
        [
          [{ kind: 'text' }, text(hard)],
          [call('c', 'f'), args('{"a":'), args('"Zürich"}')],
        ],
        ended('tool-calls'),
      ),
    )
    const final = await finalResponse(wire)
    expect(final.output_text).toBe(hard)
    expect(final.output[1]).toMatchObject({ type: 'function_call', call_id: 'c', arguments: '{"a":"Zürich"}' })
  })

  test('throws the upstream’s message on an error', async () => {
    const { text: wire } = encode([
      ...answer([[{ kind: 'text' }, text('Hel')]], []),
      { type: 'error', error: { code: 'overloaded', message: 'Overloaded' } },
    ])
    const seen: string[] = []
    const stream = clientFor(wire).responses.stream({ model: 'm', input: 'x' })
    stream.on('response.output_text.delta', (event) => seen.push(event.delta))
    await expect(stream.finalResponse()).rejects.toThrow('Overloaded')
    expect(seen).toEqual(['Hel'])
  })
})
