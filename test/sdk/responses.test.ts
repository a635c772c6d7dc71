import type { Response } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import { openai, urls } from '../support/sdk-clients.ts'
import { spoken, storyModel, thought, time, weather } from '../support/sdk-story.ts'
import { formats } from '../support/upstream/format.ts'

// The official OpenAI client, Responses, against both URLs and providers of all formats.

const input = 'How is the weather?'
const tools = ['get_weather', 'get_time'].map((name) => ({
  type: 'function' as const,
  name,
  parameters: { type: 'object', properties: {} },
  strict: false,
}))

function expectStory(response: Response): void {
  expect(response).toMatchObject({ object: 'response', status: 'completed', error: null, incomplete_details: null })
  expect(response.output).toMatchObject([
    { type: 'reasoning', summary: [{ type: 'summary_text', text: thought }] },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: spoken }] },
    { type: 'function_call', call_id: 'call_weather', name: 'get_weather' },
    { type: 'function_call', call_id: 'call_time', name: 'get_time' },
  ])
  const args = response.output.flatMap((item) => (item.type === 'function_call' ? [JSON.parse(item.arguments)] : []))
  expect(args).toEqual([weather, time])
  expect(response.output_text).toBe(spoken)
  expect(response.usage).toMatchObject({ output_tokens: 42, input_tokens_details: { cached_tokens: 10 } })
}

for (const url of urls) {
  describe.concurrent(`the ${url} URL`, () => {
    it.each(formats)('responses.stream() builds what the provider said, %s provider', async (upstream) => {
      const stream = openai(url).responses.stream({ model: await storyModel(upstream), input, tools })
      let streamed = ''
      stream.on('response.output_text.delta', ({ delta }) => {
        streamed += delta
      })
      expectStory(await stream.finalResponse())
      expect(streamed).toBe(spoken)
    })

    it.each(formats)('create() gives the same without streaming, %s provider', async (upstream) => {
      const { data, response } = await openai(url)
        .responses.create({ model: await storyModel(upstream), input, tools })
        .withResponse()
      expectStory(data)
      expect(response.headers.get('x-request-id')).toMatch(/^local-/)
    })

    it.each(formats)('create({stream: true}) can be iterated to its end, %s provider', async (upstream) => {
      const stream = await openai(url).responses.create({ model: await storyModel(upstream), input, stream: true })
      const types: string[] = []
      for await (const event of stream) types.push(event.type)
      expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed'])
    })
  })
}
