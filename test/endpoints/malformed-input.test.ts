import { describe, expect, it } from 'vitest'
import { register } from '../support/control.ts'
import { post, type Reply, urlOf, wholeWays } from '../support/gateway.ts'
import { block, messageStart, messageStop } from '../support/upstream/messages.ts'
import { whole } from '../support/upstream/script.ts'
import { sseText } from '../support/upstream/sse-text.ts'

// Tool input that is no JSON is kept as the model wrote it, and named in a header: an object cannot be invented.

const call = (index: number, id: string, input: string) =>
  block(index, { type: 'tool_use', id, name: 'f', input: {} }, { type: 'input_json_delta', partial_json: input })

function streamOf(...inputs: string[]): string {
  const calls = inputs.flatMap((input, at) => call(at, `toolu_${at}`, input))
  const delta = {
    type: 'message_delta',
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: 9 },
  }
  return sseText([messageStart(), ...calls, delta, messageStop])
}

const header = 'x-sluice-malformed-tool-input'
const requests = {
  M: { path: '/v1/messages', fields: { max_tokens: 9, messages: [{ role: 'user', content: 'Go' }] } },
  C: { path: '/v1/chat/completions', fields: { messages: [{ role: 'user', content: 'Go' }] } },
  R: { path: '/v1/responses', fields: { input: 'Go' } },
} as const
const clients = ['M', 'C', 'R'] as const

async function ask(client: (typeof clients)[number], way: (typeof wholeWays)[number], sse: string): Promise<Reply> {
  const { path, fields } = requests[client]
  const model = await register(whole(sse))
  return post(urlOf(way, path), client, { body: JSON.stringify({ model: `m/${model}`, ...fields }), model })
}

describe.each(clients)('a %s client', (client) => {
  it.each(wholeWays)('gets input that is no JSON as it is, and is told which, %s', async (way) => {
    const reply = await ask(client, way, streamOf('{"x":1}', '{"x":', ''))
    expect([reply.status, reply.header(header)]).toEqual([200, 'toolu_1'])
    expect(reply.text).toContain(JSON.stringify('{"x":'))
  })

  it.each(wholeWays)('is told nothing where all input is JSON, %s', async (way) => {
    const reply = await ask(client, way, streamOf('{"x":1}', ''))
    expect([reply.status, reply.header(header)]).toEqual([200, undefined])
  })
})
