import { describe, expect, it } from 'vitest'
import { ask } from '../support/gateway.ts'
import { everyPair, type Row } from '../support/pairs.ts'
import {
  chatArguments,
  chatCallStart,
  chatDelta,
  chatDone,
  chatEvents,
  chatRole,
  chatUsage,
} from '../support/upstream/chat.ts'
import { scriptOf } from '../support/upstream/format.ts'
import { block, messageDelta, messageStart, messageStop, messagesEvents } from '../support/upstream/messages.ts'
import { call, cut, type Part, type Reply, text } from '../support/upstream/reply.ts'
import {
  callItem,
  itemAdded,
  itemDone,
  itemEvent,
  messageItem,
  outputText,
  responsesScript,
  textItem,
} from '../support/upstream/responses.ts'
import { type Script, whole } from '../support/upstream/script.ts'
import { sseText, type WireEvent } from '../support/upstream/sse-text.ts'

// Tool calls: ids, names, arguments and their order survive, however a provider sends them.

const weather = JSON.stringify({ city: 'Zürich 👩‍🚀', unit: 'celsius', days: [1, 2] })
const time = JSON.stringify({ zone: 'Europe/Zurich' })
const first = call('call_one', 'get_weather', ...cut(weather, 9))
const second = call('call_two', 'get_time', ...cut(time, 7))
const oneCall: Reply = { parts: [text('Let me ', 'look.'), first] }
const twoCalls: Reply = { parts: [text('Let me ', 'look.'), first, second] }
const onlyCall: Reply = { parts: [first] }
const [intro] = twoCalls.parts as [Part]

function chat(...events: WireEvent[]): () => Script {
  return () => whole(sseText([...events, chatUsage(), chatDone]))
}

function messages(blocks: WireEvent[], stop = 'tool_use'): Script {
  return whole(sseText([messageStart(), ...blocks, messageDelta(stop), messageStop]))
}

/** Takes turns between two lists. */
function alternate<Entry>(left: Entry[], right: Entry[]): Entry[] {
  const longest = Math.max(left.length, right.length)
  return Array.from({ length: longest }, (_, at) => [left[at], right[at]])
    .flat()
    .filter((entry) => entry !== undefined)
}

const pieces = (index: number, source: string, size: number) =>
  cut(source, size).map((piece) => chatArguments(index, piece))
const toolsChunk = chatDelta({}, 'tool_calls')
const introDelta = chatDelta({ content: 'Let me look.' })

function interleavedItems(): WireEvent[] {
  const one = callItem(1, 'fc_1', 'call_one', 'get_weather', cut(weather, 9))
  const two = callItem(2, 'fc_2', 'call_two', 'get_time', cut(time, 7))
  return [...textItem(0, 'msg_1', 'Let me ', 'look.'), ...alternate(one, two)]
}

/** Items whose content is in their `done` events alone. */
function doneOnly(): WireEvent[] {
  const item = { id: 'fc_1', type: 'function_call', call_id: 'call_one', name: 'get_weather' }
  const message = messageItem('msg_1', 'completed', outputText('Let me look.'))
  return [
    itemAdded(0, messageItem('msg_1', 'in_progress')),
    itemEvent('output_text.done', 0, 'msg_1', { content_index: 0, text: 'Let me look.' }),
    itemDone(0, message),
    itemAdded(1, { ...item, status: 'in_progress', arguments: '' }),
    itemEvent('function_call_arguments.done', 1, 'fc_1', { arguments: weather }),
    itemDone(1, { ...item, status: 'completed', arguments: weather }),
  ]
}

const placeholder = '{"a":{},"b":{}}'
const nested = JSON.stringify({ text: 'say "hi" \\ {curly} 👩‍🚀', deep: { list: [{ a: '}' }, { b: ']' }], empty: {} } })
const many = Array.from({ length: 8 }, (_, at) => call(`call_${at}`, `tool_${at}`, ...cut(JSON.stringify({ at }), 3)))

const rows: Row[] = [
  { name: 'text and one call in pieces', reply: oneCall },
  {
    name: 'two calls keep their order and numbers',
    reply: twoCalls,
    check: ({ text: body }) => expect(body).toContain('call_two'),
  },
  {
    name: 'argument pieces of two calls may alternate',
    upstreams: ['C', 'R'],
    reply: twoCalls,
    script: (upstream) =>
      upstream === 'R'
        ? responsesScript(...interleavedItems())
        : chat(
            chatRole,
            introDelta,
            chatCallStart(0, 'call_one', 'get_weather'),
            chatCallStart(1, 'call_two', 'get_time'),
            ...alternate(pieces(0, weather, 9), pieces(1, time, 7)),
            toolsChunk,
          )(),
  },
  {
    name: 'a call without arguments is a call',
    reply: { parts: [text('Now.'), call('call_now', 'now')] },
    // A relayed response is the provider's own object.
    expect: ({ client, upstream }) => ({
      calls: [{ id: 'call_now', name: 'now', arguments: client === 'R' && upstream === 'R' ? '' : '{}' }],
    }),
  },
  {
    name: 'an answer may begin with a call, and then has no text at all',
    reply: onlyCall,
    check: ({ text: body, read }, { client }) => {
      expect(read().order ?? ['call']).toEqual(['call'])
      if (client === 'M') expect(body).not.toContain('"type":"text"')
      if (client === 'R') expect(body).not.toContain('"type":"message"')
    },
  },
  {
    name: 'the first arguments may come with the name',
    upstreams: ['C'],
    reply: onlyCall,
    script: chat(
      chatDelta({ role: 'assistant', content: null }),
      chatCallStart(0, 'call_one', 'get_weather', weather.slice(0, 9)),
      ...pieces(0, weather.slice(9), 9),
      toolsChunk,
    ),
  },
  {
    name: 'id and name on every delta are one call',
    upstreams: ['C'],
    reply: onlyCall,
    script: chat(
      chatRole,
      ...cut(weather, 9).map((piece) => chatCallStart(0, 'call_one', 'get_weather', piece)),
      toolsChunk,
    ),
  },
  {
    name: 'the last arguments may come on the chunk with the finish',
    upstreams: ['C'],
    reply: onlyCall,
    script: chat(
      chatRole,
      chatCallStart(0, 'call_one', 'get_weather'),
      chatArguments(0, weather.slice(0, 12)),
      chatDelta({ tool_calls: [{ index: 0, function: { arguments: weather.slice(12) } }] }, 'tool_calls'),
    ),
  },
  {
    name: 'tool indexes may start at 1',
    upstreams: ['C'],
    clients: ['M', 'R'],
    reply: onlyCall,
    script: chat(chatRole, chatCallStart(1, 'call_one', 'get_weather'), ...pieces(1, weather, 9), toolsChunk),
  },
  {
    name: 'a repeated finish is one finish, and the first one',
    upstreams: ['C'],
    reply: onlyCall,
    script: chat(
      chatRole,
      chatCallStart(0, 'call_one', 'get_weather', weather),
      toolsChunk,
      toolsChunk,
      chatDelta({}, 'stop'),
    ),
  },
  {
    name: 'an empty finish_reason is none',
    upstreams: ['C'],
    reply: oneCall,
    script: () => {
      const events = chatEvents(oneCall).map(
        (event) => JSON.parse(JSON.stringify(event).replace('"finish_reason":null', '"finish_reason":""')) as WireEvent,
      )
      return whole(sseText(events))
    },
  },
  {
    name: 'a fragment that is exactly {} is part of the arguments',
    reply: { parts: [call('call_one', 'nest', '{"a":', '{}', ',"b":', '{}', '}')] },
    expect: { calls: [{ id: 'call_one', name: 'nest', arguments: placeholder }] },
  },
  {
    name: 'empty fragments between others are nothing',
    reply: { parts: [call('call_one', 'nest', '', '{"a":', '', '{}', '', ',"b":{}}', '')] },
    expect: { calls: [{ id: 'call_one', name: 'nest', arguments: placeholder }] },
  },
  {
    name: 'a block may bring its whole input at the start',
    upstreams: ['M'],
    reply: onlyCall,
    script: () =>
      messages(
        block(0, { type: 'tool_use', id: 'call_one', name: 'get_weather', input: JSON.parse(weather) as object }),
      ),
  },
  {
    name: 'arguments survive any cut, with quotes, braces and emoji',
    ways: ['streamed', 'buffered'],
    reply: { parts: [call('call_one', 'nest', ...cut(nested, 3))] },
    script: (upstream) => ({
      ...scriptOf(upstream, { parts: [call('call_one', 'nest', ...cut(nested, 3))] }),
      bytesAWrite: 5,
    }),
  },
  {
    name: 'arguments that break off at the limit stay as they are',
    reply: { parts: [call('call_one', 'get_weather', '{"city":', '"Zür')], finish: 'limit' },
  },
  {
    name: 'text after the calls is text',
    reply: { parts: [intro, first, second, text(' And so', ' on.')] },
  },
  {
    name: 'null arguments are none yet',
    upstreams: ['C'],
    reply: onlyCall,
    script: chat(chatRole, chatCallStart(0, 'call_one', 'get_weather', null), ...pieces(0, weather, 9), toolsChunk),
  },
  {
    name: 'missing arguments are none yet',
    upstreams: ['C'],
    reply: onlyCall,
    script: chat(
      chatRole,
      chatDelta({ tool_calls: [{ index: 0, id: 'call_one', type: 'function', function: { name: 'get_weather' } }] }),
      ...pieces(0, weather, 9),
      toolsChunk,
    ),
  },
  {
    name: 'text and arguments may come in done events alone',
    upstreams: ['R'],
    reply: oneCall,
    script: () => responsesScript(...doneOnly()),
  },
  { name: 'eight calls in one answer', reply: { parts: many } },
  {
    name: 'a role on every delta is one role',
    upstreams: ['C'],
    script: () =>
      whole(
        sseText([
          ...['tok0 ', 'tok1 ', 'tok2 '].map((content) => chatDelta({ role: 'assistant', content })),
          chatDelta({ role: 'assistant' }, 'stop'),
          chatUsage(),
          chatDone,
        ]),
      ),
  },
  {
    name: 'an answer without a role has one',
    upstreams: ['C'],
    script: chat(...['tok0 ', 'tok1 ', 'tok2 '].map((content) => chatDelta({ content })), chatDelta({}, 'stop')),
  },
]

everyPair(rows)

describe('numbers of converted calls', () => {
  it('a chat client gets tool indexes from 0, never the content block’s', async () => {
    const reply = await ask({ client: 'C', upstream: 'M', script: whole(sseText(messagesEvents(twoCalls))) })
    const indexes = [...reply.text.matchAll(/"tool_calls":\[\{"index":(\d+)/g)].map((match) => match[1])
    expect([...new Set(indexes)]).toEqual(['0', '1'])
  })
  it('a Messages client gets two tool_use blocks behind the text', async () => {
    const reply = await ask({ client: 'M', upstream: 'C', way: 'buffered', script: scriptOf('C', twoCalls) })
    const { content } = JSON.parse(reply.text) as { content: { type: string }[] }
    expect(content.map(({ type }) => type)).toEqual(['text', 'tool_use', 'tool_use'])
  })
  it('text behind the calls is a block and an item of its own', async () => {
    const after: Reply = { parts: [intro, first, text('Done.')] }
    const block = await ask({ client: 'M', upstream: 'R', way: 'buffered', script: scriptOf('R', after) })
    expect(JSON.parse(block.text).content.map(({ type }: { type: string }) => type)).toEqual([
      'text',
      'tool_use',
      'text',
    ])
    const item = await ask({ client: 'R', upstream: 'M', way: 'buffered', script: scriptOf('M', after) })
    expect(JSON.parse(item.text).output.map(({ type }: { type: string }) => type)).toEqual([
      'message',
      'function_call',
      'message',
    ])
  })
})
