import OpenAI from 'openai'
import { expect, test } from 'vitest'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { encode, readFrames } from './support.ts'

function client(text: string): OpenAI {
  return new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
  })
}

function stream(text: string) {
  return client(text).chat.completions.stream({
    model: 'm',
    messages: [{ role: 'user', content: 'Hi' }],
    stream_options: { include_usage: true },
  })
}

const answer: StreamEvent[] = [
  { type: 'response-start', id: 'msg_1', model: 'claude' },
  { type: 'block-start', index: 0, block: { kind: 'reasoning', issuer: 'anthropic' } },
  { type: 'block-delta', index: 0, delta: { kind: 'reasoning', text: 'Let me ', part: 0 } },
  { type: 'block-delta', index: 0, delta: { kind: 'reasoning', text: 'see.', part: 0 } },
  { type: 'block-delta', index: 0, delta: { kind: 'signature', value: 'EqAB' } },
  { type: 'block-end', index: 0 },
  { type: 'block-start', index: 1, block: { kind: 'text' } },
  { type: 'block-delta', index: 1, delta: { kind: 'text', text: 'Checking' } },
  { type: 'block-delta', index: 1, delta: { kind: 'text', text: ' both.' } },
  { type: 'block-end', index: 1 },
  { type: 'block-start', index: 2, block: { kind: 'tool-call', id: 'a', name: 'f', tool: 'function' } },
  { type: 'block-delta', index: 2, delta: { kind: 'arguments', text: '{"x"' } },
  { type: 'block-start', index: 3, block: { kind: 'tool-call', id: 'b', name: 'g', tool: 'function' } },
  { type: 'block-delta', index: 2, delta: { kind: 'arguments', text: ':1}' } },
  { type: 'block-end', index: 2 },
  { type: 'block-end', index: 3 },
  { type: 'usage', usage: { input: 10, cacheRead: 5, output: 7, reasoning: 3 } },
  { type: 'finish', reason: 'tool-calls' },
  { type: 'response-end' },
]

test('the official accumulator rebuilds the answer, and the fold agrees with it', async () => {
  const { text } = encode(answer)
  const completion = await stream(text).finalChatCompletion()
  const [choice] = completion.choices
  expect(choice).toMatchObject({
    finish_reason: 'tool_calls',
    message: {
      role: 'assistant',
      content: 'Checking both.',
      refusal: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
      reasoning_details: [
        { type: 'reasoning.text', text: 'Let me see.', signature: 'EqAB', format: 'anthropic-claude-v1', index: 0 },
      ],
    },
  })
  const fold = codec.createFold()
  for (const frame of readFrames(text)) fold.push(frame)
  const folded = fold.result() as unknown as OpenAI.ChatCompletion
  expect(folded.usage).toEqual(completion.usage)
  expect(folded.id).toBe(completion.id)
  expect(folded.choices[0]?.message.content).toBe(choice?.message.content)
  expect(folded.choices[0]?.message.tool_calls).toEqual(
    choice?.message.tool_calls?.map(({ id, type, ...call }) => ({
      id,
      type,
      function: {
        name: 'function' in call ? call.function.name : '',
        arguments: 'function' in call ? call.function.arguments : '',
      },
    })),
  )
  expect(folded.choices[0]?.message).toMatchObject({ reasoning_content: 'Let me see.' })
})

test('an error in the stream reaches the official client as one', async () => {
  const { text } = encode([
    ...answer.slice(0, 8),
    { type: 'error', error: { code: 'overloaded', message: 'Overloaded' } },
  ])
  await expect(stream(text).finalChatCompletion()).rejects.toThrow('Overloaded')
})

test('a keep-alive between two events disturbs nothing', async () => {
  const { text } = encode(answer)
  const kept = text.replaceAll('\n\ndata:', `\n\n${codec.keepAlive}data:`)
  expect((await stream(kept).finalChatCompletion()).choices[0]?.message.content).toBe('Checking both.')
})

test('an error answer is the exception its status says', async () => {
  const { status, headers, body } = codec.writeError(
    { code: 'rate_limit', message: 'Slow down', retryAfterMs: 1 },
    'r-1',
  )
  const failing = new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: async () => new Response(JSON.stringify(body), { status, headers: headers ?? {} }),
  })
  const failure = failing.chat.completions.create({ model: 'm', messages: [] })
  await expect(failure).rejects.toBeInstanceOf(OpenAI.RateLimitError)
  await expect(failure).rejects.toMatchObject({ requestID: 'r-1', code: 'rate_limit_exceeded' })
})
