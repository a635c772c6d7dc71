import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../../lambda/events/stream-event.ts'
import type { RelayFormat } from '../../../lambda/formats/codec.ts'
import { format as completions } from '../../../lambda/formats/openai-completions/index.ts'
import { format as embeddings } from '../../../lambda/formats/openai-embeddings/index.ts'
import { format as images } from '../../../lambda/formats/openai-images/index.ts'
import { format as speech } from '../../../lambda/formats/openai-speech/index.ts'
import { format as transcription } from '../../../lambda/formats/openai-transcription/index.ts'
import type { Frame } from '../../../lambda/framing/sse.ts'
import { decode, errorOf, fold, framesOf } from './support.ts'

// Every event of the smaller streams, and what becomes of events that are none of theirs.

const start = (more: object = {}) => ({ type: 'response-start', id: '', model: '', ...more })
const end = [{ type: 'block-end', index: 0 }, { type: 'finish', reason: 'stop' }, { type: 'response-end' }]
const delta = (content: object) => ({ type: 'block-delta', index: 0, delta: content })
const head = { id: 'cmpl-1', object: 'text_completion', created: 5, model: 'm' }

type Row = [name: string, format: RelayFormat, wire: ReadonlyArray<object | string>, events: object[]]

const rows: Row[] = [
  [
    'speech',
    speech,
    [
      { type: 'speech.audio.delta', audio: 'QQ==' },
      { type: 'speech.audio.done', usage: { input_tokens: 1, output_tokens: 2 } },
    ],
    [
      start(),
      { type: 'block-start', index: 0, block: { kind: 'audio' } },
      delta({ kind: 'audio', base64: 'QQ==' }),
      { type: 'usage', usage: { input: 1, output: 2, audioOutput: 2 } },
      ...end,
    ],
  ],
  [
    'speech whose usage is not counted, beside an event nobody knows',
    speech,
    [
      { type: 'speech.audio.tide', level: 1 },
      { type: 'speech.audio.done', usage: { input_tokens: 1 } },
    ],
    [
      start(),
      { type: 'block-start', index: 0, block: { kind: 'audio' } },
      { type: 'native', native: { type: 'speech.audio.tide', level: 1 } },
      { type: 'usage', usage: { input: 1 } },
      ...end,
    ],
  ],
  [
    'a transcript',
    transcription,
    [
      { type: 'transcript.text.delta', delta: 'H' },
      { type: 'transcript.text.delta', delta: 'i' },
      { type: 'transcript.text.done', text: 'Hi' },
    ],
    [
      start(),
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      delta({ kind: 'text', text: 'H' }),
      delta({ kind: 'text', text: 'i' }),
      ...end,
    ],
  ],
  [
    'an image and its preview',
    images,
    [
      { type: 'image_edit.partial_image', b64_json: 'cA==', created_at: 7, id: 'i', model: 'gpt-image-1' },
      { type: 'image_edit.completed', b64_json: 'QQ==', usage: { output_tokens: 3 } },
    ],
    [
      start({ id: 'i', model: 'gpt-image-1', createdAt: 7 }),
      { type: 'block-start', index: 0, block: { kind: 'image' } },
      delta({ kind: 'image', base64: 'cA==', partial: 0 }),
      delta({ kind: 'image', base64: 'QQ==' }),
      { type: 'usage', usage: { output: 3, imageOutput: 3, images: 1 } },
      ...end,
    ],
  ],
  [
    'embeddings',
    embeddings,
    [{ object: 'list', data: [], model: 'e', created: 9, usage: { prompt_tokens: 8 } }],
    [
      start({ model: 'e', createdAt: 9 }),
      { type: 'block-start', index: 0, block: { kind: 'native', native: null } },
      delta({ kind: 'native', native: 'vectors' }),
      { type: 'usage', usage: { input: 8, output: 0 } },
      ...end,
    ],
  ],
  [
    'completions of two choices',
    completions,
    [
      { ...head, choices: [{ index: 1, text: 'b' }, null, { index: 0, text: '' }], service_tier: 'flex' },
      { choices: [{ text: 'a', finish_reason: 'stop' }], usage: { prompt_tokens: 1 }, service_tier: 'flex' },
      { choices: [{ index: 1, text: '', finish_reason: 'length' }] },
      ' [DONE] ',
      { choices: [{ index: 0, text: 'late' }] },
    ],
    [
      { type: 'response-start', id: 'cmpl-1', model: 'm', createdAt: 5 },
      { type: 'block-start', index: 0, choice: 1, block: { kind: 'text' } },
      { type: 'block-delta', index: 0, choice: 1, delta: { kind: 'text', text: 'b' } },
      { type: 'block-start', index: 1, block: { kind: 'text' } },
      { type: 'block-delta', index: 1, delta: { kind: 'text', text: 'a' } },
      { type: 'usage', usage: { input: 1, serviceTier: 'flex' } },
      { type: 'block-end', index: 0, choice: 1 },
      { type: 'finish', reason: 'length', raw: 'length', choice: 1 },
      { type: 'block-end', index: 1 },
      { type: 'finish', reason: 'stop', raw: 'stop' },
      { type: 'response-end' },
    ],
  ],
  [
    'completions without a name, which begin with their first choice and end with [DONE]',
    completions,
    [{ choices: [] }, '', '7', { choices: [{ text: 'a' }] }, '[DONE]'],
    [
      { type: 'response-start', id: 'cmpl-1', model: '' },
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      { type: 'block-delta', index: 0, delta: { kind: 'text', text: 'a' } },
      { type: 'block-end', index: 0 },
      { type: 'finish', reason: 'stop' },
      { type: 'response-end' },
    ],
  ],
]

it.each(rows)('the events of %s', (_name, format, wire, expected) => {
  expect(decode(format, framesOf(wire))).toEqual(expected)
})

const ofError: [name: string, frame: Frame | object | string, code: string][] = [
  ['an error object', { error: { message: 'Slow down', code: 'rate_limit_exceeded' } }, 'rate_limit'],
  ['a sentence', { error: 'No luck' }, 'internal'],
  ['an event of type error', { type: 'error', message: 'Slow down', code: 'rate_limit_exceeded' }, 'rate_limit'],
  ['an object called error', { object: 'error', message: 'Slow down', code: 429 }, 'rate_limit'],
  ['an event named error', { event: 'error', data: '{"message":"Slow down","code":429}' }, 'rate_limit'],
  ['a sentence in an event named error', { event: 'error', data: '"No luck"' }, 'internal'],
  ['text that is no JSON', 'upstream hiccup', 'upstream_malformed'],
]

describe.each([completions, speech])('a stream of $id', (format) => {
  it.each(ofError)('ends with %s', (_name, wire, code) => {
    const frames = typeof wire === 'object' && 'data' in wire ? [wire as Frame] : framesOf([wire])
    const events = decode(format, [...frames, ...framesOf([{ choices: [{ text: 'late' }] }, '[DONE]'])])
    expect(errorOf(events)).toBe(code)
    expect(events).toHaveLength(1)
  })

  it.each(['', ' ', '[]', '"text"', '7', 'null'])('takes no notice of %j', (data) => {
    expect(decode(format, [{ event: '', data }]).map(({ type }) => type)).toEqual(['error'])
    expect(errorOf(decode(format, [{ event: '', data }]))).toBe('upstream_truncated')
  })

  it('is truncated, not malformed, where the body ends within an event', () => {
    const cut: Frame = { event: '', data: '{"choices":[{"te', cut: true }
    expect(errorOf(decode(format, [cut]))).toBe('upstream_truncated')
  })

  it('says nothing before it begins', () => {
    const states: string[] = []
    const decoder = format.createDecoder({ quirks: {}, mint: (prefix) => prefix })
    const push = (event: StreamEvent) => void states.push(event.type)
    expect(decoder.state).toBe('open')
    decoder.end(push)
    decoder.end(push)
    expect([decoder.state, ...states]).toEqual(['closed', 'error'])
  })
})

describe('a whole completion', () => {
  const choices = [
    { index: 0, text: 'a', finish_reason: 'stop' },
    { index: 1, text: 'b', finish_reason: 'length' },
  ]

  it('is cut into a chunk a choice, its usage, and [DONE]', () => {
    expect(completions.cutObject({ ...head, choices, usage: { prompt_tokens: 1 } })).toEqual(
      framesOf([
        { ...head, choices: [choices[0]] },
        { ...head, choices: [choices[1]] },
        { ...head, choices: [], usage: { prompt_tokens: 1 } },
        '[DONE]',
      ]),
    )
  })

  it('without usage has no chunk for it, and without choices is passed as it is', () => {
    expect(completions.cutObject({ ...head, choices: choices.slice(1), usage: null })).toEqual(
      framesOf([{ ...head, choices: choices.slice(1) }, '[DONE]']),
    )
    for (const object of [{ error: { message: 'No' } }, { choices: [] }]) {
      expect(completions.cutObject(object)).toEqual(framesOf([object]))
    }
  })

  it('is folded from what there is, however little', () => {
    expect(fold(completions, [])).toEqual({ id: '', object: 'text_completion', created: 0, model: '', choices: [] })
    const object = fold(
      completions,
      framesOf([
        { ...head, choices: [null, { text: 'a', logprobs: { tokens: ['a'], offset: 1, top: null } }, { text: 7 }] },
        {
          id: 'other',
          created: 9,
          model: '',
          choices: [{ logprobs: { tokens: ['b'], offset: 2 }, finish_reason: '' }],
        },
        { model: 'm2', usage: { prompt_tokens: 1 } },
        { ...head, usage: null },
      ]),
    )
    const logprobs = { tokens: ['a', 'b'], offset: 1, top: null }
    expect(object).toEqual({
      ...head,
      choices: [{ text: 'a', index: 0, logprobs, finish_reason: null }],
      usage: { prompt_tokens: 1 },
    })
    const done = framesOf([{ choices: [{ text: 'a' }] }, '[DONE]', { choices: [{ text: 'late' }] }])
    expect(fold(completions, done)).toMatchObject({ choices: [{ text: 'a', finish_reason: 'stop' }] })
  })
})

describe('a whole speech as JSON', () => {
  it('is cut into its audio and its end', () => {
    const usage = { input_tokens: 1 }
    expect(speech.cutObject({ audio: 'QQ==', usage })).toEqual(
      framesOf([
        { type: 'speech.audio.delta', audio: 'QQ==' },
        { type: 'speech.audio.done', usage },
      ]),
    )
    expect(speech.cutObject({ audio: 7, usage: null })).toEqual(framesOf([{ type: 'speech.audio.done' }]))
  })

  it('is folded back, and is not changed by what comes after its end', () => {
    const events = [
      { type: 'speech.audio.delta', audio: 'QQ==' },
      { type: 'speech.audio.tide', audio: 'Qg==' },
      { type: 'speech.audio.delta' },
      { type: 'speech.audio.done', usage: { input_tokens: 1 } },
      { type: 'speech.audio.delta', audio: 'Qw==' },
      { type: 'speech.audio.done' },
    ]
    expect(fold(speech, framesOf(events))).toEqual({ audio: 'QQ==', usage: { input_tokens: 1 } })
    expect(fold(speech, framesOf(events.slice(0, 1)))).toEqual({ audio: 'QQ==' })
  })

  it('keeps every byte of audio that is larger than its first buffer', () => {
    const pieces = [50_000, 15_536, 1, 200_000].map((length, at) => Buffer.alloc(length, at + 1))
    const events = pieces.map((piece) => ({ type: 'speech.audio.delta', audio: piece.toString('base64') }))
    const folding = speech.createFold({})
    for (const frame of framesOf(events)) folding.push(frame)
    expect(Buffer.concat(pieces).equals(folding.bytes?.()?.body ?? Buffer.alloc(0))).toBe(true)
  })
})

describe('whole images', () => {
  const data = [{ b64_json: 'QQ==' }, { b64_json: 'Qg==' }]
  it.each([
    ['/images/edits', 'image_edit.completed'],
    ['/images/generations', 'image_generation.completed'],
    [undefined, 'image_generation.completed'],
  ])('below %s are cut into events called %s, the last with the usage', (path, type) => {
    const usage = { output_tokens: 3 }
    expect(images.cutObject({ created: 5, size: 'a', data, usage }, path)).toEqual([
      { event: type, data: JSON.stringify({ type, size: 'a', created_at: 5, ...data[0] }) },
      { event: type, data: JSON.stringify({ type, size: 'a', created_at: 5, ...data[1], usage }) },
      { event: '', data: '[DONE]' },
    ])
  })

  it('without any, or without usage', () => {
    expect(images.cutObject({})).toEqual([{ event: '', data: '[DONE]' }])
    expect(images.cutObject({ data: [data[0]], usage: 7 })[0]?.data).not.toContain('usage')
  })

  it.each([
    ['image_generation.partial_image', true],
    ['image_edit.partial_image', true],
    ['image_edit.completed', false],
  ])('have previews that nobody need read: %s %s', (event, isRoutine) => {
    expect(images.isRoutine({ event, data: '{}' })).toBe(isRoutine)
  })

  it.each([0, -1, 1.5, 'many', null])('asked for in no number (%j) are one', (n) => {
    const frames = framesOf([{ type: 'image_generation.completed', b64_json: 'QQ==' }])
    expect(errorOf(decode(images, frames, { n }))).toBeUndefined()
  })
})

it('a transcript takes deltas and segments of any kind, its end counting most', () => {
  const wire = [
    { type: 'transcript.text.delta', delta: 'Hi' },
    { type: 'transcript.text.delta', delta: 7 },
    { type: 'transcript.text.segment', text: 'Hi', end: 2 },
    { type: 'transcript.text.segment', text: 'you', end: 'late' },
  ]
  expect(fold(transcription, framesOf(wire))).toEqual({ text: 'Hi' })
  expect(fold(transcription, framesOf(wire), { response_format: 'diarized_json' })).toMatchObject({
    duration: 2,
    segments: [{ text: 'Hi' }, { text: 'you' }],
  })
  const late = framesOf([...wire, { type: 'transcript.text.done' }, { type: 'transcript.text.done', text: 'late' }])
  expect(fold(transcription, late)).toEqual({ text: 'Hi' })
  expect(transcription.isRoutine({ event: '', data: '{"type":"transcript.text.delta","delta":"a"}' })).toBe(true)
  expect(transcription.isRoutine({ event: '', data: '{"type":"transcript.text.done"}' })).toBe(false)
})

it('embeddings are their object, whatever else comes', () => {
  const object = { object: 'list', data: [] }
  expect(embeddings.cutObject(object)).toEqual(framesOf([object]))
  expect(fold(embeddings, framesOf([object, 'no JSON']))).toEqual(object)
  expect(fold(embeddings, [])).toEqual({})
  expect([embeddings.wantsStream?.({ stream: true }), embeddings.streamFields({})]).toEqual([false, {}])
})
