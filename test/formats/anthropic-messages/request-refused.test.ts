import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import { read } from './support.ts'

const user = { role: 'user', content: 'Hi' }
const base: JsonObject = { model: 'claude-x', max_tokens: 100, messages: [user] }
const block = (block: JsonObject, role = 'user'): JsonObject => ({ messages: [{ role, content: [block] }] })
const image = (source: JsonObject) => block({ type: 'image', source })
const documentOf = (source: unknown) => block({ type: 'document', source })
const format = (format: unknown): JsonObject => ({ output_config: { format } })
const place = 'messages[0].content[0]'

const wrongTypes: Array<[body: JsonObject, param: string, expected: string]> = [
  [{ messages: 'hi' }, 'messages', 'an array'],
  [{ messages: undefined }, 'messages', 'an array'],
  [{ messages: ['hi'] }, 'messages[0]', 'an object'],
  [{ messages: [user, { role: 'user', content: 7 }] }, 'messages[1].content', 'an array'],
  [{ messages: [user, { role: 'user', content: [7] }] }, 'messages[1].content[0]', 'an object'],
  [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role', 'user, assistant or system'],
  [block({ text: 'x' }), `${place}.type`, 'a string'],
  [block({ type: 'text' }), `${place}.text`, 'a string'],
  [block({ type: 'tool_use', name: 'f' }, 'assistant'), `${place}.id`, 'a string'],
  [block({ type: 'tool_use', id: 't' }, 'assistant'), `${place}.name`, 'a string'],
  [block({ type: 'tool_result' }), `${place}.tool_use_id`, 'a string'],
  [block({ type: 'tool_result', tool_use_id: 't', content: 7 }), `${place}.content`, 'an array'],
  [block({ type: 'tool_result', tool_use_id: 't', content: ['x'] }), `${place}.content[0]`, 'an object'],
  [block({ type: 'image' }), `${place}.source`, 'an object'],
  [image({ type: 'smoke' }), `${place}.source.type`, 'base64 or url'],
  [image({ type: 'base64', data: 'AA==' }), `${place}.source.media_type`, 'a string'],
  [image({ type: 'base64', media_type: 'image/png' }), `${place}.source.data`, 'a string'],
  [image({ type: 'url' }), `${place}.source.url`, 'a string'],
  [documentOf('x'), `${place}.source`, 'an object'],
  [documentOf({ type: 'text' }), `${place}.source.data`, 'a string'],
  [documentOf({ type: 'content' }), `${place}.source.content`, 'an array'],
  [block({ type: 'search_result', source: 'https://e.org' }), `${place}.title`, 'a string'],
  [block({ type: 'search_result', title: 'T' }), `${place}.source`, 'a string'],
  [{ system: 7 }, 'system', 'an array'],
  [{ system: ['x'] }, 'system[0]', 'an object'],
  [{ system: [{ type: 'text' }] }, 'system[0].text', 'a string'],
  [{ max_tokens: '100' }, 'max_tokens', 'a number'],
  [{ temperature: 'hot' }, 'temperature', 'a number'],
  [{ top_p: '1' }, 'top_p', 'a number'],
  [{ top_k: '1' }, 'top_k', 'a number'],
  [{ stop_sequences: 'END' }, 'stop_sequences', 'an array'],
  [{ stop_sequences: ['END', 7] }, 'stop_sequences[1]', 'a string'],
  [{ metadata: 'x' }, 'metadata', 'an object'],
  [{ metadata: { user_id: 7 } }, 'metadata.user_id', 'a string'],
  [{ service_tier: 7 }, 'service_tier', 'a string'],
  [{ thinking: 'deep' }, 'thinking', 'an object'],
  [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens', 'a number'],
  [{ output_config: 'x' }, 'output_config', 'an object'],
  [{ output_config: { effort: 7 } }, 'output_config.effort', 'a string'],
  [format('x'), 'output_config.format', 'an object'],
  [format({ type: 'xml' }), 'output_config.format.type', '"json_schema"'],
  [format({ type: 'json_schema' }), 'output_config.format.schema', 'an object'],
  [{ output_format: { type: 'json_schema' } }, 'output_format.schema', 'an object'],
  [{ tools: {} }, 'tools', 'an array'],
  [{ tools: ['f'] }, 'tools[0]', 'an object'],
  [{ tools: [{ type: 7 }] }, 'tools[0].type', 'a string'],
  [{ tools: [{ input_schema: {} }] }, 'tools[0].name', 'a string'],
  [{ tools: [{ name: 'f', input_schema: 'x' }] }, 'tools[0].input_schema', 'an object'],
  [{ tool_choice: 'auto' }, 'tool_choice', 'an object'],
  [{ tool_choice: { type: 'perhaps' } }, 'tool_choice.type', 'one of auto, any, tool, none'],
  [{ tool_choice: { type: 'tool' } }, 'tool_choice.name', 'a string'],
]

const otherReasons: Array<[name: string, body: JsonObject, param: string, message: RegExp]> = [
  ['an unknown thinking mode', { thinking: { type: 'deep' } }, 'thinking.type', /must be one of \w+, \w+/],
  ['a file of the provider', image({ type: 'file', file_id: 'f' }), `${place}.source`, /provider that stores the file/],
  ['a compacted history', block({ type: 'compaction', content: 'x' }, 'assistant'), place, /compacted history/],
  ['a container', { container: 'c' }, 'container', /^container cannot be served by a provider/],
  ['MCP servers', { mcp_servers: [{ url: 'x' }] }, 'mcp_servers', /^mcp_servers cannot be served/],
  ['where data may go', { inference_geo: 'eu' }, 'inference_geo', /^inference_geo cannot be served/],
]

describe('a refused request names the field', () => {
  const errorOf = (body: JsonObject): unknown => {
    try {
      return read({ ...base, ...body })
    } catch (thrown) {
      return thrown
    }
  }

  test.each(wrongTypes)('%j: %s must be %s', (body, param, expected) => {
    const message = `${param} must be ${expected}.`
    expect(errorOf(body)).toMatchObject({ error: { code: 'invalid_request', param, message } })
  })

  test.each(otherReasons)('%s', (_name, body, param, message) => {
    expect(errorOf(body)).toMatchObject({
      error: { code: 'invalid_request', param, message: expect.stringMatching(message) },
    })
  })
})
