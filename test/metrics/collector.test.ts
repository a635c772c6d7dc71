import { describe, expect, test } from 'vitest'
import type { Emit } from '../../lambda/events/stream-event.ts'
import type { Decoder } from '../../lambda/formats/codec.ts'
import { type Frame, SseReader } from '../../lambda/framing/sse.ts'
import { Collector, type Metrics } from '../../lambda/metrics/collector.ts'

// The interface a new wire format meters itself by: its decoder reads raw frames, the collector does the rest.

/** All that a format brings: `{"say":…}`, `{"think":…}`, `{"spent":{"in":…,"out":…,"thought":…}}`, `{"over":…}`. */
class PlainDecoder implements Decoder {
  state: Decoder['state'] = 'open'

  push(frame: Frame, emit: Emit): void {
    const { say, think, spent, over } = JSON.parse(frame.data)
    if (say !== undefined) emit({ type: 'block-delta', index: 0, delta: { kind: 'text', text: say } })
    if (think !== undefined) emit({ type: 'block-delta', index: 0, delta: { kind: 'reasoning', text: think, part: 0 } })
    if (spent) emit({ type: 'usage', usage: { input: spent.in, output: spent.out, reasoning: spent.thought } })
    if (over === undefined) return
    this.state = 'closed'
    emit({ type: 'finish', reason: over })
    emit({ type: 'response-end' })
  }

  end(emit: Emit): void {
    if (this.state === 'open') emit({ type: 'error', error: { code: 'upstream_truncated', message: 'cut' } })
  }
}

/** What is metered of an answer whose frames came at these milliseconds, each a chunk, and went on as they were. */
function meter(frames: readonly [atMs: number, frame: object][]): Readonly<Metrics> {
  let now = 1_000
  const collector = new Collector(() => now)
  const decoder = new PlainDecoder()
  const reader = new SseReader()
  let started = false
  for (const [atMs, frame] of frames) {
    now = 1_000 + atMs
    const bytes = Buffer.from(`data: ${JSON.stringify(frame)}\n\n`)
    for (const each of reader.push(bytes)) decoder.push(each, (event) => collector.event(event))
    started ||= 'say' in frame || 'think' in frame
    collector.progress(started)
    collector.frames(1)
    collector.clientBytes(bytes.length)
  }
  decoder.end((event) => collector.event(event))
  collector.clientDone()
  return collector.metrics()
}

describe('what a format’s decoder tells, metered', () => {
  test('raw frames in, metrics out', () => {
    const metrics = meter([
      [50, { spent: { in: 7, out: 1 } }],
      [100, { say: 'Hi' }],
      [150, { say: '!', spent: { out: 20 } }],
      [200, { over: 'stop', spent: { in: 0, out: 0 } }],
    ])
    expect(metrics).toMatchObject({
      ttftMs: 100,
      ttfbMs: 50,
      durationMs: 200,
      frames: 4,
      usage: { input: 7, output: 20 },
      finish: { reason: 'stop' },
    })
    expect(metrics.error).toBeUndefined()
  })

  test('a cut answer keeps its last snapshot', () => {
    const metrics = meter([
      [0, { say: 'Hi', spent: { in: 7, out: 1 } }],
      [10, { spent: { out: 9 } }],
    ])
    expect(metrics).toMatchObject({ usage: { input: 7, output: 9 }, error: { code: 'upstream_truncated' } })
  })
})

describe('the pace of an answer', () => {
  const even = Array.from({ length: 100 }, (_, at): [number, object] => [500 + at * 20, { say: 'x' }])

  test('is the times between chunks, from the first content on', () => {
    const { pace } = meter([[0, { spent: { in: 1 } }], ...even, [2_980, { over: 'stop' }]])
    expect([...(pace?.gaps.values() ?? [])].reduce((sum, count) => sum + count, 0)).toBe(100)
    expect(pace?.gapMs(1)).toBe(500)
    const p95 = pace?.gapMs(0.95) ?? 0
    expect(p95 / 20).toBeGreaterThan(1 / 1.19)
    expect(p95 / 20).toBeLessThan(1.19)
  })

  test('a percentile is never longer than the longest', () => {
    const { pace } = meter([
      [0, { say: 'x' }],
      [97.1, { over: 'stop' }],
    ])
    expect(pace?.gapMs(0.95)).toBeLessThanOrEqual(97.1)
  })

  test('an answer in one chunk has none', () => {
    const { pace } = meter([[300, { say: 'Hi', over: 'stop' }]])
    expect(pace?.gapMs(1)).toBeNull()
    expect(pace?.tokensPerSecond(40)).toBeNull()
  })

  test('tokens a second count from the first content, unless all came at once', () => {
    expect(meter(even).pace?.tokensPerSecond(198)).toBe(100)
    expect(meter(even.slice(0, 5)).pace?.tokensPerSecond(198)).toBeNull()
  })

  test('reasoning that is shown is told from reasoning that is not', () => {
    expect(meter([[0, { think: 'hm' }]]).showsReasoning).toBe(true)
    expect(meter([[0, { say: 'hm' }]]).showsReasoning).toBeUndefined()
  })
})
