import { describe, expect, it } from 'vitest'
import { ask, ways } from '../support/gateway.ts'
import { finishWords } from '../support/pairs.ts'
import { chatChunk, chatDelta, chatDone, chatRole, chatUsage } from '../support/upstream/chat.ts'
import {
  itemAdded,
  itemDone,
  itemEvent,
  messageItem,
  outputText,
  responsesScript,
} from '../support/upstream/responses.ts'
import { whole } from '../support/upstream/script.ts'
import { sseText } from '../support/upstream/sse-text.ts'

// Several choices, and what a model thought of its tokens.

describe('two choices whose deltas alternate', () => {
  const delta = (index: number, content: string, finish: string | null = null) =>
    chatChunk([{ index, delta: finish ? {} : { role: 'assistant', content }, finish_reason: finish }])
  const script = whole(
    sseText([
      ...[0, 1, 2].flatMap((at) => [delta(0, `left${at} `), delta(1, `right${at} `)]),
      delta(0, '', 'stop'),
      delta(1, '', 'length'),
      chatUsage(),
      chatDone,
    ]),
  )

  it.each(['whole', 'buffered'] as const)('stay apart for a chat client, %s', async (way) => {
    const got = await ask({ client: 'C', upstream: 'C', way, script, body: { n: 2 } })
    const { choices } = JSON.parse(got.text) as { choices: { message: { content: string }; finish_reason: string }[] }
    expect(choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
      ['left0 left1 left2 ', 'stop'],
      ['right0 right1 right2 ', 'length'],
    ])
  })
  it('pass as they are in a streamed relay', async () => {
    const got = await ask({ client: 'C', upstream: 'C', script, body: { n: 2 } })
    expect(got.text).toBe(script.steps[0]?.text)
  })
  it.each(['M', 'R'] as const)('are the first one alone for a %s client', async (client) => {
    for (const way of ways) {
      const got = await ask({ client, upstream: 'C', way, script })
      expect(got.read()).toMatchObject({ text: 'left0 left1 left2 ', finish: finishWords.natural[client] })
    }
  })
})

describe('logprobs', () => {
  const tokens = ['tok0 ', 'tok1 ', 'tok2 ']
  const entry = (token: string) => ({ token, logprob: -0.5, bytes: [...Buffer.from(token)], top_logprobs: [] })
  const fromChat = whole(
    sseText([
      chatRole,
      ...tokens.map((token) =>
        chatChunk([
          {
            index: 0,
            delta: { content: token },
            logprobs: { content: [entry(token)], refusal: null },
            finish_reason: null,
          },
        ]),
      ),
      chatDelta({}, 'stop'),
      chatUsage(),
      chatDone,
    ]),
  )
  const id = 'msg_1'
  const part = { content_index: 0 }
  const complete = { ...outputText(tokens.join('')), logprobs: tokens.map(entry) }
  const fromResponses = responsesScript(
    itemAdded(0, messageItem(id, 'in_progress')),
    itemEvent('content_part.added', 0, id, { ...part, part: outputText('') }),
    ...tokens.map((delta) => itemEvent('output_text.delta', 0, id, { ...part, delta, logprobs: [entry(delta)] })),
    itemEvent('output_text.done', 0, id, { ...part, text: tokens.join(''), logprobs: tokens.map(entry) }),
    itemEvent('content_part.done', 0, id, { ...part, part: complete }),
    itemDone(0, messageItem(id, 'completed', complete)),
  )
  /** Every token that stands in a `logprobs` of the answer, once each. */
  const tokensIn = (body: string) => [...new Set([...body.matchAll(/"token":"(tok\d )"/g)].map((match) => match[1]))]

  it.each(ways)('pass from chat to Responses, %s', async (way) => {
    const got = await ask({
      client: 'R',
      upstream: 'C',
      way,
      script: fromChat,
      body: { include: ['message.output_text.logprobs'] },
    })
    expect(tokensIn(got.text)).toEqual(tokens)
  })
  it.each(ways)('pass from Responses to chat, %s', async (way) => {
    const got = await ask({ client: 'C', upstream: 'R', way, script: fromResponses, body: { logprobs: true } })
    expect(tokensIn(got.text)).toEqual(tokens)
  })
  it('stand in the done event of a converted stream, too', async () => {
    const got = await ask({
      client: 'R',
      upstream: 'C',
      script: fromChat,
      body: { include: ['message.output_text.logprobs'] },
    })
    const done = got.text.split('\n').find((line) => line.includes('"type":"response.output_text.done"')) ?? ''
    expect(tokensIn(done)).toEqual(tokens)
  })
  it.each(['whole', 'buffered'] as const)('stay in a folded chat relay, %s', async (way) => {
    const got = await ask({ client: 'C', upstream: 'C', way, script: fromChat, body: { logprobs: true } })
    const [choice] = JSON.parse(got.text).choices
    expect(choice.logprobs.content.map(({ token }: { token: string }) => token)).toEqual(tokens)
  })
})
