import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { goodAnswer, plain, rich } from '../../faults/good-answer.ts'
import { type Way, ways } from '../../support/request.ts'
import type { Services } from '../../support/services.ts'
import { type Format, formats } from '../../support/upstream/format.ts'
import { json, type Script, whole } from '../../support/upstream/script.ts'
import { mulberry32 } from '../split.ts'
import { isThrottled, processes, register, send } from './client.ts'

/** Bytes of memory and open sockets of one environment at one time. */
interface Sample {
  pid: number
  rss: number
  sockets: number
}

/**
 * Part of the run that only warms: V8 compiles, and its young generation grows to the bound that the platform sets by the
 * memory size, at once (`lambda/metrics/young-generation.ts`) but only when enough has survived, and then fills page by page.
 */
const warmPart = 0.25
/** The second half may hold this much more memory than the first. */
const maxGrowth = 1.05
const samples = 200
const steps = 9
/** As many requests for one function as for the other. */
const balancedWays = [...ways, 'buffered'] as const satisfies readonly Way[]
/** The environment still writes the record of the request before. */
const maxThrottles = 2_000

/** What providers do, and the status a client must see; null: whatever says that it failed. */
const situations: Record<string, { script: (format: Format) => Script; status: 200 | 400 | null }> = {
  text: { script: (format) => whole(goodAnswer(format, plain).bytes.toString()), status: 200 },
  calls: { script: (format) => whole(goodAnswer(format, rich).bytes.toString()), status: 200 },
  gzip: { script: (format) => whole(goodAnswer(format, rich).bytes.toString(), { gzip: true }), status: 200 },
  refused: {
    script: () => json(400, { type: 'error', error: { type: 'invalid_request_error', message: 'no' } }),
    status: 400,
  },
  cut: {
    script: (format) => whole(goodAnswer(format, plain).events.slice(0, 4).join(''), { end: 'cut' }),
    status: null,
  },
}

/** Sends mixed requests one after the other; fails if an answer is not as expected or something grew. */
export async function soakSequential(services: Services, count: number, seed: number): Promise<number> {
  for (const [name, { script }] of Object.entries(situations)) {
    for (const format of formats) await register(services, `${name}-${format}`, script(format))
  }
  const random = mulberry32(seed)
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T
  const seen = new Map<string, Sample[]>()
  const faults: string[] = []
  for (let at = 0; at < count; at++) {
    const client = pick(formats)
    const upstream = pick(formats)
    const way = pick(balancedWays)
    const name = pick(Object.keys(situations))
    const status = await statusOf(services, { client, upstream, way, model: `${name}-${upstream}` })
    const expected = situations[name]?.status
    const isRight = expected === null ? status >= 500 || (status === 200 && way === 'streamed') : status === expected
    if (!isRight) faults.push(`${name}, ${client} client, ${upstream} provider, ${way}: ${status}`)
    if (at >= count * warmPart && at % Math.max(1, Math.floor(count / samples)) === 0) await sample(services, seen)
    if (at % 500 === 499) console.error(`${at + 1} of ${count} requests`)
  }
  console.log(`${count} requests, ${faults.length} with another status than expected`)
  for (const fault of faults.slice(0, 20)) console.log(fault)
  const grew = [...seen].filter(([name, list]) => report(name, list))
  return faults.length > 0 || grew.length > 0 || seen.size === 0 ? 1 : 0
}

async function statusOf(services: Services, request: Parameters<typeof send>[1]): Promise<number> {
  for (let tries = 0; tries < maxThrottles; tries++) {
    const answer = await send(services, request)
    if (!isThrottled(answer)) return answer.status
    await sleep(2)
  }
  return 429
}

async function sample(services: Services, seen: Map<string, Sample[]>): Promise<void> {
  for (const { function: name, pid, rssBytes = 0 } of await processes(services)) {
    if (name === 'usage') continue
    const list = seen.get(name) ?? []
    seen.set(name, list)
    list.push({ pid, rss: rssBytes, sockets: socketsOf(pid) })
  }
}

/** Open sockets of a process (Linux). */
function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => isSocket(`/proc/${pid}/fd/${fd}`)).length
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false // closed in between
    throw error
  }
}

/** @returns did the second half hold more than the first may lead one to expect, or was it another process? */
function report(name: string, list: readonly Sample[]): boolean {
  const half = Math.floor(list.length / 2)
  const [first, second] = [list.slice(0, half), list.slice(half)]
  const rss = [first, second].map((part) => mean(part.map((each) => each.rss)) / 2 ** 20)
  const sockets = [first, second].map((part) => Math.max(...part.map((each) => each.sockets)))
  const pids = new Set(list.map(({ pid }) => pid)).size
  const growth = (rss[1] ?? 0) / (rss[0] ?? 1)
  console.log(
    `${name}: RSS ${rss.map((each) => each.toFixed(1)).join(' → ')} MiB (${((growth - 1) * 100).toFixed(1)} %), ` +
      `most sockets ${sockets.join(' → ')}, ${pids} process${pids === 1 ? '' : 'es'}`,
  )
  console.log(`  course: ${courseOf(list).join(' ')} MiB`)
  return growth > maxGrowth || (sockets[1] ?? 0) > (sockets[0] ?? 0) + 1 || pids > 1
}

/** Means of equal stretches of the run, the warming left out. */
function courseOf(list: readonly Sample[]): string[] {
  const size = Math.max(1, Math.ceil(list.length / steps))
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) => {
    const stretch = list.slice(at * size, (at + 1) * size)
    return (mean(stretch.map(({ rss }) => rss)) / 2 ** 20).toFixed(0)
  })
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / Math.max(values.length, 1)
}
