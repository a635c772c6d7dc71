import { describe, expect, test } from 'vitest'
import { clampCallId } from '../../../lambda/events/ids.ts'
import type { Item } from '../../../lambda/events/request.ts'
import { answer, call, message, result, text, textBlock, thought, turn, use, user } from './items.ts'
import { write } from './support.ts'

const histories: Array<
  [name: string, items: Item[], expected: { system?: unknown[]; messages: unknown[] }, losses: string[]]
> = [
  [
    'both instructions lead, turns alternate, results come first',
    [
      message('system', text('Be brief.')),
      message('developer', text('Be kind.')),
      user,
      message('assistant', text('Looking.')),
      call('call_1', '{"city":"Bern"}', 'get_weather'),
      call('call_2', '', 'now'),
      result('call_1', 'sunny'),
      result('call_2', 'noon'),
      message('user', text('And?')),
    ],
    {
      system: [textBlock('Be brief.'), textBlock('Be kind.')],
      messages: [
        turn('user', textBlock('Hi')),
        turn(
          'assistant',
          textBlock('Looking.'),
          use('call_1', { city: 'Bern' }, 'get_weather'),
          use('call_2', {}, 'now'),
        ),
        turn('user', answer('call_1', 'sunny'), answer('call_2', 'noon'), textBlock('And?')),
      ],
    },
    [],
  ],
  [
    'results move directly behind their calls, in the order of the calls',
    [user, call('a'), call('b'), message('user', text('wait')), result('b', 'B'), result('a', 'A')],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a'), use('b')),
        turn('user', answer('a', 'A'), answer('b', 'B'), textBlock('wait')),
      ],
    },
    [],
  ],
  [
    'a call without a result gets one if the conversation went on',
    [user, call('a'), call('b'), result('a'), message('assistant', text('so'))],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a'), use('b')),
        turn('user', answer('a'), answer('b', '(no output)')),
        turn('assistant', textBlock('so')),
      ],
    },
    ['missing-tool-result'],
  ],
  [
    'calls at the very end wait for their results',
    [user, call('a')],
    { messages: [turn('user', textBlock('Hi')), turn('assistant', use('a'))] },
    [],
  ],
  [
    'a result without a call stays where it is',
    [user, result('ghost')],
    { messages: [turn('user', textBlock('Hi'), answer('ghost'))] },
    [],
  ],
  [
    'a call id that is used again finds the result of its own turn',
    [user, call('a'), result('a', '1'), call('a'), result('a', '2')],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a')),
        turn('user', answer('a', '1')),
        turn('assistant', use('a_2')),
        turn('user', answer('a_2', '2')),
      ],
    },
    [],
  ],
  [
    'a call without a result does not take that of a later one with its id',
    [user, call('a'), user, call('a'), result('a', '2')],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a')),
        turn('user', answer('a', '(no output)'), textBlock('Hi')),
        turn('assistant', use('a_2')),
        turn('user', answer('a_2', '2')),
      ],
    },
    ['missing-tool-result'],
  ],
  [
    'an id that two calls of one turn have is one of each',
    [user, call('a'), call('a'), message('user', text('wait')), result('a', '1')],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a'), use('a_2')),
        turn('user', answer('a', '1'), answer('a_2', '(no output)'), textBlock('wait')),
      ],
    },
    ['missing-tool-result'],
  ],
  [
    'a result that stays where it is does not answer a later call',
    [user, result('a', 'early'), call('a'), result('a', 'late')],
    {
      messages: [
        turn('user', textBlock('Hi'), answer('a', 'early')),
        turn('assistant', use('a')),
        turn('user', answer('a', 'late')),
      ],
    },
    [],
  ],
  [
    'illegal call ids become the same legal one in call and result',
    [user, call('llm:0'), result('llm:0')],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use(clampCallId('llm:0'))),
        turn('user', answer(clampCallId('llm:0'))),
      ],
    },
    [],
  ],
  [
    'empty text and messages left without content are dropped',
    [message('user', text(''), text('Hi')), message('assistant', text('')), message('user', text('x'))],
    { messages: [turn('user', textBlock('Hi'), textBlock('x'))] },
    [],
  ],
  [
    'blank text is as good as empty, beside a call and in its result too',
    [
      message('system', text(' ')),
      user,
      message('assistant', text('\n\n')),
      call('a'),
      result('a', '\n'),
      message('assistant', text(' '), { kind: 'refusal', text: ' ' }),
      message('user', text('\t'), text(' x')),
    ],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a')),
        turn('user', { type: 'tool_result', tool_use_id: 'a' }, textBlock(' x')),
      ],
    },
    ['refusal-history'],
  ],
  [
    'where there are only instructions, they are the question',
    [message('system', text('Write a haiku.')), message('user', text(''))],
    { messages: [turn('user', textBlock('Write a haiku.'))] },
    ['system-position'],
  ],
  [
    'thinking that led to nothing is dropped',
    [user, thought(), message('user', text('go on')), thought(), message('assistant', text('\n')), user, thought()],
    { messages: [turn('user', textBlock('Hi'), textBlock('go on'), textBlock('Hi'))] },
    ['foreign-reasoning'],
  ],
  [
    'a later instruction moves to the front',
    [user, message('assistant', text('a')), message('system', text('Mind.')), message('user', text('b'))],
    {
      system: [textBlock('Mind.')],
      messages: [turn('user', textBlock('Hi')), turn('assistant', textBlock('a')), turn('user', textBlock('b'))],
    },
    ['system-position'],
  ],
  [
    'the blank at the end of a prefill is trimmed',
    [user, message('assistant', text('The answer is '))],
    { messages: [turn('user', textBlock('Hi')), turn('assistant', textBlock('The answer is'))] },
    [],
  ],
  [
    'a prefill of blanks is none',
    [user, message('assistant', text('  '))],
    { messages: [turn('user', textBlock('Hi'))] },
    [],
  ],
  [
    'signed and redacted reasoning of Claude keeps its place',
    [
      user,
      thought(),
      call('a'),
      thought({ parts: [], signature: undefined, encrypted: 'data', redacted: true, issuer: 'bedrock' }),
      call('b'),
      result('a'),
      result('b'),
    ],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn(
          'assistant',
          { type: 'thinking', thinking: 'hm', signature: 'Eq==' },
          use('a'),
          { type: 'redacted_thinking', data: 'data' },
          use('b'),
        ),
        turn('user', answer('a'), answer('b')),
      ],
    },
    [],
  ],
  [
    'reasoning of others and unsigned reasoning is dropped, never text',
    [
      user,
      thought({ issuer: 'openai' }),
      thought({ issuer: 'unknown', signature: undefined }),
      message('assistant', text('x')),
      user,
    ],
    { messages: [turn('user', textBlock('Hi')), turn('assistant', textBlock('x')), turn('user', textBlock('Hi'))] },
    ['foreign-reasoning'],
  ],
  [
    'refusals, names and phases',
    [
      { kind: 'message', role: 'user', name: 'Ann', parts: [text('Hi')] },
      { kind: 'message', role: 'assistant', phase: 'final_answer', parts: [{ kind: 'refusal', text: 'No.' }] },
      user,
    ],
    { messages: [turn('user', textBlock('Hi')), turn('assistant', textBlock('No.')), turn('user', textBlock('Hi'))] },
    ['message-name', 'phase', 'refusal-history'],
  ],
  [
    'custom calls and arguments that were cut go under input',
    [
      user,
      { kind: 'tool-call', id: 'a', name: 'patch', tool: 'custom', arguments: '*** Begin' },
      call('b', '{"city":"Zür'),
      result('a'),
      result('b'),
    ],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a', { input: '*** Begin' }, 'patch'), use('b', { input: '{"city":"Zür' })),
        turn('user', answer('a'), answer('b')),
      ],
    },
    [],
  ],
  [
    'parts of every kind keep their order',
    [
      message(
        'user',
        text('A'),
        { kind: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'high' },
        text('B'),
        { kind: 'image', source: { type: 'url', url: 'https://e.org/i' } },
        { kind: 'document', source: { type: 'base64', mediaType: 'application/pdf', data: 'BBBB' }, title: 'a.pdf' },
        { kind: 'document', source: { type: 'base64', mediaType: 'text/plain', data: 'YWJj' } },
        { kind: 'search-result', title: 'T', source: 's', texts: ['x'] },
      ),
    ],
    {
      messages: [
        turn(
          'user',
          textBlock('A'),
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          textBlock('B'),
          { type: 'image', source: { type: 'url', url: 'https://e.org/i' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' }, title: 'a.pdf' },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
          { type: 'search_result', title: 'T', source: 's', content: [textBlock('x')] },
        ),
      ],
    },
    ['image-detail'],
  ],
  [
    'results with images, errors, and nothing',
    [
      user,
      call('a'),
      call('b'),
      {
        kind: 'tool-result',
        callId: 'a',
        tool: 'function',
        isError: true,
        parts: [text('x'), { kind: 'image', source: { type: 'url', url: 'u' } }],
      },
      { kind: 'tool-result', callId: 'b', tool: 'function', parts: [text('')] },
    ],
    {
      messages: [
        turn('user', textBlock('Hi')),
        turn('assistant', use('a'), use('b')),
        turn(
          'user',
          {
            type: 'tool_result',
            tool_use_id: 'a',
            is_error: true,
            content: [textBlock('x'), { type: 'image', source: { type: 'url', url: 'u' } }],
          },
          { type: 'tool_result', tool_use_id: 'b' },
        ),
      ],
    },
    [],
  ],
]
describe('history', () => {
  test.each(histories)('%s', (_name, items, expected, losses) => {
    const written = write({ items })
    expect({ system: written.body.system, messages: written.body.messages }).toEqual({ system: undefined, ...expected })
    expect(written.losses).toEqual(losses)
  })

  const later = message('system', text('Mind.'))
  const hi = turn('user', textBlock('Hi'))
  const mind = turn('system', textBlock('Mind.'))
  const said = turn('assistant', textBlock('a'))
  const say = message('assistant', text('a'))
  test.each<[name: string, items: Item[], messages: unknown[], system: unknown[] | undefined, losses: string[]]>([
    ['behind a user turn it stays', [user, later, say, user], [hi, mind, said, hi], undefined, []],
    ['at the end it stays', [user, say, user, later], [hi, said, hi, mind], undefined, []],
    [
      'behind results it stays',
      [user, call('a'), later, result('a'), say, user],
      [hi, turn('assistant', use('a')), turn('user', answer('a')), mind, said, hi],
      undefined,
      [],
    ],
    [
      'several are one',
      [user, later, later],
      [hi, turn('system', textBlock('Mind.'), textBlock('Mind.'))],
      undefined,
      [],
    ],
    [
      'before more of the user it moves behind that',
      [user, later, user, say, user],
      [turn('user', textBlock('Hi'), textBlock('Hi')), mind, said, hi],
      undefined,
      ['system-position'],
    ],
    [
      'behind the model it moves behind the user',
      [user, say, later, user],
      [hi, said, hi, mind],
      undefined,
      ['system-position'],
    ],
    [
      'without a user turn it moves to the front',
      [user, say, later],
      [hi, said],
      [textBlock('Mind.')],
      ['system-position'],
    ],
  ])('a later instruction, of a model that takes it: %s', (_name, items, messages, system, losses) => {
    const written = write({ items }, { laterSystem: true })
    expect({ messages: written.body.messages, system: written.body.system }).toEqual({ messages, system })
    expect(written.losses).toEqual(losses)
  })
})
