import { describe, expect, it } from 'vitest'
import { seenRequests } from '../support/control.ts'
import { ask } from '../support/gateway.ts'
import { finishWords } from '../support/pairs.ts'
import { scriptOf } from '../support/upstream/format.ts'
import { call, cut, type Reply } from '../support/upstream/reply.ts'
import { itemAdded, itemDone, itemEvent, responsesScript } from '../support/upstream/responses.ts'

// Ids and kinds of tools that the other format does not have.

const onlyCall: Reply = { parts: [call('call_one', 'get_weather', '{}')] }

describe('call ids', () => {
  const strange = 'llm_version:0'
  const answer = (id: string) => scriptOf('C', { parts: [call(id, 'get_weather', '{}')] })

  it('characters that Messages does not allow are replaced, and the result finds its call', async () => {
    const reply = await ask({ client: 'M', upstream: 'C', script: answer(strange) })
    const [{ id } = { id: '' }] = reply.read().calls
    expect(id).toMatch(/^[a-zA-Z0-9_-]+$/)
    const messages = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'get_weather', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'sunny' }] },
    ]
    const next = await ask({ client: 'M', upstream: 'C', script: answer('legal-1'), body: { messages } })
    const [request] = await seenRequests(next.model)
    const sent = JSON.parse(request?.body ?? '{}') as {
      messages: { tool_call_id?: string; tool_calls?: { id: string }[] }[]
    }
    const callIds = sent.messages.flatMap(({ tool_calls = [] }) => tool_calls.map((each) => each.id))
    const resultIds = sent.messages.flatMap(({ tool_call_id }) => tool_call_id ?? [])
    expect(callIds).toEqual(resultIds)
    expect(callIds).toHaveLength(1)
  })

  it('the same id is replaced in the same way when a chat client sends it to a Messages provider', async () => {
    const [{ id } = { id: '' }] = (await ask({ client: 'M', upstream: 'C', script: answer(strange) })).read().calls
    const messages = [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: strange, type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: strange, content: 'sunny' },
    ]
    const next = await ask({ client: 'C', upstream: 'M', script: scriptOf('M', onlyCall), body: { messages } })
    const [request] = await seenRequests(next.model)
    expect(request?.body.split(`"${id}"`)).toHaveLength(3)
  })
})

describe('free text tools', () => {
  const input = 'select "x"\nfrom y {'
  const item = { id: 'ctc_1', type: 'custom_tool_call', call_id: 'call_sql', name: 'run_sql' }
  const events = [
    itemAdded(0, { ...item, input: '' }),
    ...cut(input, 4).map((delta) => itemEvent('custom_tool_call_input.delta', 0, 'ctc_1', { delta })),
    itemEvent('custom_tool_call_input.done', 0, 'ctc_1', { input }),
    itemDone(0, { ...item, status: 'completed', input }),
  ]

  it.each(['streamed', 'whole', 'buffered'] as const)('a chat client gets the text as it is, %s', async (way) => {
    const reply = await ask({ client: 'C', upstream: 'R', way, script: responsesScript(...events) })
    expect(reply.read()).toMatchObject({
      calls: [{ id: 'call_sql', name: 'run_sql', arguments: input }],
      finish: finishWords.tools.C,
    })
    expect(reply.text).toContain('"type":"custom"')
  })

  it.each(['streamed', 'whole', 'buffered'] as const)('a Messages client gets it as one field, %s', async (way) => {
    const reply = await ask({ client: 'M', upstream: 'R', way, script: responsesScript(...events) })
    const [found] = reply.read().calls
    expect(JSON.parse(found?.arguments ?? '')).toEqual({ input })
    expect(reply.read().finish).toBe(finishWords.tools.M)
  })
})
