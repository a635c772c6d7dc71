import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lambda/events/request.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { folding } from '../formats/folds/support.ts'
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
