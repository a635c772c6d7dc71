import { expect, test } from 'vitest'
import type { Item, Part } from '../../../lambda/events/request.ts'
import { answer, call, message, result, text, textBlock, thought, turn, use, user } from './items.ts'
import { write } from './support.ts'

const hi = turn('user', textBlock('Hi'))
const say = message('assistant', text('a'))
const said = turn('assistant', textBlock('a'))
const custom = (args: string): Item => ({
  ...(call('c', args) as Extract<Item, { kind: 'tool-call' }>),
  tool: 'custom',
})
const image = { kind: 'image', source: { type: 'url', url: 'u' } } as const
const imageBlock = { type: 'image', source: { type: 'url', url: 'u' } }

const histories: Array<[name: string, items: Item[], messages: unknown[], losses: string[]]> = [
  ['thinking at the very end', [user, thought()], [hi], ['foreign-reasoning']],
  [
    'reasoning that says nothing',
    [user, { kind: 'reasoning', issuer: 'openai', parts: [] }, say, user],
    [hi, said, hi],
    [],
  ],
  [
    'a signature of others without any text',
    [user, thought({ issuer: 'openai', parts: [] }), say, user],
    [hi, said, hi],
    ['foreign-reasoning'],
  ],
  [
    'thinking in paragraphs',
    [user, thought({ parts: ['a', 'b'] }), say, user],
    [hi, turn('assistant', { type: 'thinking', thinking: 'a\n\nb', signature: 'Eq==' }, textBlock('a')), hi],
    [],
  ],
  ['a later instruction that is blank', [user, message('developer', text(' ')), say, user], [hi, said, hi], []],
  [
    'a blank behind a prefill in a longer history',
    [user, say, user, message('assistant', text('{ '))],
    [hi, said, hi, turn('assistant', textBlock('{'))],
    [],
  ],
  ['a blank behind the user’s text, which stays', [message('user', text('Hi '))], [turn('user', textBlock('Hi '))], []],
  [
    'custom input that looks like an object',
    [user, custom('{"a":1}')],
    [hi, turn('assistant', use('c', { input: '{"a":1}' }))],
    [],
  ],
  ['blank arguments', [user, call('c', ' ')], [hi, turn('assistant', use('c'))], []],
  [
    'text between calls and their results',
    [user, call('a'), say, call('b'), result('a'), result('b')],
    [hi, turn('assistant', use('a'), textBlock('a'), use('b')), turn('user', answer('a'), answer('b'))],
    [],
  ],
  [
    'an id that three calls of one turn have',
    [user, call('a'), call('a'), call('a'), result('a', '1'), result('a', '2'), result('a', '3')],
    [
      hi,
      turn('assistant', use('a'), use('a_2'), use('a_3')),
      turn('user', answer('a', '1'), answer('a_2', '2'), answer('a_3', '3')),
    ],
    [],
  ],
  [
    'a result that is an image alone, and one of text with a cache mark',
    [
      user,
      call('a'),
      call('b'),
      { kind: 'tool-result', callId: 'a', tool: 'function', parts: [image] },
      { kind: 'tool-result', callId: 'b', tool: 'function', parts: [{ ...text('x'), cache: {} } as Part] },
    ],
    [
      hi,
      turn('assistant', use('a'), use('b')),
      turn(
        'user',
        { type: 'tool_result', tool_use_id: 'a', content: [imageBlock] },
        {
          type: 'tool_result',
          tool_use_id: 'b',
          content: [{ ...textBlock('x'), cache_control: { type: 'ephemeral' } }],
        },
      ),
    ],
    [],
  ],
  ['an image of the usual detail', [message('user', { ...image, detail: 'auto' })], [turn('user', imageBlock)], []],
  [
    'an image in high detail',
    [message('user', { ...image, detail: 'high' })],
    [turn('user', imageBlock)],
    ['image-detail'],
  ],
  [
    'a JPEG under its other name',
    [message('user', { kind: 'image', source: { type: 'base64', mediaType: 'image/jpg', data: 'AAAA' } })],
    [turn('user', { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } })],
    [],
  ],
]
test.each(histories)('%s', (_name, items, messages, losses) => {
  const written = write({ items })
  expect(written.body.messages).toEqual(messages)
  expect(written.losses).toEqual(losses)
})

test('instructions that are told apart lead, wherever they stand', () => {
  const instructions: Item = { kind: 'message', role: 'system', placement: 'instructions', parts: [text('Mind.')] }
  const { body, losses } = write({ items: [user, instructions, say, user] }, { laterSystem: true })
  expect(body).toMatchObject({ system: [textBlock('Mind.')], messages: [hi, said, hi] })
  expect(losses).toEqual([])
})

test('a request without any item has no message', () => {
  expect(write({ items: [] })).toMatchObject({ body: { messages: [] }, losses: [] })
})

test.each(['application/zip', 'image/bmp'])('a file of type %s is refused by its name', (mediaType) => {
  const source = { type: 'base64', mediaType, data: 'AAAA' } as const
  expect(() => write({ items: [message('user', { kind: 'document', source })] })).toThrow(
    `This model cannot read files of type ${mediaType}.`,
  )
})
