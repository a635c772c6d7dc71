import { describe, expect, test } from 'vitest'
import { Losses } from '../../../lambda/events/losses.ts'
import type { CanonicalRequest, JsonObject } from '../../../lambda/events/request.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { countingMint, createdAt, dataOf, encode, request } from './support.ts'

// Blocks that say something beside their text, nothing at all, or what comes late.

type Start = Extract<StreamEvent, { type: 'response-start' }>

const start: Start = { type: 'response-start', id: 'chatcmpl-x', model: 'm' }
const stop: StreamEvent = { type: 'finish', reason: 'stop' }
const f: Block = { kind: 'tool-call', id: 'c', name: 'f', tool: 'function' }

function block(index: number, kind: Block, ...deltas: Delta[]): StreamEvent[] {
  return [
    { type: 'block-start', index, block: kind },
    ...deltas.map((delta): StreamEvent => ({ type: 'block-delta', index, delta })),
    { type: 'block-end', index },
  ]
}

/** The choices of all chunks. */
function choices(events: StreamEvent[], fields?: Partial<CanonicalRequest>): JsonObject[] {
  return dataOf(encode([start, ...events], fields).text).flatMap((data) =>
    typeof data === 'object' ? (data.choices as JsonObject[]) : [],
  )
}

/** What they say but the role. */
function deltas(events: StreamEvent[], fields?: Partial<CanonicalRequest>): unknown[] {
  return choices(events, fields)
    .map(({ delta }) => delta as JsonObject)
    .filter(({ role }) => role === undefined)
}

describe('pieces that are empty are not written', () => {
  const legacyFunctions = true
  test.each<[what: string, events: StreamEvent[], expected: JsonObject[], fields?: Partial<CanonicalRequest>]>([
    ['text', block(0, { kind: 'text' }, { kind: 'text', text: '' }, { kind: 'text', text: 'a' }), [{ content: 'a' }]],
    [
      'reasoning',
      block(
        0,
        { kind: 'reasoning', issuer: 'unknown' },
        { kind: 'reasoning', text: '', part: 0 },
        { kind: 'reasoning', text: 'Hm', part: 0 },
      ),
      [{ reasoning_content: 'Hm' }],
    ],
    [
      'arguments',
      block(0, f, { kind: 'arguments', text: '' }, { kind: 'arguments', text: '{}' }),
      [
        { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } }] },
        { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
      ],
    ],
    [
      'arguments of a deprecated call',
      block(0, f, { kind: 'arguments', text: '' }, { kind: 'arguments', text: '{"a":1}' }),
      [{ function_call: { name: 'f', arguments: '' } }, { function_call: { arguments: '{"a":1}' } }],
      { legacyFunctions },
    ],
    [
      'all arguments of a deprecated call, which are an empty object then',
      block(0, f, { kind: 'arguments', text: '' }, { kind: 'signature', value: 'sig' }),
      [{ function_call: { name: 'f', arguments: '' } }, { function_call: { arguments: '{}' } }],
      { legacyFunctions },
    ],
  ])('%s', (_what, events, expected, fields) => {
    expect(deltas(events, fields)).toEqual(expected)
  })
})

describe('calls', () => {
  test('a signature that comes late goes with the index of its call', () => {
    const events = [
      ...block(0, f, { kind: 'arguments', text: '{}' }),
      ...block(1, { ...f, id: 'd' }, { kind: 'signature', value: 'sig' }),
    ]
    expect(deltas(events).slice(2)).toEqual([
      { tool_calls: [{ index: 1, id: 'd', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 1, extra_content: { google: { thought_signature: 'sig' } } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    ])
  })

  test.each([
    [{ type: 'direct' }, []],
    [{ type: 'program', caller_id: 'call_1' }, ['caller']],
    [{ type: 'code_execution_20250825', tool_id: 'srvtoolu_1' }, ['caller']],
  ])('by %j lose %j', (caller, losses) => {
    expect(encode([start, ...block(0, { ...f, caller })]).losses).toEqual(losses)
  })

  test.each(['text', 'refusal'] as const)('begin an answer without text behind an empty %s', (kind) => {
    const [first] = choices([...block(0, { kind }), ...block(1, f)])
    expect(first?.delta).toEqual({ role: 'assistant', content: null, refusal: null })
  })

  test('begin an answer without text, though reasoning would go into it', () => {
    const [first] = choices(block(0, f), { thinkingText: true })
    expect(first?.delta).toEqual({ role: 'assistant', content: null, refusal: null })
  })

  test('are why an answer to the deprecated functions ends only if there are any', () => {
    const events = [...block(0, { kind: 'text' }, { kind: 'text', text: 'a' }), stop]
    expect(choices(events, { legacyFunctions: true }).at(-1)?.finish_reason).toBe('stop')
  })
})

describe('sound and pictures', () => {
  test('sound begins with its id', () => {
    const said: Delta[] = [
      { kind: 'audio', base64: 'AAAA' },
      { kind: 'audio', transcript: 'Hi', expiresAt: 5 },
    ]
    expect(deltas(block(0, { kind: 'audio', id: 'audio_1' }, ...said))).toEqual([
      { audio: { id: 'audio_1' } },
      { audio: { data: 'AAAA' } },
      { audio: { transcript: 'Hi', expires_at: 5 } },
    ])
    expect(deltas(block(0, { kind: 'audio' }, ...said))).toHaveLength(2)
  })

  test('a picture that does not say what it is is a PNG', () => {
    const url = 'data:image/png;base64,AAAA'
    expect(deltas(block(0, { kind: 'image' }, { kind: 'image', base64: 'AAAA' }))).toEqual([
      { images: [{ type: 'image_url', image_url: { url } }] },
    ])
  })
})

describe('probabilities', () => {
  const logprobs = [
    {
      token: 'N',
      logprob: -1,
      top_logprobs: [
        { token: 'Y', logprob: -2 },
        { token: 'N', logprob: -1, bytes: [78] },
      ],
    },
  ]
  const written = [
    {
      token: 'N',
      logprob: -1,
      bytes: null,
      top_logprobs: [
        { token: 'Y', logprob: -2, bytes: null },
        { token: 'N', logprob: -1, bytes: [78] },
      ],
    },
  ]
  const ofText = block(0, { kind: 'text' }, { kind: 'text', text: '', logprobs })
  const ofRefusal = block(0, { kind: 'refusal' }, { kind: 'refusal', text: 'N', logprobs })

  test.each([
    ['an empty text', ofText, { content: '' }, { content: written, refusal: null }],
    ['a refusal', ofRefusal, { refusal: 'N' }, { content: null, refusal: written }],
  ])('of %s', (_what, events, delta, expected) => {
    expect(choices(events).at(-1)).toEqual({ index: 0, delta, logprobs: expected, finish_reason: null })
  })
})

describe('citations', () => {
  test.each([
    [{ start: 2 }, { start_index: 7, end_index: 11 }],
    [{ end: 3 }, { start_index: 5, end_index: 8 }],
  ])('with %j alone reach to the other end of their block, which is a named loss', (place, expected) => {
    const annotation = { type: 'url', url: 'https://example.org', ...place } as const
    const { text, losses } = encode([
      start,
      ...block(0, { kind: 'text' }, { kind: 'text', text: 'First' }),
      ...block(1, { kind: 'text' }, { kind: 'text', text: 'Second' }, { kind: 'annotation', annotation }),
    ])
    const [choice] = (dataOf(text).at(-1) as { choices: JsonObject[] }).choices
    const citation = { url: 'https://example.org', title: '', ...expected }
    expect(choice?.delta).toEqual({ annotations: [{ type: 'url_citation', url_citation: citation }] })
    expect(losses).toEqual(['citation-span'])
  })
})

describe('reasoning', () => {
  const format = 'anthropic-claude-v1'
  const thought: Block = { kind: 'reasoning', issuer: 'anthropic' }

  test('blocks that say nothing but their signatures owe details of their own', () => {
    const events = [
      ...block(0, thought, { kind: 'signature', value: 'S1' }),
      ...block(1, thought, { kind: 'signature', value: 'S2' }),
      stop,
    ]
    const detail = { type: 'reasoning.text', text: '', format }
    expect(deltas(events)).toEqual([
      { reasoning_details: [{ ...detail, signature: 'S1', index: 0 }] },
      { reasoning_details: [{ ...detail, signature: 'S2', index: 1 }] },
      {},
    ])
  })

  test('parts of a signed block are one text', () => {
    const parts = ['One', 'Two'].map((text, part): Delta => ({ kind: 'reasoning', text, part }))
    const details = deltas([...block(0, thought, ...parts, { kind: 'signature', value: 'S' }), stop])
    expect(details).toContainEqual({
      reasoning_details: [{ type: 'reasoning.text', text: 'One\n\nTwo', signature: 'S', format, index: 0 }],
    })
  })
})

describe('the answer', () => {
  const native = { object: 'chat.completion.chunk', system_fingerprint: 'fp_1' }
  test.each<[what: string, event: Start, expected: JsonObject]>([
    ['its own id and fingerprint', { ...start, id: 'gen-1', native }, { id: 'gen-1', system_fingerprint: 'fp_1' }],
    ['an id of its own form', start, { id: 'chatcmpl-x' }],
    ['no id of another format', { ...start, id: 'msg_1', native: { ...native, object: 'x' } }, { id: 'chatcmpl-1' }],
    ['no empty id', { ...start, id: '', native }, { id: 'chatcmpl-1', system_fingerprint: 'fp_1' }],
    ['its time', { ...start, createdAt: 5 }, { id: 'chatcmpl-x', created: 5 }],
    ['the client’s word for a model without a name', { ...start, model: '' }, { id: 'chatcmpl-x', model: 'm' }],
  ])('keeps %s', (_what, event, expected) => {
    const [first] = dataOf(encode([event, stop]).text) as JsonObject[]
    const { choices: _, usage: __, ...head } = first ?? {}
    expect(head).toStrictEqual({ object: native.object, created: createdAt, model: 'm', ...expected })
  })

  test('that ends in a malformed call says what the provider said of it', () => {
    const malformed = { type: 'finish', reason: 'malformed-tool-call' } as const
    const message = (event: StreamEvent) => (dataOf(encode([event]).text) as JsonObject[])[0]?.error
    expect(message({ ...malformed, explanation: 'No such tool.' })).toMatchObject({ message: 'No such tool.' })
    expect(message(malformed)).toMatchObject({ message: 'The model produced a tool call that is not valid.' })
  })

  test.each<StreamEvent>([{ type: 'response-end' }, { type: 'error', error: { code: 'overloaded', message: 'Busy' } }])(
    'says nothing after %j',
    (last) => {
      const losses = new Losses()
      const options = { requestId: 'r', createdAt, mint: countingMint(), request: request(), wire: {}, losses }
      const encoder = codec.createEncoder(options)
      encoder.push(start)
      encoder.push(last)
      expect([stop, last].map((event) => encoder.push(event))).toEqual(['', ''])
    },
  )
})
