import { describe, expect, test } from 'vitest'
import { seal, unseal } from '../../../lambda/events/envelope.ts'
import { clampCallId } from '../../../lambda/events/ids.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Block, StreamEvent } from '../../../lambda/events/stream-event.ts'
import type { Usage } from '../../../lambda/events/usage.ts'
import { checkMessagesStream } from '../../support/grammar/messages-grammar.ts'
import { args, begin, call, close, finish, more, open, reasoning, text, textOf, use } from './stream-events.ts'
import { encode, eventsOf, foldOf, framesOf } from './support.ts'

/** The content an M client ends up with. */
const contentOf = (events: StreamEvent[]) => {
  const { text: written, losses } = encode([begin, ...events, ...finish()])
  expect(checkMessagesStream(framesOf(written))).toEqual([])
  return { content: foldOf(written).content, losses }
}
const contents: Array<[name: string, events: StreamEvent[], content: unknown[], losses: string[]]> = [
  ['an empty text block is not sent', [open(0, { kind: 'text' }), close(0), ...text(1, 'x')], [textOf('x')], []],
  ['an empty refusal is not sent', [open(0, { kind: 'refusal' }), close(0)], [], []],
  ['an answer without any block has none', [], [], []],
  [
    'text after the calls is a new block after them',
    [call(0, 'f'), args(0, '{}'), close(0), ...text(1, 'x')],
    [use('f', {}), textOf('x')],
    [],
  ],
  [
    'a custom call becomes an object with its input',
    [call(0, 'f', 'custom'), args(0, 'say "hi"\n👩'), args(0, '‍🚀'), close(0)],
    [use('f', { input: 'say "hi"\n👩‍🚀' })],
    [],
  ],
  ['a custom call without input', [call(0, 'f', 'custom'), close(0)], [use('f', { input: '' })], []],
  [
    'a call cut in the middle keeps its text',
    [call(0, 'f'), args(0, '{"city":"Zür'), close(0)],
    [use('f', '{"city":"Zür')],
    [],
  ],
  [
    'a call that is complete makes room for the next block before it ends',
    [call(0, 'a'), args(0, '{"x":"}"}'), ...text(1, 'then'), close(0)],
    [use('a', { x: '}' }), textOf('then')],
    [],
  ],
  [
    'reasoning parts are paragraphs',
    [
      open(0, reasoning('unknown')),
      more(0, { kind: 'reasoning', text: 'a', part: 0 }),
      more(0, { kind: 'reasoning', text: 'b', part: 1 }),
      more(0, { kind: 'reasoning', text: 'c', part: 1 }),
      close(0),
    ],
    [{ type: 'thinking', thinking: 'a\n\nbc', signature: '' }],
    [],
  ],
  [
    'a signature without text is a block of its own',
    [open(0, reasoning('anthropic')), more(0, { kind: 'signature', value: 'Eq==' }), close(0), ...text(1, 'x')],
    [{ type: 'thinking', thinking: '', signature: 'Eq==' }, textOf('x')],
    [],
  ],
  ['reasoning without anything is nothing', [open(0, reasoning('openai')), close(0)], [], []],
  [
    'redacted reasoning of Bedrock goes bare',
    [open(0, reasoning('bedrock', { redacted: true })), more(0, { kind: 'encrypted', value: 'data' }), close(0)],
    [{ type: 'redacted_thinking', data: 'data' }],
    [],
  ],
  [
    'encrypted reasoning of OpenAI travels in an envelope that remembers its parts',
    [
      open(0, reasoning('openai', { id: 'rs_1' })),
      more(0, { kind: 'reasoning', text: 'a', part: 0 }),
      more(0, { kind: 'reasoning', text: 'b', part: 1 }),
      more(0, { kind: 'encrypted', value: 'gAAA' }),
      close(0),
    ],
    [
      {
        type: 'thinking',
        thinking: 'a\n\nb',
        signature: seal({ issuer: 'openai', value: 'gAAA', kind: 'encrypted', id: 'rs_1', text: ['a', 'b'] }),
      },
    ],
    [],
  ],
  [
    'a signature Gemini wants back with a call stands before the call',
    [
      open(0, { kind: 'tool-call', id: 'call_f', name: 'f', tool: 'function', signature: 'CiQ=' }),
      args(0, '{}'),
      close(0),
    ],
    [{ type: 'thinking', thinking: '', signature: seal({ issuer: 'google', value: 'CiQ=' }) }, use('f', {})],
    [],
  ],
  [
    'the issuer that comes with a signature counts more than the block’s',
    [
      open(0, reasoning('unknown')),
      more(0, { kind: 'signature', value: 'Eq==', issuer: 'anthropic' }),
      close(0),
      open(1, reasoning('unknown')),
      more(1, { kind: 'encrypted', value: 'gAAA', issuer: 'openai', id: 'rs_1' }),
      close(1),
    ],
    [
      { type: 'thinking', thinking: '', signature: 'Eq==' },
      {
        type: 'thinking',
        thinking: '',
        signature: seal({ issuer: 'openai', value: 'gAAA', kind: 'encrypted', id: 'rs_1' }),
      },
    ],
    [],
  ],
  [
    'a signature that comes after its call is lost by name',
    [call(0, 'f'), more(0, { kind: 'signature', value: 'CiQ=' }), close(0)],
    [use('f', {})],
    ['native-block'],
  ],
  [
    'a signature that comes after a custom call is lost by name too',
    [call(0, 'f', 'custom'), args(0, 'x'), more(0, { kind: 'signature', value: 'CiQ=' }), close(0)],
    [use('f', { input: 'x' })],
    ['native-block'],
  ],
  [
    'a citation that comes before its text stands behind it',
    [
      open(0, { kind: 'text' }),
      more(0, { kind: 'annotation', annotation: { type: 'url', url: 'https://e.org', citedText: 'q' } }),
      more(0, { kind: 'text', text: 'x' }),
      close(0),
    ],
    [
      {
        type: 'text',
        text: 'x',
        citations: [
          {
            type: 'web_search_result_location',
            url: 'https://e.org',
            title: null,
            cited_text: 'q',
            encrypted_index: '',
          },
        ],
      },
    ],
    [],
  ],
  [
    'what M cannot show is a named loss, without a gap in the numbers',
    [
      open(0, { kind: 'server-tool', name: 'web_search', phase: 'call' }),
      args(0, '{"query":"x"}'),
      open(1, { kind: 'text', phase: 'commentary' }),
      more(1, { kind: 'text', text: 'x', logprobs: [{ token: 'x', logprob: -1 }] }),
      more(1, { kind: 'annotation', annotation: { type: 'file', fileId: 'file_1' } }),
      more(1, { kind: 'annotation', annotation: { type: 'url', url: 'https://e.org', start: 0, end: 1 } }),
      close(1),
      close(0),
      open(2, { kind: 'audio' }),
      more(2, { kind: 'audio', base64: 'AAAA' }),
      close(2),
      open(3, { kind: 'image' }),
      close(3),
      open(4, { kind: 'native', native: {} }),
      close(4),
      { type: 'native', native: {} },
      ...text(5, 'y'),
    ],
    [
      {
        ...textOf('x'),
        citations: [
          {
            type: 'web_search_result_location',
            url: 'https://e.org',
            title: null,
            cited_text: '',
            encrypted_index: '',
          },
        ],
      },
      textOf('y'),
    ],
    [
      'audio-output',
      'citation-source',
      'citation-span',
      'image-output',
      'logprobs',
      'native-block',
      'phase',
      'server-tool',
      'unknown-event',
    ],
  ],
  [
    'pings are no loss',
    [{ type: 'native', native: { type: 'ping' }, silent: true }, ...text(0, 'x')],
    [textOf('x')],
    [],
  ],
  [
    'only the first of several choices is the answer',
    [
      open(0, { kind: 'text' }),
      open(1, { kind: 'text' }, 1),
      more(1, { kind: 'text', text: 'other' }),
      more(0, { kind: 'text', text: 'mine' }),
      close(1),
      { type: 'finish', reason: 'length', choice: 1 },
      close(0),
    ],
    [textOf('mine')],
    [],
  ],
]

describe('content', () => {
  test.each(contents)('%s', (_name, events, content, losses) => {
    expect(contentOf(events)).toEqual({ content, losses })
  })

  test('reasoning, text and eight calls keep their order', () => {
    const calls = Array.from({ length: 8 }, (_, at) => [call(at + 2, `f${at}`), args(at + 2, `{"n":${at}}`)]).flat()
    const ends = Array.from({ length: 8 }, (_, at) => close(at + 2))
    const thought = [open(0, reasoning('unknown')), more(0, { kind: 'reasoning', text: 'r', part: 0 }), close(0)]
    expect(contentOf([...thought, ...text(1, 'x'), ...calls, ...ends]).content).toEqual([
      { type: 'thinking', thinking: 'r', signature: '' },
      textOf('x'),
      ...Array.from({ length: 8 }, (_, at) => use(`f${at}`, { n: at })),
    ])
  })

  test('an illegal call id becomes the same legal one as in requests', () => {
    const block: Block = { kind: 'tool-call', id: 'llm:0', name: 'f', tool: 'function' }
    const [made] = contentOf([open(0, block), close(0)]).content as JsonObject[]
    expect(made?.id).toBe(clampCallId('llm:0'))
    expect(made?.id).toMatch(/^[a-zA-Z0-9_-]+$/)
  })

  test('no signature is ever invented', () => {
    const events = [open(0, reasoning('unknown')), more(0, { kind: 'reasoning', text: 'r', part: 0 }), close(0)]
    const { text: written } = encode([begin, ...events, ...finish()])
    expect(written).not.toContain('signature_delta')
    expect(unseal('')).toBeUndefined()
  })
})

test('sequential calls stream live, though their end is not announced', () => {
  const events = [begin, call(0, 'a'), args(0, '{"x":'), args(0, '1}'), call(1, 'b'), args(1, '{"y":')]
  const { text: written } = encode(events)
  expect(eventsOf(written).at(-1)).toEqual({
    type: 'content_block_delta',
    index: 1,
    delta: { type: 'input_json_delta', partial_json: '{"y":' },
  })
})

test('message_start waits for usage that comes before the content, and for nothing else', () => {
  const start = (events: StreamEvent[]) => eventsOf(encode(events).text)
  expect(start([begin, { type: 'usage', usage: { input: 7 } }])).toEqual([])
  const [first] = start([begin, { type: 'usage', usage: { input: 7 } }, open(0, { kind: 'text' })])
  expect(first).toMatchObject({ type: 'message_start', message: { usage: { input_tokens: 7, output_tokens: 0 } } })
})

const startUsages: Array<[name: string, usage: Usage, expected: object]> = [
  ['no tier is standard', {}, { service_tier: 'standard', server_tool_use: null, output_tokens_details: null }],
  ['priority', { serviceTier: 'priority' }, { service_tier: 'priority' }],
  ['batch', { serviceTier: 'batch' }, { service_tier: 'batch' }],
  ['a tier that M has no word for is standard', { serviceTier: 'flex' }, { service_tier: 'standard' }],
  [
    'one server tool has a count of the other too',
    { serverTools: { webFetch: 3 } },
    { server_tool_use: { web_search_requests: 0, web_fetch_requests: 3 } },
  ],
  [
    'cache writes by lifetime, and their sum',
    { input: 1, cacheRead: 5, cacheWrite5m: 4, cacheWrite1h: 3 },
    {
      input_tokens: 1,
      cache_read_input_tokens: 5,
      cache_creation_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 3 },
    },
  ],
]
test.each(startUsages)('usage of message_start: %s', (_name, usage, expected) => {
  const [first] = eventsOf(encode([begin, { type: 'usage', usage }, open(0, { kind: 'text' })]).text)
  expect(first).toMatchObject({ type: 'message_start', message: { usage: expected } })
})

test('usage that comes after the finish still counts', () => {
  const events: StreamEvent[] = [
    begin,
    ...text(0, 'x'),
    { type: 'finish', reason: 'stop' },
    { type: 'usage', usage: { input: 15, cacheRead: 10, output: 42, reasoning: 7, serverTools: { webSearch: 1 } } },
    { type: 'response-end' },
  ]
  expect(foldOf(encode(events).text).usage).toMatchObject({
    input_tokens: 15,
    cache_read_input_tokens: 10,
    cache_creation_input_tokens: 0,
    output_tokens: 42,
    output_tokens_details: { thinking_tokens: 7 },
    server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
  })
})

const ids: Array<[given: string, written: string]> = [
  ['msg_bdrk_1', 'msg_bdrk_1'],
  ['chatcmpl-1', 'msg_minted'],
  ['', 'msg_minted'],
]
test.each(ids)('the id %j is written as %j', (id, written) => {
  expect(foldOf(encode([{ type: 'response-start', id, model: '' }, ...finish()]).text)).toMatchObject({
    id: written,
    model: 'm',
  })
})

test('the model is what the client asked for, since Claude Code replays the thinking of no other', () => {
  expect(
    foldOf(encode([{ type: 'response-start', id: 'msg_1', model: 'served-20260101' }, ...finish()]).text),
  ).toMatchObject({ model: 'm' })
})

const finishes: Array<
  [reason: Extract<StreamEvent, { type: 'finish' }>['reason'], more: object, delta: object, losses: string[]]
> = [
  ['stop', {}, { stop_reason: 'end_turn', stop_details: null }, []],
  ['stop-sequence', { stopSequence: 'END' }, { stop_reason: 'stop_sequence', stop_sequence: 'END' }, []],
  ['stop-sequence', {}, { stop_reason: 'stop_sequence', stop_sequence: null }, []],
  ['length', {}, { stop_reason: 'max_tokens' }, []],
  ['context-window', {}, { stop_reason: 'model_context_window_exceeded' }, []],
  ['tool-calls', {}, { stop_reason: 'tool_use' }, []],
  [
    'content-filter',
    { explanation: 'Why.' },
    { stop_reason: 'refusal', stop_details: { type: 'refusal', category: null, explanation: 'Why.' } },
    [],
  ],
  ['refusal', {}, { stop_reason: 'refusal' }, ['finish-detail']],
  ['pause', {}, { stop_reason: 'pause_turn' }, []],
  ['compaction', {}, { stop_reason: 'compaction' }, []],
  ['other', {}, { stop_reason: 'end_turn' }, ['finish-detail']],
]
test.each(finishes)('%s %j is written as %j', (reason, extra, delta, losses) => {
  const written = encode([begin, ...text(0, 'x'), ...finish(reason, extra)])
  expect(eventsOf(written.text).at(-2)).toMatchObject({ type: 'message_delta', delta })
  expect(written.losses).toEqual(losses)
})

describe('failures', () => {
  const failed = (events: StreamEvent[]) => eventsOf(encode(events).text).at(-1)
  const error = (type: string) => ({ type: 'error', error: { type }, request_id: 'req_1' })

  test('a malformed tool call is an error, not an end', () => {
    expect(failed([begin, ...text(0, 'x'), ...finish('malformed-tool-call')])).toMatchObject(error('api_error'))
  })

  test('an end without a finish is an error, not a success', () => {
    expect(failed([begin, ...text(0, 'x'), { type: 'response-end' }])).toMatchObject(error('api_error'))
  })

  test('nothing follows an error', () => {
    const { text: written } = encode([
      begin,
      { type: 'error', error: { code: 'rate_limit', message: 'Slow down' } },
      ...text(0, 'x'),
      ...finish(),
    ])
    expect(eventsOf(written).map((event) => event.type)).toEqual(['message_start', 'error'])
    expect(checkMessagesStream(framesOf(written))).toEqual([])
  })
})
