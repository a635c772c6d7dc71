import { describe, expect, it } from 'vitest'
import { expectFailure } from '../support/failures.ts'
import { ask } from '../support/gateway.ts'
import { type Format, formats, scriptOf } from '../support/upstream/format.ts'
import { baseline, call } from '../support/upstream/reply.ts'
import { type BodyItem, conversions, sent, textOf } from '../support/upstream-request.ts'

// What the provider receives. Conversations with tools are in conversation.test.ts.

describe('limits and sampling', () => {
  const limit: Record<Format, string> = { C: 'max_completion_tokens', M: 'max_tokens', R: 'max_output_tokens' }

  it.each(conversions)('%s client, %s provider', async (client, upstream) => {
    const { body } = await sent(client, upstream, { [limit[client]]: 321, temperature: 0.25, top_p: 0.5 })
    const limits = [body.max_completion_tokens, body.max_tokens, body.max_output_tokens]
    expect(limits.filter((value) => value !== undefined)).toEqual([321])
    expect(body).toMatchObject({ temperature: 0.25, top_p: 0.5, stream: true })
  })

  it('an old max_tokens of a chat client counts as well', async () => {
    expect((await sent('C', 'R', { max_tokens: 321 })).body.max_output_tokens).toBe(321)
  })

  it.each(['C', 'R'] as const)('without a limit a %s client gets the model’s own from Messages', async (client) => {
    expect((await sent(client, 'M', {})).body.max_tokens).toBeGreaterThanOrEqual(4096)
  })

  it.each(formats)('a %s provider is asked to stream, whatever the client wants', async (upstream) => {
    for (const way of ['whole', 'buffered'] as const) {
      for (const client of formats) expect((await sent(client, upstream, {}, { way })).body.stream).toBe(true)
    }
  })
})

describe('stop sequences', () => {
  it('several of a chat client', async () => {
    expect((await sent('C', 'M', { stop: ['END', 'STOP'] })).body.stop_sequences).toEqual(['END', 'STOP'])
  })
  it('one of a chat client', async () => {
    expect((await sent('C', 'M', { stop: 'END' })).body.stop_sequences).toEqual(['END'])
  })
  it('several of a Messages client', async () => {
    expect((await sent('M', 'C', { stop_sequences: ['END', 'STOP'] })).body.stop).toEqual(['END', 'STOP'])
  })
})

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools: Record<Format, object[]> = {
  C: [{ type: 'function', function: { name: 'get_weather', description: 'Weather', parameters: schema } }],
  M: [{ name: 'get_weather', description: 'Weather', input_schema: schema }],
  R: [{ type: 'function', name: 'get_weather', description: 'Weather', parameters: schema, strict: false }],
}

describe('tool definitions', () => {
  it.each(conversions)('%s client, %s provider', async (client, upstream) => {
    const { body } = await sent(client, upstream, { tools: tools[client] })
    expect(body.tools).toMatchObject(tools[upstream])
  })
})

describe('tool choice', () => {
  const choices: Record<string, Record<Format, unknown>> = {
    auto: { C: 'auto', M: { type: 'auto' }, R: 'auto' },
    required: { C: 'required', M: { type: 'any' }, R: 'required' },
    none: { C: 'none', M: { type: 'none' }, R: 'none' },
    'one tool': {
      C: { type: 'function', function: { name: 'get_weather' } },
      M: { type: 'tool', name: 'get_weather' },
      R: { type: 'function', name: 'get_weather' },
    },
  }
  for (const [name, words] of Object.entries(choices)) {
    it.each(conversions)(`${name}, %s client, %s provider`, async (client, upstream) => {
      const { body } = await sent(client, upstream, { tools: tools[client], tool_choice: words[client] })
      // What is the default may be left out.
      if (name === 'auto' && body.tool_choice === undefined) return
      expect(body.tool_choice).toEqual(words[upstream])
    })
  }
})

describe('parallel calls switched off', () => {
  const off: Record<Format, object> = {
    C: { parallel_tool_calls: false },
    M: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    R: { parallel_tool_calls: false },
  }
  it.each(conversions)('%s client, %s provider', async (client, upstream) => {
    const { body } = await sent(client, upstream, { tools: tools[client], ...off[client] })
    expect(body).toMatchObject(off[upstream])
  })
  it('beside a forced tool', async () => {
    const { body } = await sent('C', 'M', { tools: tools.C, tool_choice: 'required', parallel_tool_calls: false })
    expect(body.tool_choice).toEqual({ type: 'any', disable_parallel_tool_use: true })
  })
})

describe('an answer in a JSON schema', () => {
  const strict = { ...schema, additionalProperties: false }
  const asked: Record<Format, object> = {
    C: { response_format: { type: 'json_schema', json_schema: { name: 'place', schema: strict, strict: true } } },
    M: { output_config: { format: { type: 'json_schema', schema: strict } } },
    R: { text: { format: { type: 'json_schema', name: 'place', schema: strict, strict: true } } },
  }
  it.each(conversions)('%s client, %s provider', async (client, upstream) => {
    const { body } = await sent(client, upstream, asked[client])
    const {
      response_format,
      output_config,
      text,
      tools: forced,
    } = body as {
      response_format?: { json_schema: { schema: object } }
      output_config?: { format?: { schema: object } }
      text?: { format: { schema: object } }
      tools?: { input_schema: object }[]
    }
    const found: Record<Format, unknown> = {
      C: response_format?.json_schema.schema,
      M: output_config?.format?.schema ?? forced?.[0]?.input_schema,
      R: text?.format.schema,
    }
    expect(found[upstream]).toEqual(strict)
  })
})

describe('reasoning effort', () => {
  const effort: Record<'C' | 'R', object> = {
    C: { reasoning_effort: 'low', max_completion_tokens: 9000 },
    R: { reasoning: { effort: 'low' }, max_output_tokens: 9000 },
  }

  it.each(['C', 'R'] as const)('of a %s client becomes a budget or an effort for Messages', async (client) => {
    const { body } = await sent(client, 'M', { ...effort[client], temperature: 0.5 })
    const { thinking, output_config } = body as {
      thinking?: { type: string; budget_tokens?: number }
      output_config?: { effort: string }
    }
    if (thinking?.type === 'enabled') {
      expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1024)
      expect(thinking.budget_tokens).toBeLessThan(9000)
    } else expect(output_config?.effort).toBe('low')
    expect([undefined, 1]).toContain(body.temperature)
  })
  it('passes between chat and Responses', async () => {
    expect((await sent('C', 'R', effort.C)).body.reasoning).toMatchObject({ effort: 'low' })
    expect((await sent('R', 'C', effort.R)).body.reasoning_effort).toBe('low')
  })
  it('comes from a Messages budget', async () => {
    const asked = { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 1024 } }
    expect((await sent('M', 'C', asked)).body.reasoning_effort).toMatch(/^(minimal|low)$/)
    expect((await sent('M', 'R', asked)).body.reasoning).toMatchObject({
      effort: expect.stringMatching(/^(minimal|low)$/),
    })
  })
})

describe('a tool name of 100 characters', () => {
  const long = `${'very_long_tool_name_'.repeat(5)}`
  const other = `${long.slice(0, 99)}X`
  const longTools = [long, other].map((name) => ({ name, input_schema: schema }))

  it.each(['C', 'R'] as const)('is clamped for a %s provider and comes back', async (upstream) => {
    const { body } = await sent('M', upstream, { tools: longTools })
    const names = (body.tools as { name?: string; function?: { name: string } }[]).map(
      (tool) => tool.function?.name ?? tool.name ?? '',
    )
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(new Set(names).size).toBe(2)
    for (const way of ['streamed', 'buffered'] as const) {
      const script = scriptOf(upstream, { parts: [call('call_1', names[0] ?? '', '{}')] })
      const reply = await ask({ client: 'M', upstream, way, script, body: { tools: longTools } })
      expect(reply.read().calls).toMatchObject([{ name: long }])
    }
  })
})

describe('what cannot be asked of the provider', () => {
  it.each(['M', 'R'] as const)('several choices are refused, not forgotten, %s provider', async (upstream) => {
    const reply = await ask({ client: 'C', upstream, script: scriptOf(upstream, baseline), body: { n: 2 } })
    expectFailure(reply, 'C', 400)
    expect(reply.failure()).toMatchObject({ type: 'invalid_request_error', param: 'n' })
  })
})

describe('a failed tool result', () => {
  const messages = [
    { role: 'user', content: 'Save it.' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'call_s', name: 'save', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_s', is_error: true, content: 'disk full' }] },
  ]
  it('arrives as text at a chat provider', async () => {
    const { body } = await sent('M', 'C', { messages })
    expect(textOf(body.messages.find(({ role }) => role === 'tool')?.content)).toContain('disk full')
  })
  it('arrives as text at a Responses provider', async () => {
    const { body } = await sent('M', 'R', { messages })
    const output = body.input.find((item: BodyItem) => item.type === 'function_call_output')?.output
    expect(textOf(output)).toContain('disk full')
  })
})
