import type { ChatCompletion, ChatCompletionTool } from 'openai/resources/chat/completions'
import { describe, expect, it } from 'vitest'
import { openai, urls } from '../support/sdk-clients.ts'
import { spoken, storyModel, time, weather } from '../support/sdk-story.ts'
import { formats } from '../support/upstream/format.ts'

// The official OpenAI client, Chat Completions, against both URLs and providers of all formats.

const messages = [{ role: 'user' as const, content: 'How is the weather?' }]
const tools: ChatCompletionTool[] = ['get_weather', 'get_time'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} } },
}))

function expectStory({ choices, usage }: ChatCompletion): void {
  const [choice] = choices
  expect(choice?.finish_reason).toBe('tool_calls')
  expect(choice?.message.content).toBe(spoken)
  const calls = (choice?.message.tool_calls ?? []).map((call) => (call.type === 'function' ? call : undefined))
  expect(calls.map((call) => [call?.id, call?.function.name, JSON.parse(call?.function.arguments ?? '')])).toEqual([
    ['call_weather', 'get_weather', weather],
    ['call_time', 'get_time', time],
  ])
  expect(usage).toMatchObject({ completion_tokens: 42, prompt_tokens_details: { cached_tokens: 10 } })
}

for (const url of urls) {
  describe.concurrent(`the ${url} URL`, () => {
    it.each(formats)('chat.completions.stream() builds what the provider said, %s provider', async (upstream) => {
      const model = await storyModel(upstream)
      const stream = openai(url).chat.completions.stream({
        model,
        messages,
        tools,
        stream_options: { include_usage: true },
      })
      let streamed = ''
      stream.on('content', (delta) => {
        streamed += delta
      })
      expectStory(await stream.finalChatCompletion())
      expect(streamed).toBe(spoken)
    })

    it.each(formats)('create() gives the same without streaming, %s provider', async (upstream) => {
      const { data, response } = await openai(url)
        .chat.completions.create({ model: await storyModel(upstream), messages, tools })
        .withResponse()
      expectStory(data)
      expect(response.headers.get('x-sluice-request-id')).toMatch(/^local-/)
    })

    it.each(formats)('create({stream: true}) can be iterated to its end, %s provider', async (upstream) => {
      const stream = await openai(url).chat.completions.create({
        model: await storyModel(upstream),
        messages,
        stream: true,
      })
      let content = ''
      for await (const chunk of stream) content += chunk.choices[0]?.delta.content ?? ''
      expect(content).toBe(spoken)
    })
  })
}
