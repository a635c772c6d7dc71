import { expect, test } from 'vitest'
import { chunk, type DecodeCase, decodeChunks, done, finished, summarize } from './support.ts'

const link = (start: number, end: number) => ({
  type: 'url_citation',
  url_citation: { url: 'https://example.org', title: 'E', start_index: start, end_index: end },
})

const citations: DecodeCase[] = [
  {
    name: 'annotations belong to the text that is open',
    chunks: [chunk({ content: 'Paris' }), chunk({ annotations: [link(0, 5)] }), finished('stop'), done],
    expected: { annotations: [{ type: 'url', url: 'https://example.org', title: 'E', start: 0, end: 5 } as never] },
  },
  {
    name: 'annotations before any text wait for it',
    chunks: [chunk({ annotations: [link(0, 5)] }), chunk({ content: 'Paris' }), finished('stop'), done],
    expected: { text: { 0: 'Paris' }, blocks: ['text'], annotations: [expect.objectContaining({ end: 5 })] },
  },
  {
    name: 'annotations of no text at all have a block of their own',
    chunks: [chunk({ annotations: [link(0, 5)] }), finished('stop'), done],
    expected: { blocks: ['text'], annotations: [expect.objectContaining({ end: 5 })] },
  },
  {
    name: 'offsets count from the start of their own block',
    chunks: [
      chunk({ content: 'abc' }),
      chunk({ reasoning: 'hm' }),
      chunk({ content: 'Paris' }),
      chunk({ annotations: [link(3, 8)] }),
      finished('stop'),
      done,
    ],
    expected: { annotations: [expect.objectContaining({ start: 0, end: 5 })] },
  },
  {
    name: 'citations on every chunk count once (Perplexity)',
    chunks: [
      {
        ...chunk({ content: 'a' }),
        citations: ['https://example.org'],
        search_results: [{ url: 'https://example.org', title: 'T' }],
      },
      { ...chunk({ content: 'b' }), citations: ['https://example.org'] },
      { ...finished('stop'), object: 'chat.completion.done', citations: ['https://example.org'] },
      done,
    ],
    expected: { text: { 0: 'ab' }, annotations: [{ type: 'url', url: 'https://example.org', title: 'T' } as never] },
  },
]

test.each(citations)('$name', ({ chunks, expected }) => {
  expect(summarize(decodeChunks(chunks))).toMatchObject(expected)
})
