import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Check, Passage } from './conform/check.ts'
import { judge } from './conform/engine.ts'
import { type Recording, recordingOf } from './conform/recording.ts'
import { relayIsByteEqual } from './conform/relay-checks.ts'
import { bufferSaysTheSame, grammarHolds, officialClientAgrees, streamSaysTheSame } from './conform/stream-checks.ts'
import { upstreamOf } from './fixtures.ts'
import { detectedFormat } from './formats.ts'
import type { Answer } from './independent-reader.ts'
import { runPipeline } from './pipeline.ts'

// A check that cannot fail is none: each is given a passage that is wrong in one way.

function recording(name: string): Recording {
  const bytes = readFileSync(upstreamOf(name))
  return recordingOf(name, bytes, detectedFormat(name, bytes.toString()))
}

async function passage(name: string, to: Passage['to']): Promise<Passage> {
  const entry = recording(name)
  const run = { from: entry.format, to, body: [entry.bytes] }
  return {
    recording: entry,
    to,
    seed: 1,
    stream: await runPipeline(run),
    buffer: await runPipeline({ ...run, buffered: true }),
  }
}

/** The passage with its streamed text changed. */
function tampered(good: Passage, change: (text: string) => string): Passage {
  return { ...good, stream: { ...good.stream, body: Buffer.from(change(good.stream.body.toString())) } }
}

const wrongs: Array<[what: string, check: Check, to: Passage['to'], change: (text: string) => string]> = [
  [
    'a relay that leaves out a comment',
    relayIsByteEqual,
    'openai-chat',
    (text) => text.replace(': OPENROUTER PROCESSING\n\n', ''),
  ],
  ['a relay that writes JSON anew', relayIsByteEqual, 'openai-chat', (text) => text.replaceAll('":"', '": "')],
  ['a relay that appends a second terminal', relayIsByteEqual, 'openai-chat', (text) => `${text}data: [DONE]\n\n`],
  [
    'a gap in the block numbers',
    grammarHolds,
    'anthropic-messages',
    (text) => text.replaceAll('"index":1', '"index":2'),
  ],
  [
    'a gap in the sequence numbers',
    grammarHolds,
    'openai-responses',
    (text) => text.replace('"sequence_number":3', '"sequence_number":30'),
  ],
  ['a [DONE] in Messages', grammarHolds, 'anthropic-messages', (text) => `${text}data: [DONE]\n\n`],
  ['a lost word', streamSaysTheSame, 'anthropic-messages', (text) => text.replace('Four gulls.', 'Four.')],
  [
    'a lost piece of reasoning',
    streamSaysTheSame,
    'openai-responses',
    (text) => text.replaceAll('Count the gulls.', 'Count the'),
  ],
  [
    'usage that was added up twice',
    streamSaysTheSame,
    'anthropic-messages',
    (text) => text.replace('"output_tokens":22', '"output_tokens":44'),
  ],
  [
    'a stream without its end',
    officialClientAgrees,
    'anthropic-messages',
    (text) => text.slice(0, text.indexOf('event: message_stop')),
  ],
  [
    'another answer than the buffered one',
    officialClientAgrees,
    'anthropic-messages',
    (text) => text.replace('Four gulls.', 'Four.'),
  ],
]

describe('the judge finds', () => {
  test.each(wrongs)('%s', async (_, check, to, change) => {
    const good = await passage('chat-reasoning-details', to)
    expect(await check(good)).toEqual([])
    expect(await check(tampered(good, change))).not.toEqual([])
  })

  test.each<[string, Partial<Answer>]>([
    ['text', { text: 'Something else.' }],
    ['reasoning', { reasoning: ['Something else.'] }],
    ['tool calls', { tools: [{ id: 'call_1', name: 'x', kind: 'function', arguments: '{}' }] }],
    ['finish', { finish: 'length' }],
    ['usage', { usage: null }],
    ['outcome', { outcome: 'error' }],
  ])('that an answer does not say the %s an independent reader found', async (_, said) => {
    const good = await passage('chat-reasoning-details', 'openai-responses')
    const other = { ...good, recording: { ...good.recording, expected: { ...good.recording.expected, ...said } } }
    expect(await streamSaysTheSame(other)).not.toEqual([])
    expect(await bufferSaysTheSame(other)).not.toEqual([])
  })

  test('an answer where there should be an error, and names the direction', async () => {
    const entry = recording('messages-text')
    const verdicts = await judge({ ...entry, expected: { ...entry.expected, outcome: 'truncated', finish: null } }, 1)
    for (const { from, to, violations } of verdicts) {
      expect({ from, to, broken: violations.length > 0 }).toEqual({ from: 'anthropic-messages', to, broken: true })
    }
  })
})
