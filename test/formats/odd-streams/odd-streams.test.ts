import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { codecs } from '../../support/codecs.ts'
import { detectedFormat } from '../../tools/formats.ts'
import { decode, framesOfText } from '../openai-endpoints/support.ts'

// Streams that no provider sends as a whole, each piece of which some provider does: read to the reviewed events beside
// them. They are no fixtures, since an independent reader may understand such a mixture otherwise.

const folder = new URL('.', import.meta.url)
const names = readdirSync(folder).filter((file) => file.endsWith('.sse'))

test.each(names)('%s', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8')
  const events = decode(codecs[detectedFormat(name, text)], framesOfText(text))
  const lines = events.map((event) => JSON.stringify(event.type === 'response-start' ? { ...event, native: 1 } : event))
  expect(`${lines.join('\n')}\n`).toBe(readFileSync(new URL(name.replace('.sse', '.events'), folder), 'utf8'))
})
