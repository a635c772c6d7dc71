import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import type { Frame } from '../../../lambda/framing/sse.ts'
import { chunk, finished, framesOf, readFrames, usageChunk } from './support.ts'

const [done] = framesOf(['[DONE]'])
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

function frame(data: JsonObject | string) {
  const [made] = framesOf([data])
  return made ?? { event: '', data: '' }
}

function readFrame(sse: string): Frame {
  const [read] = readFrames(sse)
  if (!read) throw new Error('no event')
  return read
}

describe('a frame is usage only', () => {
  test.each<[boolean, string, JsonObject | string]>([
    [true, 'with no choices and usage', usageChunk(usage)],
    [true, 'with usage before the first choice', usageChunk({ prompt_tokens: 25, completion_tokens: 0 })],
    [false, 'not with a choice beside it', usageChunk(usage, [{ index: 0, delta: {}, finish_reason: null }])],
    [false, 'not with usage null', { ...usageChunk({}), usage: null }],
    [false, 'not with filter results alone', { choices: [], prompt_filter_results: [{}] }],
    [false, 'not if it is text about usage', chunk({ content: '"usage":{"prompt_tokens":1}, "choices":[]' })],
    [false, 'not at [DONE]', '[DONE]'],
    [false, 'not if it is no JSON', '{"usage":{'],
  ])('%s: %s', (expected, _, data) => {
    expect(codec.isUsageOnly?.(frame(data))).toBe(expected)
  })
})

describe('a frame is routine', () => {
  const text = (delta: string, rest = ',"logprobs":null,"finish_reason":null}]}') =>
    `{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":${delta}${rest}`
  test.each<[boolean, string, string]>([
    [true, 'text', text('{"content":"Hi"}')],
    [true, 'reasoning', text('{"reasoning_content":"Hm"}')],
    [
      true,
      'text with usage null and padding',
      text('{"content":"Hi"}', ',"finish_reason":null}],"usage":null,"obfuscation":"x"}'),
    ],
    [true, 'text without a finish reason', text('{"content":"Hi"}', '}]}')],
    [true, 'text that imitates the end of the choice', text('{"content":"a},finish_reason:stop"}')],
    [false, 'empty text', text('{"content":""}')],
    [true, 'text that holds a quote', text('{"content":"say \\"}\\""}')],
    [true, 'text with a role', text('{"content":"Hi","role":"assistant"}')],
    [true, 'text beside what is null or empty', text('{"content":"Hi","reasoning_content":null,"refusal":""}')],
    [true, 'text with an empty finish', text('{"content":"Hi"}', ',"logprobs":null,"finish_reason":""}]}')],
    [false, 'the role alone', text('{"role":"assistant"}')],
    [false, 'text beside a picture', text('{"content":"Hi","images":[{}]}')],
    [false, 'text beside a call', text('{"content":"Hi","tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}')],
    [false, 'text with a finish', text('{"content":"Hi"}', ',"logprobs":null,"finish_reason":"stop"}]}')],
    [false, 'text with a finish after a blank', text('{"content":"Hi"}', ',"finish_reason": "stop"}]}')],
    [
      false,
      'text with usage behind it',
      text('{"content":"Hi"}', ',"finish_reason":null}],"usage":{"prompt_tokens":1}}'),
    ],
    [false, 'text with logprobs', text('{"content":"Hi"}', ',"logprobs":{"content":[]},"finish_reason":null}]}')],
    [
      false,
      'a second choice',
      text('{"content":"Hi"}', ',"finish_reason":null},{"index":1,"delta":{},"finish_reason":"stop"}]}'),
    ],
    [
      false,
      'usage before it',
      '{"usage":{"prompt_tokens":1},"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}',
    ],
    [false, 'a finish before the delta', '{"choices":[{"index":0,"finish_reason":"stop","delta":{"content":"Hi"}}]}'],
    [
      false,
      'an error sentence',
      '{"error":"no","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}',
    ],
    [false, 'a call', text('{"tool_calls":[{"index":0,"function":{"arguments":"x"}}]}')],
    [false, 'the end', '[DONE]'],
  ])('%s: %s', (expected, _, data) => {
    expect(codec.isRoutine(readFrame(`data: ${data}\n\n`))).toBe(expected)
  })

  test('never if it is named an error', () => {
    expect(codec.isRoutine(readFrame(`event: error\ndata: ${text('{"content":"Hi"}')}\n\n`))).toBe(false)
  })
})

describe('a relayed stream is completed', () => {
  const error = { code: 'upstream_truncated', message: 'cut' } as const
  const inBand = 'data: {"error":{"message":"cut","type":"server_error","param":null,"code":"upstream_truncated"}}\n\n'
  test.each([
    ['with [DONE] after the finish', { last: frame(finished('stop')) }, undefined, 'data: [DONE]\n\n'],
    ['with nothing after [DONE]', { last: done }, undefined, ''],
    ['with the error that cut it', { last: frame(chunk({ content: 'a' })) }, error, inBand],
    ['with the error if nothing came', {}, error, inBand],
    ['with nothing after the provider’s own error', { last: frame({ error: { message: 'x' } }) }, error, ''],
    ['with nothing after event: error', { last: { event: 'error', data: '{}' } }, error, ''],
  ])('%s', (_, seen, fault, expected) => {
    expect(codec.closeRelay(seen, fault, 'request-1')).toBe(expected)
  })
})

test('the provider is asked to stream and to report usage, whatever else was asked', () => {
  expect(codec.streamFields({ stream_options: { include_obfuscation: false, include_usage: false } })).toEqual({
    stream: true,
    stream_options: { include_obfuscation: false, include_usage: true },
  })
})

test('stream options are not added for a provider that refuses them', () => {
  expect(codec.streamFields({}, { streamOptions: false })).toEqual({ stream: true })
})
