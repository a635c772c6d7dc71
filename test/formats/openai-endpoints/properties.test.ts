import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RelayFormat } from '../../../lambda/formats/codec.ts'
import { format as completions } from '../../../lambda/formats/openai-completions/index.ts'
import { format as embeddings } from '../../../lambda/formats/openai-embeddings/index.ts'
import { format as images } from '../../../lambda/formats/openai-images/index.ts'
import { format as speech } from '../../../lambda/formats/openai-speech/index.ts'
import { format as transcription } from '../../../lambda/formats/openai-transcription/index.ts'
import { canonicalProblems } from '../../conform/support/canonical-grammar.ts'
import * as streams from '../../endpoints/streams.ts'
import { decode, errorOf, fold, framesOf, framesOfText } from './support.ts'

// What holds for each of the five formats that are only relayed.

const cases: [name: string, format: RelayFormat, sse: string][] = [
  ['completions', completions, streams.completion.sse],
  ['embeddings', embeddings, `data: ${JSON.stringify(streams.embeddingsObject)}\n\n`],
  ['speech', speech, streams.speech.sse],
  ['transcription', transcription, streams.transcript.sse],
  ['image generations', images, streams.generation.sse],
  ['image edits', images, streams.edit.sse],
]

describe.each(cases)('%s', (_name, format, sse) => {
  const frames = framesOfText(sse)

  it('give the same events and the same object however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: sse.length }), (size) => {
        const cut = framesOfText(sse, size)
        expect(decode(format, cut)).toEqual(decode(format, frames))
        expect(fold(format, cut)).toEqual(fold(format, frames))
      }),
      { numRuns: 30 },
    )
  })

  it('are the same object when the whole stream is folded twice', () => {
    expect(fold(format, [...frames, ...frames])).toEqual(fold(format, frames))
  })

  it('keep the grammar of canonical events, whole or cut anywhere', () => {
    for (let count = 0; count <= frames.length; count++) {
      expect(canonicalProblems(decode(format, frames.slice(0, count)))).toEqual([])
    }
  })

  it('are truncated until the answer is whole, and only then a success', () => {
    expect(errorOf(decode(format, frames.slice(0, Math.floor(frames.length / 2))))).toBe('upstream_truncated')
    expect(errorOf(decode(format, frames))).toBeUndefined()
    expect(decode(format, frames).at(-1)).toEqual({ type: 'response-end' })
  })

  it('read their own object as the stream it stands for', () => {
    const object = fold(format, frames)
    const cut = format.cutObject(object)
    expect(errorOf(decode(format, cut))).toBeUndefined()
    expect(fold(format, cut)).toEqual(object)
  })

  it('never throw on events of any shape', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), fc.string()), { maxLength: 5 }), (events) => {
        const strange = framesOf(events.map((event) => (typeof event === 'string' ? event : { ...Object(event) })))
        expect(canonicalProblems(decode(format, strange))).toEqual([])
        expect(fold(format, strange)).toBeTypeOf('object')
      }),
      { numRuns: 100 },
    )
  })

  it.each([
    ['an error event', '{"error":{"message":"no","code":"rate_limit_exceeded"}}', 'rate_limit'],
    ['a flat error', '{"type":"error","code":"server_error","message":"no"}', 'internal'],
    ['no JSON', '{"type":', 'upstream_malformed'],
  ])('end in %s, which a relay does not repeat', (_what, data, code) => {
    const error = { event: '', data }
    expect(errorOf(decode(format, [error, ...frames]))).toBe(code)
    const said = { code: 'upstream_truncated', message: 'cut' } as const
    expect(format.closeRelay({ last: frames[0] }, said, 'id')).toMatch(/^data: \{"error":\{"message":"cut"/)
    if (code === 'rate_limit') expect(format.closeRelay({ last: error }, said, 'id')).toBe('')
  })
})
