import { expect, test } from 'vitest'
import { callChunk, chunk, type DecodeCase, decodeChunks, done, finished, functionNamed, summarize } from './support.ts'

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
    name: 'null tool calls and roles are absent (Azure-hosted DeepSeek)',
    chunks: [chunk({ role: null, content: 'a', tool_calls: null, reasoning_content: null }), finished('stop'), done],
    expected: { blocks: ['text'], text: { 0: 'a' } },
  },
]

test.each(tools)('$name', ({ chunks, expected }) => {
  expect(summarize(decodeChunks(chunks))).toMatchObject(expected)
})
