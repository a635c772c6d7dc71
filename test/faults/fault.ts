import type { GatewayName } from '../support/services.ts'
import type { Format } from '../support/upstream/format.ts'
import { type Reply, text } from '../support/upstream/reply.ts'
import type { Script, Step } from '../support/upstream/script.ts'
import { type GoodAnswer, goodAnswer } from './good-answer.ts'

/**
 * What may become of a request: `complete` the whole answer, `failure` an error status or an error in band, `either`
 * where the fault comes when nothing but the trailing bytes is missing.
 */
export type Outcome = 'complete' | 'failure' | 'either'

/** One way in which a provider goes wrong. */
export interface Fault {
  /** For people: where, or how. */
  at: string
  script: Script
  outcome: Outcome
  /** A relayed stream may also go on byte for byte, for its client to find the fault. */
  passesOn?: true
  /**
   * Clients for whom the whole answer as one stream is above the 6 MB that a buffered function may return, so that they
   * get an error status instead: R says each text four times more when it is over.
   */
  overflows?: readonly Format[]
  /** What a complete answer holds. */
  reply: Reply
  /** Bytes that came, where a stream that fails must still have brought all whole events before the fault. */
  whole?: Buffer
  /** What the records of failures may say. */
  records: readonly string[]
  /** `hasty` where clocks must run out. */
  gateway: GatewayName
}

export interface Random {
  /** From 0 to below `limit`. */
  below(limit: number): number
}

type Faults = (good: GoodAnswer, random: Random) => Fault[]

const broken = ['truncated'] as const
const late = ['timeout'] as const

/** Comments and pings: alive, but no progress. */
const heartbeats: Record<Format, string> = {
  C: ': ping\n\n',
  M: 'event: ping\ndata: {"type":"ping"}\n\n',
  R: 'event: keepalive\ndata: {"type":"keepalive","sequence_number":0}\n\n',
}
const page = '<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1>\n\n<p>nginx</p></body></html>\n'

export const faults = {
  'no fault': (good) => [fault(good, 'all', 'complete', { steps: eventSteps(good) })],
  'cut at an event': (good) => boundaries(good).map((offset) => brokenOff(good, offset, 'cut')),
  'cut at a byte': (good, random) => [brokenOff(good, random.below(good.bytes.length), 'cut')],
  'reset at an event': (good) => boundaries(good).map((offset) => brokenOff(good, offset, 'reset')),
  'reset at a byte': (good, random) => [brokenOff(good, random.below(good.bytes.length), 'reset')],
  'reset before the head': (good) => [
    fault(good, 'head', 'failure', { refuse: true, steps: [] }, { records: ['error'] }),
  ],
  'an end at an event': (good) => boundaries(good).map((offset) => brokenOff(good, offset, 'close')),
  'chunked coding breaks': (good, random) => [brokenOff(good, random.below(good.bytes.length), 'garbage')],
  'silence at an event': (good) => boundaries(good).map((offset) => silence(good, offset)),
  'silence at a byte': (good, random) => [silence(good, random.below(good.bytes.length))],
  'an event that is no JSON': (good) => good.events.map((_, at) => spoilt(good, at)),
  'two terminal events': (good) => [
    fault(good, 'end', 'complete', { steps: [...eventSteps(good), ...eventSteps(good).slice(-1)] }),
  ],
  'no terminal event': (good) => [brokenOff(good, good.ends.at(-2) ?? 0, 'close')],
  'the wrong content type': (good) =>
    ['text/html', 'image/png', 'application/json', 'application/xml; charset=utf-8'].map((type) =>
      fault(
        good,
        type,
        'failure',
        { steps: eventSteps(good), headers: { 'content-type': type } },
        { records: ['error'] },
      ),
    ),
  'an HTML page with status 200': (good) =>
    ['text/html', 'text/event-stream', 'application/json', 'text/plain'].map((type) =>
      fault(
        good,
        type,
        'failure',
        { steps: [{ text: page }], headers: { 'content-type': type } },
        { records: ['error', 'truncated'] },
      ),
    ),
  gzip: (good) => [fault(good, 'all', 'complete', { steps: eventSteps(good), gzip: true })],
  'gzip, cut at an event': (good, random) => {
    const offset = boundaries(good)[random.below(good.ends.length)] ?? 0
    const { script, ...rest } = brokenOff(good, offset, 'cut')
    return [{ ...rest, script: { ...script, gzip: true } }]
  },
  'gzip that is none': (good) => [
    fault(
      good,
      'all',
      'failure',
      { steps: eventSteps(good), headers: { 'content-encoding': 'gzip' } },
      { records: ['error', 'truncated'] },
    ),
  ],
  'an event of 2 MB': ({ format }) => {
    const large = largeAnswer(format)
    return [fault(large, 'all', 'complete', { steps: eventSteps(large) }, { overflows: ['R'] })]
  },
  'an event above 32 MiB': (good) => [endless(good)],
  'a trickle': (good) => [
    fault(good, '20 bytes every ms', 'complete', { steps: eventSteps(good), bytesAWrite: 20, everyMs: 1 }),
  ],
  'a trickle that is too slow': (good) => [
    fault(
      good,
      'a byte every 25 ms',
      'failure',
      { steps: eventSteps(good), bytesAWrite: 1, everyMs: 25 },
      {
        records: late,
        gateway: 'hasty',
      },
    ),
  ],
  'heartbeats after the finish': (good) => {
    const steps = stepsTo(good, (good.ends.find((end) => end > good.finishAt) ?? 0) as number)
    return [fault(good, 'finish', 'complete', { steps: [...steps, beats(good)], end: 'hang' }, { gateway: 'hasty' })]
  },
  'heartbeats instead of content': (good, random) => {
    const offset = boundaries(good)[random.below(good.ends.length - 4)] ?? 0
    const script: Script = { steps: [...stepsTo(good, offset), beats(good)], end: 'hang' }
    return [fault(good, `byte ${offset}`, 'failure', script, { records: late, gateway: 'hasty' })]
  },
} satisfies Record<string, Faults>

export type FaultName = keyof typeof faults

/** By format: many trials share one. */
const largeAnswers = new Map<Format, GoodAnswer>()

function largeAnswer(format: Format): GoodAnswer {
  const parts = [text('tok0 ', 'x'.repeat(2 * 1024 * 1024), ' tok2')]
  const large = largeAnswers.get(format) ?? goodAnswer(format, { parts })
  largeAnswers.set(format, large)
  return large
}

function fault(good: GoodAnswer, at: string, outcome: Outcome, script: Script, more: Partial<Fault> = {}): Fault {
  return { at, script, outcome, reply: good.reply, records: broken, gateway: 'normal', ...more }
}

/** Before the first event, and behind each. */
function boundaries({ ends }: GoodAnswer): number[] {
  return [0, ...ends]
}

function eventSteps({ events }: GoodAnswer): Step[] {
  return events.map((event) => ({ text: event.toString() }))
}

/** Whole events as one write each, and the rest as another. */
function stepsTo({ events, ends, bytes }: GoodAnswer, offset: number): Step[] {
  const complete = events.filter((_, at) => (ends[at] ?? 0) <= offset)
  const rest = bytes.subarray(ends[complete.length - 1] ?? 0, offset)
  const writes = rest.length > 0 ? [...complete, rest] : complete
  return writes.map((each) => ({ text: '', base64: each.toString('base64') }))
}

function brokenOff(good: GoodAnswer, offset: number, end: NonNullable<Script['end']>): Fault {
  const came = good.bytes.subarray(0, offset)
  // A reset may overtake what was sent before it.
  const isReset = end === 'reset'
  const over = offset >= good.bytes.length && !isReset ? 'complete' : 'either'
  return fault(
    good,
    `byte ${offset} of ${good.bytes.length}`,
    offset < good.finishAt ? 'failure' : over,
    { steps: stepsTo(good, offset), end },
    isReset ? { records: ['truncated', 'error'] } : { whole: came },
  )
}

function silence(good: GoodAnswer, offset: number): Fault {
  const outcome = offset < good.finishAt ? 'failure' : offset >= good.bytes.length ? 'complete' : 'either'
  const script: Script = { steps: stepsTo(good, offset), end: 'hang' }
  return fault(good, `byte ${offset}`, outcome, script, {
    records: late,
    gateway: 'hasty',
    whole: good.bytes.subarray(0, offset),
  })
}

/** The event loses its last two characters of content; everything else goes on. */
function spoilt(good: GoodAnswer, at: number): Fault {
  const steps = good.events.map((event, index) => {
    const text = event.toString()
    return { text: index === at ? `${text.trimEnd().slice(0, -2)}\n\n` : text }
  })
  const start = good.ends[at - 1] ?? 0
  return fault(
    good,
    `event ${at + 1} of ${steps.length}`,
    start > good.finishAt ? 'either' : 'failure',
    { steps },
    { records: ['error', 'truncated'], passesOn: true },
  )
}

/** One event that grows without an end, behind the first content. */
function endless(good: GoodAnswer): Fault {
  const offset = good.ends.at(-4) ?? 0
  const piece = { text: 'x'.repeat(1024 * 1024), times: 34 }
  const steps = [...stepsTo(good, offset), { text: 'data: {"x":"' }, piece, { text: '"}\n\n' }]
  return fault(good, `byte ${offset}`, 'failure', { steps }, { records: ['error'] })
}

function beats({ format }: GoodAnswer): Step {
  return { text: heartbeats[format], afterMs: 100, times: 100 }
}
