import { describe, expect, test } from 'vitest'
import type { FinishReason } from '../../lambda/events/finish.ts'
import type { Tool } from '../../lambda/events/request.ts'
import type { StreamEvent } from '../../lambda/events/stream-event.ts'
import { clampToolName, type OriginalTool, restoreOf, restoreTools } from '../../lambda/events/tool-names.ts'

// What a provider calls by its wire name comes back as the tool that the client defined.

const restore = new Map<string, OriginalTool>([
  ['mcp__read', { name: 'read', namespace: 'mcp', tool: 'function' }],
  ['patch', { name: 'patch', tool: 'custom', unwrapInput: true }],
  ['answer', { name: 'answer', tool: 'function', asText: true }],
])

function restored(events: readonly StreamEvent[]): StreamEvent[] {
  const got: StreamEvent[] = []
  const emit = restoreTools(restore, (event) => void got.push(event))
  for (const event of events) emit(event)
  return got
}

function call(index: number, name: string, pieces: readonly string[], choice?: number): StreamEvent[] {
  const where = { index, ...(choice !== undefined && { choice }) }
  return [
    { type: 'block-start', ...where, block: { kind: 'tool-call', id: `call_${index}`, name, tool: 'function' } },
    ...pieces.map((text): StreamEvent => ({ type: 'block-delta', ...where, delta: { kind: 'arguments', text } })),
    { type: 'block-end', ...where },
  ]
}

const finish = (reason: FinishReason): StreamEvent => ({ type: 'finish', reason })

describe('the way back of tool names', () => {
  test('is no detour where no name was changed', () => {
    const emit = () => undefined
    expect(restoreTools(new Map(), emit)).toBe(emit)
  })

  test('leaves calls of other tools, and everything else, as it is', () => {
    const events: StreamEvent[] = [
      { type: 'response-start', id: 'x', model: 'm' },
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'Hi' } },
      { type: 'block-end', index: 0 },
      ...call(1, 'weather', ['{"input":', '"x"}']),
      finish('tool-calls'),
      { type: 'response-end' },
    ]
    expect(restored(events)).toEqual(events)
  })

  test('gives a call its name and namespace again, and its arguments as they come', () => {
    const [start, ...rest] = restored(call(0, 'mcp__read', ['{"a":', '1}']))
    expect(restored(call(0, 'patch', []))[0]).not.toHaveProperty('block.namespace')
    expect(start).toMatchObject({ block: { id: 'call_0', name: 'read', namespace: 'mcp', tool: 'function' } })
    expect(rest).toEqual(call(0, 'mcp__read', ['{"a":', '1}']).slice(1))
  })

  test.each([
    ['its text is taken out', ['{"inp', 'ut":"*** Begin\\n"}'], '*** Begin\n'],
    ['arguments that were cut stay raw', ['{"input":"*** Be'], '{"input":"*** Be'],
    ['an input that is no text stays raw', ['{"input":5}'], '{"input":5}'],
    ['what is no object stays raw', ['[1]'], '[1]'],
    ['no arguments are an empty text', [], ''],
  ])('makes a function call a custom one: %s', (_name, pieces, text) => {
    const [start, ...rest] = restored(call(3, 'patch', pieces))
    expect(start).toEqual({
      type: 'block-start',
      index: 3,
      block: { kind: 'tool-call', id: 'call_3', name: 'patch', tool: 'custom' },
    })
    expect(rest).toEqual([
      { type: 'block-delta', index: 3, delta: { kind: 'arguments', text } },
      { type: 'block-end', index: 3 },
    ])
  })

  test('keeps apart the calls that run side by side, and the choice of each', () => {
    const [startA, a1, a2, endA] = call(0, 'patch', ['{"input":', '"a"}']) as [
      StreamEvent,
      StreamEvent,
      StreamEvent,
      StreamEvent,
    ]
    const [startB, b1, endB] = call(1, 'patch', ['{"input":"b"}'], 1) as [StreamEvent, StreamEvent, StreamEvent]
    const got = restored([startA, a1, startB, b1, a2, endB, endA])
    expect(got.slice(2)).toEqual([
      { type: 'block-delta', index: 1, choice: 1, delta: { kind: 'arguments', text: 'b' } },
      { type: 'block-end', index: 1, choice: 1 },
      { type: 'block-delta', index: 0, delta: { kind: 'arguments', text: 'a' } },
      { type: 'block-end', index: 0 },
    ])
  })

  test('makes a call that stood in for the answer its text, piece by piece, and an ordinary end', () => {
    expect(restored([...call(0, 'answer', ['{"a":', '1}']), finish('tool-calls')])).toEqual([
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      { type: 'block-delta', index: 0, delta: { kind: 'text', text: '{"a":' } },
      { type: 'block-delta', index: 0, delta: { kind: 'text', text: '1}' } },
      { type: 'block-end', index: 0 },
      finish('stop'),
    ])
  })

  test.each<[string, StreamEvent[]]>([
    ['a renamed tool', call(1, 'mcp__read', ['{}'])],
    ['a tool of the same name', call(1, 'weather', ['{}'])],
  ])('an answer that also called %s still ends with tool calls', (_name, other) => {
    expect(restored([...call(0, 'answer', ['{}']), ...other, finish('tool-calls')]).at(-1)).toEqual(
      finish('tool-calls'),
    )
  })

  test('an answer in place of a call that was cut keeps its reason', () => {
    expect(restored([...call(0, 'answer', ['{']), finish('length')]).at(-1)).toEqual(finish('length'))
  })
})

describe('what has to come back', () => {
  const parameters = { type: 'object' }

  test('is what was renamed or wrapped, and no provider’s own tool', () => {
    const tools = [
      { kind: 'function', name: 'plain', parameters },
      { kind: 'function', name: 'read', namespace: 'mcp', parameters },
      { kind: 'function', name: 'a b', parameters },
      { kind: 'custom', name: 'patch' },
      { kind: 'native', type: 'bash_20250124', name: 'a bash' },
      { kind: 'web-search' },
    ] satisfies Tool[]
    const names = {
      mcp__read: { name: 'read', namespace: 'mcp', tool: 'function' },
      [clampToolName('a b')]: { name: 'a b', tool: 'function' },
    }
    expect(Object.fromEntries(restoreOf(tools, false))).toStrictEqual(names)
    expect(Object.fromEntries(restoreOf(tools, true))).toStrictEqual({
      ...names,
      patch: { name: 'patch', tool: 'custom', unwrapInput: true },
    })
  })

  test('two tools of one wire name are refused', () => {
    const tools = [
      { kind: 'function', name: 'mcp__read', parameters },
      { kind: 'function', name: 'read', namespace: 'mcp', parameters },
    ] satisfies Tool[]
    expect(() => restoreOf(tools, false)).toThrow(
      expect.objectContaining({
        error: expect.objectContaining({ message: 'Two tools would both be called "mcp__read".', param: 'tools' }),
      }),
    )
  })
})

test.each([
  ['a name that fits stays', 'read_file-2', undefined, 'read_file-2'],
  ['64 characters fit', 'a'.repeat(64), undefined, 'a'.repeat(64)],
  ['a namespace goes before it', 'read', 'mcp', 'mcp__read'],
])('%s', (_name, name, namespace, expected) => {
  expect(clampToolName(name, namespace)).toBe(expected)
})

test.each(['a b', 'a.b', 'ä', '', 'a'.repeat(65), `${'a'.repeat(60)}.b`])(
  'a name that fits no format (%s) becomes one that does, the same each time and no other’s',
  (name) => {
    const clamped = clampToolName(name)
    expect(clamped).toMatch(/^[A-Za-z0-9_-]{0,55}_[0-9a-f]{8}$/)
    // Its legal characters stay where they were, so that a person recognises it.
    expect(clamped.slice(0, -9)).toBe(name.slice(0, 55).replaceAll(/[ .ä]/g, '_'))
    expect(clampToolName(name)).toBe(clamped)
    expect(clampToolName(`${name}!`)).not.toBe(clamped)
  },
)
