import type { LocalFunction } from '../../infra/local/gateway.ts'
import { timedPost } from './client.ts'
import type { Row } from './report.ts'
import { writeScript } from './script.ts'
import { providerIds, type Stage, settled } from './stage.ts'
import { paths, requestBody } from './streams.ts'

const M = 'anthropic-messages'
const megabyte = 1_000_000
const sampleMs = 10
/** Answers of the first load before any counts. */
const warmup = 3
/** Answers of each load that count. */
const rounds = 2

interface Load {
  fn: string
  stream: boolean
  megabytes: number
  /** Characters of a delta; whole answers are made of long ones, so that their size is the stream's. */
  characters: number
}

/**
 * The most memory a function process has during a long answer. It has served such answers before, so that its heap has
 * the size the garbage collector likes. A relay's long and short answers come in turn in one process, the short one last:
 * when V8 enlarges the young generation, which it does once, both show it, and what is left is what the length costs.
 */
export async function measureMemory(stage: Stage, short: boolean): Promise<Row[]> {
  const megabytes = short ? 10 : 50
  const relayed = { stream: true, megabytes, characters: 6 }
  const [pipe] = await peaksOf(stage, [{ ...relayed, fn: 'pipe' }])
  const relay = { ...relayed, fn: 'stream' }
  const [longer, shorter = Number.NaN] = await peaksOf(stage, [{ ...relay, megabytes: 2 * megabytes }, relay])
  const [buffer] = await peaksOf(stage, [{ fn: 'stream', stream: false, megabytes, characters: 4_000 }])
  return [
    peakRow('pipe', megabytes, pipe),
    peakRow('relay', megabytes, shorter),
    peakRow('relay', 2 * megabytes, longer, { name: 'of one half as long', value: shorter / megabyte }, 1.25),
    peakRow('buffered answer', megabytes, buffer),
  ]
}

function peakRow(name: string, megabytes: number, bytes = Number.NaN, beside?: Row['beside'], atMost?: number): Row {
  const value = bytes / megabyte
  return {
    section: 'memory',
    name: `peak RSS, ${name} of ${megabytes} MB`,
    value,
    unit: 'MB',
    ...(beside && { beside, ratio: value / beside.value }),
    ...(atMost !== undefined && { budget: { of: 'ratio', atMost } }),
  }
}

/** In one environment of its own, since a process that has served something else has kept its heap. */
async function peaksOf(stage: Stage, loads: readonly [Load, ...Load[]]): Promise<number[]> {
  stage.gateway.reload()
  for (let round = 0; round < warmup; round++) await peakOf(stage, loads[0])
  const peaks = loads.map(() => 0)
  for (let round = 0; round < rounds; round++) {
    for (const [at, load] of loads.entries()) peaks[at] = Math.max(peaks[at] ?? 0, await peakOf(stage, load))
  }
  return peaks
}

async function peakOf(stage: Stage, load: Load): Promise<number> {
  const fn = stage.fn(load.fn)
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(fn))
  }, sampleMs)
  try {
    await request(stage, load)
    await settled(fn)
    return Math.max(most, residentBytes(fn))
  } finally {
    clearInterval(timer)
  }
}

function residentBytes(fn: LocalFunction): number {
  return Math.max(0, ...fn.environments().map(({ rssBytes }) => rssBytes ?? 0))
}

async function request(stage: Stage, { fn, stream, megabytes, characters }: Load): Promise<void> {
  const frameBytes = 124 + characters
  const deltas = Math.ceil((megabytes * megabyte) / frameBytes)
  const model = writeScript({ deltas, everyMs: 0, thinkMs: 0, characters })
  const body = requestBody(M, fn === 'stream' ? `${providerIds[M]}/${model}` : model, stream)
  const ending = stream ? 'message_stop' : '}'
  await timedPost(stage.fn(fn).url + paths[M], body, stage.gateway.key, ending)
}
