import { describe, expect, test } from 'vitest'
import { GatewayFault } from '../../../lambda/errors.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import type { CanonicalRequest, Item, JsonObject, Tool } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-responses/index.ts'
import type { ModelCapabilities } from '../../../lambda/providers/capabilities.ts'
import { capabilitiesOf } from '../../../lambda/providers/models.ts'
import type { Quirks } from '../../../lambda/providers/quirks.ts'
import { emptyRequest } from './support.ts'

interface Options {
  capabilities?: ModelCapabilities
  quirks?: Quirks
}

function write(request: Partial<CanonicalRequest>, { capabilities = {}, quirks = {} }: Options = {}) {
  const losses = new Losses()
  const context = { model: 'gpt-x', capabilities, quirks, losses }
  const { body, restore } = codec.writeRequest({ ...emptyRequest, ...request }, context)
  return { body, restore, losses: losses.list() }
}

const inputOf = (items: Item[], options?: Options) => write({ items }, options).body.input as JsonObject[]
const user = (text: string): Item => ({ kind: 'message', role: 'user', parts: [{ kind: 'text', text }] })
const system = (text: string): Item => ({
  kind: 'message',
  role: 'system',
  placement: 'instructions',
  parts: [{ kind: 'text', text }],
})
const call = (id: string, args = '{}'): Item => ({
  kind: 'tool-call',
  id,
  name: 'f',
  tool: 'function',
  arguments: args,
})
const result = (callId: string, text: string): Item => ({
  kind: 'tool-result',
  callId,
  tool: 'function',
  parts: [{ kind: 'text', text }],
})
const tool: Tool = { kind: 'function', name: 'f' }

describe('history', () => {
  test('a whole conversation', () => {
    const { body, losses } = write({
      items: [
        system('S'),
        { kind: 'message', role: 'developer', parts: [{ kind: 'text', text: 'D' }] },
        user('Weather?'),
        { kind: 'message', role: 'assistant', parts: [{ kind: 'text', text: 'Checking.' }] },
        { ...call('a', '{"city":"Bern"}'), name: 'get_weather' } as Item,
        { ...call('b', ''), name: 'now' } as Item,
        result('a', 'sunny'),
        result('b', 'noon'),
        user('Thanks'),
      ],
    })
    expect(body.instructions).toBe('S')
    expect(body.input).toEqual([
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'D' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
      {
        type: 'message',
        role: 'assistant',
        id: expect.stringMatching(/^msg_[0-9a-f]{48}$/),
        status: 'completed',
        content: [{ type: 'output_text', text: 'Checking.', annotations: [] }],
      },
      { type: 'function_call', call_id: 'a', name: 'get_weather', arguments: '{"city":"Bern"}' },
      { type: 'function_call', call_id: 'b', name: 'now', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', output: 'sunny' },
      { type: 'function_call_output', call_id: 'b', output: 'noon' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Thanks' }] },
    ])
    expect(losses).toEqual([])
  })

  test('several instructions are one text', () => {
    expect(write({ items: [system('A'), system(''), system('B')] }).body.instructions).toBe('A\n\nB')
  })

  test('instructions with a cache mark are a message that can hold it', () => {
    const items: Item[] = [
      {
        kind: 'message',
        role: 'system',
        placement: 'instructions',
        parts: [{ kind: 'text', text: 'S', cache: { ttl: '1h' } }],
      },
    ]
    const { body } = write({ items }, { capabilities: { cacheBreakpoints: true } })
    expect(body).not.toHaveProperty('instructions')
    const prompt_cache_breakpoint = { mode: 'explicit', ttl: '12h' }
    expect(body.input).toEqual([
      { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'S', prompt_cache_breakpoint }] },
    ])
    expect(write({ items })).toMatchObject({ body: { instructions: 'S', input: [] }, losses: ['cache-hint'] })
  })

  test('an assistant’s id is the same every time', () => {
    const items: Item[] = [
      user('x'),
      { kind: 'message', role: 'assistant', parts: [{ kind: 'text', text: 'A' }] },
      user('y'),
    ]
    expect(inputOf(items)).toEqual(inputOf(structuredClone(items)))
  })

  test('an assistant’s own id stays where it is one of the format', () => {
    const idOf = (id: string) => {
      return inputOf([{ kind: 'message', role: 'assistant', id, parts: [{ kind: 'text', text: 'A' }] }])[0]?.id
    }
    expect(idOf('msg_1')).toBe('msg_1')
    expect(idOf('chatcmpl-1')).toMatch(/^msg_[0-9a-f]{48}$/)
  })

  test('who said nothing leaves no message', () => {
    expect(inputOf([user('')])).toEqual([])
    expect(inputOf([{ kind: 'message', role: 'assistant', parts: [{ kind: 'text', text: '' }] }, call('a')])).toEqual([
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    ])
  })

  test('parts of a message keep their order', () => {
    const parts = [
      { kind: 'text', text: 'A' },
      { kind: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } },
      { kind: 'image', source: { type: 'url', url: 'https://a' }, detail: 'low' },
      { kind: 'document', source: { type: 'base64', mediaType: 'application/pdf', data: 'JVBE' } },
      { kind: 'document', source: { type: 'url', url: 'https://b' }, title: 'b.pdf' },
      { kind: 'document', source: { type: 'text', text: 'Hi' }, title: 'T', context: 'C', citations: true },
      { kind: 'search-result', title: 'T', source: 'https://s', texts: ['x', 'y'] },
      { kind: 'text', text: '' },
    ] as const
    const { body, losses } = write({ items: [{ kind: 'message', role: 'user', parts: [...parts] as never }] })
    expect((body.input as JsonObject[])[0]?.content).toEqual([
      { type: 'input_text', text: 'A' },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
      { type: 'input_image', image_url: 'https://a', detail: 'low' },
      { type: 'input_file', file_data: 'data:application/pdf;base64,JVBE', filename: 'document.pdf' },
      { type: 'input_file', file_url: 'https://b', filename: 'b.pdf' },
      { type: 'input_text', text: 'C' },
      { type: 'input_file', file_data: 'data:text/plain;base64,SGk=', filename: 'T' },
      { type: 'input_text', text: 'T\nhttps://s\nx\ny' },
    ])
    expect(losses).toEqual(['citations', 'document', 'search-result'])
  })

  test('a tool result has text, media or nothing', () => {
    const withImage: Item = {
      kind: 'tool-result',
      callId: 'a',
      tool: 'function',
      parts: [
        { kind: 'text', text: 'T' },
        { kind: 'image', source: { type: 'url', url: 'https://a' } },
      ],
    }
    expect(inputOf([withImage, { ...withImage, parts: [] }])).toEqual([
      {
        type: 'function_call_output',
        call_id: 'a',
        output: [
          { type: 'input_text', text: 'T' },
          { type: 'input_image', image_url: 'https://a', detail: 'auto' },
        ],
      },
      { type: 'function_call_output', call_id: 'a', output: '' },
    ])
    const [, image] = withImage.parts
    expect(inputOf([{ ...withImage, parts: image ? [image] : [] }])[0]?.output).toEqual([
      { type: 'input_image', image_url: 'https://a', detail: 'auto' },
    ])
  })

  test('a failed tool result says so', () => {
    const failed = { ...result('a', 'disk full'), isError: true } as Item
    const { body, losses } = write({ items: [failed] })
    expect(body.input).toEqual([{ type: 'function_call_output', call_id: 'a', output: 'Error: disk full' }])
    expect(losses).toEqual(['is-error'])
    expect(inputOf([{ ...result('a', 'Error: x'), isError: true } as Item])[0]?.output).toBe('Error: x')
    expect(inputOf([{ kind: 'tool-result', callId: 'a', tool: 'function', parts: [], isError: true }])[0]?.output).toBe(
      'Error: the tool failed.',
    )
  })

  test('a call without a result gets one, if the conversation goes on', () => {
    const { body, losses } = write({ items: [call('a'), call('b'), result('a', 'x'), user('y')] })
    expect((body.input as JsonObject[]).map((item) => [item.type, item.call_id, item.output])).toEqual([
      ['function_call', 'a', undefined],
      ['function_call', 'b', undefined],
      ['function_call_output', 'b', '(no output)'],
      ['function_call_output', 'a', 'x'],
      ['message', undefined, undefined],
    ])
    expect(losses).toEqual(['missing-tool-result'])
    expect(write({ items: [call('a')] }).losses).toEqual([])
  })

  test('results that are missing come behind the whole turn', () => {
    const thought: Item = { kind: 'reasoning', issuer: 'openai', parts: [], encrypted: 'E' }
    const input = inputOf([call('a'), thought, call('b'), call('c'), result('c', 'x')])
    expect(input.map(({ type, call_id }) => `${type} ${call_id ?? ''}`.trim())).toEqual([
      'function_call a',
      'reasoning',
      'function_call b',
      'function_call c',
      'function_call_output a',
      'function_call_output b',
      'function_call_output c',
    ])
  })

  test('a custom call and its result stay custom', () => {
    const custom: Item = { kind: 'tool-call', id: 'c', name: 'sql', tool: 'custom', arguments: 'SELECT 1' }
    expect(inputOf([custom, result('c', 'x')])).toEqual([
      { type: 'custom_tool_call', call_id: 'c', name: 'sql', input: 'SELECT 1' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'x' },
    ])
  })

  test('call ids that R refuses become legal, in call and result alike', () => {
    const [made, answered] = inputOf([call('llm_version:0'), result('llm_version:0', 'x')])
    expect(made?.call_id).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(answered?.call_id).toBe(made?.call_id)
  })

  test('OpenAI’s reasoning goes back as it was, directly before its call', () => {
    const own: Item = { kind: 'reasoning', issuer: 'openai', id: 'rs_1', parts: ['hm'], encrypted: 'gAAAA' }
    expect(inputOf([own, call('a')])[0]).toEqual({
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'hm' }],
      encrypted_content: 'gAAAA',
    })
    expect(inputOf([{ kind: 'reasoning', issuer: 'openai', parts: [], encrypted: 'E' }, call('a')])[0]).toEqual({
      type: 'reasoning',
      summary: [],
      encrypted_content: 'E',
    })
    expect(inputOf([{ ...own, raw: true }, call('a')])[0]?.summary).toEqual([])
  })

  test('a call without a result gets one, though a later call with its id has one', () => {
    const user: Item = { kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'go on' }] }
    const result: Item = { kind: 'tool-result', callId: 'a', tool: 'function', parts: [{ kind: 'text', text: '2' }] }
    const input = inputOf([call('a'), user, call('a'), result]) as { type: string; output?: string }[]
    expect(input.map(({ type, output }) => output ?? type)).toEqual([
      'function_call',
      '(no output)',
      'message',
      'function_call',
      '2',
    ])
  })

  test('OpenAI’s reasoning that led to nothing is left out', () => {
    const own: Item = { kind: 'reasoning', issuer: 'openai', id: 'rs_1', parts: ['hm'], encrypted: 'gAAAA' }
    const user: Item = { kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'go on' }] }
    const { body, losses } = write({ items: [user, own, user, own] })
    expect((body.input as { type: string }[]).map(({ type }) => type)).toEqual(['message', 'message'])
    expect(losses).toEqual(['foreign-reasoning'])
    expect(write({ items: [user, own] }).losses).toEqual(['foreign-reasoning'])
    expect(inputOf([user, own, user, call('a')]).map(({ type }) => type)).toEqual([
      'message',
      'message',
      'function_call',
    ])
  })

  test.each<[string, Item, Quirks]>([
    ['another provider’s', { kind: 'reasoning', issuer: 'anthropic', parts: ['x'], signature: 'S' }, {}],
    ['unsigned', { kind: 'reasoning', issuer: 'unknown', parts: ['x'] }, {}],
    [
      'OpenAI’s at another provider',
      { kind: 'reasoning', issuer: 'openai', parts: [], encrypted: 'E' },
      { issuer: 'xai' },
    ],
  ])('%s reasoning is left out', (_, item, quirks) => {
    const { body, losses } = write({ items: [item] }, { quirks })
    expect(body.input).toEqual([])
    expect(losses).toEqual(['foreign-reasoning'])
  })

  test.each<[Item, string[]]>([
    [{ kind: 'message', role: 'user', name: 'Ann', parts: [{ kind: 'text', text: 'x' }] }, ['message-name']],
    [{ kind: 'message', role: 'user', phase: 'commentary', parts: [{ kind: 'text', text: 'x' }] }, ['phase']],
    [{ kind: 'message', role: 'assistant', parts: [{ kind: 'text', text: 'x' }] }, ['prefill']],
    [{ kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'x', cache: {} }] }, ['cache-hint']],
  ])('%j is a loss', (item, losses) => {
    expect(write({ items: [item] }).losses).toEqual(losses)
  })

  test('only the last four cache marks stay', () => {
    const parts = [1, 2, 3, 4, 5].map((number) => ({ kind: 'text' as const, text: `${number}`, cache: {} }))
    const { body, losses } = write(
      { items: [{ kind: 'message', role: 'user', parts }] },
      { capabilities: { cacheBreakpoints: true } },
    )
    const [message] = body.input as Array<{ content: JsonObject[] }>
    const marked = message?.content.filter((part) => part.prompt_cache_breakpoint)
    expect(marked?.map((part) => part.text)).toEqual(['2', '3', '4', '5'])
    expect(losses).toEqual(['cache-hint'])
  })

  test('a refusal stays a refusal and a phase a phase', () => {
    const parts = [{ kind: 'refusal' as const, text: 'no' }]
    expect(inputOf([{ kind: 'message', role: 'assistant', phase: 'final_answer', parts }])[0]).toMatchObject({
      phase: 'final_answer',
      content: [{ type: 'refusal', refusal: 'no' }],
    })
  })
})

describe('tools', () => {
  test('always say whether they are strict, and always have a schema', () => {
    const { body } = write({
      tools: [
        tool,
        { kind: 'function', name: 'g', description: 'd', parameters: { type: 'object', properties: {} }, strict: true },
        { kind: 'custom', name: 'sql', format: { type: 'text' } },
        {
          kind: 'web-search',
          allowedDomains: ['a.ch'],
          userLocation: { city: 'Bern' },
          contextSize: 'low',
          maxUses: 2,
        },
      ],
    })
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
      { type: 'function', name: 'g', description: 'd', parameters: { type: 'object', properties: {} }, strict: true },
      { type: 'custom', name: 'sql', format: { type: 'text' } },
      {
        type: 'web_search',
        filters: { allowed_domains: ['a.ch'] },
        user_location: { type: 'approximate', city: 'Bern' },
        search_context_size: 'low',
      },
    ])
    expect(body.max_tool_calls).toBe(2)
  })

  test('a long name is shortened, and the way back is kept', () => {
    const name = 'n'.repeat(100)
    const { body, restore } = write({ tools: [{ kind: 'function', name }], items: [{ ...call('a'), name } as Item] })
    const [written] = body.tools as Array<{ name: string }>
    expect(written?.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(restore.get(written?.name ?? '')).toEqual({ name, tool: 'function' })
    expect((body.input as JsonObject[])[0]?.name).toBe(written?.name)
  })

  test('a custom tool is one here too, and its calls come back as they are', () => {
    expect(write({ tools: [{ kind: 'custom', name: 'sql' }] }).restore.size).toBe(0)
  })

  test.each<[CanonicalRequest['toolChoice'], unknown]>([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'required' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'f', tool: 'function' },
      { type: 'function', name: 'f' },
    ],
    [
      { type: 'allowed', mode: 'auto', names: ['f', 'web_search'] },
      { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }] },
    ],
    [{ type: 'native', tool: 'web_search' }, { type: 'web_search' }],
  ])('choice %j', (toolChoice, expected) => {
    expect(
      write({ tools: [tool, { kind: 'web-search' }], ...(toolChoice && { toolChoice }) }).body.tool_choice,
    ).toEqual(expected)
  })

  test('a choice without tools is dropped', () => {
    expect(write({ toolChoice: { type: 'required' } }).body).not.toHaveProperty('tool_choice')
  })

  test('a provider’s own tool is left out, and refused where it is forced', () => {
    const tools: Tool[] = [{ kind: 'native', type: 'code_execution_20250825' }, tool]
    expect(write({ tools }).losses).toEqual(['tool'])
    const forced = (tool: string, ...more: Tool[]) =>
      write({ tools: [...tools, ...more], toolChoice: { type: 'native', tool } })
    expect(() => forced('code_execution')).toThrow(GatewayFault)
    expect(() => forced('code_execution', { kind: 'web-search' })).toThrow(GatewayFault)
    expect(() => forced('web_search')).toThrow(GatewayFault)
  })
})

describe('settings', () => {
  test('an answer is streamed, not stored, and its reasoning comes encrypted', () => {
    expect(write({}).body).toEqual({
      model: 'gpt-x',
      input: [],
      stream: true,
      store: false,
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    })
  })

  test.each<[Partial<CanonicalRequest>, JsonObject]>([
    [
      { maxOutputTokens: 321, temperature: 0.25, topP: 0.5 },
      { max_output_tokens: 321, temperature: 0.25, top_p: 0.5 },
    ],
    [{ parallelToolCalls: false }, { parallel_tool_calls: false }],
    [{ verbosity: 'low' }, { text: { verbosity: 'low' } }],
    [{ outputFormat: { type: 'json' } }, { text: { format: { type: 'json_object' } } }],
    [
      { outputFormat: { type: 'json-schema', schema: { type: 'object' } } },
      { text: { format: { type: 'json_schema', name: 'response', schema: { type: 'object' }, strict: false } } },
    ],
    [{ store: true }, { store: true }],
    [{ endUser: 'ann' }, { safety_identifier: 'ann' }],
    [{ metadata: { a: 'b' } }, { metadata: { a: 'b' } }],
    [{ serviceTier: 'flex' }, { service_tier: 'flex' }],
    [
      { logprobs: { top: 2 } },
      { top_logprobs: 2, include: ['reasoning.encrypted_content', 'message.output_text.logprobs'] },
    ],
    [{ cache: { key: 'k', retention: '24h' } }, { prompt_cache_key: 'k', prompt_cache_retention: '24h' }],
    [{ maxOutputTokens: 0 }, { prompt_cache_options: { prewarm: true } }],
    [{ includeObfuscation: false }, { stream_options: { include_obfuscation: false } }],
  ])('%j', (request, expected) => {
    const { body, losses } = write(request)
    expect(body).toMatchObject(expected)
    expect(losses).toEqual([])
  })

  test('what is the default, or empty, is not written and is no loss', () => {
    const request: Partial<CanonicalRequest> = {
      outputFormat: { type: 'text' },
      logitBias: {},
      stop: [],
      presencePenalty: 0,
      n: 1,
    }
    expect(write(request)).toEqual(write({}))
  })

  test('the id of an end user that is too long is hashed', () => {
    const { body } = write({ endUser: JSON.stringify({ device: 'd'.repeat(150) }) })
    expect(body.safety_identifier).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each<[Partial<CanonicalRequest>, string]>([
    [{ stop: ['END'] }, 'stop'],
    [{ seed: 0 }, 'seed'],
    [{ topK: 5 }, 'top-k'],
    [{ presencePenalty: 1 }, 'penalty'],
    [{ logitBias: { 5: 1 } }, 'logit-bias'],
    [{ maxOutputTokens: 5 }, 'max-tokens-raised'],
  ])('%j is a loss', (request, loss) => {
    expect(write(request).losses).toEqual([loss])
  })

  test('several answers are refused, by the client’s name of the field', () => {
    expect(() => write({ n: 2 })).toThrow(expect.objectContaining({ error: expect.objectContaining({ param: 'n' }) }))
  })

  test('limits of the model are met', () => {
    const capabilities = { maxOutputTokens: 100 }
    expect(write({ maxOutputTokens: 500 }, { capabilities })).toMatchObject({
      body: { max_output_tokens: 100 },
      losses: ['max-tokens-clamped'],
    })
    for (const maxOutputTokens of [16, 100]) {
      const { body, losses } = write({ maxOutputTokens }, { capabilities })
      expect([body.max_output_tokens, losses]).toEqual([maxOutputTokens, []])
    }
  })

  test('a model without sampling gets none, and a default is no loss', () => {
    const capabilities = { sampling: 'none' } as const
    const { body, losses } = write({ temperature: 0.5, topP: 0.9, logprobs: {} }, { capabilities })
    expect([body.temperature, body.top_p, body.top_logprobs]).toEqual([undefined, undefined, undefined])
    expect(losses).toEqual(['sampling'])
    expect(write({ topP: 0.9 }, { capabilities }).losses).toEqual(['sampling'])
    expect(write({ temperature: 1, topP: 1 }, { capabilities }).losses).toEqual([])
  })

  test('an automatic cache mark goes to models that know one', () => {
    const request = { cache: { implicit: { ttl: '1h' as const } } }
    expect(write(request, { capabilities: { cacheBreakpoints: true } }).body.prompt_cache_options).toEqual({
      mode: 'implicit',
      ttl: '12h',
    })
    expect(write(request).body).not.toHaveProperty('prompt_cache_options')
  })
})

describe('reasoning', () => {
  const until = (...efforts: NonNullable<ModelCapabilities['efforts']>) => ({ capabilities: { efforts } })
  const rows: Array<[Partial<CanonicalRequest>, Options, JsonObject | undefined, string[]]> = [
    [{ reasoning: { effort: 'low' } }, {}, { effort: 'low', summary: 'auto' }, []],
    [{ reasoning: { effort: 'none' } }, {}, { effort: 'none' }, []],
    [{ reasoning: { summary: 'omitted' } }, {}, undefined, []],
    [{ reasoning: { summary: 'summarized' } }, {}, { summary: 'auto' }, []],
    [{ reasoning: { mode: 'disabled' } }, {}, { effort: 'none' }, []],
    [{ reasoning: { mode: 'disabled' } }, until('minimal', 'low'), { effort: 'minimal' }, ['thinking-always-on']],
    [{ reasoning: { mode: 'adaptive' } }, {}, { summary: 'auto' }, []],
    [
      { reasoning: { mode: 'adaptive', effort: 'max' } },
      until('low', 'high'),
      { effort: 'high', summary: 'auto' },
      ['effort'],
    ],
    [{ reasoning: { mode: 'between_tools' } }, {}, { summary: 'auto' }, ['thinking-mode']],
    [
      { reasoning: { mode: 'enabled', budgetTokens: 1024 }, maxOutputTokens: 9000 },
      {},
      { effort: 'minimal', summary: 'auto' },
      [],
    ],
    [
      { reasoning: { mode: 'enabled', budgetTokens: 4000 }, maxOutputTokens: 8000 },
      {},
      { effort: 'medium', summary: 'auto' },
      [],
    ],
    [
      { reasoning: { mode: 'enabled', budgetTokens: 7999 }, maxOutputTokens: 8000 },
      {},
      { effort: 'high', summary: 'auto' },
      [],
    ],
    [{ reasoning: { effort: 'minimal' } }, until('none', 'low'), { effort: 'low', summary: 'auto' }, ['effort']],
    [{ reasoning: { effort: 'high' } }, until(), undefined, ['effort']],
    [{}, until(), undefined, []],
  ]
  test.each(rows)('%j, %j', (request, options, expected, losses) => {
    const written = write(request, options)
    expect(written.body.reasoning).toEqual(expected)
    expect(written.losses).toEqual(losses)
  })

  test('a model that does not reason is asked for no reasoning', () => {
    expect(write({}, until()).body).not.toHaveProperty('include')
  })
})

describe('what OpenAI’s models take', () => {
  test.each([
    ['gpt-4o-mini', { efforts: [], sampling: 'full', maxOutputTokens: 16_384 }],
    ['openai/gpt-4.1', { efforts: [], maxOutputTokens: 32_768 }],
    ['o3', { efforts: ['low', 'medium', 'high'], sampling: 'none', maxOutputTokens: 100_000 }],
    ['gpt-5', { efforts: ['minimal', 'low', 'medium', 'high'], sampling: 'none' }],
    ['gpt-5-mini-2025-08-07', { efforts: ['minimal', 'low', 'medium', 'high'] }],
    ['gpt-5-codex', { efforts: ['low', 'medium', 'high'] }],
    ['gpt-5.1-codex', { efforts: ['low', 'medium', 'high'] }],
    ['gpt-5.1-codex-max', { efforts: ['low', 'medium', 'high', 'xhigh'] }],
    ['gpt-5-pro', { efforts: ['high'], maxOutputTokens: 272_000 }],
    ['gpt-5-chat-latest', { efforts: [], sampling: 'full' }],
    ['gpt-5.2-chat-latest', { efforts: ['medium'] }],
    ['gpt-5.1', { efforts: ['none', 'low', 'medium', 'high'] }],
    ['gpt-5.4', { efforts: ['none', 'low', 'medium', 'high', 'xhigh'] }],
    ['gpt-5.6-sol', { efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'], cacheBreakpoints: true }],
    ['gpt-6-astra', { sampling: 'none', cacheBreakpoints: true }],
  ])('%s', (model, expected) => {
    expect(capabilitiesOf(model)).toMatchObject(expected)
  })

  test('an unknown model has no row', () => {
    expect(capabilitiesOf('my-own-model')).toEqual({})
  })
})
