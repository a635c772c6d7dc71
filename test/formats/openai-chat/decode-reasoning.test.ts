import { expect, test } from 'vitest'
import { chunk, type DecodeCase, decodeChunks, detailsChunk, done, finished, summarize } from './support.ts'

const claude = 'anthropic-claude-v1'

const reasonings: DecodeCase[] = [
  {
    name: 'reasoning_content, then text',
    chunks: [
      chunk({ reasoning_content: 'Let me ' }),
      chunk({ reasoning_content: 'add.', content: null }),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: { reasoning: { 0: 'Let me add.' }, text: { 0: '4' }, blocks: ['reasoning', 'text'], sealed: [] },
  },
  {
    name: 'reasoning (Groq, OpenRouter, vLLM)',
    chunks: [chunk({ reasoning: 'Hm', channel: 'analysis' }), chunk({ content: '4' }), finished('stop'), done],
    expected: { reasoning: { 0: 'Hm' }, text: { 0: '4' } },
  },
  {
    name: 'thinking parts of a content array (Mistral)',
    chunks: [
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }),
      chunk({ content: [{ type: 'text', text: '4' }] }),
      chunk({ content: '!' }),
      finished('stop'),
      done,
    ],
    expected: { reasoning: { 0: 'Hm' }, text: { 0: '4!' }, blocks: ['reasoning', 'text'] },
  },
  {
    name: 'details as fragments win over the plain field that repeats them (OpenRouter)',
    chunks: [
      chunk({
        reasoning: 'Let ',
        reasoning_details: [{ type: 'reasoning.text', text: 'Let ', format: claude, index: 0 }],
      }),
      chunk({ reasoning: 'me', reasoning_details: [{ type: 'reasoning.text', text: 'me', format: claude, index: 0 }] }),
      detailsChunk({ type: 'reasoning.text', signature: 'EqAB', format: claude, index: 0 }),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: {
      reasoning: { 0: 'Let me' },
      sealed: [{ kind: 'signature', value: 'EqAB' }],
      blocks: ['reasoning', 'text'],
    },
  },
  {
    name: 'signatures of two calls under one index are two blocks (OpenRouter for Gemini)',
    chunks: [
      ...['AA', 'BB'].map((data) =>
        detailsChunk({ type: 'reasoning.encrypted', data, id: `tool_${data}`, format: 'google-gemini-v1', index: 0 }),
      ),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: {
      sealed: [
        { kind: 'encrypted', value: 'AA' },
        { kind: 'encrypted', value: 'BB' },
      ],
      blocks: ['reasoning', 'reasoning', 'text'],
    },
  },
  {
    name: 'details behind the text bring only the signature, as a block of its own',
    chunks: [
      chunk({ reasoning_content: 'Let me add.' }),
      chunk({ content: '4' }),
      detailsChunk({ type: 'reasoning.text', text: 'Let me add.', signature: 'EqAB', format: claude, index: 0 }),
      finished('stop'),
      done,
    ],
    expected: {
      reasoning: { 0: 'Let me add.' },
      sealed: [{ kind: 'signature', value: 'EqAB' }],
      blocks: ['reasoning', 'text', 'reasoning'],
    },
  },
  {
    name: 'details that repeat the whole text at its end bring only the signature',
    chunks: [
      chunk({ reasoning_content: 'Let ' }),
      chunk({ reasoning_content: 'me' }),
      detailsChunk({ type: 'reasoning.text', text: 'Let me', signature: 'S1', format: claude, index: 0 }),
      chunk({ reasoning_content: 'Again' }),
      detailsChunk({ type: 'reasoning.text', text: 'Again', signature: 'S2', format: claude, index: 1 }),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: {
      reasoning: { 0: 'Let meAgain' },
      sealed: [
        { kind: 'signature', value: 'S1' },
        { kind: 'signature', value: 'S2' },
      ],
      blocks: ['reasoning', 'reasoning', 'text'],
    },
  },
  ...['Three', 'One'].map((last) => ({
    name: `the parts of a summary that repeat the plain text add nothing to it (One, Two, ${last})`,
    chunks: [
      chunk({ reasoning_content: 'One' }),
      chunk({ reasoning_content: `\n\nTwo\n\n${last}` }),
      detailsChunk(
        ...['One', 'Two', last].map((summary, index) => ({
          type: 'reasoning.summary',
          summary,
          format: 'openai-responses-v1',
          id: 'rs_1',
          index,
        })),
        { type: 'reasoning.encrypted', data: 'gAAA', format: 'openai-responses-v1', id: 'rs_1', index: 2 },
      ),
      finished('stop'),
    ],
    expected: {
      reasoning: { 0: `One\n\nTwo\n\n${last}` },
      sealed: [{ kind: 'encrypted', value: 'gAAA' }],
      blocks: ['reasoning'],
    },
  })),
  {
    name: 'a summary and its encrypted content are one block',
    chunks: [
      detailsChunk({ type: 'reasoning.summary', summary: 'Sum', format: 'openai-responses-v1', index: 0 }),
      detailsChunk({ type: 'reasoning.encrypted', data: 'gAAA', id: 'rs_1', format: 'openai-responses-v1', index: 0 }),
      chunk({ content: '4' }),
      finished('stop'),
      done,
    ],
    expected: {
      reasoning: { 0: 'Sum' },
      sealed: [{ kind: 'encrypted', value: 'gAAA' }],
      blocks: ['reasoning', 'text'],
    },
  },
  {
    name: 'redacted reasoning is a block of its own',
    chunks: [
      detailsChunk({ type: 'reasoning.text', text: 'a', signature: 'S', format: claude, index: 0 }),
      detailsChunk({ type: 'reasoning.encrypted', data: 'ER==', format: claude, index: 1 }),
      finished('stop'),
      done,
    ],
    expected: {
      blocks: ['reasoning', 'reasoning'],
      sealed: [
        { kind: 'signature', value: 'S' },
        { kind: 'encrypted', value: 'ER==' },
      ],
    },
  },
  {
    name: 'what is sealed may be the last part of what was said plain',
    chunks: [
      chunk({ reasoning_content: 'One.' }),
      chunk({ reasoning_content: 'Two.' }),
      detailsChunk({ type: 'reasoning.text', text: 'Two.', signature: 'S', format: claude, index: 0 }),
      finished('stop'),
    ],
    expected: { reasoning: { 0: 'One.Two.' }, sealed: [{ kind: 'signature', value: 'S' }], blocks: ['reasoning'] },
  },
  {
    name: 'details that only begin like the plain text are more of it',
    chunks: [
      chunk({ reasoning_content: 'Letters. ' }),
      detailsChunk({ type: 'reasoning.text', text: 'Let', format: claude, index: 0 }),
      finished('stop'),
    ],
    expected: { reasoning: { 0: 'Letters. Let' }, blocks: ['reasoning'] },
  },
  {
    name: 'fragments that are the same are no repetition',
    chunks: [
      ...['ha', 'ha', 'ha'].map((text) => detailsChunk({ type: 'reasoning.text', text, format: claude, index: 0 })),
      finished('stop'),
    ],
    expected: { reasoning: { 0: 'hahaha' }, blocks: ['reasoning'] },
  },
  {
    name: 'what was thought once in details and again behind the text was thought twice',
    chunks: [
      detailsChunk({ type: 'reasoning.text', text: 'Hm.', format: claude, index: 0 }),
      chunk({ content: 'a' }),
      detailsChunk({ type: 'reasoning.text', text: 'Hm.', format: claude, index: 1 }),
      finished('stop'),
    ],
    expected: { reasoning: { 0: 'Hm.Hm.' }, blocks: ['reasoning', 'text', 'reasoning'] },
  },
  {
    name: 'texts of two indexes are two blocks, though nobody signed them',
    chunks: [
      ...[0, 1].map((index) => detailsChunk({ type: 'reasoning.text', text: 'a', format: claude, index })),
      finished('stop'),
    ],
    expected: { reasoning: { 0: 'aa' }, blocks: ['reasoning', 'reasoning'] },
  },
  {
    name: 'the sealed form of a summary may have an index of its own',
    chunks: [
      detailsChunk({ type: 'reasoning.summary', summary: 'Sum', format: 'openai-responses-v1', index: 0 }),
      detailsChunk({ type: 'reasoning.encrypted', data: 'gAAA', format: 'openai-responses-v1', index: 1 }),
      finished('stop'),
    ],
    expected: { sealed: [{ kind: 'encrypted', value: 'gAAA' }], blocks: ['reasoning'] },
  },
  {
    name: 'an empty detail behind a signature is nothing',
    chunks: [
      detailsChunk({ type: 'reasoning.text', text: 'a', signature: 'S', format: claude, index: 0 }),
      detailsChunk({ type: 'reasoning.text', text: '', signature: null, format: claude, index: 0 }),
      finished('stop'),
    ],
    expected: { sealed: [{ kind: 'signature', value: 'S' }], blocks: ['reasoning'] },
  },
  ...[claude, undefined].map((format) => ({
    name: `redacted reasoning (format ${format}) behind text that nobody signed is a block of its own`,
    chunks: [
      detailsChunk({ type: 'reasoning.text', text: 'a', format: claude, index: 0 }),
      detailsChunk({ type: 'reasoning.encrypted', data: 'ER==', format, index: 1 }),
      finished('stop'),
    ],
    expected: { blocks: ['reasoning', 'reasoning'], sealed: [{ kind: 'encrypted', value: 'ER==' }] },
  })),
  {
    name: 'thinking as a text of its own, in pieces, and empty ones (Mistral)',
    chunks: [
      chunk({ content: [{ type: 'thinking', thinking: 'Let ' }] }),
      chunk({ content: [{ type: 'thinking', thinking: ['me ', 'add.'].map((text) => ({ type: 'text', text })) }] }),
      chunk({ content: [{ type: 'text', text: '' }, { type: 'text' }] }),
      chunk({ content: [{ type: 'thinking', thinking: [] }, { type: 'thinking' }] }),
      chunk({ content: [{ type: 'text', text: '4' }] }),
      finished('stop'),
    ],
    expected: { reasoning: { 0: 'Let me add.' }, text: { 0: '4' }, blocks: ['reasoning', 'text'] },
  },
]

test.each(reasonings)('$name', ({ chunks, expected }) => {
  expect(summarize(decodeChunks(chunks))).toMatchObject(expected)
})
