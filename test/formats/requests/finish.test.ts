import { expect, test } from 'vitest'
import type { FinishReason } from '../../../lambda/events/finish.ts'
import { Losses, type StreamLoss } from '../../../lambda/events/losses.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { type Frame, SseReader, sseData, sseEvent } from '../../../lambda/framing/sse.ts'
import { codecs } from '../../support/codecs.ts'

// Why an answer ended: what each format's word means, and what each other format calls it.

type Content = 'text' | 'call' | 'refusal'

interface Reading {
  word: string
  content: Content
  reason: FinishReason
}

const reading: Record<FormatId, Reading[]> = {
  'openai-chat': [
    { word: 'stop', content: 'text', reason: 'stop' },
    { word: 'length', content: 'text', reason: 'length' },
    { word: 'tool_calls', content: 'call', reason: 'tool-calls' },
    { word: 'function_call', content: 'call', reason: 'tool-calls' },
    { word: 'stop', content: 'call', reason: 'tool-calls' },
    { word: 'length', content: 'call', reason: 'length' },
    { word: 'max_tokens', content: 'text', reason: 'length' },
    { word: 'model_length', content: 'text', reason: 'context-window' },
    { word: 'model_context_window_exceeded', content: 'text', reason: 'context-window' },
    { word: 'content_filter', content: 'text', reason: 'content-filter' },
    { word: 'content_filter', content: 'call', reason: 'content-filter' },
    { word: 'stop', content: 'refusal', reason: 'refusal' },
    { word: 'model_length', content: 'text', reason: 'context-window' },
    { word: 'sensitive', content: 'text', reason: 'content-filter' },
    { word: 'eos', content: 'text', reason: 'other' },
    { word: 'toString', content: 'text', reason: 'other' },
    { word: 'eos', content: 'call', reason: 'tool-calls' },
    { word: 'eos', content: 'refusal', reason: 'other' },
  ],
  'anthropic-messages': [
    { word: 'end_turn', content: 'text', reason: 'stop' },
    { word: 'stop_sequence', content: 'text', reason: 'stop-sequence' },
    { word: 'max_tokens', content: 'text', reason: 'length' },
    { word: 'model_context_window_exceeded', content: 'text', reason: 'context-window' },
    { word: 'model_context_window_exceeded', content: 'call', reason: 'context-window' },
    { word: 'tool_use', content: 'call', reason: 'tool-calls' },
    { word: 'end_turn', content: 'call', reason: 'tool-calls' },
    { word: 'max_tokens', content: 'call', reason: 'length' },
    { word: 'refusal', content: 'text', reason: 'content-filter' },
    { word: 'pause_turn', content: 'text', reason: 'pause' },
    { word: 'compaction', content: 'text', reason: 'compaction' },
    { word: 'mystery', content: 'text', reason: 'other' },
    { word: 'mystery', content: 'call', reason: 'tool-calls' },
    { word: 'toString', content: 'text', reason: 'other' },
  ],
  'openai-responses': [
    { word: 'completed', content: 'text', reason: 'stop' },
    { word: 'max_output_tokens', content: 'text', reason: 'length' },
    { word: 'max_tokens', content: 'text', reason: 'length' },
    { word: 'completed', content: 'call', reason: 'tool-calls' },
    { word: 'max_output_tokens', content: 'call', reason: 'length' },
    { word: 'content_filter', content: 'text', reason: 'content-filter' },
    { word: 'completed', content: 'refusal', reason: 'refusal' },
    { word: 'steered', content: 'text', reason: 'other' },
    { word: 'max_messages', content: 'text', reason: 'other' },
    { word: 'incomplete', content: 'text', reason: 'other' },
    { word: 'toString', content: 'text', reason: 'other' },
  ],
}

interface Writing {
  word: string
  loss?: StreamLoss
}

const writing: Record<Exclude<FinishReason, 'malformed-tool-call'>, Record<FormatId, Writing>> = {
  stop: table({ word: 'stop' }, { word: 'end_turn' }, { word: 'completed' }),
  'stop-sequence': table(
    { word: 'stop', loss: 'stop-sequence' },
    { word: 'stop_sequence' },
    { word: 'completed', loss: 'stop-sequence' },
  ),
  length: table({ word: 'length' }, { word: 'max_tokens' }, { word: 'max_output_tokens' }),
  'context-window': table(
    { word: 'length', loss: 'finish-detail' },
    { word: 'model_context_window_exceeded' },
    { word: 'max_output_tokens', loss: 'finish-detail' },
  ),
  'tool-calls': table({ word: 'tool_calls' }, { word: 'tool_use' }, { word: 'completed' }),
  'content-filter': table({ word: 'content_filter' }, { word: 'refusal' }, { word: 'content_filter' }),
  refusal: table({ word: 'stop' }, { word: 'refusal', loss: 'finish-detail' }, { word: 'completed' }),
  pause: table(
    { word: 'length', loss: 'finish-detail' },
    { word: 'pause_turn' },
    { word: 'max_output_tokens', loss: 'finish-detail' },
  ),
  compaction: table(
    { word: 'length', loss: 'finish-detail' },
    { word: 'compaction' },
    { word: 'max_output_tokens', loss: 'finish-detail' },
  ),
  other: table(
    { word: 'stop', loss: 'finish-detail' },
    { word: 'end_turn', loss: 'finish-detail' },
    { word: 'completed', loss: 'finish-detail' },
  ),
}

function table(chat: Writing, messages: Writing, responses: Writing): Record<FormatId, Writing> {
  return { 'openai-chat': chat, 'anthropic-messages': messages, 'openai-responses': responses }
}

/** The smallest answer of a provider that ends with this word. */
const wire: Record<FormatId, (word: string, content: Content) => string> = {
  'openai-chat': (word, content) => {
    const delta = {
      text: { content: 'Hi' },
      refusal: { refusal: 'No' },
      call: { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }] },
    }[content]
    const chunk = (choice: JsonObject) =>
      sseData(
        JSON.stringify({
          id: 'chatcmpl-1',
          object: 'chat.completion.chunk',
          created: 1,
          model: 'm',
          choices: [{ index: 0, ...choice }],
        }),
      )
    return chunk({ delta, finish_reason: null }) + chunk({ delta: {}, finish_reason: word }) + sseData('[DONE]')
  },
  'anthropic-messages': (word, content) => {
    const block =
      content === 'call' ? { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} } : { type: 'text', text: '' }
    const delta =
      content === 'call' ? { type: 'input_json_delta', partial_json: '{}' } : { type: 'text_delta', text: 'Hi' }
    const events = [
      { type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: word, stop_sequence: null }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]
    return events.map((event) => sseEvent(event.type, JSON.stringify(event))).join('')
  },
  'openai-responses': (word, content) => {
    const part =
      content === 'refusal' ? { type: 'refusal', refusal: 'No' } : { type: 'output_text', text: 'Hi', annotations: [] }
    const item =
      content === 'call'
        ? { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' }
        : { type: 'message', id: 'msg_1', role: 'assistant', content: [part] }
    const response = { id: 'resp_1', object: 'response', model: 'm', created_at: 1 }
    const status = word === 'completed' ? 'completed' : 'incomplete'
    const details = word === status ? null : { reason: word }
    const events = [
      { type: 'response.created', response: { ...response, status: 'in_progress' } },
      { type: 'response.output_item.done', output_index: 0, item },
      {
        type: `response.${status}`,
        response: {
          ...response,
          status,
          incomplete_details: details,
          output: [item],
          usage: { input_tokens: 1, output_tokens: 2 },
        },
      },
    ]
    return events.map((event) => sseEvent(event.type, JSON.stringify(event))).join('')
  },
}

const formats = Object.keys(codecs) as FormatId[]

function framesOf(text: string): readonly Frame[] {
  return new SseReader().push(Buffer.from(text))
}

function decode(format: FormatId, text: string): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = codecs[format].createDecoder({ quirks: {}, mint: (prefix) => `${prefix}1` })
  for (const frame of framesOf(text)) decoder.push(frame, (event) => events.push(event))
  decoder.end((event) => events.push(event))
  return events
}

function encode(format: FormatId, events: readonly StreamEvent[]): { text: string; losses: string[] } {
  const losses = new Losses()
  const encoder = codecs[format].createEncoder({
    requestId: 'key-1',
    createdAt: 1,
    mint: (prefix) => `${prefix}1`,
    request: { items: [], tools: [], includeUsage: true, params: {} },
    wire: { model: 'm' },
    losses,
  })
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
  return { text, losses: losses.list() }
}

/** The word a client finds. */
function wordIn(format: FormatId, text: string): unknown {
  const data = framesOf(text)
    .filter((frame) => frame.data !== '[DONE]')
    .map((frame) => JSON.parse(frame.data))
  switch (format) {
    case 'openai-chat':
      return data.map((chunk) => chunk.choices?.[0]?.finish_reason).find(Boolean)
    case 'anthropic-messages':
      return data.find((event) => event.type === 'message_delta')?.delta.stop_reason
    case 'openai-responses': {
      const { response } = data.at(-1) ?? {}
      return response?.incomplete_details?.reason ?? response?.status
    }
  }
}

const read = formats.flatMap((format) => reading[format].map((row) => ({ format, ...row })))

test.each(read)('$format: $word after a $content is $reason', ({ format, word, content, reason }) => {
  const finish = decode(format, wire[format](word, content)).find((event) => event.type === 'finish')
  expect(finish).toMatchObject({ type: 'finish', reason, raw: word })
})

const passages = read.flatMap((row) =>
  formats.filter((client) => client !== row.format).map((client) => ({ ...row, client })),
)

test.each(passages)('$format → $client: $word after a $content', ({ format, client, word, content, reason }) => {
  const expected = writing[reason as keyof typeof writing][client]
  const { text, losses } = encode(client, decode(format, wire[format](word, content)))
  expect(wordIn(client, text)).toBe(expected.word)
  expect(losses).toEqual(expected.loss ? [expected.loss] : [])
})

test.each(formats)('a malformed call is an error for %s, never a finish', (client) => {
  const { text } = encode(client, [
    { type: 'response-start', id: 'x', model: 'm' },
    { type: 'finish', reason: 'malformed-tool-call' },
    { type: 'response-end' },
  ])
  expect(text).toContain('"error"')
  expect([undefined, 'failed']).toContain(wordIn(client, text))
})

test.each([
  ['error', 'internal'],
  ['insufficient_system_resource', 'overloaded'],
  ['network_error', 'internal'],
])('openai-chat: %s is an interruption, no end', (word, code) => {
  const events = decode('openai-chat', wire['openai-chat'](word, 'text'))
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { code } })
  expect(events.map(({ type }) => type)).not.toContain('finish')
})

test.each(formats)('no finish at all is a truncated answer for %s', (format) => {
  const whole = wire[format](format === 'openai-responses' ? 'completed' : 'stop', 'text')
  const cut = framesOf(whole).slice(0, format === 'openai-chat' ? 1 : -1)
  const text = cut.map(({ event, data }) => (event ? sseEvent(event, data) : sseData(data))).join('')
  const events = decode(format, format === 'anthropic-messages' ? (text.split('event: message_delta')[0] ?? '') : text)
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'upstream_truncated' } })
})

test('the stop sequence itself reaches a Messages client', () => {
  const { text } = encode('anthropic-messages', [
    { type: 'response-start', id: 'x', model: 'm' },
    { type: 'finish', reason: 'stop-sequence', stopSequence: 'END' },
    { type: 'response-end' },
  ])
  expect(text).toContain('"stop_reason":"stop_sequence","stop_sequence":"END"')
})
