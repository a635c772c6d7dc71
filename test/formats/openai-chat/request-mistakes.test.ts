import { describe, expect, test } from 'vitest'
import { GatewayFault } from '../../../lambda/errors.ts'
import { Losses } from '../../../lambda/events/losses.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'

// What a client is told of a request that cannot be read; request-read.test.ts has the paths.

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })
const tool = (fields: JsonObject) => ({ tools: [{ type: 'function', function: { name: 'f', ...fields } }] })
const called = (call: JsonObject) => ({ messages: [{ role: 'assistant', tool_calls: [{ id: 'a', ...call }] }] })

describe('a mistake is told in words', () => {
  test.each<[body: JsonObject, message: string]>([
    [{ messages: [] }, "Invalid 'messages': expected an array with at least one message."],
    [{ messages: ['Hi'] }, "Invalid type for 'messages[0]': expected an object."],
    [
      { messages: [{ role: 'judge' }] },
      "Invalid value for 'messages[0].role': expected 'system', 'developer', 'user', 'assistant', 'tool' or 'function'.",
    ],
    [user(7), "Invalid type for 'messages[0].content': expected a string or an array of parts."],
    [user([{ type: 'video_url' }]), `Unsupported content part "video_url" in 'messages[0].content[0]'.`],
    [user([{}]), "Invalid type for 'messages[0].content[0].type': expected a string that is not empty."],
    [
      user([{ type: 'file', file: { file_id: 'file-1' } }]),
      'File ids belong to one provider; send the file itself as file_data.',
    ],
    [
      { messages: [{ role: 'function', name: 'f', content: 'x' }] },
      `'messages[0]' answers no earlier function call named "f".`,
    ],
    [{ messages: [{ role: 'assistant', audio: { id: 'a' } }] }, 'Audio of an earlier answer belongs to one provider.'],
    [
      called({ function: { name: '' } }),
      "Invalid type for 'messages[0].tool_calls[0].function.name': expected a string that is not empty.",
    ],
    [
      called({ custom: { name: 'c', input: 7 } }),
      "Invalid type for 'messages[0].tool_calls[0].custom.input': expected a string.",
    ],
    [{ temperature: 'hot' }, "Invalid type for 'temperature': expected a number."],
    [{ max_tokens: 0 }, "Invalid type for 'max_tokens': expected an integer of at least 1."],
    [{ store: 'yes' }, "Invalid type for 'store': expected a boolean."],
    [{ metadata: [] }, "Invalid type for 'metadata': expected an object."],
    [{ tools: {} }, "Invalid type for 'tools': expected an array."],
    [{ verbosity: 1 }, "Invalid type for 'verbosity': expected a string."],
    [{ prompt_cache_options: { ttl: 5 } }, "Invalid type for 'prompt_cache_options.ttl': expected a string."],
    [{ stop: [1] }, "Invalid type for 'stop': expected a string or an array of strings."],
    [{ modalities: ['audio'] }, 'This model’s provider does not answer with audio in this format.'],
    [
      { response_format: { type: 'grammar' } },
      "Invalid value for 'response_format.type': expected 'text', 'json_object' or 'json_schema'.",
    ],
    [{ response_format: { type: 'json_schema' } }, "Missing 'response_format.json_schema'."],
    [
      { ...tool({}), tool_choice: 'sometimes' },
      "Invalid value for 'tool_choice': expected 'none', 'auto', 'required' or an object.",
    ],
    [
      { ...tool({}), function_call: 'sometimes' },
      "Invalid value for 'function_call': expected 'none', 'auto', 'required' or an object.",
    ],
  ])('%j: %s', (body, message) => {
    const read = () => codec.readRequest({ model: 'm', ...user('Hi'), ...body }, { headers: {}, losses: new Losses() })
    expect(read).toThrow(GatewayFault)
    expect(read).toThrow(message)
  })
})

test.each<[body: JsonObject, params: JsonObject]>([
  [{}, { endUser: 'user', maxOutputTokens: 'max_tokens' }],
  [
    { safety_identifier: 'p', max_completion_tokens: 5 },
    { endUser: 'safety_identifier', maxOutputTokens: 'max_completion_tokens' },
  ],
])('what a provider cannot do with %j is told under the client’s names', (body, params) => {
  const read = codec.readRequest({ model: 'm', ...user('Hi'), ...body }, { headers: {}, losses: new Losses() })
  expect(read.params).toEqual({
    items: 'messages',
    outputFormat: 'response_format',
    reasoning: 'reasoning_effort',
    cache: 'prompt_cache_options',
    ...params,
  })
})
