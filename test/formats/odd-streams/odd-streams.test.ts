import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codecs } from '../../support/codecs.ts'
import { detectedFormat } from '../../tools/formats.ts'
import { folding } from '../folds/support.ts'
import { decode, framesOfText } from '../openai-endpoints/support.ts'

// Streams that no provider sends as a whole, each piece of which some provider does: read to the reviewed events, and
// folded to the reviewed object, beside them. They are no fixtures, since an independent reader may understand such a
// mixture otherwise.

const folder = new URL('.', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.sse') ? [file.slice(0, -'.sse'.length)] : []))

describe.each(names)('%s', (name) => {
  const text = read(`${name}.sse`)
  const format = detectedFormat(name, text)

  test('is read to these events', () => {
    const events = decode(codecs[format], framesOfText(text))
    const lines = events.map((event) =>
      JSON.stringify(event.type === 'response-start' ? { ...event, native: 1 } : event),
    )
    expect(`${lines.join('\n')}\n`).toBe(read(`${name}.events`))
  })

  test('is folded to this object', () => {
    expect(`${JSON.stringify(folding(format, framesOfText(text)).result(), null, 2)}\n`).toBe(read(`${name}.json`))
  })
})
