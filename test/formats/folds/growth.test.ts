import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { RelayFormat } from '../../../lambda/formats/codec.ts'
import { format as completions } from '../../../lambda/formats/openai-completions/index.ts'
import { format as speech } from '../../../lambda/formats/openai-speech/index.ts'
import { format as transcription } from '../../../lambda/formats/openai-transcription/index.ts'
import { codecs } from '../../support/codecs.ts'

// A fold's memory grows by the text only, and its work by the frames only.

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const { 'openai-chat': chat, 'anthropic-messages': messages, 'openai-responses': responses } = codecs
const word = 'twenty letters a go '
const frames = 200_000
const textBytes = frames * word.length

const choice = (delta: object) => ({ choices: [{ index: 0, delta }] })
const delta = (fields: object) => ({ type: 'content_block_delta', index: 0, delta: fields })
const cases: [name: string, format: RelayFormat, event: (at: number) => object, start?: object][] = [
  ['C: content', chat, () => choice({ content: word })],
  ['C: reasoning', chat, () => choice({ reasoning_content: word })],
  ['C: arguments', chat, () => choice({ tool_calls: [{ index: 0, function: { arguments: word } }] })],
  ['M: text', messages, () => delta({ type: 'text_delta', text: word })],
  ['M: thinking', messages, () => delta({ type: 'thinking_delta', thinking: word })],
  [
    'M: input',
    messages,
    () => delta({ type: 'input_json_delta', partial_json: word }),
    { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'a', name: 'f', input: {} } },
  ],
  [
    'R: text',
    responses,
    (at) => ({
      type: 'response.output_text.delta',
      output_index: 0,
      content_index: 0,
      sequence_number: at,
      delta: word,
    }),
  ],
  [
    'R: arguments',
    responses,
    (at) => ({ type: 'response.function_call_arguments.delta', output_index: 0, sequence_number: at, delta: word }),
  ],
  ['completions', completions, () => ({ choices: [{ index: 0, text: word }] })],
  ['transcription', transcription, () => ({ type: 'transcript.text.delta', delta: word })],
  ['speech', speech, () => ({ type: 'speech.audio.delta', audio: Buffer.from(word).toString('base64') })],
]

function heldBytes(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

describe('folding 200,000 frames', () => {
  it.each(cases)('%s', (_name, format, event, start) => {
    const fold = format.createFold()
    const feed = (count: number) => {
      const begun = performance.now()
      for (let at = 0; at < count; at++) fold.push({ event: '', data: JSON.stringify(event(at)) })
      return performance.now() - begun
    }
    if (start) fold.push({ event: '', data: JSON.stringify(start) })
    const before = heldBytes()
    const milliseconds = feed(frames)
    // A list of the pieces, or the tree V8 makes of a sum of strings, takes four times the text. Audio's buffer doubles.
    expect(heldBytes() - before).toBeLessThan((format === speech ? 2.5 : 2) * textBytes)
    // About 1 µs a frame; quadratic work would be minutes.
    expect(milliseconds).toBeLessThan(5_000)
    expect(JSON.stringify(fold.result()).length).toBeGreaterThan(textBytes)
  })
})
