import { describe, expect, test } from 'vitest'
import { Losses } from '../../../lambda/events/losses.ts'
import type { Item, JsonObject } from '../../../lambda/events/request.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { dataOf, encode } from './support.ts'

type Reasoning = Extract<Block, { kind: 'reasoning' }>

function answer(...blocks: Array<[Block, ...Delta[]]>): StreamEvent[] {
  return [
    { type: 'response-start', id: 'chatcmpl-1', model: 'm' },
    ...blocks.flatMap(([block, ...deltas], index): StreamEvent[] => [
      { type: 'block-start', index, block },
      ...deltas.map((delta): StreamEvent => ({ type: 'block-delta', index, delta })),
      { type: 'block-end', index },
    ]),
    { type: 'finish', reason: 'stop' },
    { type: 'response-end' },
  ]
}

const text = (value: string): [Block, Delta] => [{ kind: 'text' }, { kind: 'text', text: value }]
const said = (value: string, part = 0): Delta => ({ kind: 'reasoning', text: value, part })

function contentOf(events: StreamEvent[]): string {
  const chunks = dataOf(encode(events, { thinkingText: true, includeUsage: false }).text)
  const deltas = chunks.flatMap((chunk) => (typeof chunk === 'string' ? [] : [chunk.choices])) as Array<
    Array<{ delta: JsonObject }>
  >
  expect(JSON.stringify(deltas)).not.toContain('"reasoning')
  return deltas.map(([choice]) => choice?.delta.content ?? '').join('')
}

function readHistory(content: unknown, thinkingText: boolean): Item[] {
  const messages = [
    { role: 'assistant', content },
    { role: 'user', content: 'And?' },
  ]
  return codec.readRequest({ model: 'm', messages }, { headers: {}, losses: new Losses(), thinkingText }).items
}

interface Row {
  name: string
  block: Reasoning
  deltas: Delta[]
  content: string | RegExp
  item: object
}

const rows: Row[] = [
  {
    name: 'Claude’s signature goes bare',
    block: { kind: 'reasoning', issuer: 'anthropic' },
    deltas: [said('Let me '), said('add.'), { kind: 'signature', value: 'EqAB+/sig==' }],
    content: '<thinking signature="EqAB+/sig==">Let me add.</thinking>\n\n4',
    item: { kind: 'reasoning', issuer: 'anthropic', parts: ['Let me add.'], signature: 'EqAB+/sig==' },
  },
  {
    name: 'tags, quotes and escapes inside survive',
    block: { kind: 'reasoning', issuer: 'anthropic' },
    deltas: [said('if a < b && "c": </thinking> &lt;\n\n'), { kind: 'signature', value: 'a"b<&>' }],
    content:
      '<thinking signature="a&quot;b&lt;&amp;>">if a &lt; b &amp;&amp; &quot;c&quot;: &lt;/thinking> &amp;lt;\n\n</thinking>\n\n4',
    item: {
      kind: 'reasoning',
      issuer: 'anthropic',
      parts: ['if a < b && "c": </thinking> &lt;\n\n'],
      signature: 'a"b<&>',
    },
  },
  {
    name: 'a signature without text is kept',
    block: { kind: 'reasoning', issuer: 'anthropic' },
    deltas: [{ kind: 'signature', value: 'S' }],
    content: '<thinking signature="S"></thinking>\n\n4',
    item: { kind: 'reasoning', issuer: 'anthropic', parts: [], signature: 'S' },
  },
  {
    name: 'redacted thinking travels in an envelope',
    block: { kind: 'reasoning', issuer: 'anthropic', redacted: true },
    deltas: [{ kind: 'encrypted', value: 'ER/+==' }],
    content: /^<thinking signature="sluice1\.a\.[\w-]+"><\/thinking>\n\n4$/,
    item: { kind: 'reasoning', issuer: 'anthropic', parts: [], encrypted: 'ER/+==', redacted: true },
  },
  {
    name: 'encrypted content keeps its id and its parts',
    block: { kind: 'reasoning', issuer: 'openai', id: 'rs_1' },
    deltas: [said('One'), said('Two', 1), { kind: 'encrypted', value: 'gAAA' }],
    content: /^<thinking signature="sluice1\.o\.[\w-]+">One\n\nTwo<\/thinking>\n\n4$/,
    item: { kind: 'reasoning', issuer: 'openai', id: 'rs_1', parts: ['One', 'Two'], encrypted: 'gAAA' },
  },
  {
    name: 'an id and an issuer that come with the encrypted content count',
    block: { kind: 'reasoning', issuer: 'unknown', id: 'old' },
    deltas: [{ kind: 'encrypted', value: 'gAAA', issuer: 'openai', id: 'rs_1' }],
    content: /^<thinking signature="sluice1\.o\.[\w-]+"><\/thinking>\n\n4$/,
    item: { kind: 'reasoning', issuer: 'openai', id: 'rs_1', parts: [], encrypted: 'gAAA' },
  },
  {
    name: 'encrypted content without any id has none',
    block: { kind: 'reasoning', issuer: 'openai' },
    deltas: [said('One'), { kind: 'encrypted', value: 'gAAA' }],
    content: /^<thinking signature="sluice1\.o\.[\w-]+">One<\/thinking>\n\n4$/,
    item: { kind: 'reasoning', issuer: 'openai', parts: ['One'], encrypted: 'gAAA' },
  },
  {
    name: 'another provider’s signature comes back as one',
    block: { kind: 'reasoning', issuer: 'google' },
    deltas: [said('Hm'), { kind: 'signature', value: 'sig' }],
    content: /^<thinking signature="sluice1\.g\.[\w-]+">Hm<\/thinking>\n\n4$/,
    item: { kind: 'reasoning', issuer: 'google', parts: ['Hm'], signature: 'sig' },
  },
  {
    name: 'parts that are empty or never came are none',
    block: { kind: 'reasoning', issuer: 'unknown' },
    deltas: [said('', 0), said('Two', 1), said('Four', 3)],
    content: '<thinking signature="">Two\n\nFour</thinking>\n\n4',
    item: { kind: 'reasoning', issuer: 'unknown', parts: ['Two\n\nFour'] },
  },
  {
    name: 'reasoning that nobody signed says so',
    block: { kind: 'reasoning', issuer: 'unknown' },
    deltas: [said('Hm')],
    content: '<thinking signature="">Hm</thinking>\n\n4',
    item: { kind: 'reasoning', issuer: 'unknown', parts: ['Hm'] },
  },
]

describe('on request, reasoning is part of the content and comes back from there', () => {
  test.each(rows)('$name', ({ block, deltas, content, item }) => {
    const written = contentOf(answer([block, ...deltas], text('4')))
    if (typeof content === 'string') expect(written).toBe(content)
    else expect(written).toMatch(content)
    const [reasoning, message] = readHistory(written, true)
    expect(reasoning).toEqual(item)
    expect(message).toEqual({ kind: 'message', role: 'assistant', parts: [{ kind: 'text', text: '4' }] })
  })

  test('text and reasoning keep their order, and text every blank of its own', () => {
    const thinking: [Block, ...Delta[]] = [
      { kind: 'reasoning', issuer: 'anthropic' },
      said('b'),
      { kind: 'signature', value: 'S' },
    ]
    const written = contentOf(answer(text('a\n\n'), thinking, text('\n\nc')))
    const kinds = readHistory(written, true).map((item) => (item.kind === 'message' ? item.parts : item.kind))
    expect(kinds.slice(0, 3)).toEqual([
      [{ kind: 'text', text: 'a\n\n' }],
      'reasoning',
      [{ kind: 'text', text: '\n\nc' }],
    ])
  })

  test('reasoning of which nothing is told is not there', () => {
    expect(contentOf(answer([{ kind: 'reasoning', issuer: 'openai', id: 'rs_1' }], text('4')))).toBe('4')
  })

  test('the request says that it was asked for', () => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
    const read = (thinkingText: boolean) => codec.readRequest(body, { headers: {}, losses: new Losses(), thinkingText })
    expect(read(true).thinkingText).toBe(true)
    expect(read(false)).not.toHaveProperty('thinkingText')
  })

  test('text parts are searched too', () => {
    const content = [{ type: 'text', text: '<thinking signature="S">b</thinking>\n\nc' }]
    expect(readHistory(content, true).map(({ kind }) => kind)).toEqual(['reasoning', 'message', 'message'])
  })

  test('a citation counts from the start of the content, reasoning included', () => {
    const annotation = { type: 'url', url: 'https://a', start: 0, end: 1 } as const
    const events = answer(
      [{ kind: 'reasoning', issuer: 'unknown' }, said('Hm')],
      [{ kind: 'text' }, { kind: 'text', text: '4' }, { kind: 'annotation', annotation }],
    )
    const { text: written } = encode(events, { thinkingText: true })
    const start = '<thinking signature="">Hm</thinking>\n\n'.length
    expect(written).toContain(`"start_index":${start},"end_index":${start + 1}`)
  })

  test('the role comes with the first content, as for text', () => {
    const { text: written } = encode(answer([{ kind: 'reasoning', issuer: 'unknown' }, said('Hm')]), {
      thinkingText: true,
    })
    const [first] = dataOf(written) as Array<{ choices: Array<{ delta: JsonObject }> }>
    expect(first?.choices[0]?.delta).toMatchObject({ role: 'assistant', content: '' })
  })
})

const lookalikes = [
  '<thinking signature="S">mine</thinking>\n\nrest',
  'Write <thinking>…</thinking> tags.',
  '<thinking signature="">',
]

test.each(lookalikes)('when it is off, %j is text', (content) => {
  expect(readHistory(content, false)[0]).toEqual({
    kind: 'message',
    role: 'assistant',
    parts: [{ kind: 'text', text: content }],
  })
})

test.each(lookalikes.slice(1))('when it is on, %j is still text', (content) => {
  expect(readHistory(content, true)[0]).toMatchObject({ kind: 'message', parts: [{ text: content }] })
})
