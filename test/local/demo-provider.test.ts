import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEMO_MODELS } from '../../infra/local/demo-answers.ts'
import { type DemoProvider, startDemoProvider } from '../../infra/local/demo-provider.ts'

let demo: DemoProvider
let client: Anthropic

beforeAll(async () => {
  demo = await startDemoProvider()
  client = new Anthropic({ baseURL: demo.entry.baseUrl, apiKey: String(demo.entry.apiKey), maxRetries: 0 })
})
afterAll(() => demo.close())

const ask = (content: string) => ({ max_tokens: 100, messages: [{ role: 'user' as const, content }] })

describe('the demo provider, read by the official client', () => {
  test('echoes the user in about twenty deltas and counts words', async () => {
    const stream = client.messages.stream({ model: 'text', ...ask('What is a sluice?') })
    let deltas = 0
    stream.on('text', () => deltas++)
    const message = await stream.finalMessage()
    expect(deltas).toBeGreaterThan(15)
    expect(message).toMatchObject({ stop_reason: 'end_turn', model: 'text', content: [{ type: 'text' }] })
    expect(JSON.stringify(message.content)).toContain('What is a sluice?')
    expect(message.usage.input_tokens).toBe(4)
    expect(message.usage.output_tokens).toBe(JSON.stringify(message.content).split(/\s+/).length)
  })

  test('calls two of the request’s own tools in parallel, with their required arguments', async () => {
    const tool = (name: string) => ({
      name,
      input_schema: {
        type: 'object' as const,
        properties: { city: { type: 'string' }, unit: { enum: ['c', 'f'] }, days: { type: 'integer' } },
        required: ['city', 'unit', 'days'],
      },
    })
    const stream = client.messages.stream({ model: 'tools', ...ask('?'), tools: [tool('today'), tool('forecast')] })
    const message = await stream.finalMessage()
    expect(message.stop_reason).toBe('tool_use')
    const input = { city: 'demo city', unit: 'c', days: 1 }
    expect(message.content).toMatchObject([
      { type: 'text' },
      { type: 'tool_use', name: 'today', input },
      { type: 'tool_use', name: 'forecast', input },
    ])
  })

  test('asks for the weather when the request has no tools', async () => {
    const message = await client.messages.stream({ model: 'tools', ...ask('?') }).finalMessage()
    expect(message.content.slice(1)).toMatchObject([
      { type: 'tool_use', name: 'get_weather' },
      { type: 'tool_use', name: 'get_weather' },
    ])
  })

  test('thinks with a signature before it answers', async () => {
    const message = await client.messages.stream({ model: 'reasoning', ...ask('Why?') }).finalMessage()
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: expect.stringContaining('Why?'), signature: expect.stringMatching(/^\S+$/) },
      { type: 'text' },
    ])
  })

  test('fails in the middle of a stream, and as 529 without one', async () => {
    const streamed = client.messages.stream({ model: 'error', ...ask('?') }).finalMessage()
    await expect(streamed).rejects.toThrow('overloaded_error')
    await expect(client.messages.create({ model: 'error', ...ask('?') })).rejects.toMatchObject({ status: 529 })
  })

  test('answers whole messages too', async () => {
    const message = await client.messages.create({ model: 'long', ...ask('?') })
    expect(message.content).toMatchObject([{ type: 'text', text: expect.stringContaining('Line 100 of') }])
  })

  test('names its models, also to someone who asks for another', async () => {
    const listed = await client.models.list()
    expect(listed.data.map((model) => model.id)).toEqual(Object.keys(DEMO_MODELS))
    await expect(client.messages.create({ model: 'gpt', ...ask('?') })).rejects.toThrow(/the demo has text, tools/)
  })
})
