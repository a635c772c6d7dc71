import { describe, expect, test } from 'vitest'
import type { RelayFormat } from '../../lambda/formats/codec.ts'
import { format as completions } from '../../lambda/formats/openai-completions/index.ts'
import { format as embeddings } from '../../lambda/formats/openai-embeddings/index.ts'
import { format as images } from '../../lambda/formats/openai-images/index.ts'
import { format as speech } from '../../lambda/formats/openai-speech/index.ts'
import { format as transcription } from '../../lambda/formats/openai-transcription/index.ts'
import type { Frame } from '../../lambda/framing/sse.ts'
import * as streams from '../endpoints/streams.ts'
import { recordedStreams } from '../formats/folds/support.ts'
import { decode, framesOfText } from '../formats/openai-endpoints/support.ts'
import { codecs } from '../support/codecs.ts'
import { formatIds } from '../tools/formats.ts'
import { type Place, placesIn, valueAt, withValue, wrongValues } from './support/wire-paths.ts'

// What a provider sends may have any type: a value of a wrong one is as good as absent, wherever in a stream it stands.

const smallFormats: [format: RelayFormat, sse: string][] = [
  [completions, streams.completion.sse],
  [embeddings, `data: ${JSON.stringify(streams.embeddingsObject)}\n\n`],
  [speech, streams.speech.sse],
  [transcription, streams.transcript.sse],
  [images, streams.generation.sse],
]

/** Where more than one type is right, or what stands there is passed on as it is. */
const anyType: Readonly<Record<string, RegExp>> = {
  'a reason to fail is one in any form': /error$/,
  'errors name themselves in words and numbers': /error (type|code)$|Error (type|code)$/,
  'arguments may come parsed': /(arguments|custom input)$/,
  'a part of reasoning may be its text': /content \* thinking$/,
  'what the gateway does not read passes as it is': /content_block (input|caller) \w+$/,
  'the entries of the whole output are known by their places': /response output( \* content)? \*$/,
}

interface Stream {
  name: string
  format: RelayFormat
  frames: readonly Frame[]
}

/** Each place is tried once, in the shortest stream that has it. */
function placesOf(recorded: readonly Stream[]): (Stream & { places: Place[] })[] {
  const tried = new Set<string>()
  return recorded
    .toSorted((one, other) => one.frames.length - other.frames.length)
    .map((stream) => ({
      ...stream,
      places: placesIn(stream.frames).filter((place) => {
        if (tried.has(place.name) || Object.values(anyType).some((pattern) => pattern.test(place.name))) return false
        tried.add(place.name)
        return true
      }),
    }))
    .filter(({ places }) => places.length > 0)
}

/** All that a client of another format can get to see: the events without what only their own format understands. */
function visible(format: RelayFormat, frames: readonly Frame[]): string {
  const events = decode(format, frames).filter(({ type }) => type !== 'native')
  return JSON.stringify(events, (key, value: unknown) => (key === 'native' ? undefined : value))
}

function departures({ format, frames }: Stream, place: Place): string[] {
  const without = visible(format, withValue(frames, place, undefined))
  return wrongValues(valueAt(frames, place))
    .filter((value) => visible(format, withValue(frames, place, value)) !== without)
    .map((value) => `${place.name}: ${JSON.stringify(value)}`)
}

const recorded = recordedStreams()

describe.each(formatIds)('in an answer of %s', (id) => {
  const own = recorded.filter(({ format }) => format === id).map((stream) => ({ ...stream, format: codecs[id] }))
  test.each(placesOf(own))('any value may have a wrong type: $name', (stream) => {
    expect(stream.places.flatMap((place) => departures(stream, place))).toEqual([])
  })
})

test.each(smallFormats)('in an answer of $id any value may have a wrong type', (format, sse) => {
  const stream = { name: format.id, format, frames: framesOfText(sse) }
  expect(placesIn(stream.frames).flatMap((place) => departures(stream, place))).toEqual([])
})
