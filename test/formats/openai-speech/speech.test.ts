import { describe, expect, it } from 'vitest'
import { format } from '../../../lambda/formats/openai-speech/index.ts'
import { audioPieces, speech } from '../../endpoints/streams.ts'
import { decode, framesOf, framesOfText, usageOf } from '../openai-endpoints/support.ts'

describe('folded audio', () => {
  it.each([
    [undefined, 'audio/mpeg'],
    ['mp3', 'audio/mpeg'],
    ['opus', 'audio/ogg'],
    ['aac', 'audio/aac'],
    ['flac', 'audio/flac'],
    ['wav', 'audio/wav'],
    ['pcm', 'audio/pcm'],
    ['midi', 'application/octet-stream'],
  ])('in format %s is %s, each piece decoded by itself', (response_format, contentType) => {
    const folding = format.createFold({ response_format })
    for (const frame of framesOfText(speech.sse)) folding.push(frame)
    expect(folding.bytes?.()).toEqual({ contentType, body: Buffer.concat(audioPieces) })
  })
})

describe('usage', () => {
  it('is the provider’s tokens, all output of which is audio', () => {
    const events = decode(format, framesOfText(speech.sse))
    expect(usageOf(events)).toEqual({ input: 14, output: 101, audioOutput: 101 })
  })

  it.each([
    ['hello', { characters: 5 }],
    ['Grüß 👋', { characters: 6 }],
    [undefined, {}],
  ])('of raw audio is the characters of %j', (input, counts) => {
    expect(format.countRequest?.({ input })).toEqual(counts)
  })
})

describe('the request', () => {
  it.each([
    [{ stream_format: 'sse' }, true],
    [{ stream_format: 'audio' }, false],
    [{ stream: true }, false],
    [{}, false],
  ])('%j wants events: %s', (fields, wanted) => {
    expect(format.wantsStream?.(fields)).toBe(wanted)
    expect(format.streamFields(fields)).toEqual({})
  })
})

describe('routine frames', () => {
  it('are pieces of audio and nothing else', () => {
    const frames = framesOf([{ type: 'speech.audio.delta', audio: 'AAAA' }, { type: 'speech.audio.done' }, '[DONE]'])
    expect(frames.map((frame) => format.isRoutine(frame))).toEqual([true, false, false])
  })
})
