import { expect, test } from 'vitest'
import {
  blockEvents,
  callChunk,
  chunk,
  type DecodeCase,
  decodeChunks,
  done,
  finished,
  functionNamed,
  googleSigned,
  summarize,
} from './support.ts'

const tools: DecodeCase[] = [
  {
    name: 'arguments beside the name, then in pieces, the last one on the finish chunk',
    chunks: [
      callChunk({ index: 0, id: 'c', ...functionNamed('f', '{"a"') }),
      callChunk({ index: 0, function: { arguments: ':1' } }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '}' } }] }, { finish_reason: 'tool_calls' }),
      done,
    ],
    expected: { calls: [{ id: 'c', name: 'f', tool: 'function', arguments: '{"a":1}', choice: 0 }] },
  },
  {
    name: 'id and name on every delta are one call',
    chunks: [
      callChunk({ index: 0, id: 'c', ...functionNamed('f', '{') }),
      callChunk({ index: 0, id: 'c', ...functionNamed('f', '}') }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ name: 'f', arguments: '{}' })] },
  },
  {
    name: 'pieces of two calls alternate',
    chunks: [
      callChunk({ index: 0, id: 'a', ...functionNamed('f', '') }),
      callChunk({ index: 1, id: 'b', ...functionNamed('g', '') }),
      callChunk({ index: 0, function: { arguments: '{"a":{},' } }),
      callChunk({ index: 1, function: { arguments: '{}' } }),
      callChunk({ index: 0, function: { arguments: '{}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ id: 'a', arguments: '{"a":{},{}' }),
        expect.objectContaining({ id: 'b', arguments: '{}' }),
      ],
    },
  },
  {
    name: 'arguments that are null or absent with the name',
    chunks: [
      callChunk({ index: 1, id: 'c', ...functionNamed('f', null) }),
      callChunk({ index: 1, function: { arguments: '{}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ arguments: '{}' })] },
  },
  {
    name: 'a name that comes after the arguments',
    chunks: [
      callChunk({ index: 0, id: 'c', function: { arguments: '{"a"' } }),
      callChunk({ index: 0, function: { name: 'f', arguments: ':1}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ id: 'c', name: 'f', arguments: '{"a":1}' })] },
  },
  {
    name: 'an empty name is no name, a missing id is minted',
    chunks: [
      callChunk({ index: 0, ...functionNamed('f', '') }),
      callChunk({ index: 0, ...functionNamed('', '{}') }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [{ id: 'call_1', name: 'f', tool: 'function', arguments: '{}', choice: 0 }] },
  },
  {
    name: 'whole calls without index and type (Mistral)',
    chunks: [
      chunk(
        {
          content: null,
          tool_calls: [
            { id: 'gSIMJiOkT', function: { name: 'f', arguments: '{"a":1}' } },
            { id: 'hSIMJiOkT', function: { name: 'g', arguments: '{"b":2}' } },
          ],
        },
        { finish_reason: 'tool_calls' },
      ),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ id: 'gSIMJiOkT', arguments: '{"a":1}' }),
        expect.objectContaining({ id: 'hSIMJiOkT', arguments: '{"b":2}' }),
      ],
    },
  },
  {
    name: 'another id and name on an index in use is another call',
    chunks: [
      callChunk({ index: 0, id: 'a', ...functionNamed('f', '{}') }),
      callChunk({ index: 0, id: 'b', ...functionNamed('g', '{"x":1}') }),
      finished('tool_calls'),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ id: 'a', arguments: '{}' }),
        expect.objectContaining({ id: 'b', arguments: '{"x":1}' }),
      ],
    },
  },
  {
    name: 'arguments as an object (Ollama) are their JSON',
    chunks: [callChunk({ index: 0, id: 'c', function: { name: 'f', arguments: { a: 1 } } }), finished('stop'), done],
    expected: { calls: [expect.objectContaining({ arguments: '{"a":1}' })] },
  },
  {
    name: 'a custom call has its input',
    chunks: [
      callChunk({ index: 0, id: 'c', type: 'custom', custom: { name: 'patch', input: '' } }),
      callChunk({ index: 0, custom: { input: '*** Begin' } }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ tool: 'custom', arguments: '*** Begin' })] },
  },
  {
    name: 'the deprecated function_call is a call',
    chunks: [
      chunk({ function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{}' } }),
      finished('function_call'),
      done,
    ],
    expected: {
      calls: [expect.objectContaining({ name: 'f', arguments: '{}' })],
      finish: { 0: 'tool-calls' },
    },
  },
  {
    name: 'text after calls is a new block',
    chunks: [
      chunk({ content: 'a' }),
      callChunk({ index: 0, id: 'c', ...functionNamed('f', '{}') }),
      chunk({ content: 'b' }),
      finished('tool_calls'),
      done,
    ],
    expected: { blocks: ['text', 'tool-call', 'text'], text: { 0: 'ab' } },
  },
  {
    name: 'a name on every delta without an id is one call',
    chunks: [
      callChunk({ index: 0, id: 'c', ...functionNamed('f', '{') }),
      callChunk({ index: 0, id: '', ...functionNamed('f', '}') }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ id: 'c', arguments: '{}' })] },
  },
  {
    name: 'another id on every delta without a name is one call',
    chunks: [
      callChunk({ index: 0, id: 'c', ...functionNamed('f', '{') }),
      callChunk({ index: 0, id: 'd', function: { arguments: '}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: { calls: [expect.objectContaining({ id: 'c', arguments: '{}' })] },
  },
  {
    name: 'names without index and id are calls of their own (Gemini)',
    chunks: [
      chunk({
        tool_calls: [
          { id: '', ...functionNamed('f', '{"a":1}') },
          { id: '', ...functionNamed('g', '{"b":2}') },
        ],
      }),
      finished('tool_calls'),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ name: 'f', arguments: '{"a":1}' }),
        expect.objectContaining({ name: 'g', arguments: '{"b":2}' }),
      ],
    },
  },
  {
    name: 'pieces without index belong to the call of their id',
    chunks: [
      callChunk({ id: 'a', ...functionNamed('f', '{') }),
      callChunk({ id: 'b', ...functionNamed('g', '{}') }),
      callChunk({ id: 'a', function: { arguments: '}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ id: 'a', arguments: '{}' }),
        expect.objectContaining({ id: 'b', arguments: '{}' }),
      ],
    },
  },
  {
    name: 'a call without index beside one that has it is another',
    chunks: [
      callChunk({ index: 1, id: 'a', ...functionNamed('f', '{') }),
      callChunk({ id: 'b', ...functionNamed('g', '{}') }),
      callChunk({ index: 1, function: { arguments: '}' } }),
      finished('tool_calls'),
      done,
    ],
    expected: {
      calls: [
        expect.objectContaining({ id: 'a', arguments: '{}' }),
        expect.objectContaining({ id: 'b', arguments: '{}' }),
      ],
    },
  },
  {
    name: 'no calls beside every piece of text leave it one text (vLLM)',
    chunks: [
      chunk({ content: 'a', tool_calls: [] }),
      chunk({ content: 'b', tool_calls: [] }),
      chunk({ content: '', tool_calls: [] }),
      finished('stop'),
      done,
    ],
    expected: { blocks: ['text'], text: { 0: 'ab' }, finish: { 0: 'stop' } },
  },
  {
    name: 'null tool calls and roles are absent (Azure-hosted DeepSeek)',
    chunks: [chunk({ role: null, content: 'a', tool_calls: null, reasoning_content: null }), finished('stop'), done],
    expected: { blocks: ['text'], text: { 0: 'a' } },
  },
]

test.each(tools)('$name', ({ chunks, expected }) => {
  expect(summarize(decodeChunks(chunks))).toMatchObject(expected)
})

test('a call and its signature, which may come late, event by event: no empty arguments, no second start', () => {
  const events = decodeChunks([
    callChunk({ index: 0, id: 'c', ...functionNamed('f', '') }),
    callChunk({ index: 0, id: 'c', ...functionNamed('f', '') }),
    callChunk({ index: 0, function: { arguments: '{}' } }),
    callChunk({ index: 0, ...googleSigned('sig') }),
    finished('tool_calls'),
  ])
  expect(blockEvents(events)).toEqual([
    { type: 'block-start', index: 0, block: { kind: 'tool-call', id: 'c', name: 'f', tool: 'function' } },
    { type: 'block-delta', index: 0, delta: { kind: 'arguments', text: '{}' } },
    { type: 'block-delta', index: 0, delta: { kind: 'signature', value: 'sig', issuer: 'google' } },
    { type: 'block-end', index: 0 },
  ])
  expect(events[1]).not.toHaveProperty('block.legacy')
})

test('a call of the deprecated form says so', () => {
  const [start] = blockEvents(decodeChunks([chunk({ function_call: { name: 'f', arguments: '' } })]))
  const block = { kind: 'tool-call', id: 'call_1', name: 'f', tool: 'function', legacy: true }
  expect(start).toEqual({ type: 'block-start', index: 0, block })
})

test('a call that takes over the index of another ends behind those that began before it', () => {
  const events = decodeChunks([
    callChunk({ index: 0, id: 'a', ...functionNamed('f', '{}') }),
    callChunk({ index: 1, id: 'b', ...functionNamed('f', '{}') }),
    callChunk({ index: 0, id: 'c', ...functionNamed('f', '{}') }),
    finished('tool_calls'),
  ])
  const ends = events.flatMap((event) => (event.type === 'block-end' ? [event.index] : []))
  expect(ends).toEqual([0, 1, 2])
})
