import type { Message } from '@anthropic-ai/sdk/resources/messages'
import { describe, expect, it } from 'vitest'
import { anthropic, urls } from '../support/sdk-clients.ts'
import { spoken, storyModel, thought, time, weather } from '../support/sdk-story.ts'
import { formats } from '../support/upstream/format.ts'

// The official Anthropic client, Messages, against both URLs and providers of all formats.

const messages = [{ role: 'user' as const, content: 'How is the weather?' }]
const tools = ['get_weather', 'get_time'].map((name) => ({ name, input_schema: { type: 'object' as const } }))

function expectStory(message: Message): void {
  expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'tool_use', stop_sequence: null })
  expect(message.content).toMatchObject([
    { type: 'thinking', thinking: thought },
    { type: 'text', text: spoken },
    { type: 'tool_use', id: 'call_weather', name: 'get_weather', input: weather },
    { type: 'tool_use', id: 'call_time', name: 'get_time', input: time },
  ])
  expect(message.usage).toMatchObject({ input_tokens: 15, cache_read_input_tokens: 10, output_tokens: 42 })
}

for (const url of urls) {
  describe.concurrent(`the ${url} URL`, () => {
    it.each(formats)('messages.stream() builds what the provider said, %s provider', async (upstream) => {
      const model = await storyModel(upstream)
      const stream = anthropic(url).messages.stream({ model, max_tokens: 1000, messages, tools })
      let streamed = ''
      stream.on('text', (delta) => {
        streamed += delta
      })
      expectStory(await stream.finalMessage())
      expect(streamed).toBe(spoken)
    })

    it.each(formats)('create() gives the same without streaming, %s provider', async (upstream) => {
      const model = await storyModel(upstream)
      const { data, response } = await anthropic(url)
        .messages.create({ model, max_tokens: 1000, messages, tools })
        .withResponse()
      expectStory(data)
      expect(response.headers.get('request-id')).toMatch(/^local-/)
    })

    it.each(formats)('create({stream: true}) can be iterated to its end, %s provider', async (upstream) => {
      const model = await storyModel(upstream)
      const stream = await anthropic(url).messages.create({ model, max_tokens: 1000, messages, stream: true })
      const types: string[] = []
      for await (const event of stream) types.push(event.type)
      expect([types[0], types.at(-1)]).toEqual(['message_start', 'message_stop'])
    })
  })
}

describe('a second turn with the first one’s thoughts', () => {
  it.each(formats)('is taken by a %s provider', async (upstream) => {
    const client = anthropic('stream')
    const first = await client.messages
      .stream({ model: await storyModel(upstream), max_tokens: 1000, messages, tools })
      .finalMessage()
    const results = first.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'fine' }] : [],
    )
    const history = [
      ...messages,
      { role: 'assistant' as const, content: first.content },
      { role: 'user' as const, content: results },
    ]
    const next = await client.messages.create({
      model: await storyModel(upstream),
      max_tokens: 1000,
      messages: history,
      tools,
    })
    expectStory(next)
  })
})
