import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Emit, StreamEvent } from '../../lambda/events/stream-event.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { type Frame, SseReader } from '../../lambda/framing/sse.ts'
import { codecs } from '../support/codecs.ts'
import { judge } from '../tools/conform/engine.ts'
import { type Recording, recordingOf } from '../tools/conform/recording.ts'
import { differences, seenIn } from '../tools/conform/translation.ts'
import { fixtureNames, upstreamOf } from '../tools/fixtures.ts'
import { detectedFormat, formatIds } from '../tools/formats.ts'
import { readStream, splitEvents } from '../tools/independent-reader.ts'
import { countingMint, runPipeline } from '../tools/pipeline.ts'
import { canonicalProblems } from './support/canonical-grammar.ts'

interface Fixture {
  name: string
  bytes: Buffer
  format: FormatId
}

const fixtures: Fixture[] = fixtureNames().map((name) => {
  const bytes = readFileSync(upstreamOf(name))
  return { name, bytes, format: detectedFormat(name, bytes.toString()) }
})
/** By name, so that a counterexample can be read. */
const anyFixture = fc.constantFrom(...fixtures.map(({ name }) => name))

function fixture(name: string): Fixture {
  const found = fixtures.find((entry) => entry.name === name)
  if (!found) throw new Error(`no fixture ${name}`)
  return found
}

function decode(format: FormatId, frames: readonly Frame[]): StreamEvent[] {
  const decoder = codecs[format].createDecoder({ quirks: {}, mint: countingMint() })
  const events: StreamEvent[] = []
  for (const frame of frames) decoder.push(frame, (event) => events.push(event))
  decoder.end((event) => events.push(event))
  return events
}

/** As they are when they are emitted: a decoder may use the provider's object again for its next event. */
function written(format: FormatId, frames: readonly Frame[]): string[] {
  const decoder = codecs[format].createDecoder({ quirks: {}, mint: countingMint() })
  const events: string[] = []
  const emit: Emit = (event) => events.push(JSON.stringify(event))
  for (const frame of frames) decoder.push(frame, emit)
  decoder.end(emit)
  return events
}

function framesOf(bytes: Buffer): readonly Frame[] {
  const reader = new SseReader()
  const frames = reader.push(bytes)
  const last = reader.end()
  return last ? [...frames, last] : frames
}

async function violationsOf(recording: Recording) {
  const verdicts = await judge(recording, 1)
  return verdicts.flatMap(({ to, violations }) => violations.map((violation) => ({ to, ...violation })))
}

describe('every decoder', () => {
  test.each(fixtures)('keeps the canonical grammar: $name', ({ bytes, format }) => {
    expect(canonicalProblems(decode(format, framesOf(bytes)))).toEqual([])
  })

  test.each(fixtures)('reads alike with and without a look at the events before: $name', ({ bytes, format }) => {
    const frames = framesOf(bytes)
    const alone = frames.map(({ event, data, cut }): Frame => ({ event, data, ...(cut && { cut }) }))
    expect(written(format, frames)).toEqual(written(format, alone))
  })

  test('keeps it whatever the provider sends, and never throws', () => {
    const wire = fc.tuple(anyFixture, anyFixture, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }))
    fc.assert(
      fc.property(wire, fc.constantFrom(...formatIds), ([left, right, moves], format) => {
        const frames = [...framesOf(fixture(left).bytes), ...framesOf(fixture(right).bytes)]
        // Events of two answers, of any format, in any order, some of them twice.
        for (const [from, to] of moves) frames.splice(to % frames.length, 0, frames[from % frames.length] as Frame)
        expect(canonicalProblems(decode(format, frames))).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  test('keeps it for any JSON under any of its event names', () => {
    const types = [...new Set(fixtures.flatMap(({ bytes }) => framesOf(bytes).flatMap(({ data }) => typeOf(data))))]
    const frame = fc.record({
      event: fc.constantFrom('', ...types),
      data: fc.oneof(
        fc.json({ maxDepth: 3 }),
        fc
          .record({
            type: fc.constantFrom(...types),
            index: fc.jsonValue(),
            delta: fc.jsonValue(),
            item: fc.jsonValue(),
          })
          .map((value) => JSON.stringify(value)),
        fc
          .record({
            id: fc.jsonValue(),
            choices: fc.array(
              fc.record({ index: fc.jsonValue(), delta: fc.jsonValue(), finish_reason: fc.jsonValue() }),
            ),
            usage: fc.jsonValue(),
          })
          .map((value) => JSON.stringify(value)),
      ),
    })
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), fc.constantFrom(...formatIds), (frames, format) => {
        expect(canonicalProblems(decode(format, frames))).toEqual([])
      }),
      { numRuns: 400 },
    )
  })
})

describe('any stream', () => {
  test('that is cut anywhere conforms: what came is delivered, and it never looks finished', async () => {
    await fc.assert(
      fc.asyncProperty(anyFixture, fc.double({ min: 0, max: 1, noNaN: true }), async (name, share) => {
        const { bytes, format } = fixture(name)
        const prefix = bytes.subarray(0, Math.floor(share * bytes.length))
        expect(await violationsOf(recordingOf(name, prefix, format))).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  test('says the same with unknown events, comments and pings between its own, and with other line ends', async () => {
    const noise: Record<FormatId, string[]> = {
      'openai-chat': [': ping\n\n', 'data: {"object":"tide.table","level":2}\n\n', ': a\n: b\n\n'],
      'anthropic-messages': [
        'event: ping\ndata: {"type":"ping"}\n\n',
        'event: tide\ndata: {"type":"tide"}\n\n',
        ':\n\n',
      ],
      'openai-responses': [
        'data: {"type":"keepalive"}\n\n',
        'event: response.tide\ndata: {"type":"response.tide"}\n\n',
      ],
    }
    const mutation = fc.record({
      name: anyFixture,
      noisy: fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }),
      end: fc.constantFrom('\n', '\r\n', '\r'),
    })
    await fc.assert(
      fc.asyncProperty(mutation, async ({ name, noisy: chosen, end }) => {
        const { bytes, format } = fixture(name)
        const events = splitEvents(bytes.toString())
        const noisy = events.map(({ raw }, at) => (noise[format][chosen[at % chosen.length] ?? 9] ?? '') + raw)
        const body = Buffer.from(withLineEnds(noisy.join(''), end))
        const expected = readStream(format, bytes.toString())
        for (const to of formatIds.filter((id) => id !== format)) {
          const { body: text, refused } = await runPipeline({ from: format, to, body: [body] })
          if (refused) expect(expected.outcome).not.toBe('complete')
          else expect(differences(seenIn(to, expected), readStream(to, text.toString()), false)).toEqual([])
        }
      }),
      { numRuns: 60 },
    )
  })
})

function typeOf(data: string): string[] {
  try {
    const { type } = JSON.parse(data) as { type?: unknown }
    return typeof type === 'string' ? [type] : []
  } catch {
    return [] // [DONE], or a fixture's broken event
  }
}

/** Only LF is replaced: a fixture with ends of its own keeps them. */
function withLineEnds(text: string, end: string): string {
  return text.includes('\r') ? text : text.replaceAll('\n', end)
}
