import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import type { Usage } from '../../../lambda/events/usage.ts'
import { createdAt, dataOf, encode } from './support.ts'

const start: StreamEvent = { type: 'response-start', id: 'chatcmpl-1', model: 'm' }

function block(index: number, kind: Block, deltas: Delta[], choice?: number): StreamEvent[] {
  const where = choice === undefined ? { index } : { index, choice }
  return [
    { type: 'block-start', ...where, block: kind },
    ...deltas.map((delta): StreamEvent => ({ type: 'block-delta', ...where, delta })),
    { type: 'block-end', ...where },
  ]
}

const text = (...texts: string[]): Delta[] => texts.map((piece) => ({ kind: 'text', text: piece }))
const call = (id: string, name: string): Block => ({ kind: 'tool-call', id, name, tool: 'function' })
const args = (...texts: string[]): Delta[] => texts.map((piece) => ({ kind: 'arguments', text: piece }))

/** U(input, cacheRead, cacheWrite5m, output, reasoning) of the reference. */
function usage(input: number, cacheRead: number, cacheWrite5m: number, output: number, reasoning: number): StreamEvent {
  const counts: Usage = { input, cacheRead, cacheWrite5m, output, reasoning }
  return { type: 'usage', usage: counts }
}

function end(reason: Extract<StreamEvent, { type: 'finish' }>['reason'], counts: StreamEvent): StreamEvent[] {
  return [{ type: 'finish', reason }, counts, { type: 'response-end' }]
}

/** The chunk that `<delta> [finish]` of the reference stands for. */
function wire(delta: JsonObject, finish: string | null = null): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: createdAt,
    model: 'm',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    usage: null,
  }
}

function wireUsage(prompt: number, cached: number, written: number, completion: number, reasoning = 0): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: createdAt,
    model: 'm',
    choices: [],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: reasoning,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
  }
}

const textRole = { role: 'assistant', content: '', refusal: null }
const otherRole = { role: 'assistant', content: null, refusal: null }

const examples: Array<{ name: string; events: StreamEvent[]; expected: Array<JsonObject | string> }> = [
  {
    name: '2: reasoning is streamed, and repeated whole with its signature when it ends',
    events: [
      start,
      ...block(0, { kind: 'reasoning', issuer: 'anthropic' }, [
        { kind: 'reasoning', text: 'Let me ', part: 0 },
        { kind: 'reasoning', text: 'add.', part: 0 },
        { kind: 'signature', value: 'EqABsig' },
      ]),
      ...block(1, { kind: 'text' }, text('4')),
      ...end('stop', usage(20, 0, 0, 15, 9)),
    ],
    expected: [
      wire(otherRole),
      wire({ reasoning_content: 'Let me ' }),
      wire({ reasoning_content: 'add.' }),
      wire({
        reasoning_details: [
          {
            type: 'reasoning.text',
            text: 'Let me add.',
            signature: 'EqABsig',
            format: 'anthropic-claude-v1',
            index: 0,
          },
        ],
      }),
      wire({ content: '4' }),
      wire({}, 'stop'),
      wireUsage(20, 0, 0, 15, 9),
      '[DONE]',
    ],
  },
  {
    name: '3: argument deltas of two calls pass interleaved',
    events: [
      start,
      ...block(0, { kind: 'text' }, text('Checking.')),
      { type: 'block-start', index: 1, block: call('call_A', 'get_weather') },
      { type: 'block-delta', index: 1, delta: { kind: 'arguments', text: '{"city":' } },
      { type: 'block-start', index: 2, block: call('call_B', 'get_weather') },
      { type: 'block-delta', index: 2, delta: { kind: 'arguments', text: '{"city":' } },
      { type: 'block-delta', index: 1, delta: { kind: 'arguments', text: '"Paris"}' } },
      { type: 'block-delta', index: 2, delta: { kind: 'arguments', text: '"Rome"}' } },
      { type: 'block-end', index: 1 },
      { type: 'block-end', index: 2 },
      ...end('tool-calls', usage(10, 40, 7, 34, 0)),
    ],
    expected: [
      wire(textRole),
      wire({ content: 'Checking.' }),
      wire({
        tool_calls: [{ index: 0, id: 'call_A', type: 'function', function: { name: 'get_weather', arguments: '' } }],
      }),
      wire({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
      wire({
        tool_calls: [{ index: 1, id: 'call_B', type: 'function', function: { name: 'get_weather', arguments: '' } }],
      }),
      wire({ tool_calls: [{ index: 1, function: { arguments: '{"city":' } }] }),
      wire({ tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }),
      wire({ tool_calls: [{ index: 1, function: { arguments: '"Rome"}' } }] }),
      wire({}, 'tool_calls'),
      wireUsage(57, 40, 7, 34),
      '[DONE]',
    ],
  },
  {
    name: '4: a call without arguments becomes {}',
    events: [start, ...block(0, call('toolu_C', 'get_time'), []), ...end('tool-calls', usage(8, 0, 0, 5, 0))],
    expected: [
      wire(otherRole),
      wire({
        tool_calls: [{ index: 0, id: 'toolu_C', type: 'function', function: { name: 'get_time', arguments: '' } }],
      }),
      wire({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      wire({}, 'tool_calls'),
      wireUsage(8, 0, 0, 5),
      '[DONE]',
    ],
  },
  {
    name: '5: a refusal has its own field',
    events: [
      start,
      ...block(0, { kind: 'refusal' }, [{ kind: 'refusal', text: "I can't help." }]),
      ...end('refusal', usage(9, 0, 0, 6, 0)),
    ],
    expected: [
      wire({ role: 'assistant', content: null, refusal: '' }),
      wire({ refusal: "I can't help." }),
      wire({}, 'stop'),
      wireUsage(9, 0, 0, 6),
      '[DONE]',
    ],
  },
  {
    name: '6: citations follow the text they belong to',
    events: [
      start,
      ...block(0, { kind: 'text' }, [
        ...text('Paris has 2.1 M people.'),
        {
          kind: 'annotation',
          annotation: { type: 'url', url: 'https://example.org/p', title: 'Paris', start: 0, end: 23 },
        },
      ]),
      ...end('stop', usage(30, 0, 0, 8, 0)),
    ],
    expected: [
      wire(textRole),
      wire({ content: 'Paris has 2.1 M people.' }),
      wire({
        annotations: [
          {
            type: 'url_citation',
            url_citation: { url: 'https://example.org/p', title: 'Paris', start_index: 0, end_index: 23 },
          },
        ],
      }),
      wire({}, 'stop'),
      wireUsage(30, 0, 0, 8),
      '[DONE]',
    ],
  },
  {
    name: '7: the token limit is said',
    events: [start, ...block(0, { kind: 'text' }, text('Once upon')), ...end('length', usage(5, 0, 0, 2, 0))],
    expected: [wire(textRole), wire({ content: 'Once upon' }), wire({}, 'length'), wireUsage(5, 0, 0, 2), '[DONE]'],
  },
  {
    name: '8: an error in the middle ends the stream without [DONE]',
    events: [
      start,
      ...block(0, { kind: 'text' }, text('Hel')).slice(0, 2),
      { type: 'error', error: { code: 'overloaded', message: 'Overloaded' } },
      { type: 'response-end' },
    ],
    expected: [
      wire(textRole),
      wire({ content: 'Hel' }),
      { error: { message: 'Overloaded', type: 'server_error', param: null, code: 'overloaded' } },
    ],
  },
  {
    name: '9: a truncated upstream is an error',
    events: [
      start,
      ...block(0, { kind: 'text' }, text('Hel')).slice(0, 2),
      {
        type: 'error',
        error: { code: 'upstream_truncated', message: 'The provider ended the stream before it was complete.' },
      },
    ],
    expected: [
      wire(textRole),
      wire({ content: 'Hel' }),
      {
        error: {
          message: 'The provider ended the stream before it was complete.',
          type: 'server_error',
          param: null,
          code: 'upstream_truncated',
        },
      },
    ],
  },
]

describe('worked examples', () => {
  test('1: text, every byte', () => {
    const { text: written } = encode([
      start,
      ...block(0, { kind: 'text' }, text('Hi', ' there')),
      ...end('stop', usage(10, 0, 0, 3, 0)),
    ])
    const chunkOf = (delta: string, finish = 'null') =>
      `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"m","choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}],"usage":null}\n\n`
    expect(written).toBe(
      [
        chunkOf('{"role":"assistant","content":"","refusal":null}'),
        chunkOf('{"content":"Hi"}'),
        chunkOf('{"content":" there"}'),
        chunkOf('{}', '"stop"'),
        'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}\n\n',
        'data: [DONE]\n\n',
      ].join(''),
    )
  })

  test.each(examples)('$name', ({ events, expected }) => {
    expect(dataOf(encode(events).text)).toEqual(expected)
  })
})

describe('usage', () => {
  test.each<[counted: Usage, written: boolean]>([
    [{}, false],
    [{ serviceTier: 'flex', images: 1 }, false],
    [{ input: 0 }, true],
    [{ output: 0 }, true],
    [{ cacheRead: 4 }, true],
  ])('%j is written: %s', (counted, written) => {
    const events = [...block(0, { kind: 'text' }, text('Hi')), ...end('stop', { type: 'usage', usage: counted })]
    const chunks = dataOf(encode([start, ...events]).text).filter((data) => typeof data === 'object' && data.usage)
    expect(chunks).toHaveLength(written ? 1 : 0)
  })

  test.each([
    ['standard', 'default'],
    ['batch', 'default'],
    ['default', 'default'],
    ['auto', 'auto'],
    ['flex', 'flex'],
    ['scale', 'scale'],
    ['priority', 'priority'],
    ['fast', 'fast'],
    ['on_demand', undefined],
    ['toString', undefined],
    [undefined, undefined],
  ])('the tier %j is called %j', (serviceTier, expected) => {
    const counts: StreamEvent = { type: 'usage', usage: { input: 1, ...(serviceTier && { serviceTier }) } }
    const [first] = dataOf(encode([start, counts, ...block(0, { kind: 'text' }, text('Hi'))]).text)
    expect((first as JsonObject).service_tier).toBe(expected)
  })

  test('is not written, nor its null, for a client that did not ask', () => {
    const events = [start, ...block(0, { kind: 'text' }, text('Hi')), ...end('stop', usage(1, 0, 0, 1, 0))]
    const { text: written } = encode(events, { includeUsage: false })
    expect(written).not.toContain('usage')
    expect(dataOf(written).at(-1)).toBe('[DONE]')
  })

  test('that was never reported is not invented', () => {
    const events: StreamEvent[] = [start, { type: 'finish', reason: 'stop' }, { type: 'response-end' }]
    expect(dataOf(encode(events).text)).toEqual([wire(otherRole), wire({}, 'stop'), '[DONE]'])
  })

  test('of two cache lifetimes is added up, which is a named loss', () => {
    const counts: StreamEvent = { type: 'usage', usage: { input: 1, cacheWrite5m: 2, cacheWrite1h: 3, output: 4 } }
    const { text: written, losses } = encode([start, ...end('stop', counts)])
    expect(dataOf(written)).toContainEqual(wireUsage(6, 0, 5, 4))
    expect(losses).toEqual(['usage-detail'])
  })
})

const finishes: Array<[Extract<StreamEvent, { type: 'finish' }>['reason'], string, string[]]> = [
  ['stop', 'stop', []],
  ['stop-sequence', 'stop', ['stop-sequence']],
  ['length', 'length', []],
  ['context-window', 'length', ['finish-detail']],
  ['tool-calls', 'tool_calls', []],
  ['content-filter', 'content_filter', []],
  ['refusal', 'stop', []],
  ['pause', 'length', ['finish-detail']],
  ['compaction', 'length', ['finish-detail']],
  ['other', 'stop', ['finish-detail']],
]

describe('finish', () => {
  test.each(finishes)('%s is written as %s', (reason, word, losses) => {
    const result = encode([start, ...block(0, { kind: 'text' }, text('a')), ...end(reason, usage(1, 0, 0, 1, 0))])
    expect(dataOf(result.text)).toContainEqual(wire({}, word))
    expect(result.losses).toEqual(losses)
  })

  test('of a malformed call is an error', () => {
    const { text: written } = encode([start, ...end('malformed-tool-call', usage(1, 0, 0, 1, 0))])
    expect(dataOf(written)).toMatchObject([{ error: { code: 'upstream_malformed' } }])
  })

  test('of an answer without any block still has a role', () => {
    const { text: written } = encode([start, ...end('stop', usage(1, 0, 0, 0, 0))])
    expect(dataOf(written).slice(0, 2)).toEqual([wire(otherRole), wire({}, 'stop')])
  })
})

describe('blocks', () => {
  test('parts of one reasoning block are paragraphs, and entries of their own for the way back', () => {
    const { text: written } = encode([
      start,
      ...block(0, { kind: 'reasoning', issuer: 'openai', id: 'rs_1' }, [
        { kind: 'reasoning', text: 'One', part: 0 },
        { kind: 'reasoning', text: 'Two', part: 1 },
        { kind: 'encrypted', value: 'gAAA' },
      ]),
      { type: 'finish', reason: 'stop' },
    ])
    const format = 'openai-responses-v1'
    expect(dataOf(written)).toEqual([
      wire(otherRole),
      wire({ reasoning_content: 'One' }),
      wire({ reasoning_content: '\n\nTwo' }),
      wire({
        reasoning_details: [
          { type: 'reasoning.summary', summary: 'One', id: 'rs_1', format, index: 0 },
          { type: 'reasoning.summary', summary: 'Two', id: 'rs_1', format, index: 1 },
          { type: 'reasoning.encrypted', data: 'gAAA', id: 'rs_1', format, index: 1 },
        ],
      }),
      wire({}, 'stop'),
    ])
  })

  test('redacted reasoning says nothing but its data, in one list with the block before it', () => {
    const redacted: Block = { kind: 'reasoning', issuer: 'anthropic', redacted: true }
    const { text: written } = encode([
      start,
      ...block(0, { kind: 'reasoning', issuer: 'anthropic' }, [{ kind: 'signature', value: 'Eq==' }]),
      ...block(1, redacted, [{ kind: 'encrypted', value: 'ER==' }]),
      ...block(2, { kind: 'text' }, text('4')),
    ])
    const format = 'anthropic-claude-v1'
    expect(dataOf(written)).toEqual([
      wire(otherRole),
      wire({
        reasoning_details: [
          { type: 'reasoning.text', text: '', signature: 'Eq==', format, index: 0 },
          { type: 'reasoning.encrypted', data: 'ER==', format, index: 1 },
        ],
      }),
      wire({ content: '4' }),
    ])
  })

  test('a custom call carries its input as it is', () => {
    const { text: written } = encode([
      start,
      ...block(0, { kind: 'tool-call', id: 'call_1', name: 'patch', tool: 'custom' }, args('*** Begin')),
    ])
    expect(dataOf(written).slice(1)).toEqual([
      wire({ tool_calls: [{ index: 0, id: 'call_1', type: 'custom', custom: { name: 'patch', input: '' } }] }),
      wire({ tool_calls: [{ index: 0, custom: { input: '*** Begin' } }] }),
    ])
  })

  test('a thought signature of a call goes where Google wants it back', () => {
    const { text: written } = encode([
      start,
      ...block(0, { kind: 'tool-call', id: 'call_1', name: 'f', tool: 'function', signature: 'sig' }, args('{}')),
    ])
    expect(dataOf(written)[1]).toMatchObject({
      choices: [{ delta: { tool_calls: [{ extra_content: { google: { thought_signature: 'sig' } } }] } }],
    })
  })

  test('a client of the deprecated functions gets function_call', () => {
    const { text: written, losses } = encode(
      [
        start,
        ...block(0, call('c1', 'f'), args('{"a":1}')),
        ...block(1, call('c2', 'g'), args('{}')),
        ...end('tool-calls', usage(1, 0, 0, 1, 0)),
      ],
      { legacyFunctions: true },
    )
    expect(dataOf(written).slice(0, 4)).toEqual([
      wire(otherRole),
      wire({ function_call: { name: 'f', arguments: '' } }),
      wire({ function_call: { arguments: '{"a":1}' } }),
      wire({}, 'function_call'),
    ])
    expect(losses).toEqual(['native-block'])
  })

  test('logprobs stand beside the delta they belong to', () => {
    const { text: written } = encode([
      start,
      ...block(0, { kind: 'text' }, [{ kind: 'text', text: 'a', logprobs: [{ token: 'a', logprob: -0.5 }] }]),
    ])
    expect(dataOf(written)[1]).toMatchObject({
      choices: [
        { logprobs: { content: [{ token: 'a', logprob: -0.5, bytes: null, top_logprobs: [] }], refusal: null } },
      ],
    })
  })

  test('a citation without a place covers its whole block, which is a named loss', () => {
    const { text: written, losses } = encode([
      start,
      ...block(0, { kind: 'text' }, text('first ')),
      ...block(1, { kind: 'text' }, [
        ...text('second'),
        { kind: 'annotation', annotation: { type: 'url', url: 'https://example.org' } },
        { kind: 'annotation', annotation: { type: 'document', title: 'no address' } },
        { kind: 'annotation', annotation: { type: 'url', title: 'no address' } },
      ]),
    ])
    expect(dataOf(written).at(-1)).toEqual(
      wire({
        annotations: [
          {
            type: 'url_citation',
            url_citation: { url: 'https://example.org', title: '', start_index: 6, end_index: 12 },
          },
        ],
      }),
    )
    expect(losses).toEqual(['citation-source', 'citation-span'])
  })

  test('each choice has its own role, content and finish', () => {
    const { text: written } = encode([
      start,
      ...block(0, { kind: 'text' }, text('zero')),
      ...block(1, { kind: 'text' }, text('one'), 1),
      { type: 'finish', reason: 'stop' },
      { type: 'finish', reason: 'length', choice: 1 },
      { type: 'response-end' },
    ])
    const choices = dataOf(written).flatMap((data) => (typeof data === 'object' ? (data.choices as JsonObject[]) : []))
    expect(choices.map(({ index, delta, finish_reason }) => [index, delta, finish_reason])).toEqual([
      [0, textRole, null],
      [0, { content: 'zero' }, null],
      [1, textRole, null],
      [1, { content: 'one' }, null],
      [0, {}, 'stop'],
      [1, {}, 'length'],
    ])
  })

  test('what C has no word for is left out with its loss, before it and after it all is whole', () => {
    const { text: written, losses } = encode([
      start,
      ...block(0, { kind: 'server-tool', name: 'web_search', phase: 'call' }, args('{}')),
      ...block(1, { kind: 'native', native: {} }, []),
      { type: 'native', native: {}, silent: true },
      { type: 'native', native: {}, loss: 'container' },
      ...block(2, { kind: 'text', phase: 'final_answer' }, text('x')),
    ])
    expect(dataOf(written)).toEqual([wire(textRole), wire({ content: 'x' })])
    expect(losses).toEqual(['container', 'native-block', 'phase', 'server-tool'])
  })

  test('an image is a data URL, its previews are not sent', () => {
    const { text: written } = encode([
      start,
      ...block(0, { kind: 'image', mediaType: 'image/webp' }, [
        { kind: 'image', base64: 'AAAA', partial: 0 },
        { kind: 'image', base64: 'BBBB' },
      ]),
    ])
    expect(dataOf(written)).toEqual([
      wire(otherRole),
      wire({ images: [{ type: 'image_url', image_url: { url: 'data:image/webp;base64,BBBB' } }] }),
    ])
  })
})

describe('ids', () => {
  test('an id of another format is replaced by a minted one, the same on every chunk', () => {
    const { text: written } = encode([
      { type: 'response-start', id: 'msg_01', model: 'claude' },
      ...block(0, { kind: 'text' }, text('a', 'b')),
      ...end('stop', usage(1, 0, 0, 1, 0)),
    ])
    const ids = dataOf(written).flatMap((data) => (typeof data === 'object' ? [data.id] : []))
    expect(new Set(ids)).toEqual(new Set(['chatcmpl-1']))
  })

  test('a call id with illegal characters is clamped', () => {
    const { text: written } = encode([start, ...block(0, call('llm_version:0', 'f'), [])])
    expect(written).toMatch(/"id":"llm_version_0_[0-9a-f]{16}"/)
  })
})
