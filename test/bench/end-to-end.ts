import type { FormatId } from '../../lambda/formats/codec.ts'
import { timedPost } from './client.ts'
import type { Budget, Row } from './report.ts'
import { type Script, writeScript } from './script.ts'
import { providerIds, type Stage, settled } from './stage.ts'
import { median, quantile } from './statistics.ts'
import { paths, requestBody } from './streams.ts'

/** One way from a client to the provider. */
interface Way {
  name: string
  /** Function on the way; without one it is the provider itself. */
  fn?: string
  client: FormatId
  upstream: FormatId
}

interface Sample {
  firstMs: number
  totalMs: number
  /** Of the function process, until its record is written. */
  cpuMs: number
  rssBytes: number
}

type Samples = Map<Way, Sample[]>

/** What the last bytes of a complete answer hold. */
const endings = {
  'openai-chat': '[DONE]',
  'anthropic-messages': 'message_stop',
  'openai-responses': 'response.completed',
} as const satisfies Record<FormatId, string>

const C = 'openai-chat'
const M = 'anthropic-messages'
const direct: Way = { name: 'direct', client: M, upstream: M }
const pipes = {
  [C]: { name: 'pipe C', fn: 'pipe', client: C, upstream: C },
  [M]: { name: 'pipe M', fn: 'pipe', client: M, upstream: M },
} as const satisfies Partial<Record<FormatId, Way>>
const ways: Way[] = [
  direct,
  pipes[M],
  { name: 'relay M', fn: 'stream', client: M, upstream: M },
  { name: 'convert C←M', fn: 'stream', client: C, upstream: M },
  pipes[C],
  { name: 'relay C', fn: 'stream', client: C, upstream: C },
  { name: 'convert M←C', fn: 'stream', client: M, upstream: C },
]

/** Few deltas and many requests for the first token; many deltas for the work each of them makes. */
const scripts = {
  first: { deltas: 4, everyMs: 0, thinkMs: 10 },
  paced: { deltas: 200, everyMs: 3, thinkMs: 0 },
  burst: { deltas: 20_000, everyMs: 0, thinkMs: 0 },
} as const satisfies Record<string, Script>

export async function measureEndToEnd(stage: Stage, short: boolean): Promise<Row[]> {
  const rounds = short ? { first: 25, paced: 1, burst: 3 } : { first: 300, paced: 10, burst: 15 }
  const first = await interleave(stage, scripts.first, rounds.first, short ? 10 : 30)
  const paced = await interleave(stage, scripts.paced, rounds.paced, short ? 1 : 3)
  const burst = await interleave(stage, scripts.burst, rounds.burst, short ? 1 : 4)
  return [
    ...firstTokenRows(first),
    ...requestRows(first),
    ...eventRows(first, paced, scripts.paced, 'paced', true),
    // Without a budget: many events come in one read then, and the pipe does not look at any of them.
    ...eventRows(first, burst, scripts.burst, 'burst', false),
    ...totalRows(burst),
    ...memoryRows(burst),
  ]
}

/** One request a way in turn, so that whatever else the machine does hits all ways alike. */
async function interleave(stage: Stage, script: Script, rounds: number, warmup: number): Promise<Samples> {
  const samples: Samples = new Map(ways.map((way) => [way, []]))
  for (let round = 0; round < rounds + warmup; round++) {
    for (const [way, list] of samples) {
      const sample = await send(stage, way, script)
      if (round >= warmup) list.push(sample)
    }
  }
  return samples
}

async function send(stage: Stage, way: Way, script: Script): Promise<Sample> {
  const { client, upstream } = way
  const model = writeScript(script)
  const fn = way.fn === undefined ? undefined : stage.fn(way.fn)
  const named = way.fn === 'stream' ? `${providerIds[upstream]}/${model}` : model
  const before = fn && fn.environments().length > 0 ? await settled(fn) : undefined
  const url = (fn?.url ?? stage.providerUrl) + paths[client]
  const timing = await timedPost(url, requestBody(client, named), stage.gateway.key, endings[client])
  const after = fn && (await settled(fn))
  const cpuMs = (after?.cpuMs ?? Number.NaN) - (before?.cpuMs ?? 0)
  return { ...timing, cpuMs, rssBytes: after?.rssBytes ?? Number.NaN }
}

function pipeOf(way: Way): Way | undefined {
  return way.fn === 'stream' ? pipes[way.upstream as keyof typeof pipes] : undefined
}

function figures(samples: Samples, way: Way, field: keyof Sample): number[] {
  return (samples.get(way) ?? []).map((sample) => sample[field])
}

/** What a way adds to the pipe's time to the first token, in the middle and at the hundredth worst. */
function firstTokenRows(samples: Samples): Row[] {
  return ways.flatMap((way): Row[] => {
    const pipe = pipeOf(way)
    const p50 = quantile(figures(samples, way, 'firstMs'), 0.5) - scripts.first.thinkMs
    if (!pipe) return [{ section: 'end-to-end', name: `first token p50, ${way.name}`, value: p50, unit: 'ms' }]
    const added = (q: number) =>
      quantile(figures(samples, way, 'firstMs'), q) - quantile(figures(samples, pipe, 'firstMs'), q)
    const name = `first token, ${way.name} added to ${pipe.name}`
    return [
      {
        section: 'end-to-end',
        name: `${name}, p50`,
        value: added(0.5),
        unit: 'ms',
        budget: { of: 'value', atMost: 0.5 },
      },
      {
        section: 'end-to-end',
        name: `${name}, p99`,
        value: added(0.99),
        unit: 'ms',
        budget: { of: 'value', atMost: 3 },
      },
    ]
  })
}

/** Processor time in the function process for a request with almost no answer, its record included. */
function requestRows(samples: Samples): Row[] {
  return ways.flatMap((way) => (way === direct ? [] : cpuRow('CPU a request', way, 'ms', (each) => cpu(samples, each))))
}

/** Processor time in the function process that every further event of an answer takes. */
function eventRows(first: Samples, samples: Samples, script: Script, kind: string, budgeted: boolean): Row[] {
  const events = script.deltas - scripts.first.deltas
  const perEvent = (way: Way) => ((cpu(samples, way) - cpu(first, way)) * 1_000) / events
  return ways.flatMap((way) => {
    if (way === direct) return []
    const atMost = way.client === way.upstream ? 1.25 : 1.6
    return cpuRow(`CPU an event, ${kind}`, way, 'µs', perEvent, budgeted ? { of: 'ratio', atMost } : undefined)
  })
}

/** Milliseconds a request. */
function cpu(samples: Samples, way: Way): number {
  return median(figures(samples, way, 'cpuMs'))
}

function cpuRow(title: string, way: Way, unit: Row['unit'], figure: (way: Way) => number, budget?: Budget): Row {
  const value = figure(way)
  const row: Row = { section: 'end-to-end', name: `${title}, ${way.name}`, value, unit }
  const pipe = pipeOf(way)
  if (!pipe) return row
  const beside = { name: pipe.name, value: figure(pipe) }
  return { ...row, beside, ratio: value / beside.value, ...(budget && { budget }) }
}

function totalRows(samples: Samples): Row[] {
  const total = (way: Way) => median(figures(samples, way, 'totalMs'))
  return ways.map((way) => {
    const value = total(way)
    const row: Row = { section: 'end-to-end', name: `total, burst, ${way.name}`, value, unit: 'ms' }
    const pipe = pipeOf(way)
    return pipe ? { ...row, beside: { name: pipe.name, value: total(pipe) }, ratio: value / total(pipe) } : row
  })
}

/** Relays and conversions share one process here, so this is the gateway's. */
function memoryRows(samples: Samples): Row[] {
  const megabytes = (way: Way) => Math.max(...figures(samples, way, 'rssBytes')) / 1e6
  const stream = ways.filter((way) => way.fn === 'stream')
  const value = Math.max(...stream.map(megabytes))
  const beside = { name: 'pipe', value: megabytes(pipes[M]) }
  return [{ section: 'end-to-end', name: 'RSS, gateway', value, unit: 'MB', beside, ratio: value / beside.value }]
}
