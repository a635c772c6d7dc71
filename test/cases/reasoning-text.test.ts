import { describe, expect, it } from 'vitest'
import { seenRequests } from '../support/control.ts'
import { ask, ways } from '../support/gateway.ts'
import { scriptOf } from '../support/upstream/format.ts'
import { type Reply, text, thinking } from '../support/upstream/reply.ts'
import { sent } from '../support/upstream-request.ts'

// Clients that keep only text can have reasoning as text, on request and never otherwise.

const reply: Reply = { parts: [thinking(['Is 1 < 2', '?'], 'c2Vh+/bA=='), text('Yes.')] }
const asText = '<thinking signature="c2Vh+/bA==">Is 1 &lt; 2?</thinking>\n\nYes.'
const onRequest = { 'x-sluice-reasoning': 'text' }

const historyWith = (content: string) => ({
  messages: [
    { role: 'user', content: 'Is 1 < 2?' },
    { role: 'assistant', content },
    { role: 'user', content: 'Sure?' },
  ],
})

describe.concurrent('x-sluice-reasoning: text', () => {
  it('puts Claude’s thinking into the content, however the answer is asked for', async () => {
    for (const way of ways) {
      const answer = await ask({ client: 'C', upstream: 'M', way, script: scriptOf('M', reply), headers: onRequest })
      expect(answer.read().text).toBe(asText)
      expect(answer.text).not.toMatch(/reasoning_(content|details)/)
    }
  })

  it('brings it back to Claude as it was', async () => {
    const { body, request } = await sent('C', 'M', historyWith(asText), { headers: onRequest })
    expect(body.messages[1]?.content).toEqual([
      { type: 'thinking', thinking: 'Is 1 < 2?', signature: 'c2Vh+/bA==' },
      { type: 'text', text: 'Yes.' },
    ])
    expect(Object.keys(request.headers)).not.toContain('x-sluice-reasoning')
  })

  it('never reaches another provider as text', async () => {
    const { body, reply: answer } = await sent('C', 'R', historyWith(asText), { headers: onRequest })
    expect(JSON.stringify(body)).not.toContain('thinking')
    expect(answer.header('x-sluice-losses')).toContain('foreign-reasoning')
  })

  it('is ignored by a relay, whose bytes are the client’s own', async () => {
    const { body } = await sent('C', 'C', historyWith(asText), { headers: onRequest })
    expect(body.messages[1]?.content).toBe(asText)
  })

  it('is needed: without it, reasoning has its own fields and such text is text', async () => {
    const answer = await ask({
      client: 'C',
      upstream: 'M',
      script: scriptOf('M', reply),
      body: historyWith(asText),
    })
    expect(answer.read().text).toBe('Yes.')
    const [request] = await seenRequests(answer.model)
    expect(JSON.parse(request?.body ?? '{}').messages[1].content).toEqual([{ type: 'text', text: asText }])
  })
})
