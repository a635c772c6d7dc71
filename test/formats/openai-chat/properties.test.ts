import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FinishReason } from '../../../lambda/events/finish.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { codec } from '../../../lambda/formats/openai-chat/index.ts'
import { dataOf, decode, encode, readFrames, summarize } from './support.ts'

interface Planned {
  block: Block
  deltas: Delta[]
}

const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
const texts = fc.array(word, { minLength: 1, maxLength: 4 })
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/)
const name = fc.stringMatching(/^[a-z_]{1,12}$/)

const textBlock: fc.Arbitrary<Planned> = texts.map((pieces) => ({
  block: { kind: 'text' },
  deltas: pieces.map((text): Delta => ({ kind: 'text', text })),
}))

const signedReasoning: fc.Arbitrary<Planned> = fc.tuple(texts, word).map(([pieces, value]) => ({
  block: { kind: 'reasoning', issuer: 'anthropic' },
  deltas: [...pieces.map((text): Delta => ({ kind: 'reasoning', text, part: 0 })), { kind: 'signature', value }],
}))

const encryptedReasoning: fc.Arbitrary<Planned> = fc.tuple(texts, word).map(([pieces, value]) => ({
  block: { kind: 'reasoning', issuer: 'openai', id: 'rs_1' },
  deltas: [...pieces.map((text, part): Delta => ({ kind: 'reasoning', text, part })), { kind: 'encrypted', value }],
}))

const redactedReasoning: fc.Arbitrary<Planned> = word.map((value) => ({
  block: { kind: 'reasoning', issuer: 'anthropic', redacted: true },
  deltas: [{ kind: 'encrypted', value }],
}))

const functionCall: fc.Arbitrary<Planned> = fc.tuple(id, name, fc.json({ maxDepth: 2 })).map(([callId, fn, json]) => ({
  block: { kind: 'tool-call', id: callId, name: fn, tool: 'function' },
  deltas: json.match(/.{1,5}/gsu)?.map((text): Delta => ({ kind: 'arguments', text })) ?? [],
}))

const customCall: fc.Arbitrary<Planned> = fc.tuple(id, name, texts).map(([callId, fn, pieces]) => ({
  block: { kind: 'tool-call', id: callId, name: fn, tool: 'custom' },
  deltas: pieces.map((text): Delta => ({ kind: 'arguments', text })),
}))

const blocks = fc.uniqueArray(
  fc.oneof(textBlock, signedReasoning, encryptedReasoning, redactedReasoning, functionCall, customCall),
  { maxLength: 6, selector: (planned) => (planned.block.kind === 'tool-call' ? planned.block.id : planned) },
)

const count = fc.nat({ max: 1000 })
const usage = fc.record({ input: count, cacheRead: count, cacheWrite5m: count, output: count, reasoning: count })
const reason = fc.constantFrom<FinishReason>('stop', 'length', 'content-filter')

/** Blocks one after the other, but consecutive calls with their deltas interleaved. */
function eventsOf(plan: readonly Planned[]): StreamEvent[] {
  const events: StreamEvent[] = []
  let open: Array<{ index: number; deltas: Delta[] }> = []
  const flush = () => {
    for (let turn = 0; open.some(({ deltas }) => turn < deltas.length); turn++) {
      for (const { index, deltas } of open) {
        const delta = deltas[turn]
        if (delta) events.push({ type: 'block-delta', index, delta })
      }
    }
    for (const { index } of open) events.push({ type: 'block-end', index })
    open = []
  }
  plan.forEach(({ block, deltas }, index) => {
    if (block.kind !== 'tool-call') flush()
    events.push({ type: 'block-start', index, block })
    open.push({ index, deltas })
    if (block.kind !== 'tool-call') flush()
  })
  flush()
  return events
}

const answer = fc.tuple(blocks, usage, reason).map(([plan, counts, why]): StreamEvent[] => {
  const calls = plan.some(({ block }) => block.kind === 'tool-call')
  return [
    { type: 'response-start', id: 'chatcmpl-1', model: 'm' },
    ...eventsOf(plan),
    { type: 'finish', reason: why === 'stop' && calls ? 'tool-calls' : why },
    { type: 'usage', usage: counts },
    { type: 'response-end' },
  ]
})

interface WireChoice {
  index: number
  delta: JsonObject & { tool_calls?: Array<{ index: number; id?: string; type?: string }> }
  finish_reason: string | null
}

/** What every written stream must keep. */
function checkGrammar(text: string): void {
  expect(text).not.toMatch(/^event:/m)
  const data = dataOf(text)
  expect(data.at(-1)).toBe('[DONE]')
  const chunks = data.slice(0, -1) as Array<JsonObject & { choices: WireChoice[]; usage: unknown }>
  const ids = new Set(chunks.map((chunk) => chunk.id))
  expect(ids.size).toBe(1)
  expect([...ids][0]).not.toBe('')
  for (const chunk of chunks) {
    expect(chunk.object).toBe('chat.completion.chunk')
    expect(chunk.created).toBeGreaterThan(0)
  }
  const last = chunks.at(-1)
  expect(last?.choices).toEqual([])
  expect(chunks.slice(0, -1).every(({ usage: counts }) => counts === null)).toBe(true)
  checkChoice(chunks.slice(0, -1).flatMap(({ choices }) => choices))
}

function checkChoice(choices: readonly WireChoice[]): void {
  expect(choices.map(({ delta }) => 'role' in delta)).toEqual(choices.map((_, index) => index === 0))
  expect(choices.map(({ finish_reason }) => finish_reason !== null)).toEqual(
    choices.map((_, index) => index === choices.length - 1),
  )
  const known = new Set<number>()
  for (const { index, id: callId, type } of choices.flatMap(({ delta }) => delta.tool_calls ?? [])) {
    expect(callId === undefined).toBe(known.has(index))
    expect(type === undefined).toBe(known.has(index))
    if (!known.has(index)) expect(index).toBe(known.size)
    known.add(index)
  }
}

describe('any answer', () => {
  test('is written by the grammar', () => {
    fc.assert(
      fc.property(answer, (events) => checkGrammar(encode(events).text)),
      { numRuns: 200 },
    )
  })

  test('comes back from its wire form: text, reasoning, seals, calls, finish and usage', () => {
    fc.assert(
      fc.property(answer, (events) => {
        const expected = summarize(events)
        for (const call of expected.calls) if (call.tool === 'function') call.arguments ||= '{}'
        const found = summarize(decode(readFrames(encode(events).text)))
        const { blocks: _, reasoning, ...rest } = found
        const { blocks: __, reasoning: wanted, ...expectedRest } = expected
        expect(rest).toMatchObject(expectedRest)
        // Parts of a block become paragraphs: the one listed difference.
        expect((reasoning[0] ?? '').replaceAll('\n\n', '')).toBe((wanted[0] ?? '').replaceAll('\n\n', ''))
      }),
      { numRuns: 200 },
    )
  })

  test('folds to an object that, cut into frames, says the same', () => {
    fc.assert(
      fc.property(answer, (events) => {
        const frames = readFrames(encode(events).text)
        const fold = codec.createFold()
        for (const frame of frames) fold.push(frame)
        const object = fold.result()
        const again = codec.createFold()
        for (const frame of codec.cutObject(object)) again.push(frame)
        expect(again.result()).toEqual(object)
        const { text, calls, finish, usage: counts } = summarize(decode(codec.cutObject(object)))
        const streamed = summarize(decode(frames))
        expect({ text, calls, finish, counts }).toEqual({
          text: streamed.text,
          calls: streamed.calls,
          finish: streamed.finish,
          counts: streamed.usage,
        })
      }),
      { numRuns: 100 },
    )
  })

  test('cut anywhere never ends as a success', () => {
    fc.assert(
      fc.property(answer, fc.nat(), (events, at) => {
        const frames = readFrames(encode(events).text)
        const finish = frames.findIndex(({ data }) => /"finish_reason":"/.test(data))
        const cut = decode(frames.slice(0, at % (finish + 1)))
        expect(cut.at(-1)).toMatchObject({ type: 'error', error: { code: 'upstream_truncated' } })
        expect(cut.some(({ type }) => type === 'finish')).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})
