import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Losses } from '../../lambda/events/losses.ts'
import type { StreamEvent } from '../../lambda/events/stream-event.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { SseReader } from '../../lambda/framing/sse.ts'
import { codecs } from '../support/codecs.ts'
import { checkStream } from '../support/grammar/index.ts'
import { readWritten } from '../support/read/sse-frames.ts'
import { accumulate } from '../tools/conform/sdk.ts'
import { differences, seenIn } from '../tools/conform/translation.ts'
import { formatIds, letters } from '../tools/formats.ts'
import { readStream } from '../tools/independent-reader.ts'
import { clientRequest, countingMint, runPipeline } from '../tools/pipeline.ts'
import { chunksOf } from '../tools/split.ts'
import { canonicalProblems } from './support/canonical-grammar.ts'
import { answerOf, eventsOf, type Plan, plans } from './support/plan.ts'

function encode(format: FormatId, events: readonly StreamEvent[]): { text: string; losses: string[] } {
  const codec = codecs[format]
  const losses = new Losses()
  const wire = clientRequest(format)
  const request = codec.readRequest(wire, { headers: {}, losses })
  const options = { requestId: 'req_1', createdAt: 1_767_225_600, mint: countingMint(), request, wire, losses }
  const encoder = codec.createEncoder({ ...options, now: () => 1_767_225_600_000 })
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
  return { text, losses: losses.list() }
}

function decode(format: FormatId, text: string): StreamEvent[] {
  const decoder = codecs[format].createDecoder({ quirks: {}, mint: countingMint() })
  const events: StreamEvent[] = []
  for (const frame of new SseReader().push(Buffer.from(text))) decoder.push(frame, (event) => events.push(event))
  decoder.end((event) => events.push(event))
  return events
}

describe.each(formatIds)('any answer written as %s', (format) => {
  test('keeps the grammar of the format', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { frames, problems } = readWritten(encode(format, eventsOf(plan)).text)
        expect([...problems, ...checkStream[letters[format]](frames)]).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  test('says to an independent reader what it said', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { text } = encode(format, eventsOf(plan))
        expect(differences(seenIn(format, answerOf(plan)), readStream(format, text), false)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  test('is taken by the official client', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        await accumulate(format, Buffer.from(encode(format, eventsOf(plan)).text))
      }),
      { numRuns: 30 },
    )
  })

  test('is decoded to canonical events of the same meaning, in the canonical grammar', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { text } = encode(format, eventsOf(plan))
        const again = decode(format, text)
        expect(canonicalProblems(again)).toEqual([])
        // Written once more in the same format, nothing else may be lost.
        const twice = encode(format, again).text
        expect(differences(readStream(format, text), readStream(format, twice), false)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  test('reads the same however its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(), async (plan, seed) => {
        const body = Buffer.from(encode(format, eventsOf(plan)).text)
        for (const to of formatIds) {
          const whole = await runPipeline({ from: format, to, body: [body] })
          const pieces = await runPipeline({ from: format, to, body: chunksOf(body, { kind: 'random', seed }) })
          expect(pieces.body.toString()).toBe(whole.body.toString())
        }
      }),
      { numRuns: 25 },
    )
  })

  test('names what it leaves out, and leaks none of it', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { text, losses } = encode(format, eventsOf(plan))
        expect(text).not.toContain('SECRET')
        for (const loss of owedFor(plan)) expect(losses).toContain(loss)
      }),
      { numRuns: 100 },
    )
  })
})

function owedFor({ blocks }: Plan): string[] {
  return blocks.flatMap((block) => {
    if (block.kind !== 'foreign') return []
    return block.block.kind === 'native' ? ['native-block'] : ['server-tool']
  })
}
