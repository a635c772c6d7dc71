import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { codec } from '../../lambda/formats/openai-chat/index.ts'
import { SseReader } from '../../lambda/framing/sse.ts'
import { Observer } from '../../lambda/gateway/observe.ts'
import { StreamOutlet } from '../../lambda/gateway/outlet.ts'
import type { AnswerResponse } from '../../lambda/gateway/request.ts'
import { Collector } from '../../lambda/metrics/collector.ts'

// When keep-alives go out; what clients make of them is in `test/sdk/keep-alive.test.ts`.

const content = 'data: {"id":"1","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
const patienceMs = 10_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** An answer under way, and all that its client has got. */
function begin(live: boolean) {
  const got: string[] = []
  const write = (chunk: string | Uint8Array) => {
    got.push(String(typeof chunk === 'string' ? chunk : Buffer.from(chunk)))
    return undefined
  }
  let opened = false
  const response = {
    live,
    left: new AbortController().signal,
    get opened() {
      return opened
    },
    open: () => {
      opened = true
    },
    write,
    writeLast: write,
    abort: () => {},
    end: () => {},
  } as AnswerResponse
  const outlet = new StreamOutlet(response, {}, codec.keepAlive, patienceMs)
  const observer = new Observer(codec, codec.createDecoder({ quirks: {}, mint: (prefix) => prefix }), collector())
  const reader = new SseReader()
  const say = (text: string) => {
    const bytes = Buffer.from(text)
    for (const frame of reader.push(bytes)) observer.frame(frame)
    outlet.advance(observer)
    outlet.write(bytes)
  }
  return { outlet, say, got }
}

const collector = () => new Collector(() => 0)

test('the first one goes out after ten seconds without a word, and one every ten seconds from then on', () => {
  const { outlet, got } = begin(true)
  vi.advanceTimersByTime(patienceMs - 1)
  expect(got).toEqual([])
  vi.advanceTimersByTime(1)
  expect(got).toEqual([': ping\n'])
  vi.advanceTimersByTime(3 * patienceMs)
  expect(got).toHaveLength(4)
  outlet.close()
})

test('while the provider speaks there is none; a silence is filled before it has lasted twice as long', () => {
  const { outlet, say, got } = begin(true)
  for (let words = 0; words < 20; words++) {
    say(content)
    vi.advanceTimersByTime(patienceMs * 0.6)
  }
  expect(got.filter((text) => text !== content)).toEqual([])
  vi.advanceTimersByTime(patienceMs * 1.4)
  expect(got.slice(20)).toEqual([': ping\n'])
  outlet.close()
})

test('none goes out after the end, nor to a client that gets nothing before it', () => {
  const { outlet, got } = begin(true)
  outlet.close()
  const { got: collected } = begin(false)
  vi.advanceTimersByTime(10 * patienceMs)
  expect([...got, ...collected]).toEqual([])
})

test('a byte order mark that would come after a keep-alive is left out: it is one at the very start only', () => {
  const { say, got } = begin(true)
  vi.advanceTimersByTime(patienceMs)
  say(`\uFEFF${content}`)
  say(content)
  expect(got).toEqual([codec.keepAlive, content, content])
})

test('so is one that was held when the keep-alive went out', () => {
  const preamble = 'data: {"id":"1","choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n'
  const { say, got } = begin(true)
  say(`\uFEFF${preamble}`)
  vi.advanceTimersByTime(patienceMs)
  say(content)
  expect(got).toEqual([codec.keepAlive, preamble + content])
})

test('without a keep-alive before it the mark stays, as every other byte', () => {
  const { say, got } = begin(true)
  say(`\uFEFF${content}`)
  expect(got).toEqual([`\uFEFF${content}`])
})
