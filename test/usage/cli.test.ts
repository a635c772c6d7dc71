import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import type { Summary } from '../../lambda/usage/summary.ts'
import { until } from '../local/support.ts'
import { type Gateway, npmStart } from './npm-start.ts'
import { recordAt, seededMonth, store, sum } from './seed.ts'

const script = fileURLToPath(new URL('../../infra/cli/usage.ts', import.meta.url))
const month = seededMonth()
const strange = recordAt(Date.now() - 120_000, 'alpha', { model: 'a\u001b[31m<script>', costUsdMicros: 5 })
let gateway: Gateway

beforeAll(async () => {
  gateway = await npmStart([{ id: 'alpha', name: 'Alpha' }])
  await store([...month, strange], gateway)
})
afterAll(() => gateway?.close())

interface Outcome {
  status: number
  stdout: string
  stderr: string
}

const tails: ChildProcess[] = []
afterEach(() => {
  for (const child of tails.splice(0)) child.kill('SIGKILL')
})

/** The environment of a person at this machine: `npm start` runs on the same folder. */
const env = () => ({ PATH: process.env.PATH, HOME: gateway.dataDir, SLUICE_DATA: gateway.dataDir })

function usage(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env: env(), timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

const may = ['--since', '2026-05-01', '--until', '2026-06-01'] as const

describe('the report', () => {
  test('is a table with totals, cost, tokens, percentiles, errors and a bar a row', async () => {
    const { status, stdout, stderr } = await usage(...may, '--by', 'model')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = stdout.split('\n')
    expect(lines[0]?.split(/ {2,}/)).toEqual([
      'MODEL',
      'REQUESTS',
      'ERRORS',
      'INPUT',
      'CACHE READ',
      'CACHE WRITE',
      'OUTPUT',
      'COST',
      'TTFT P50',
      'P95',
      'LATENCY P50',
      'P95',
    ])
    const image = lines.find((line) => line.startsWith('gpt-image-1'))
    expect(image).toMatch(/ \$1\.68 .*█{20}$/)
    expect(lines.find((line) => line.startsWith('claude-haiku-4-5'))).toMatch(/ 42 +100% /)
    expect(lines.find((line) => line.startsWith('tts-1'))).toMatch(/ - \* /)
    const total = lines.find((line) => line.startsWith('TOTAL')) ?? ''
    expect(total).toContain(month.length.toLocaleString('en-US'))
    expect(total).toContain(`$${(sum(month, 'costUsdMicros') / 1e6).toFixed(2)} *`)
    expect(stdout).toContain('42 requests have no known price')
    expect(lines.filter((line) => /\s$/.test(line))).toEqual([])
  })

  test.each([
    ['day', 21, '2026-05-01'],
    ['hour', 100, '2026-05-01 05:00'],
    ['provider', 3, 'openai'],
    ['status', 3, 'success'],
    ['key', 4, 'Alpha (alpha)'],
    ['day,key', 84, '2026-05-01  '],
  ])('by %s', async (by, atLeast, first) => {
    const { status, stdout } = await usage(...may, '--by', by)
    expect(status).toBe(0)
    const rows = stdout.split('\nTOTAL')[0]?.split('\n').slice(1) ?? []
    expect(rows.length).toBeGreaterThanOrEqual(atLeast)
    expect(
      rows.some((row) => row.startsWith(first)),
      stdout,
    ).toBe(true)
    expect(stdout.includes('Statuses are counts within the sums'), stdout).toBe(by === 'status')
  })

  test('--json is the summary of the API', async () => {
    const { stdout } = await usage(...may, '--by', 'key', '--json')
    const response = await fetch(`${gateway.usageUrl}/v1/usage/summary?from=2026-05-01&to=2026-06-01&group_by=key`, {
      headers: { authorization: `Bearer ${gateway.key}` },
    })
    const [own, api] = [JSON.parse(stdout) as Summary, (await response.json()) as Summary]
    expect(own).toEqual(api)
  })

  test('--csv has a row for each group', async () => {
    const { stdout } = await usage(...may, '--csv')
    const [head, ...rows] = stdout.trimEnd().split('\r\n')
    expect([head?.startsWith('from,to,model,requests,'), rows.length]).toEqual([true, 8])
  })

  test('is narrowed by key (id or name), model and provider', async () => {
    const { stdout } = await usage(...may, '--key', 'Alpha', '--model', 'gpt-5', '--provider', 'openai', '--json')
    const mine = month.filter(({ keyId, model }) => keyId === 'alpha' && model === 'gpt-5')
    expect((JSON.parse(stdout) as Summary).totals).toMatchObject({
      requests: mine.length,
      inputTokens: sum(mine, 'inputTokens'),
    })
  })

  test('without options covers the last seven days, and no model name reaches the terminal as it is', async () => {
    const { status, stdout } = await usage()
    expect(status).toBe(0)
    expect(stdout).toContain('a?[31m<script>')
    expect(stdout).not.toContain('\u001b')
  })

  test('a time without requests says so', async () => {
    const { status, stdout } = await usage('--since', '2020-01-01', '--until', '2020-01-02')
    expect([status, stdout]).toEqual([0, 'No requests from 2020-01-01T00:00:00.000Z to 2020-01-02T00:00:00.000Z.\n'])
  })
})

describe('single requests', () => {
  test('show prints every field of a record', async () => {
    const { stdout } = await usage('show', strange.requestId)
    expect(stdout).toMatch(new RegExp(`^requestId +${strange.requestId}\n`))
    expect(stdout).toMatch(/^model +a\?\[31m<script>$/m)
    expect(JSON.parse((await usage('show', strange.requestId, '--json')).stdout)).toEqual(strange)
  })

  test('tail shows what was there, then each request as it ends, of new keys too, until Ctrl-C', async () => {
    const child = spawn(process.execPath, [script, 'tail', '--json'], { env: env() })
    tails.push(child)
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    await until(() => out.includes(strange.requestId), 20_000)
    // It came a while ago and ends now.
    const late = recordAt(Date.now() - 300_000, 'alpha')
    await store([late], gateway)
    await until(() => out.includes(late.requestId), 20_000)
    const ofNewKey = recordAt(Date.now(), 'newcomer')
    await store([ofNewKey], gateway)
    await until(() => out.includes(ofNewKey.requestId), 20_000)
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    expect(await exited).toBe(0)
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as UsageRecord)
    const ids = [strange, late, ofNewKey].map(({ requestId }) => requestId)
    expect(records.map(({ requestId }) => requestId)).toEqual(ids)
  })
})

describe('a mistake is told in words that say what to do', () => {
  test.each([
    [['--by', 'colour'], /--by colour\? There are: key, provider, model, status, day, hour\./],
    [['--by', 'day,hour'], /--by takes day or hour, not both/],
    [['--since', 'once'], /--since once is no time\. Say 7d,/],
    [['--since', '2026-05-02', '--until', '2026-05-01'], /--since must be before --until/],
    [['--key', 'nobody'], /No key is called nobody\. See: npm run usage -- --by key/],
    [['--json', '--csv'], /--json excludes --csv/],
    [['--colour'], /Unknown option '--colour'/],
    [['nonsense'], /There is no command nonsense\.[\s\S]*npm run usage -- tail/],
    [['show'], /Say: npm run usage -- show <request id>/],
    [['show', 'alpha-1'], /alpha-1 is not in the table .*: another id, or its record has expired/],
    [['--table', 'nothere'], /ResourceNotFound[\s\S]*Check --table/],
  ])('%j', async (args, words) => {
    const { status, stdout, stderr } = await usage(...args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(words)
    expect(stderr).not.toContain('    at ')
  })

  test('--help names every command', async () => {
    const { status, stdout } = await usage('--help')
    expect(status).toBe(0)
    for (const name of ['[--since', 'tail', 'show', 'redrive', 'rebuild']) expect(stdout).toContain(`usage -- ${name}`)
  })
})
