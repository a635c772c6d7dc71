import type { Peer } from './peer.ts'
import type { Budget, Row } from './report.ts'
import type { Script } from './script.ts'
import type { Stage } from './stage.ts'
import { median, quantile } from './statistics.ts'
import {
  directOf,
  directs,
  figures,
  gatewayWays,
  interleave,
  peerWays,
  pipeOf,
  pipes,
  type Sample,
  type Samples,
  type Way,
} from './ways.ts'

/**
 * Few deltas and many requests for the first token; many deltas for the work each of them makes. The few come one by one:
 * of an answer that came whole at once, the end would be timed with the beginning.
 */
const scripts = {
  first: { deltas: 4, everyMs: 2, thinkMs: 10 },
  paced: { deltas: 200, everyMs: 3, thinkMs: 0 },
  burst: { deltas: 20_000, everyMs: 0, thinkMs: 0 },
} as const satisfies Record<string, Script>

const plans = {
  full: {
    first: { rounds: 110, warmup: 10 },
    paced: { rounds: 4, warmup: 1 },
    burst: { rounds: 7, warmup: 2 },
  },
  short: {
    first: { rounds: 25, warmup: 10 },
    paced: { rounds: 1, warmup: 1 },
    burst: { rounds: 3, warmup: 1 },
  },
} as const

/** @param peer left out where it cannot be had */
export async function measureEndToEnd(stage: Stage, peer: Peer | undefined, short: boolean): Promise<Row[]> {
  const ways = [...Object.values(directs), ...Object.values(pipes), ...gatewayWays, ...(peer ? peerWays : [])]
  const plan = plans[short ? 'short' : 'full']
  const first = await interleave(ways, stage, peer, scripts.first, plan.first)
  const paced = await interleave(ways, stage, peer, scripts.paced, plan.paced)
  const burst = await interleave(ways, stage, peer, scripts.burst, plan.burst)
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

/**
 * What a way adds to the time to the first token without anything between, in the middle and at the hundredth worst; and,
 * for the gateway, what it adds to the pipe's, which bears the local runtime as well.
 */
function firstTokenRows(samples: Samples): Row[] {
  return [...samples.keys()].flatMap((way): Row[] => {
    if (way.via === 'nothing') {
      const value = quantile(figures(samples, way, 'firstMs'), 0.5) - scripts.first.thinkMs
      return [{ section: 'end-to-end', name: `first token p50, ${way.name}`, value, unit: 'ms' }]
    }
    const rows = addedRows(samples, way, directOf(way))
    const pipe = way.via === 'stream' ? pipeOf(way) : undefined
    return pipe ? [...rows, ...addedRows(samples, way, pipe, { p50: 0.5, p99: 3 })] : rows
  })
}

const quantiles = { p50: 0.5, p99: 0.99 } as const

/** @param budgets milliseconds at most */
function addedRows(samples: Samples, way: Way, to: Way, budgets?: Record<keyof typeof quantiles, number>): Row[] {
  return (['p50', 'p99'] as const).map((title) => {
    const at = (each: Way) => quantile(figures(samples, each, 'firstMs'), quantiles[title])
    return {
      section: 'end-to-end',
      name: `first token, ${way.name} added to ${to.name}, ${title}`,
      value: at(way) - at(to),
      unit: 'ms',
      ...(budgets && { budget: { of: 'value', atMost: budgets[title] } }),
    }
  })
}

/** Processor time in the process between for a request with almost no answer, its record included. */
function requestRows(samples: Samples): Row[] {
  return between(samples).map((way) => besidePipe('CPU a request', way, 'ms', (each) => middle(samples, each, 'cpuMs')))
}

/** Processor time in the process between that every further event of an answer takes. */
function eventRows(first: Samples, samples: Samples, script: Script, kind: string, budgeted: boolean): Row[] {
  const events = script.deltas - scripts.first.deltas
  const perEvent = (way: Way) => ((middle(samples, way, 'cpuMs') - middle(first, way, 'cpuMs')) * 1_000) / events
  return between(samples).map((way) => {
    const budget: Budget = { of: 'ratio', atMost: way.client === way.upstream ? 1.25 : 1.6 }
    const row = besidePipe(`CPU an event, ${kind}`, way, 'µs', perEvent)
    return budgeted && way.via === 'stream' ? { ...row, budget } : row
  })
}

function totalRows(samples: Samples): Row[] {
  const total = (way: Way) => middle(samples, way, 'totalMs')
  return [...samples.keys()].map((way) => besidePipe('total, burst', way, 'ms', total))
}

/** Relays and conversions share one process, so this is the gateway's; so does the peer. */
function memoryRows(samples: Samples): Row[] {
  const most = (via: Way['via']) => {
    const ways = [...samples.keys()].filter((way) => way.via === via)
    return Math.max(...ways.flatMap((way) => figures(samples, way, 'rssBytes'))) / 1e6
  }
  const beside = { name: 'pipe', value: most('pipe') }
  const row = (name: string, value: number): Row => ({
    section: 'end-to-end',
    name: `RSS, ${name}`,
    value,
    unit: 'MB',
    beside,
    ratio: value / beside.value,
  })
  const rows = [row('gateway', most('stream'))]
  return between(samples).some((way) => way.via === 'peer') ? [...rows, row('peer', most('peer'))] : rows
}

/** The ways with a process between. */
function between(samples: Samples): Way[] {
  return [...samples.keys()].filter((way) => way.via !== 'nothing')
}

function middle(samples: Samples, way: Way, field: keyof Sample): number {
  return median(figures(samples, way, field))
}

function besidePipe(title: string, way: Way, unit: Row['unit'], figure: (way: Way) => number): Row {
  const value = figure(way)
  const row: Row = { section: 'end-to-end', name: `${title}, ${way.name}`, value, unit }
  const pipe = pipeOf(way)
  if (!pipe) return row
  const beside = { name: pipe.name, value: figure(pipe) }
  return { ...row, beside, ratio: value / beside.value }
}
