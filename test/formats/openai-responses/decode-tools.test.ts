import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import { decode } from './support.ts'

// Calls, the provider's own tools and what nobody knows, event by event: what is not read stays beside what is.

const response = { id: 'resp_1', model: 'm', status: 'in_progress', output: [] }
const created = { type: 'response.created', response }
const completed = { type: 'response.completed', response: { id: 'resp_1', status: 'completed' } }
const at = (type: string, members: JsonObject = {}) => ({ type: `response.${type}`, output_index: 0, ...members })
const added = (item: JsonObject) => at('output_item.added', { item })
const done = (item: JsonObject) => at('output_item.done', { item })

/** Between the start of the response and its finish. */
const read = (...events: JsonObject[]) => decode([created, ...events, completed]).slice(1, -2)
const start = (block: object, native?: JsonObject) => ({
  type: 'block-start',
  index: 0,
  block,
  ...(native && { native }),
})
const delta = (value: object) => ({ type: 'block-delta', index: 0, delta: value })
const native = (value: JsonObject) => delta({ kind: 'native', native: value })
const end: StreamEvent = { type: 'block-end', index: 0 }

describe('a call', () => {
  const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '', caller: null }
  const block = { kind: 'tool-call', id: 'call_1', name: 'f', tool: 'function' }

  test('whose caller is null has none', () => {
    expect(read(added(call), done({ ...call, arguments: '{}' }))).toStrictEqual([
      start(block),
      delta({ kind: 'arguments', text: '{}' }),
      end,
    ])
  })

  test('begins with the arguments that came before its name', () => {
    const words = (text: string) => at('function_call_arguments.delta', { delta: text })
    expect(read(words('{"x":'), words('1}'), done({ ...call, arguments: '{"x":1} ' }))).toStrictEqual([
      start(block),
      delta({ kind: 'arguments', text: '{"x":1}' }),
      delta({ kind: 'arguments', text: ' ' }),
      end,
    ])
  })
})

describe('a tool of the provider’s', () => {
  const search = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' }
  const searching = at('web_search_call.searching', { item_id: 'ws_1' })
  const block = { kind: 'server-tool', name: 'web_search', phase: 'call', id: 'ws_1' }

  test.each<[name: string, action: JsonObject, query?: string]>([
    ['a query', { type: 'search', query: 'tide' }, 'tide'],
    ['several queries', { type: 'search', queries: ['tide', 'ebb'] }, 'tide'],
    ['a page', { type: 'open_page', url: 'https://a' }],
  ])('keeps its item and its events: a search of %s', (_name, action, query) => {
    const whole = { ...search, status: 'completed', action }
    const asked = query === undefined ? [] : [delta({ kind: 'arguments', text: JSON.stringify({ query }) })]
    expect(read(added(search), searching, done(whole))).toStrictEqual([
      start(block, search),
      native(searching),
      ...asked,
      native(whole),
      end,
    ])
  })

  test('is asked nothing but where it is a search', () => {
    const shell = { type: 'shell_call', call_id: 'call_1', action: { commands: ['ls'], query: 'x' } }
    const block = { kind: 'server-tool', name: 'shell', phase: 'call' }
    expect(read(added(shell), done(shell))).toStrictEqual([start(block, shell), native(shell), end])
  })

  test.each<[type: string, name: string, phase?: 'call' | 'result']>([
    ['file_search_call', 'file_search'],
    ['code_interpreter_call', 'code_interpreter'],
    ['mcp_call', 'mcp'],
    ['mcp_list_tools', 'mcp_list_tools'],
    ['mcp_approval_request', 'mcp_approval'],
    ['computer_call', 'computer'],
    ['computer_call_output', 'computer', 'result'],
    ['shell_call', 'shell'],
    ['shell_call_output', 'shell', 'result'],
    ['local_shell_call', 'local_shell'],
    ['local_shell_call_output', 'local_shell', 'result'],
    ['apply_patch_call', 'apply_patch'],
    ['apply_patch_call_output', 'apply_patch', 'result'],
    ['tool_search_call', 'tool_search'],
    ['tool_search_output', 'tool_search', 'result'],
    ['program', 'program'],
    ['program_output', 'program', 'result'],
  ])('is told from the client’s by its type: %s', (type, name, phase = 'call') => {
    expect(read(done({ type, id: 'x' }))[0]).toMatchObject({ block: { kind: 'server-tool', name, phase } })
  })

  test('may have no end of its own', () => {
    expect(read(added(search))).toStrictEqual([start(block, search), end])
  })
})

describe('an image', () => {
  const preview = (index: number) =>
    at('image_generation_call.partial_image', { partial_image_index: index, partial_image_b64: 'AA==' })
  const image = { type: 'image_generation_call', id: 'ig_1', status: 'generating' }

  test('has numbered previews, and is a PNG unless it says otherwise', () => {
    expect(read(added(image), preview(0), preview(1), done({ ...image, result: 'BB==' }))).toStrictEqual([
      start({ kind: 'image', mediaType: 'image/png' }),
      delta({ kind: 'image', base64: 'AA==', partial: 0 }),
      delta({ kind: 'image', base64: 'AA==', partial: 1 }),
      delta({ kind: 'image', base64: 'BB==' }),
      end,
    ])
  })

  test('that is never made leaves no block', () => {
    const failed = { ...image, status: 'failed', result: null }
    expect(read(added(image), done(failed))).toStrictEqual([{ type: 'native', native: failed }])
    expect(read(added(image))).toStrictEqual([])
  })
})

test('spoken output is one block, from its first piece to the end of the response', () => {
  expect(
    read(
      { type: 'response.audio.transcript.delta', delta: 'Hi' },
      { type: 'response.audio.delta', delta: 'AAAA' },
      { type: 'response.audio.transcript.done' },
      { type: 'response.audio.done' },
    ),
  ).toStrictEqual([
    start({ kind: 'audio' }),
    delta({ kind: 'audio', transcript: 'Hi' }),
    delta({ kind: 'audio', base64: 'AAAA' }),
    end,
  ])
})

describe('what nobody knows', () => {
  const item = { type: 'tide_table', id: 'tt_1' }
  const rising = at('tide_table.rising', { item_id: 'tt_1', level: 2 })

  test('is an item with its events', () => {
    expect(read(added(item), rising, done({ ...item, level: 3 }))).toStrictEqual([
      start({ kind: 'native', native: item }),
      native(rising),
      native({ ...item, level: 3 }),
      end,
    ])
    expect(read(added(item))).toStrictEqual([start({ kind: 'native', native: item }), end])
  })

  test('is an event of its own, of a place without an item and of a message alike', () => {
    const message = { type: 'message', id: 'msg_1', content: [] }
    const event = at('output_text.tide', { level: 2 })
    expect(read(rising)).toStrictEqual([{ type: 'native', native: rising }])
    expect(read(added(message), event)).toStrictEqual([{ type: 'native', native: event }])
    expect(read({ type: 'response.output_item.done' })).toStrictEqual([
      { type: 'native', native: { type: 'response.output_item.done' } },
    ])
  })
})
