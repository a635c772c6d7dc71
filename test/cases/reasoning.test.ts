import { describe, expect, it } from 'vitest'
import { ask, type Reply as Got, ways } from '../support/gateway.ts'
import { everyPair, type Row } from '../support/pairs.ts'
import { chatDelta, chatDone, chatRole, chatUsage } from '../support/upstream/chat.ts'
import { scriptOf } from '../support/upstream/format.ts'
import { block, messageDelta, messageStart, messageStop, textBlock } from '../support/upstream/messages.ts'
import { call, cut, type Reply, text, thinking } from '../support/upstream/reply.ts'
import {
  itemAdded,
  itemDone,
  itemEvent,
  numbered,
  responseBegin,
  responseEnd,
  textItem,
} from '../support/upstream/responses.ts'
import { type Script, whole } from '../support/upstream/script.ts'
import { sseText, type WireEvent } from '../support/upstream/sse-text.ts'

// Reasoning reaches the client as reasoning, and its seal unchanged.

const thoughts = ['First ', 'I look, ', 'then I speak.']
const reply: Reply = { parts: [thinking(thoughts), text('tok0 ', 'tok1 ', 'tok2 ')] }
const args = JSON.stringify({ city: 'Bern' })
const mixed: Reply = {
  parts: [
    thinking(thoughts, 'c2VhbA=='),
    text('Let me look.'),
    call('call_one', 'get_weather', ...cut(args, 5)),
    call('call_two', 'get_weather', ...cut(args, 6)),
  ],
}

function messages(...blocks: WireEvent[]): Script {
  return whole(sseText([messageStart(), ...blocks, messageDelta('end_turn'), messageStop]))
}

function thinkingBlock(index: number, words: string[], signature: string): WireEvent[] {
  return block(
    index,
    { type: 'thinking', thinking: '', signature: '' },
    ...words.map((word) => ({ type: 'thinking_delta', thinking: word })),
    { type: 'signature_delta', signature },
  )
}

const mistral = (type: 'thinking' | 'text', words: string) =>
  chatDelta({
    content: [type === 'thinking' ? { type, thinking: [{ type: 'text', text: words }] } : { type, text: words }],
  })

function rawReasoning(): Script {
  const item = { id: 'rs_1', type: 'reasoning', summary: [] }
  const part = { content_index: 0 }
  const complete = { type: 'reasoning_text', text: thoughts.join('') }
  const events = [
    itemAdded(0, item),
    itemEvent('content_part.added', 0, 'rs_1', { ...part, part: { type: 'reasoning_text', text: '' } }),
    ...thoughts.map((delta) => itemEvent('reasoning_text.delta', 0, 'rs_1', { ...part, delta })),
    itemEvent('reasoning_text.done', 0, 'rs_1', { ...part, text: complete.text }),
    itemEvent('content_part.done', 0, 'rs_1', { ...part, part: complete }),
    itemDone(0, { ...item, content: [complete] }),
    ...textItem(1, 'msg_1', 'tok0 ', 'tok1 ', 'tok2 '),
  ]
  const end = responseEnd(events, 'natural', { input: 15, cacheRead: 10, cacheWrite: 0, output: 42 })
  return whole(sseText(numbered([...responseBegin, ...events, end])))
}

const inOrder: Row['check'] = (got) => {
  expect(got.read().order ?? ['reasoning', 'text']).toEqual(['reasoning', 'text'])
}

const rows: Row[] = [
  { name: 'reasoning comes before the text and apart from it', reply, check: inOrder },
  {
    name: 'reasoning may be called delta.reasoning',
    upstreams: ['C'],
    clients: ['M', 'R'],
    reply,
    script: () =>
      whole(
        sseText([
          chatRole,
          ...thoughts.map((reasoning) => chatDelta({ reasoning })),
          ...['tok0 ', 'tok1 ', 'tok2 '].map((content) => chatDelta({ content })),
          chatDelta({}, 'stop'),
          chatUsage(),
          chatDone,
        ]),
      ),
    check: inOrder,
  },
  {
    name: 'reasoning may be a part of the content',
    upstreams: ['C'],
    clients: ['M', 'R'],
    reply,
    script: () =>
      whole(
        sseText([
          chatRole,
          ...thoughts.map((words) => mistral('thinking', words)),
          ...['tok0 ', 'tok1 ', 'tok2 '].map((words) => mistral('text', words)),
          chatDelta({}, 'stop'),
          chatUsage(),
          chatDone,
        ]),
      ),
    check: inOrder,
  },
  {
    name: 'raw reasoning text counts as well as a summary',
    upstreams: ['R'],
    reply,
    script: rawReasoning,
    check: inOrder,
  },
  {
    name: 'reasoning, text and two calls keep their order, and nothing is lost at a switch',
    reply: mixed,
    check: (got) => {
      expect(got.read().order ?? ['reasoning', 'text', 'call']).toEqual(['reasoning', 'text', 'call'])
    },
  },
]

everyPair(rows)

/** Seals stand where reasoning has its place for them, and never in text. */
function expectSealed(got: Got, seals: string[]): void {
  const answer = got.read()
  for (const seal of seals) {
    expect(answer.text).not.toContain(seal)
    expect(answer.reasoning).not.toContain(seal)
  }
  expect(answer.seals).toHaveLength(seals.length)
}

describe('two thinking blocks with signatures', () => {
  const [one, two] = ['EqAB+first/seal==', 'EqAB+second/seal==']
  const script = messages(
    ...thinkingBlock(0, ['One.'], one),
    ...thinkingBlock(1, ['Two.'], two),
    ...textBlock(2, 'tok0 ', 'tok1 ', 'tok2 '),
  )

  it.each(ways)('a Messages client gets each with its own, %s', async (way) => {
    const got = await ask({ client: 'M', upstream: 'M', way, script })
    if (way === 'streamed') return expect(got.text).toBe(script.steps[0]?.text)
    expect(JSON.parse(got.text).content.slice(0, 2)).toEqual([
      { type: 'thinking', thinking: 'One.', signature: one },
      { type: 'thinking', thinking: 'Two.', signature: two },
    ])
  })

  it.each(ways)('a chat client gets both texts in order and both signatures beside them, %s', async (way) => {
    const got = await ask({ client: 'C', upstream: 'M', way, script })
    expectSealed(got, [one, two])
    expect(got.read().seals).toEqual([one, two])
    expect(got.read().reasoning).toMatch(/^One\.\s*Two\.$/)
  })

  it.each(ways)('a Responses client gets two reasoning items, each sealed, %s', async (way) => {
    const got = await ask({ client: 'R', upstream: 'M', way, script })
    expectSealed(got, [one, two])
    expect(got.read().reasoning).toBe('One.Two.')
    const values = got.read().seals.map((seal) => Buffer.from(seal.split('.')[2] ?? '', 'base64url').toString())
    expect(values.map((value) => (JSON.parse(value) as { v: string }).v)).toEqual([one, two])
  })
})

describe('redacted thinking', () => {
  const data = 'cmVkYWN0ZWQ='
  const script = messages(...block(0, { type: 'redacted_thinking', data }), ...textBlock(1, 'tok0 ', 'tok1 ', 'tok2 '))

  it.each(['C', 'R'] as const)('leaks nothing into the text of a %s client, and the rest is whole', async (client) => {
    for (const way of ways) {
      const answer = (await ask({ client, upstream: 'M', way, script })).read()
      expect(answer).toMatchObject({ text: 'tok0 tok1 tok2 ', reasoning: '', calls: [] })
      expect(answer.text).not.toContain(data)
    }
  })
  it('stays in a relayed answer', async () => {
    const got = await ask({ client: 'M', upstream: 'M', way: 'buffered', script })
    expect(JSON.parse(got.text).content[0]).toEqual({ type: 'redacted_thinking', data })
  })
})

describe('a signature without any text', () => {
  const script = messages(...thinkingBlock(0, [], 'bG9uZWx5'), ...textBlock(1, 'tok0 ', 'tok1 ', 'tok2 '))

  it.each(['C', 'R'] as const)('is no empty reasoning delta for a %s client', async (client) => {
    const got = await ask({ client, upstream: 'M', script })
    expect(got.text).not.toMatch(/"reasoning_content":""|reasoning_summary_text\.delta/)
    expect(got.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', reasoning: '' })
  })
  it('stays in a relayed answer', async () => {
    const got = await ask({ client: 'M', upstream: 'M', way: 'buffered', script })
    expect(JSON.parse(got.text).content[0]).toEqual({ type: 'thinking', thinking: '', signature: 'bG9uZWx5' })
  })
})

describe('encrypted reasoning of a Responses provider', () => {
  const secret = 'gAAAAencrypted=='
  const script = scriptOf('R', { parts: [thinking(['Hm.'], secret), text('tok0 ', 'tok1 ', 'tok2 ')] })

  it.each(['C', 'M'] as const)('is never in the text of a %s client', async (client) => {
    for (const way of ways) {
      const answer = (await ask({ client, upstream: 'R', way, script })).read()
      expect(answer.text + answer.reasoning).toBe('tok0 tok1 tok2 Hm.')
    }
  })
  it('stays in a relayed answer', async () => {
    const got = await ask({ client: 'R', upstream: 'R', way: 'buffered', script })
    expect(got.read().seals).toEqual([secret])
  })
})

describe('a signature is never invented', () => {
  it.each(ways)('for unsigned reasoning of a chat provider, %s', async (way) => {
    const got = await ask({ client: 'M', upstream: 'C', way, script: scriptOf('C', reply) })
    expect(got.read().seals.join('')).toBe('')
    expect(got.read().reasoning).toBe(thoughts.join(''))
  })
})
