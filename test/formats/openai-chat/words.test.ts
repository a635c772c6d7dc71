import { describe, expect, test } from 'vitest'
import { Losses } from '../../../lambda/events/losses.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Issuer } from '../../../lambda/events/stream-event.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { chunk, decodeChunks, detailsChunk, encode, request } from './support.ts'

// Every word of the tables: names of fields, issuers, tiers, lifetimes, places.

const hello = { role: 'user', content: 'Hi' }

function read(body: JsonObject) {
  const losses = new Losses()
  const canonical = codec.readRequest({ model: 'm', messages: [hello], ...body }, { headers: {}, losses })
  return { ...canonical, losses: losses.list() }
}

function natives(chunks: JsonObject[]) {
  return decodeChunks(chunks).filter(({ type }) => type === 'native')
}

describe('a stream', () => {
  test('fields of a chunk that are read, or say nothing, are not told', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    const silent = { x_groq: { id: 'x' }, obfuscation: 'x', provider: 'x', padding: 'x', system_fingerprint: 'fp' }
    const said = { usage, service_tier: 'default', citations: ['https://example.org'], search_results: [{}] }
    expect(natives([{ ...chunk({ content: 'a' }), ...silent, ...said }])).toEqual([])
  })

  test('nor are those of a delta', () => {
    const delta = {
      role: 'assistant',
      content: 'a',
      reasoning: 'b',
      reasoning_content: 'b',
      reasoning_details: [],
      refusal: '',
      tool_calls: [],
      function_call: { name: 'f', arguments: '' },
      audio: { id: 'a' },
      images: [],
      annotations: [],
      extra_content: {},
      channel: 'final',
      index: 0,
      padding: 'x',
    }
    expect(natives([chunk(delta)])).toEqual([])
  })

  test.each(['moderation', 'prompt_filter_results', 'content_filter_results', 'content_filter_offsets'])(
    '%s is what a filter thought',
    (key) => {
      const native = { [key]: [{}] }
      expect(natives([{ ...chunk({ content: 'a' }), ...native }])).toEqual([
        { type: 'native', native, loss: 'moderation-result' },
      ])
    },
  )
})

describe('issuers of reasoning', () => {
  test.each<[format: unknown, issuer: Issuer]>([
    ['anthropic-claude-v1', 'anthropic'],
    ['openai-responses-v1', 'openai'],
    ['azure-openai-responses-v1', 'openai'],
    ['google-gemini-v1', 'google'],
    ['xai-responses-v1', 'xai'],
    ['unknown', 'unknown'],
    [null, 'unknown'],
  ])('%j is read as %s', (format, issuer) => {
    const [, start] = decodeChunks([detailsChunk({ type: 'reasoning.text', text: 'a', format })])
    expect(start).toMatchObject({ block: { kind: 'reasoning', issuer } })
  })

  test.each<[issuer: Issuer, format: string]>([
    ['anthropic', 'anthropic-claude-v1'],
    ['bedrock', 'anthropic-claude-v1'],
    ['openai', 'openai-responses-v1'],
    ['google', 'google-gemini-v1'],
    ['xai', 'xai-responses-v1'],
    ['unknown', 'unknown'],
  ])('%s is written as %s', (issuer, format) => {
    const { text } = encode([
      { type: 'block-start', index: 0, block: { kind: 'reasoning', issuer } },
      { type: 'block-delta', index: 0, delta: { kind: 'signature', value: 'S' } },
      { type: 'block-end', index: 0 },
      { type: 'finish', reason: 'stop' },
    ])
    expect(text).toContain(`"format":"${format}"`)
  })
})

describe('a request', () => {
  test('fields that are read are no unknown ones', () => {
    const f = { name: 'f' }
    const body = {
      frequency_penalty: 1,
      presence_penalty: 1,
      function_call: 'auto',
      functions: [f],
      tool_choice: 'auto',
      tools: [{ type: 'function', function: { name: 'g' } }],
      parallel_tool_calls: true,
      logit_bias: { 1: 1 },
      logprobs: true,
      top_logprobs: 1,
      max_completion_tokens: 1,
      max_tokens: 1,
      metadata: { a: 'b' },
      modalities: ['text'],
      moderation: {},
      n: 1,
      prompt_cache_key: 'k',
      prompt_cache_options: {},
      prompt_cache_retention: '24h',
      reasoning_effort: 'low',
      thinking: { type: 'enabled' },
      response_format: { type: 'text' },
      safety_identifier: 'p',
      user: 'p',
      seed: 1,
      service_tier: 'auto',
      stop: 'x',
      store: false,
      stream: true,
      stream_options: {},
      temperature: 1,
      top_k: 1,
      top_p: 1,
      verbosity: 'low',
      web_search_options: {},
    }
    expect(read(body).losses).toEqual([])
    expect(read({ prediction: {}, audio: 'none' }).losses).toEqual(['prediction'])
  })

  test('nor are those of a message', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }
    const said = {
      role: 'assistant',
      content: 'a',
      name: 'bot',
      refusal: '',
      tool_calls: [call],
      function_call: { name: 'f', arguments: '{}' },
      audio: {},
      annotations: [],
      parsed: {},
      reasoning: 'b',
      reasoning_content: 'b',
      reasoning_details: [],
      cache_control: { type: 'ephemeral' },
    }
    expect(read({ messages: [said, { role: 'tool', tool_call_id: 'a', content: 'x' }] }).losses).toEqual([])
  })

  test.each(['default', 'flex', 'priority', 'fast', 'ultrafast', 'scale'])('asks for the tier %s', (service_tier) => {
    expect(read({ service_tier })).toMatchObject({ serviceTier: service_tier, losses: [] })
  })

  test.each(['enabled', 'disabled', 'adaptive', 'between_tools'])('asks for thinking that is %s', (type) => {
    expect(read({ thinking: { type } }).reasoning).toEqual({ mode: type, summary: 'auto' })
  })

  test('asks for thinking that is not shown', () => {
    expect(read({ thinking: { display: 'omitted' } }).reasoning).toEqual({ summary: 'omitted' })
  })

  test.each(['5m', '30m', '1h', '12h'])('marks for %s', (ttl) => {
    const content = [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl } }]
    expect(read({ messages: [{ role: 'user', content }] }).items).toMatchObject([{ parts: [{ cache: { ttl } }] }])
  })

  test.each(['30m', '12h'])('warms a cache for %s', (ttl) => {
    expect(read({ prompt_cache_options: { mode: 'implicit', ttl } }).cache).toMatchObject({ implicit: { ttl } })
  })

  test('says where it comes from', () => {
    const approximate = { city: 'Bern', country: 'CH', region: 'BE', timezone: 'Europe/Zurich' }
    const [search] = read({ web_search_options: { user_location: { type: 'approximate', approximate } } }).tools
    expect(search).toEqual({ kind: 'web-search', userLocation: approximate })
  })
})

describe('a field that the provider refuses', () => {
  const cache = { key: 'k', retention: '24h', options: { mode: 'explicit' } }
  const fields = {
    store: true,
    metadata: { a: 'b' },
    logitBias: { 1: 1 },
    endUser: 'p',
    cache,
    verbosity: 'low',
    seed: 1,
    serviceTier: 'flex',
    frequencyPenalty: 1,
    presencePenalty: 1,
  } as const

  test.each([
    ['store', 'store'],
    ['metadata', 'metadata'],
    ['logit_bias', 'logit-bias'],
    ['user', 'end-user'],
    ['safety_identifier', 'end-user'],
    ['prompt_cache_key', 'cache-hint'],
    ['prompt_cache_retention', 'cache-hint'],
    ['prompt_cache_options', 'cache-hint'],
    ['verbosity', 'verbosity'],
    ['seed', 'seed'],
    ['service_tier', 'service-tier'],
    ['frequency_penalty', 'penalty'],
    ['presence_penalty', 'penalty'],
  ])('%s is the loss %s', (field, loss) => {
    const losses = new Losses()
    const quirks = { refuses: [field], ...(field === 'user' && { endUserField: 'user' as const }) }
    const capabilities = { cacheBreakpoints: true }
    const { body } = codec.writeRequest(request(fields), { model: 'm', capabilities, quirks, losses })
    expect(body).not.toHaveProperty(field)
    expect(losses.list()).toEqual([loss])
  })
})
