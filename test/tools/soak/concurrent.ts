import { setTimeout as sleep } from 'node:timers/promises'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { writeScript } from '../../bench/script.ts'
import { providerIds, type Stage, startStage } from '../../bench/stage.ts'
import { median, quantile } from '../../bench/statistics.ts'
import { letters, paths, requestBody, wholeText } from '../../bench/streams.ts'
import { type HttpAnswer, httpCall } from '../../support/http-call.ts'
import { readStream } from '../../support/read/index.ts'
import { readWritten } from '../../support/read/sse-frames.ts'
import { isThrottled } from './client.ts'

const deltas = 50
const model = writeScript({ deltas, everyMs: 20, thinkMs: 0 })
const firstToken = 'First'
const formats = Object.keys(paths) as FormatId[]
/** Streams beyond the limit, which the platform must refuse. */
const tooMany = 5
/** After the first, which starts the environments. */
const warmRounds = 5
const restMs = 10_000

/** What stands between the client and the provider: nothing, the bare pipe's environments, or the gateway's. */
const lanes = ['nothing', 'pipe', 'stream'] as const
type Lane = (typeof lanes)[number]

/** What each lane answered to as many requests as there may be environments. */
type Round = Record<Lane, Asked[]>

interface Asked {
  client: FormatId
  answer: HttpAnswer
}

/**
 * As many streams at once as there may be environments: with nothing between, through a bare pipe and through the gateway
 * in all nine directions, in turn; then some more than may be.
 */
export async function soakConcurrent(count: number): Promise<number> {
  const stage = await startStage({ SLUICE_CONCURRENCY: String(count) })
  try {
    const cold = await roundOf(stage, count)
    const warm: Round[] = []
    for (let round = 0; round < warmRounds; round++) warm.push(await roundOf(stage, count))
    console.log(`${count} streams at once of 50 tokens 20 ms apart; the median of ${warmRounds} times`)
    for (const lane of lanes) console.log(rowOf(stage, lane, cold, warm))
    const all = [cold, ...warm].flatMap((round) => lanes.flatMap((lane) => round[lane]))
    const broken = all.filter((each) => !isWhole(each)).length
    const over = await ask(stage, 'stream', count + tooMany)
    const throttled = over.filter(({ answer }) => isThrottled(answer)).length
    const others = over.filter((each) => !isThrottled(each.answer) && !isWhole(each)).length
    console.log(`${broken} streams not whole`)
    console.log(`${count + tooMany} streams at once: ${throttled} refused with 429, ${others} others not whole`)
    for (const error of stage.errors.slice(0, 20)) console.log(error)
    return broken + others + stage.errors.length > 0 || throttled !== tooMany ? 1 : 0
  } finally {
    await stage.close()
  }
}

async function roundOf(stage: Stage, count: number): Promise<Round> {
  return {
    nothing: await ask(stage, 'nothing', count),
    pipe: await ask(stage, 'pipe', count),
    stream: await ask(stage, 'stream', count),
  }
}

/** @returns when the environments have written their records and wait for work again, or after 10 s */
async function ask(stage: Stage, lane: Lane, count: number): Promise<Asked[]> {
  const asked = await Promise.all(Array.from({ length: count }, (_, at) => askOne(stage, lane, at)))
  const deadline = performance.now() + restMs
  const isBusy = () =>
    lane !== 'nothing' &&
    stage
      .fn(lane)
      .environments()
      .some(({ phase }) => phase !== 'idle')
  while (isBusy() && performance.now() < deadline) await sleep(20)
  return asked
}

async function askOne(stage: Stage, lane: Lane, at: number): Promise<Asked> {
  const upstream = formats[Math.floor(at / 3) % 3] ?? 'openai-chat'
  const client = lane === 'stream' ? (formats[at % 3] ?? 'openai-chat') : upstream
  const url = lane === 'nothing' ? stage.providerUrl : stage.fn(lane).url
  const prefix = lane === 'stream' ? `${providerIds[upstream]}/` : ''
  const answer = await httpCall(url.replace(/\/$/, '') + paths[client], {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stage.gateway.key}` },
    body: JSON.stringify(requestBody(client, prefix + model)),
  })
  return { client, answer }
}

/** First tokens, what the lane adds to those without anything between, and the memory of its environments. */
function rowOf(stage: Stage, lane: Lane, cold: Round, warm: readonly Round[]): string {
  const at = (round: Round, of: Lane, q: number) => quantile(round[of].map(firstTokenMs), q)
  const added = (round: Round, q: number) => at(round, lane, q) - at(round, 'nothing', q)
  const usual = (figure: (round: Round) => number) => median(warm.map(figure)).toFixed(1)
  const first = `first token p50 ${usual((each) => at(each, lane, 0.5))} p95 ${usual((each) => at(each, lane, 0.95))} ms`
  if (lane === 'nothing') return `${lane}: ${first}`
  const more = `added p50 ${usual((each) => added(each, 0.5))} p95 ${usual((each) => added(each, 0.95))} ms`
  const memory = stage
    .fn(lane)
    .environments()
    .map(({ rssBytes = Number.NaN }) => rssBytes / 2 ** 20)
  const size = `RSS ${median(memory).toFixed(1)} MiB, at most ${Math.max(...memory).toFixed(1)}`
  const started = `cold p95 ${at(cold, lane, 0.95).toFixed(0)} ms`
  return `${lane}: ${first}, ${more}, ${started}; ${memory.length} environments, ${size}`
}

function firstTokenMs({ answer }: Asked): number {
  return answer.arrivals.find(({ text }) => text.includes(firstToken))?.atMs ?? Number.POSITIVE_INFINITY
}

function isWhole({ client, answer }: Asked): boolean {
  if (answer.status !== 200 || !answer.complete) return false
  const read = readStream[letters[client]](readWritten(answer.body.toString()).frames)
  return read.text === wholeText(deltas) && read.finish !== null && read.error === null
}
