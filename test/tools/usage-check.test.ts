import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { loadRecording, recordingOf, recordingsBelow } from './conform/recording.ts'
import { checkUsage } from './usage-check/passages.ts'

const fixtures = recordingsBelow(fileURLToPath(new URL('../fixtures', import.meta.url))).map((path) =>
  loadRecording(path),
)

describe('tokens and cost of every way to the client equal the reader’s', () => {
  const recordings = fixtures.flatMap((each) => ('reason' in each ? [] : [each]))
  test.each(recordings.map((each) => [each.path.split('/fixtures/')[1], each] as const))('%s', async (_path, each) => {
    expect((await checkUsage(each)).differences).toEqual([])
  })
})

const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const chat = (model: string, usage: object) =>
  [
    event({ id: 'c', model, choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] }),
    event({ id: 'c', model, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    event({ id: 'c', model, choices: [], usage }),
    'data: [DONE]\n\n',
  ].join('')

describe('the reader’s own bill', () => {
  const cached = { prompt_tokens: 1000, completion_tokens: 500, prompt_tokens_details: { cached_tokens: 400 } }
  const bills: [what: string, format: FormatId, body: string, micros: number | null][] = [
    // 600 at 2.50, 400 at 1.25 and 500 at 10 dollars a million.
    ['is list price by bucket', 'openai-chat', chat('gpt-4o-2024-08-06', cached), 7_000],
    ['is what the provider says', 'openai-chat', chat('gpt-4o', { ...cached, cost: 0.5 }), 500_000],
    ['is in ticks of xAI', 'openai-chat', chat('grok-4', { ...cached, cost_in_usd_ticks: 1_721_250 }), 172],
    ['is unknown for an unknown model', 'openai-chat', chat('nobody-s-model', cached), null],
  ]
  test.each(bills)('%s', async (_what, format, body, micros) => {
    const { expected, differences } = await checkUsage(recordingOf('x.sse', Buffer.from(body), format))
    expect({ micros: expected.micros, differences }).toEqual({ micros, differences: [] })
  })
})
