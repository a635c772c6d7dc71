import { describe, expect, it } from 'vitest'
import { format } from '../../../lambda/formats/openai-transcription/index.ts'
import { decode, fold, framesOf, usageOf } from '../openai-endpoints/support.ts'

const segment = (id: string, text: string, start: number, end: number) => ({
  type: 'transcript.text.segment',
  id,
  text,
  start,
  end,
  speaker: 'A',
})
const done = { type: 'transcript.text.done', text: 'Hi there.' }

describe('the fold', () => {
  it('is the text of the last event, with whatever else that says', () => {
    const frames = framesOf([
      { type: 'transcript.text.delta', delta: 'Hi', logprobs: [{ token: 'Hi', logprob: -1, bytes: [72, 105] }] },
      { ...done, languages: [{ code: 'en' }], usage: { type: 'duration', seconds: 2 }, extra: 1 },
    ])
    expect(fold(format, frames)).toEqual({
      text: 'Hi there.',
      logprobs: [{ token: 'Hi', logprob: -1, bytes: [72, 105] }],
      languages: [{ code: 'en' }],
      usage: { type: 'duration', seconds: 2 },
      extra: 1,
    })
  })

  it('has segments, each once, and their duration where speakers were asked for', () => {
    const frames = framesOf([
      segment('s1', 'Hi', 0, 0.5),
      segment('s1', 'Hi', 0, 0.5),
      segment('s2', 'there.', 0.5, 1.25),
      done,
    ])
    expect(fold(format, frames, { response_format: 'diarized_json' })).toEqual({
      task: 'transcribe',
      duration: 1.25,
      text: 'Hi there.',
      segments: [segment('s1', 'Hi', 0, 0.5), segment('s2', 'there.', 0.5, 1.25)],
    })
  })

  it('is text with a line break where text was asked for', () => {
    const folding = format.createFold({ response_format: 'text' })
    for (const frame of framesOf([done])) folding.push(frame)
    expect(folding.bytes?.()).toEqual({ contentType: 'text/plain; charset=utf-8', body: Buffer.from('Hi there.\n') })
    expect(format.createFold({}).bytes?.()).toBeUndefined()
  })
})

describe('the decoder', () => {
  it.each([
    [{ type: 'duration', seconds: 9 }, { seconds: 9 }],
    [
      {
        type: 'tokens',
        input_tokens: 20,
        input_token_details: { text_tokens: 6, audio_tokens: 14 },
        output_tokens: 45,
        total_tokens: 65,
      },
      { input: 20, audioInput: 14, output: 45 },
    ],
  ])('reads usage %j', (usage, expected) => {
    expect(usageOf(decode(format, framesOf([{ ...done, usage }])))).toEqual(expected)
  })

  it('reads the duration of a verbose answer that has no usage', () => {
    const answer = { task: 'transcribe', duration: 2.95, text: 'Hi', segments: [] }
    expect(usageOf(decode(format, format.cutObject(answer)))).toEqual({ seconds: 2.95 })
  })

  it.each([
    [
      'deltas',
      [
        { type: 'transcript.text.delta', delta: 'Hi ' },
        { type: 'transcript.text.delta', delta: 'there.' },
      ],
    ],
    ['segments', [segment('1', 'Hi ', 0, 1), segment('2', 'there.', 1, 2)]],
    ['both', [{ type: 'transcript.text.delta', delta: 'Hi there.' }, segment('1', 'Hi there.', 0, 1)]],
    ['neither', []],
  ])('tells the words once, from %s', (_source, events) => {
    const text = decode(format, framesOf([...events, done])).map((event) =>
      event.type === 'block-delta' && event.delta.kind === 'text' ? event.delta.text : '',
    )
    expect(text.join('')).toBe('Hi there.')
  })
})
