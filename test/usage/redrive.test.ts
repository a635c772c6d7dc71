import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Dynamodb, startDynamodb } from '../../infra/local/dynamodb.ts'
import { type LocalGateway, startLocal } from '../../infra/local/gateway.ts'
import { until } from '../local/support.ts'
import { register } from '../support/control.ts'
import { whole } from '../support/upstream/script.ts'
import { sseText, verbatim } from '../support/upstream/sse-text.ts'
import { itemsIn, redriveByCommand, sumOf } from './redrive-command.ts'
import { type Mood, startWaveringTable, type WaveringTable } from './wavering-table.ts'

// Issue: a function dies between answer and record, or its table is away: nothing is lost after `npm run usage --
// redrive` of its log, and nothing counts twice. Here functions are killed once they are at the table; in `killed.test.ts`
// the moment their client has its answer.

const cdkOut = fileURLToPath(new URL('../../node_modules/.cache/acceptance/cdk.out', import.meta.url))
const key = 'sk-sluice-redrive-test'
const lines: string[] = []
let folder: string
let dynamodb: Dynamodb
let table: WaveringTable
let gateway: LocalGateway
let model: string

/** 15 and 42 tokens and 123 micro-dollars a request. */
const chunk = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'fake-model' }
const answer = whole(
  sseText([
    { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...chunk, choices: [], usage: { prompt_tokens: 15, completion_tokens: 42, total_tokens: 57, cost: 0.000123 } },
    verbatim('data: [DONE]\n\n'),
  ]),
)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-redrive-'))
  dynamodb = await startDynamodb(folder, () => undefined)
  table = await startWaveringTable(dynamodb.endpoint)
  const provider = {
    id: 'c',
    formats: ['openai-chat'],
    baseUrl: `${inject('services').fakeProvider}/c/v1`,
    apiKey: 'k',
  }
  const env = {
    PATH: process.env.PATH,
    SLUICE_KEY: key,
    SLUICE_PROVIDERS: JSON.stringify([provider]),
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
  }
  gateway = await startLocal({ cdkOut, dataDir: folder, env, log: ({ text }) => void lines.push(text) })
  model = `c/${await register(answer)}`
})
afterAll(async () => {
  await gateway?.close()
  await table?.close()
  await dynamodb?.close()
  await rm(folder, { recursive: true, force: true })
})

/** The ids of all requests. */
const sent: string[] = []

async function ask(url: string | undefined, stream: boolean): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }], stream }),
  })
  const text = await response.text()
  const id = response.headers.get('x-sluice-request-id')
  if (id) sent.push(id)
  return text
}

async function askAll(count: number): Promise<void> {
  const asked = Array.from({ length: count }, (_, at) =>
    ask(at % 2 === 0 ? gateway.streamUrl : gateway.bufferUrl, at % 3 !== 0),
  )
  for (const text of await Promise.all(asked)) expect(text).toContain('Hi')
}

/** Kills every process of the stream function now, and waits until the runtime has seen it. */
async function killStream(): Promise<void> {
  const stream = gateway.functions.find(({ name }) => name === 'stream')
  const pids = stream?.environments().map(({ pid }) => pid) ?? []
  expect(pids).not.toEqual([])
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await until(() => !stream?.environments().some(({ pid }) => pids.includes(pid)), 5_000)
}

const spilled = () => lines.filter((line) => line.includes('"spilled":true')).length

/** Has every environment done its record? */
const isSettled = () => gateway.functions.every((each) => each.environments().every(({ phase }) => phase === 'idle'))

/** Whatever is in the table: ids of records, and the numbers of the day's sums and the key. */
async function stored() {
  const items = await itemsIn(gateway.tableName, dynamodb.endpoint)
  const number = (sk: string, name: string) => sumOf(items, sk, name)
  return {
    ids: items.flatMap(({ pk, sk }) => (pk?.S?.startsWith('REQ#') ? [sk?.S ?? ''] : [])).sort(),
    requests: [number('D#', 'requests'), number('H#', 'requests')],
    tokens: [number('D#', 'inputTokens'), number('D#', 'outputTokens')],
    cost: [number('D#', 'costUsdMicros'), number('KEY', 'spendMicros')],
  }
}

/** The command a person runs, with the log of the functions. */
const redrive = () => redriveByCommand(lines, dynamodb.endpoint, folder)

const killed: [what: string, mood: Mood][] = [
  ['before its record is written', 'hangs'],
  ['after its record is written, before it knows', 'swallows'],
]

/** Requests that pass, after which the environments are idle and have loaded all that a record takes. */
async function askWarmly(): Promise<void> {
  table.mood = 'passes'
  await askAll(2)
  await until(isSettled, 5_000)
}

test.each(killed)(
  'a function killed with the answer out and %s has left the record in its log',
  async (_what, mood) => {
    for (let at = 0; at < 3; at++) {
      await askWarmly()
      table.mood = mood
      const before = table.writes()
      expect(await ask(gateway.streamUrl, true)).toContain('Hi')
      await until(() => table.writes() > before, 5_000)
      await killStream()
    }
  },
)

test('a table that fails for a while costs no answer', async () => {
  await askWarmly()
  table.mood = 'drops'
  await askAll(8)
  // Each gives up after some attempts; before that it would still find the table back.
  await until(() => spilled() === 8, 15_000)
  table.mood = 'passes'
  await askAll(4)
})

test('redrive of the log writes what is missing, and nothing a second time', async () => {
  await until(isSettled, 10_000)
  const missing = sent.length - (await stored()).ids.length
  // Three were killed before their write was done, eight came while the table was away.
  expect(missing).toBe(11)
  expect(await redrive()).toMatch(new RegExp(`^${missing} written, \\d+ already there, 0 unreadable, 0 too old\n$`))
  const all = sent.length
  const complete = {
    ids: [...sent].sort(),
    requests: [all, all],
    tokens: [15 * all, 42 * all],
    cost: [123 * all, 123 * all],
  }
  expect(await stored()).toEqual(complete)
  expect(await redrive()).toMatch(/^0 written, /)
  expect(await stored()).toEqual(complete)
})
