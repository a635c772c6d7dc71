import OpenAI from 'openai'
import type { ChatCompletionMessage } from 'openai/resources/chat/completions'
import type { Player, ToolResult } from './player.ts'
import { shortened } from './tool-names.ts'
import type { Speaker, WireCall } from './turns.ts'

/** An application with the official OpenAI SDK that pushes the message it got into its history, as the guides say. */

const ids = ['call_Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8', 'call_Qr9St0Uv1Wx2Yz3Ab4Cd5Ef6'] as const

const visible: WireCall[] = [
  { id: ids[0], name: 'run', arguments: '{"command":"echo hello"}' },
  { id: ids[1], name: 'write.note', arguments: '{"path":"a/ü.md","text":"\\n"}' },
]
/** A dot is legal for some Chat providers, and for none of the others. */
const legal = visible.map((call) => ({ ...call, name: call.name.includes('.') ? shortened(call.name) : call.name }))
const results: readonly ToolResult[] = [
  { call: 0, text: 'hello\n' },
  { call: 1, text: '{"written":1}' },
]

export const chatApp: Player = {
  client: 'C',
  path: '/v1/chat/completions',
  headers: { 'user-agent': 'OpenAI/JS 7.55.0', 'x-stainless-retry-count': '0' },
  first: (model) => ({
    model,
    messages: [
      { role: 'developer', content: 'Use the tools.' },
      { role: 'user', content: 'Greet, and write the note.' },
    ],
    tools: [fn('run', { command: { type: 'string' } }), fn('write.note', { path: {}, text: {} })],
    parallel_tool_calls: true,
    reasoning_effort: 'high',
    max_completion_tokens: 8000,
    stream: true,
    stream_options: { include_usage: true },
  }),
  calls: { C: visible, 'C with details': visible, 'C with text': visible, M: legal, R: legal } satisfies Record<
    Speaker,
    WireCall[]
  >,
  visible,
  results,
  async next(first, answer) {
    const { parsed: _, ...message } = (await messageOf(answer)) as ChatCompletionMessage & { parsed?: unknown }
    const outputs = results.map(({ call, text }) => ({ role: 'tool', tool_call_id: ids[call], content: text }))
    return { ...first, messages: [...(first.messages as object[]), message, ...outputs] }
  },
  async readCalls(answer) {
    const { tool_calls = [] } = await messageOf(answer)
    return tool_calls.flatMap((call) =>
      call.type === 'function'
        ? [{ id: call.id, name: call.function.name, arguments: call.function.arguments }]
        : [{ id: call.id, name: call.custom.name, arguments: call.custom.input, custom: true as const }],
    )
  },
}

function fn(name: string, properties: object): object {
  return {
    type: 'function',
    function: { name, description: `What ${name} does.`, parameters: { type: 'object', properties } },
  }
}

async function messageOf(answer: string): Promise<ChatCompletionMessage> {
  const fetch = async () => new Response(answer, { headers: { 'content-type': 'text/event-stream' } })
  const client = new OpenAI({ apiKey: 'unused', baseURL: 'http://127.0.0.1:1', maxRetries: 0, fetch })
  const completion = await client.chat.completions.stream({ model: 'm', messages: [] }).finalChatCompletion()
  const message = completion.choices[0]?.message
  if (!message) throw new Error('an answer without a message')
  return message
}
