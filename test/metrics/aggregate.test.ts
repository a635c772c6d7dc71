import { describe, expect, test } from 'vitest'
import {
  addSums,
  aggregateSortKey,
  aggregatesOf,
  histogramIn,
  partitionOf,
  readAggregateKeys,
  sumsOf,
  usagePartitions,
} from '../../lambda/metrics/aggregate.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { sampleRecord } from './sample-record.ts'

describe('what a record adds to the sums of its day', () => {
  test('is its counts, its status, its times and nothing that is zero', () => {
    expect(sumsOf(sampleRecord)).toEqual({
      requests: 1,
      streamed: 1,
      unpriced: 1,
      status_success: 1,
      inputTokens: 12,
      outputTokens: 345,
      cacheWriteTokens: 6789,
      bytesOut: 20480,
      attempts: 1,
      tool_webSearch: 2,
      ttftMs: 403,
      ttft_35: 1,
      durationMs: 5120,
      duration_50: 1,
    })
  })

  const changes: [situation: string, change: Partial<UsageRecord>, sums: Record<string, number | undefined>][] = [
    ['an answer at once', { streamed: false }, { streamed: undefined }],
    ['an estimate', { usageSource: 'estimated' }, { estimated: 1 }],
    ['no count at all', { usageSource: 'none' }, { estimated: undefined }],
    ['a price', { costUsdMicros: 1500 }, { costUsdMicros: 1500, unpriced: undefined }],
    ['a price of nothing', { costUsdMicros: 0 }, { costUsdMicros: undefined, unpriced: undefined }],
    ['a failure', { status: 'error' }, { status_error: 1, status_success: undefined }],
    ['no content', { ttftMs: null }, { ttftMs: undefined, ttft_35: undefined, durationMs: 5120 }],
    ['no server tools', { serverToolCounts: null }, { tool_webSearch: undefined }],
    ['an hour written to the cache', { cacheWrite1hTokens: 5 }, { cacheWrite1hTokens: 5 }],
    ['sound in seconds', { seconds: 1.2345 }, { soundMs: 1235 }],
    ['a chat is no kind of its own', {}, { kind_completions: undefined }],
    ['embeddings', { endpoint: '/embeddings' }, { kind_embeddings: 1 }],
    ['images', { endpoint: '/images/generations', images: 2 }, { kind_images: 1, images: 2 }],
    ['edited images', { endpoint: '/images/edits' }, { kind_images: 1 }],
    ['speech', { endpoint: '/audio/speech', characters: 9 }, { kind_audio_speeches: 1, characters: 9 }],
    ['transcription', { endpoint: '/audio/transcriptions' }, { kind_audio_transcriptions: 1 }],
    ['counting tokens, which runs no model', { endpoint: '/messages/count_tokens' }, { kind_token_counts: 1 }],
    ['translation', { endpoint: '/audio/translations' }, { kind_audio_transcriptions: 1 }],
  ]
  test.each(changes)('%s', (_situation, change, sums) => {
    const got = sumsOf({ ...sampleRecord, ...change })
    expect(Object.fromEntries(Object.keys(sums).map((name) => [name, got[name]]))).toEqual(sums)
  })

  test('adds up over requests, and its histograms are found again', () => {
    const sum: Record<string, number> = {}
    addSums(sum, sumsOf(sampleRecord))
    addSums(sum, sumsOf({ ...sampleRecord, durationMs: 1, ttftMs: null }))
    expect(sum).toMatchObject({ requests: 2, inputTokens: 24, durationMs: 5121 })
    expect(histogramIn(sum, 'duration')).toEqual(
      new Map([
        [50, 1],
        [0, 1],
      ]),
    )
    expect(histogramIn(sum, 'ttft')).toEqual(new Map([[35, 1]]))
  })
})

describe('the partition of a record', () => {
  const ids = Array.from({ length: 64 }, (_, at) => `hot-${at}`)
  const partitions = (shards: Record<string, number>) =>
    ids.map((requestId) => partitionOf({ ...sampleRecord, keyId: 'hot', requestId }, shards))

  test('is the month of its key', () => {
    expect(new Set(partitions({}))).toEqual(new Set(['USE#hot#2026-05']))
    expect(new Set(partitions({ cold: 4 }))).toEqual(new Set(['USE#hot#2026-05']))
    expect(usagePartitions('toString', '2026-05', {})).toEqual(['USE#toString#2026-05'])
  })

  test('is one of the shards of a hot key, the same each time, and all of them over time', () => {
    expect(new Set(partitions({ hot: 4 }))).toEqual(new Set(usagePartitions('hot', '2026-05', { hot: 4 })))
    expect(partitions({ hot: 4 })).toEqual(partitions({ hot: 4 }))
    expect(usagePartitions('hot', '2026-05', { hot: 3 })).toEqual([
      'USE#hot#2026-05',
      'USE#hot#2026-05#1',
      'USE#hot#2026-05#2',
    ])
  })
})

describe('names of aggregates', () => {
  const named: [situation: string, change: Partial<UsageRecord>, provider: string, model: string][] = [
    ['a routed request counts under provider and model', {}, 'anthropic', 'claude-sonnet-4-5'],
    [
      'with or without the provider’s prefix',
      { model: 'anthropic/claude-sonnet-4-5' },
      'anthropic',
      'claude-sonnet-4-5',
    ],
    ['a rejected request counts as one, whatever it asked for', { provider: null, model: 'x'.repeat(200) }, '-', '-'],
    ['so does a model the provider does not have', { model: 'claude-99', errorCode: 'not_found' }, 'anthropic', '-'],
    ['a model may have the separator in its name', { model: 'a#b' }, 'anthropic', 'a#b'],
    ['a request for no model counts as one', { model: null }, 'anthropic', '-'],
    ['another failure does not hide the model', { errorCode: 'rate_limit' }, 'anthropic', 'claude-sonnet-4-5'],
    ['only a whole prefix is the provider’s', { model: 'anthropics/x' }, 'anthropic', 'anthropics/x'],
    ['a name has 200 characters at most', { model: `anthropic/${'x'.repeat(300)}` }, 'anthropic', 'x'.repeat(200)],
  ]
  test.each(named)('%s', (_situation, change, provider, model) => {
    const record = { ...sampleRecord, ...change }
    const [day, hour] = aggregatesOf(record)
    expect(day).toEqual({ keyId: 'k1', day: '2026-05-01', provider, model })
    expect(hour).toEqual({ ...day, hour: 23 })
    for (const name of [day, hour]) {
      for (const pk of usagePartitions('k1', '2026-05', { k1: 2 })) {
        expect(readAggregateKeys(pk, aggregateSortKey(name))).toEqual(name)
      }
    }
  })

  test('an hour has two digits, so that keys sort by time', () => {
    const name = { keyId: 'k1', day: '2026-05-01', provider: 'p', model: 'm' }
    expect(aggregateSortKey(name)).toBe('D#01#p#m')
    expect(aggregateSortKey({ ...name, hour: 7 })).toBe('H#01T07#p#m')
    expect(aggregateSortKey({ ...name, hour: 0 })).toBe('H#01T00#p#m')
  })

  test('a name of several lines is read back', () => {
    expect(readAggregateKeys('USE#k1#2026-05#12', 'D#01#p#two\nlines')).toMatchObject({ model: 'two\nlines' })
  })

  test('other items have none', () => {
    expect(readAggregateKeys('REQ#k1#2026-05-01', 'k1-1')).toBeUndefined()
    expect(readAggregateKeys('USE#k1#2026-05', 'KEY')).toBeUndefined()
    expect(readAggregateKeys('REQ#k1#2026-05', 'D#01#p#m')).toBeUndefined()
    expect(readAggregateKeys('OLD_USE#k1#2026-05', 'D#01#p#m')).toBeUndefined()
    expect(readAggregateKeys('USE#k1#2026-05#x', 'D#01#p#m')).toBeUndefined()
    expect(readAggregateKeys('USE#k1#2026-05#10', 'D#1#p#m')).toBeUndefined()
    expect(readAggregateKeys('USE#k1#2026-05#10', 'OLD_D#01#p#m')).toBeUndefined()
  })
})
