import { mkdtemp, rm } from 'node:fs/promises'
import { request as send } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type LocalGateway, startLocal } from '../../infra/local/gateway.ts'
import { recordOf } from '../../lambda/metrics/item.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { until } from '../local/support.ts'
import { register } from '../support/control.ts'
import { chatChunk, chatCounts, chatDelta, chatDone } from '../support/upstream/chat.ts'
import {
  messageDelta,
  messageStart,
  messageStop,
  messagesCounts,
  startUsage,
  textBlock,
} from '../support/upstream/messages.ts'
import { baselineCounts } from '../support/upstream/reply.ts'
import { file, whole } from '../support/upstream/script.ts'
import { sseText } from '../support/upstream/sse-text.ts'
import { itemsIn, redriveByCommand, sumOf } from './redrive-command.ts'

// Issue: a function that is killed when its client has the whole answer, and nobody knows yet what it cost, loses nothing:
// its log has the record. In a new environment that time is the longest, since the price table loads then.
// More kills than CI makes: SLUICE_KILL_ROUNDS=10.

const cdkOut = fileURLToPath(new URL('../../node_modules/.cache/acceptance/cdk.out', import.meta.url))
const rounds = Number(process.env.SLUICE_KILL_ROUNDS ?? 1)
const key = 'sk-sluice-killed-test'
const lines: string[] = []
let folder: string
let gateway: LocalGateway

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-killed-'))
  const base = inject('services').fakeProvider
  const provider = (id: string, format: string, path: string) => ({
    id,
    formats: [format],
    baseUrl: base + path,
    apiKey: 'k',
  })
  const providers = [
    provider('c', 'openai-chat', '/c/v1'),
    provider('m', 'anthropic-messages', '/m'),
    provider('s', 'openai-speech', '/c/v1'),
  ]
  const env = { PATH: process.env.PATH, SLUICE_KEY: key, SLUICE_PROVIDERS: JSON.stringify(providers) }
  gateway = await startLocal({ cdkOut, dataDir: folder, env, log: ({ text }) => void lines.push(text) })
})
afterAll(async () => {
  await gateway?.close()
  await rm(folder, { recursive: true, force: true })
})

/** What a client asks, and when it has the whole of what it is answered. */
interface Ask {
  path: string
  body: object
  /** Not there: it has no mark of its end but the body's. */
  isWhole?(text: string): boolean
}

const messages = [{ role: 'user', content: 'hi' }]
const ends = (mark: string) => (text: string) => text.includes(mark)
const isJson = (text: string) => text.startsWith('{') && text.endsWith('}')

const chatModel = { model: 'gpt-4o-mini-2024-07-18' }
const chatAnswer = whole(
  sseText([
    chatDelta({ role: 'assistant', content: 'Hi' }, null, chatModel),
    chatDelta({}, 'stop', chatModel),
    chatChunk([], { ...chatModel, usage: chatCounts(baselineCounts) }),
    chatDone,
  ]),
)
const messagesAnswer = whole(
  sseText([
    messageStart(startUsage(messagesCounts), { model: 'claude-haiku-4-5-20251001' }),
    ...textBlock(0, 'Hi'),
    messageDelta('end_turn'),
    messageStop,
  ]),
)
const refusal = whole('{"error":{"message":"no","type":"invalid_request_error"}}', {
  status: 400,
  headers: { 'content-type': 'application/json' },
})

const asks: Record<string, () => Promise<Ask>> = {
  'a relayed stream': async () => ({
    path: '/v1/chat/completions',
    body: { model: `c/${await register(chatAnswer)}`, messages, stream: true },
    isWhole: ends('[DONE]'),
  }),
  'a converted stream': async () => ({
    path: '/v1/chat/completions',
    body: { model: `m/${await register(messagesAnswer)}`, messages, stream: true },
    isWhole: ends('[DONE]'),
  }),
  'a folded answer': async () => ({
    path: '/v1/messages',
    body: { model: `m/${await register(messagesAnswer)}`, messages, max_tokens: 9 },
    isWhole: isJson,
  }),
  'an error': async () => ({
    path: '/v1/chat/completions',
    body: { model: `c/${await register(refusal)}`, messages },
    isWhole: isJson,
  }),
  'a file': async () => ({
    path: '/v1/audio/speech',
    body: { model: `s/${await register(file([Buffer.from('sound')], 'audio/mpeg'))}`, input: 'hi', voice: 'v' },
  }),
}

/** Every request that was answered whole, and those of them whose function lived on, by what they asked. */
const answered = new Map<string, string[]>()
const unkilled = new Map<string, string>()

const stream = () => gateway.functions.find(({ name }) => name === 'stream')
const isIdle = () =>
  stream()
    ?.environments()
    .every(({ phase }) => phase === 'idle') === true

/** Asks, and does something the moment the answer is whole. @returns the request's id */
function asked({ path, body, isWhole }: Ask, onWhole: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const outgoing = send(`${gateway.streamUrl}${path}`, { method: 'POST', headers }, (incoming) => {
      let text = ''
      let whole = false
      const done = () => {
        if (whole) return
        whole = true
        onWhole()
        resolve(String(incoming.headers['x-sluice-request-id']))
      }
      incoming.on('data', (bytes: Buffer) => {
        text += bytes.toString()
        if (isWhole?.(text)) done()
      })
      incoming.once('end', done)
      incoming.on('error', () => undefined) // the connection of a function that was killed
      incoming.once('close', () => whole || reject(new Error(`no whole answer: ${incoming.statusCode} ${text}`)))
    })
    outgoing.once('error', reject)
    outgoing.end(JSON.stringify(body))
  })
}

async function ask(what: string, onWhole: () => void = () => undefined): Promise<string> {
  const requestId = await asked(await (asks[what] as () => Promise<Ask>)(), onWhole)
  answered.set(what, [...(answered.get(what) ?? []), requestId])
  return requestId
}

async function kill(): Promise<void> {
  const pids =
    stream()
      ?.environments()
      .map(({ pid }) => pid) ?? []
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await until(() => stream()?.environments().length === 0, 5_000)
}

/** Asks and kills the function so many milliseconds after its answer is whole. */
async function askAndKill(what: string, delayMs: number): Promise<void> {
  let killing: Promise<void> | undefined
  await ask(what, () => {
    killing = delayMs === 0 ? kill() : new Promise((resolve) => setTimeout(resolve, delayMs)).then(kill)
  })
  await killing
}

const delays = [0, 1, 5, 20, 100]
const kills = Array.from({ length: rounds }, (_, round) =>
  Object.keys(asks).flatMap((what, at) =>
    (['new', 'warm'] as const).map((age, index) => {
      return { what, age, delayMs: delays[(round + at + index * 2) % delays.length] ?? 0 }
    }),
  ),
).flat()

test('a request whose function lives on leaves its record', async () => {
  for (const what of Object.keys(asks)) unkilled.set(what, await ask(what))
  await until(isIdle, 10_000)
  await kill()
})

test.each(kills)('$what, $age environment, killed $delayMs ms after it was whole', async ({ what, age, delayMs }) => {
  if (age === 'warm') {
    await ask('a converted stream')
    await until(isIdle, 10_000)
  }
  await askAndKill(what, delayMs)
})

test('redrive of the log completes the table: as many records as answers, each as if nobody had been killed', async () => {
  const { tableName, dynamodbEndpoint = '' } = gateway
  const ids = [...answered.values()].flat()
  const missing = ids.length - requestsIn(await itemsIn(tableName, dynamodbEndpoint)).length
  expect(missing).toBeGreaterThan(0)
  // A pipe may hold what a killed process wrote a moment longer.
  const untold = () => [...answered].filter(([, own]) => own.some((id) => !lines.some((line) => line.includes(id))))
  await until(() => untold().length === 0, 5_000).catch(() => undefined)
  expect(untold()).toEqual([])
  const priced = new Set(
    lines.filter((line) => line.includes('"message":"request"')).map((line) => JSON.parse(line).requestId),
  )
  const unpriced = ids.filter((id) => !priced.has(id)).length
  expect(unpriced).toBeGreaterThan(0)
  expect(await redriveByCommand(lines, dynamodbEndpoint, folder)).toBe(
    `${missing} written, ${ids.length - missing} already there, 0 unreadable, 0 too old\n`,
  )

  const items = await itemsIn(tableName, dynamodbEndpoint)
  const records = requestsIn(items)
  expect(records.map(({ requestId }) => requestId).sort()).toEqual([...ids].sort())
  for (const [what, requestIds] of answered) {
    const [model] = records.filter(({ requestId }) => requestId === unkilled.get(what)).map(timeless)
    for (const record of records) if (requestIds.includes(record.requestId)) expect(timeless(record)).toEqual(model)
  }
  for (const field of ['inputTokens', 'outputTokens', 'costUsdMicros'] as const) {
    const sum = records.reduce((total, record) => total + (record[field] ?? 0), 0)
    expect(sum).toBeGreaterThan(0)
    expect([sumOf(items, 'D#', field), sumOf(items, 'H#', field)]).toEqual([sum, sum])
  }
  console.info(
    `${kills.length} kills: ${missing} records missing, ${unpriced} of them never priced; after redrive none`,
  )
  expect(await redriveByCommand(lines, dynamodbEndpoint, folder)).toMatch(/^0 written, /)
})

function requestsIn(items: Awaited<ReturnType<typeof itemsIn>>): UsageRecord[] {
  return items.filter(({ pk }) => pk?.S?.startsWith('REQ#')).map(recordOf)
}

/** What every request of a kind has in common. */
function timeless(record: UsageRecord): Partial<UsageRecord> {
  const { requestId, startedAt, model, upstreamHeadersMs, ttfbMs, ttftMs, gapP95Ms, gapMaxMs, durationMs, ...rest } =
    record
  expect(Math.min(ttfbMs ?? 0, durationMs)).toBeGreaterThan(0)
  return rest
}
