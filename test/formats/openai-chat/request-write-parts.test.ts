import { describe, expect, test } from 'vitest'
import type { CanonicalRequest, Item, JsonObject, Part } from '../../../lambda/events/request.ts'
import { quirksOf } from '../../../lambda/providers/quirks.ts'
import { type Given, write } from './support.ts'

// Parts, tools and fields that are written in another form than they came, or not at all.

const text = (value: string): Part => ({ kind: 'text', text: value })
const marked = (value: string): Part => ({ kind: 'text', text: value, cache: {} })
const user = (...parts: Part[]): Item => ({ kind: 'message', role: 'user', parts })
const assistant = (...parts: Part[]): Item => ({ kind: 'message', role: 'assistant', parts })
const call: Item = { kind: 'tool-call', id: 'a', name: 'f', tool: 'function', arguments: '{}' }
const result = (...parts: Part[]): Item => ({ kind: 'tool-result', callId: 'a', tool: 'function', parts })
const base64 = (mediaType: string) => ({ type: 'base64', mediaType, data: 'AAAA' }) as const
const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' } }

const contents: Array<[what: string, part: Part, written: unknown, losses: string[]]> = [
  ['a refusal', { kind: 'refusal', text: 'No.' }, 'No.', ['refusal-history']],
  [
    'a search result without a title, to be cited',
    { kind: 'search-result', title: '', source: 'https://example.org', texts: ['one', ''], citations: true },
    'https://example.org\none',
    ['citations', 'search-result'],
  ],
  [
    'a text without a title, about something',
    { kind: 'document', source: { type: 'text', text: 'body' }, title: '', context: 'of 1984' },
    'of 1984\nbody',
    ['document'],
  ],
  [
    'a PDF about something',
    { kind: 'document', source: base64('application/pdf'), context: 'of 1984' },
    [{ type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'document.pdf' } }],
    ['document'],
  ],
  [
    'a file that is no PDF and has no name',
    { kind: 'document', source: base64('application/msword') },
    [{ type: 'file', file: { file_data: 'data:application/msword;base64,AAAA', filename: 'document' } }],
    [],
  ],
]

describe('the user’s part', () => {
  test.each(contents)('%s', (_what, part, content, losses) => {
    const written = write({ items: [user(part)] })
    expect(written.body.messages).toEqual([{ role: 'user', content }])
    expect(written.losses).toEqual(losses)
  })
})

describe('results', () => {
  const capabilities = { cacheBreakpoints: true }

  test('leave out empty texts and keep what was refused', () => {
    const { body } = write({ items: [call, result(text(''), { kind: 'refusal', text: 'No.' }, text(''), text('a'))] })
    expect(body.messages).toMatchObject([{}, { role: 'tool', content: 'No.\na' }])
  })

  test('of sound and of pictures move behind the run, without their marks', () => {
    const parts: Part[] = [
      { kind: 'audio', data: 'AAAA', format: 'wav' },
      { kind: 'image', source: base64('image/png'), cache: {} },
    ]
    const { body, losses } = write({ items: [call, result(...parts)] }, { capabilities })
    expect(body.messages).toEqual([
      expect.objectContaining({ role: 'assistant' }),
      { role: 'tool', tool_call_id: 'a', content: '[audio 1]\n[image 1]' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '[audio 1] of the result of call a:' },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'text', text: '[image 1] of the result of call a:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
    ])
    expect(losses).toEqual(['cache-hint', 'tool-result-media'])
  })

  test('marks of answers take no place from those of the user', () => {
    const users = ['1', '2', '3', '4'].map(marked)
    const { body, losses } = write(
      { items: [user(...users), assistant(marked('a')), user(text('b'))] },
      { capabilities },
    )
    const content = ['1', '2', '3', '4'].map((each) => ({ type: 'text', text: each, ...breakpoint }))
    expect(body.messages).toEqual([
      { role: 'user', content },
      { role: 'assistant', content: 'a' },
      { role: 'user', content: 'b' },
    ])
    expect(losses).toEqual(['cache-hint'])
  })
})

describe('the model’s turn', () => {
  test('of reasoning alone has an empty text where reasoning goes back', () => {
    const thought: Item = { kind: 'reasoning', issuer: 'unknown', parts: ['Hm'] }
    const { body } = write({ items: [thought, user(text('a'))] }, { quirks: { replayReasoning: true } })
    expect(body.messages).toMatchObject([{ role: 'assistant', content: '', reasoning_content: 'Hm' }, {}])
  })

  test('of a refusal and a text has no blank line before the text', () => {
    const { body } = write({
      items: [assistant({ kind: 'refusal', text: 'No.' }), assistant(text('4')), user(text('a'))],
    })
    expect(body.messages).toMatchObject([{ role: 'assistant', content: '4', refusal: 'No.' }, {}])
  })
})

describe('tools', () => {
  const items = [user(text('Hi'))]
  const f = { kind: 'function', name: 'f' } as const

  test('allowed ones are those that Chat has, under their written names', () => {
    const { body, losses } = write({
      items,
      tools: [{ kind: 'native', type: 'shell', name: 'shell' }, f, { ...f, name: 'read', namespace: 'files' }],
      toolChoice: { type: 'allowed', mode: 'auto', names: ['shell', 'f', 'read'] },
    })
    const tools = ['f', 'files__read'].map((name) => ({ type: 'function', function: { name } }))
    expect(body.tool_choice).toEqual({ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools } })
    expect(losses).toEqual(['tool'])
  })

  test.each([
    [true, { name: 'c', tool: 'custom', unwrapInput: true }],
    [undefined, undefined],
  ])('the input of custom ones is unwrapped only where it was wrapped (%s)', (wrapCustomTools, expected) => {
    const quirks = wrapCustomTools ? { wrapCustomTools } : {}
    expect(write({ items, tools: [{ kind: 'custom', name: 'c' }] }, { quirks }).restore.get('c')).toEqual(expected)
  })

  test('a search of so many times is a search', () => {
    const { body, losses } = write(
      { items, tools: [{ kind: 'web-search', maxUses: 3 }] },
      { model: 'gpt-4o-search-preview' },
    )
    expect(body.web_search_options).toEqual({})
    expect(losses).toEqual(['search-options'])
  })
})

describe('fields', () => {
  const items = [user(text('Hi'))]
  test.each<[what: string, given: Partial<CanonicalRequest>, context: Given, expected: JsonObject, losses: string[]]>([
    ['of which there is no loss', { n: 2 }, { quirks: { refuses: ['n'] } }, {}, ['unknown-field']],
    ['of sampling', { topP: 0.5 }, { capabilities: { sampling: 'none' } }, {}, ['sampling']],
    ['of plain text', { outputFormat: { type: 'text' } }, {}, { response_format: { type: 'text' } }, []],
    ['of a person', { endUser: 'p' }, { quirks: quirksOf({ id: 'deepseek', baseUrl: '' }) }, { user: 'p' }, []],
  ])('%s', (_what, given, context, expected, losses) => {
    const { body, losses: found } = write({ items, ...given }, context)
    const { model: _, messages: __, stream: ___, stream_options: ____, ...rest } = body
    expect(rest).toEqual(expected)
    expect(found).toEqual(losses)
  })
})
