import type { LocalFunction } from '../../infra/local/gateway.ts'
import { timedPost } from './client.ts'
import type { Row } from './report.ts'
import { writeScript } from './script.ts'
import { providerIds, type Stage, settled } from './stage.ts'
import { paths, requestBody } from './streams.ts'

const M = 'anthropic-messages'
const megabyte = 1_000_000
const sampleMs = 10

interface Load {
  name: string
  fn: string
  stream: boolean
  megabytes: number
  /** Characters of a delta; whole answers are made of long ones, so that their size is the stream's. */
  characters: number
}

interface Peak {
  /** Bytes of the process before and at most during the request. */
  before: number
  most: number
  bytes: number
}

/**
 * The most a function process grows by during one long answer. A relay's growth is the garbage collector's slack, so it is
 * held against the pipe's; a folded answer is held against its own size.
 */
export async function measureMemory(stage: Stage, short: boolean): Promise<Row[]> {
  const megabytes = short ? 10 : 50
  const relayed = { stream: true, megabytes, characters: 6 }
  const pipe = await peakOf(stage, { ...relayed, name: 'pipe', fn: 'pipe' })
  const relay = await peakOf(stage, { ...relayed, name: 'relay M', fn: 'stream' })
  const longer = await peakOf(stage, { ...relayed, name: 'relay M', fn: 'stream', megabytes: 2 * megabytes })
  const buffer = await peakOf(stage, { name: 'buffered M', fn: 'stream', stream: false, megabytes, characters: 4_000 })
  const grown = ({ before, most }: Peak) => (most - before) / megabyte
  const row = (name: string, peak: Peak, beside: string, value: number, atMost?: number): Row => ({
    section: 'memory',
    name: `peak growth, ${name}`,
    value: grown(peak),
    unit: 'MB',
    beside: { name: beside, value },
    ratio: grown(peak) / value,
    ...(atMost !== undefined && { budget: { of: 'ratio', atMost } }),
  })
  return [
    row(`relay of ${megabytes} MB`, relay, 'pipe', grown(pipe)),
    row(`relay of ${2 * megabytes} MB`, longer, `relay of ${megabytes} MB`, grown(relay), 1.25),
    row(`buffered answer of ${megabytes} MB`, buffer, 'answer', buffer.bytes / megabyte),
  ]
}

async function peakOf(stage: Stage, load: Load): Promise<Peak> {
  // A process that has already served something large has kept its heap: every load gets a new one.
  stage.gateway.reload()
  await request(stage, { ...load, megabytes: 0.1 })
  const fn = stage.fn(load.fn)
  const before = (await settled(fn)).rssBytes ?? Number.NaN
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(fn))
  }, sampleMs)
  try {
    const bytes = await request(stage, load)
    await settled(fn)
    return { before, most, bytes }
  } finally {
    clearInterval(timer)
  }
}

function residentBytes(fn: LocalFunction): number {
  return Math.max(0, ...fn.environments().map(({ rssBytes }) => rssBytes ?? 0))
}

async function request(stage: Stage, { fn, stream, megabytes, characters }: Load): Promise<number> {
  const frameBytes = 124 + characters
  const deltas = Math.ceil((megabytes * megabyte) / frameBytes)
  const model = writeScript({ deltas, everyMs: 0, thinkMs: 0, characters })
  const body = requestBody(M, fn === 'stream' ? `${providerIds[M]}/${model}` : model, stream)
  const ending = stream ? 'message_stop' : '}'
  const { bytes } = await timedPost(stage.fn(fn).url + paths[M], body, stage.gateway.key, ending)
  return bytes
}
