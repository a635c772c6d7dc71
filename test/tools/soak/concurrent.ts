import type { HttpAnswer } from '../../support/http-call.ts'
import { readStream } from '../../support/read/index.ts'
import { readWritten } from '../../support/read/sse-frames.ts'
import type { Services } from '../../support/services.ts'
import { eventsOf, type Format, formats } from '../../support/upstream/format.ts'
import { text } from '../../support/upstream/reply.ts'
import { paced } from '../../support/upstream/script.ts'
import { sseTexts } from '../../support/upstream/sse-text.ts'
import { isThrottled, processes, register, send, sendDirectly, untilIdle } from './client.ts'

const words = Array.from({ length: 50 }, (_, at) => `w${at} `)
const pauseMs = 20
/** Streams beyond the limit, which the platform must refuse. */
const tooMany = 5
const attempts = 2

/** As many streams at once as there may be environments, twice (the first starts them), then some more. */
export async function soakConcurrent(services: Services, count: number): Promise<number> {
  for (const format of formats) {
    const events = sseTexts(eventsOf[format]({ parts: [text(...words)] }))
    await register(services, `paced-${format}`, paced(events, pauseMs))
  }
  console.log(
    `${count} streams at once, without a gateway: first token ${firstTokens(await askDirectly(services, count))}`,
  )
  let bad = 0
  for (let round = 1; round <= attempts; round++) {
    await untilIdle(services)
    const answers = await ask(services, count)
    const broken = answers.filter((answer) => !isWhole(answer)).length
    bad += broken
    console.log(
      `${count} streams at once, ${round === 1 ? 'cold' : 'warm'}: ${broken} not whole, ` +
        `first token ${firstTokens(answers)}`,
    )
  }
  await untilIdle(services)
  const memory = (await processes(services)).filter((each) => each.function === 'stream')
  const rss = memory.reduce((sum, { rssBytes = 0 }) => sum + rssBytes, 0) / Math.max(memory.length, 1) / 2 ** 20
  console.log(`${memory.length} environments, RSS ${rss.toFixed(1)} MiB each`)
  const over = await ask(services, count + tooMany)
  const throttled = over.filter(({ answer }) => isThrottled(answer)).length
  const others = over.filter((each) => !isThrottled(each.answer) && !isWhole(each)).length
  console.log(`${count + tooMany} streams at once: ${throttled} refused with 429, ${others} others not whole`)
  return bad > 0 || others > 0 || throttled !== tooMany ? 1 : 0
}

interface Asked {
  client: Format
  answer: HttpAnswer
}

function ask(services: Services, count: number): Promise<Asked[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, at): Promise<Asked> => {
      const client = formats[at % 3] ?? 'C'
      const upstream = formats[Math.floor(at / 3) % 3] ?? 'C'
      const answer = await send(services, { client, upstream, way: 'streamed', model: `paced-${upstream}` })
      return { client, answer }
    }),
  )
}

function askDirectly(services: Services, count: number): Promise<Asked[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, at): Promise<Asked> => {
      const client = formats[Math.floor(at / 3) % 3] ?? 'C'
      return { client, answer: await sendDirectly(services, client, `paced-${client}`) }
    }),
  )
}

function firstTokens(answers: readonly Asked[]): string {
  const times = answers.map(({ answer }) => answer.arrivals.find((piece) => piece.text.includes('w0 '))?.atMs ?? 0)
  const sorted = times.sort((one, other) => one - other)
  return `p50 ${percentile(sorted, 0.5)} p95 ${percentile(sorted, 0.95)} ms`
}

function isWhole({ client, answer }: Asked): boolean {
  if (answer.status !== 200 || !answer.complete) return false
  const read = readStream[client](readWritten(answer.body.toString()).frames)
  return read.text === words.join('') && read.finish !== null && read.error === null
}

function percentile(sorted: readonly number[], part: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1)
}
