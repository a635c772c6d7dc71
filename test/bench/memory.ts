import type { LocalFunction } from '../../infra/local/gateway.ts'
import { timedPost } from './client.ts'
import type { Row } from './report.ts'
import { writeScript } from './script.ts'
import { providerIds, type Stage, settled } from './stage.ts'
import { paths, requestBody } from './streams.ts'

const M = 'anthropic-messages'
const megabyte = 1_000_000
const sampleMs = 10
/** So many answers until the young generation has grown to its limit. */
const warmup = 3

interface Load {
  fn: string
  stream: boolean
  megabytes: number
  /** Characters of a delta; whole answers are made of long ones, so that their size is the stream's. */
  characters: number
}

interface Peak {
  /** Bytes of the process at most during the request. */
  most: number
}

/**
 * The most memory a function process has during a long answer. It has served such answers before, so that its heap has
 * the size the garbage collector likes; what a longer answer takes beyond that is what its length costs.
 */
export async function measureMemory(stage: Stage, short: boolean): Promise<Row[]> {
  const megabytes = short ? 10 : 50
  const relayed = { stream: true, megabytes, characters: 6 }
  const pipe = await peakOf(stage, { ...relayed, fn: 'pipe' })
  const relay = await peakOf(stage, { ...relayed, fn: 'stream' })
  const longer = await peakOf(stage, { ...relayed, fn: 'stream', megabytes: 2 * megabytes })
  const buffer = await peakOf(stage, { fn: 'stream', stream: false, megabytes, characters: 4_000 })
  return [
    peakRow('pipe', megabytes, pipe),
    peakRow('relay', megabytes, relay),
    peakRow('relay', 2 * megabytes, longer, { name: 'of one half as long', value: relay.most / megabyte }, 1.25),
    peakRow('buffered answer', megabytes, buffer),
  ]
}

function peakRow(name: string, megabytes: number, { most }: Peak, beside?: Row['beside'], atMost?: number): Row {
  const value = most / megabyte
  return {
    section: 'memory',
    name: `peak RSS, ${name} of ${megabytes} MB`,
    value,
    unit: 'MB',
    ...(beside && { beside, ratio: value / beside.value }),
    ...(atMost !== undefined && { budget: { of: 'ratio', atMost } }),
  }
}

async function peakOf(stage: Stage, load: Load): Promise<Peak> {
  // A process that has already served something else has kept its heap: every load gets a new one.
  stage.gateway.reload()
  const fn = stage.fn(load.fn)
  let most = 0
  for (let round = 0; round < warmup; round++) {
    await request(stage, load)
    most = (await settled(fn)).rssBytes ?? Number.NaN
  }
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(fn))
  }, sampleMs)
  try {
    await request(stage, load)
    await settled(fn)
    return { most }
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
