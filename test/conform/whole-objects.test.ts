import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lambda/events/request.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import type { Frame } from '../../lambda/framing/sse.ts'
import { folding, recordedStreams } from '../formats/folds/support.ts'
import { codecs } from '../support/codecs.ts'
import { goldens } from '../tools/fixtures.ts'
import { formatIds } from '../tools/formats.ts'

// A provider that ignores `stream: true` answers an object. Cut into the events of a stream it must lose nothing.

/** Fields that clients of a format rely on, even where a provider leaves them out. */
const required: Record<FormatId, JsonObject> = {
  'openai-chat': {},
  'anthropic-messages': {},
  'openai-responses': { error: null, incomplete_details: null },
}

describe.each(formatIds)('a whole answer of %s', (format) => {
  const files = readdirSync(goldens).filter((file) => file.endsWith(`.${format}.json`))
  test.each(files)('comes together again after it was cut: %s', (file) => {
    const object = JSON.parse(readFileSync(join(goldens, file), 'utf8')) as JsonObject
    expect(folding(format, codecs[format].cutObject(object)).result()).toEqual({ ...required[format], ...object })
  })
})

describe('a whole answer of openai-responses', () => {
  const files = readdirSync(goldens).filter((file) => file.endsWith('.openai-responses.json'))
  test.each(files)('says all of its output before its last event repeats it: %s', (file) => {
    // The arguments of a call without any are `{}` to the fold, and verbatim where the last event says them.
    const text = readFileSync(join(goldens, file), 'utf8').replaceAll('"arguments": ""', '"arguments": "{}"')
    const object = JSON.parse(text) as JsonObject
    const frames = codecs['openai-responses'].cutObject(object)
    expect(folding('openai-responses', frames.slice(0, -1)).result().output).toEqual(object.output)
  })
})

/** Streams with every event that OpenAI sends for their items. */
const regular = [
  'responses-call-in-a-namespace',
  'responses-custom-tool',
  'responses-file-citation',
  'responses-length',
  'responses-logprobs',
  'responses-raw-reasoning',
  'responses-refusal',
  'responses-text-and-calls',
  'responses-text-around-a-call',
  'responses-two-messages-with-phases',
]

describe('a whole answer of openai-responses', () => {
  test.each(recordedStreams().filter(({ name }) => regular.includes(name)))(
    'is cut into the events that it came in, each part in one delta: $name',
    ({ format, frames }) => {
      const object = folding(format, frames).result()
      expect(eventsOf(codecs[format].cutObject(object))).toEqual(inOneDelta(eventsOf(frames)))
    },
  )
})

/** Without what is sealed, which may be in an item's beginning or not. */
function eventsOf(frames: readonly Frame[]): JsonObject[] {
  const withoutSealed = (key: string, value: unknown) => (key === 'encrypted_content' ? undefined : value)
  return frames.map(({ event, data }) => ({ event, ...JSON.parse(data, withoutSealed), sequence_number: 0 }))
}

function inOneDelta(events: readonly JsonObject[]): JsonObject[] {
  const joined: JsonObject[] = []
  for (const event of events) {
    const last = joined.at(-1)
    if (last && last.type === event.type && String(event.type).endsWith('.delta')) {
      last.delta = `${last.delta}${event.delta}`
      if (event.logprobs) last.logprobs = [last.logprobs, event.logprobs].flat()
    } else joined.push({ ...event })
  }
  return joined
}
