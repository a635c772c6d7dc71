import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rebuildDay } from '../../infra/cli/usage-rebuild.ts'
import { redriveLog } from '../../infra/cli/usage-redrive.ts'
import { readLogLine } from '../../infra/cli/usage-redrive-lines.ts'
import type { UsageTable } from '../../infra/cli/usage-table.ts'
import { uuidV7 } from '../../lambda/events/ids.ts'
import { createLogger } from '../../lambda/log.ts'
import { createRecorder } from '../../lambda/metrics/dynamo.ts'
import type { Billable } from '../../lambda/metrics/pricing.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { sampleRecord } from './sample-record.ts'
import { startTestTable, type TestTable } from './test-table.ts'

const today = new Date().toISOString().slice(0, 10)
let database: TestTable
let table: UsageTable
let folder: string

beforeAll(async () => {
  database = await startTestTable()
  table = {
    client: database.client,
    settings: database.settings,
    prices: {},
    place: 'the table',
    close: async () => {},
  }
  folder = await mkdtemp(join(tmpdir(), 'sluice-usage-'))
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

let made = 0
/** A request of today. */
function request(keyId: string, change: Partial<UsageRecord> = {}): UsageRecord {
  const startedAt = `${today}T00:00:${String(made % 60).padStart(2, '0')}.000Z`
  const requestId = `${keyId}-${uuidV7(Date.parse(startedAt) + made++)}`
  return { ...sampleRecord, keyId, requestId, startedAt, costUsdMicros: 7, costReason: null, ...change }
}

/** Lines of a gateway whose table is away: each request leaves its own line, and one that spills. */
async function linesWithoutTable(records: UsageRecord[]): Promise<string[]> {
  const lines: string[] = []
  const logger = createLogger((line) => void lines.push(line.trimEnd()))
  const settings = { ...database.settings, endpoints: { dynamodb: 'http://127.0.0.1:1' } }
  const recorder = createRecorder({ settings, logger, timeoutMs: 100 })
  await Promise.all(
    records.map(async (record) => {
      logger.request(record)
      await recorder.record(record)
    }),
  )
  return lines
}

async function sumsOfDay(keyId: string): Promise<Record<string, number>> {
  const items = await database.query(`USE#${keyId}#${today.slice(0, 7)}`)
  const day = items.find(({ sk }) => sk?.S?.startsWith('D#')) ?? {}
  return Object.fromEntries(Object.entries(day).flatMap(([name, { N }]) => (N ? [[name, Number(N)]] : [])))
}

interface Outcome {
  status: number
  stdout: string
  stderr: string
}

const script = new URL('../../infra/cli/usage.ts', import.meta.url).pathname

/** Runs the command with nothing of this process's environment. */
function usage(args: string[], stdin = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { HOME: folder, AWS_ENDPOINT_URL_DYNAMODB: database.endpoint }
    const child = execFile(process.execPath, [script, ...args], { env, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
    child.stdin?.end(stdin)
  })
}

describe('redrive', () => {
  test('writes what a table that was away has missed, once, however often the log is read', async () => {
    const records = Array.from({ length: 40 }, () => request('away'))
    const lines = await linesWithoutTable(records)
    expect(lines.filter((line) => line.includes('"spilled":true'))).toHaveLength(40)
    const other = createRecorder({ settings: database.settings, logger: createLogger(() => {}) })
    await Promise.all(records.slice(0, 15).map((record) => other.record(record)))

    const first = await redriveLog(Readable.from(lines.join('\n')), table)
    expect(first).toEqual({ written: 25, existing: 55, unreadable: 0, expired: 0 })
    expect(await redriveLog(Readable.from(lines.join('\n')), table)).toEqual({ ...first, written: 0, existing: 80 })
    expect(await database.query(`REQ#away#${today}`)).toHaveLength(40)
    expect(await sumsOfDay('away')).toMatchObject({ requests: 40, outputTokens: 40 * 345, costUsdMicros: 280 })
    expect(await database.get('KEY#away', 'KEY')).toMatchObject({ spendMicros: { N: '280' } })
  })

  test('puts the keys on the list by which their usage is found, should they be revoked', async () => {
    const [first, second] = [request('unlisted'), request('unlisted')]
    await redriveLog(Readable.from(`${JSON.stringify(second)}\n${JSON.stringify(first)}`), table)
    expect(await database.get('KEYS', 'unlisted')).toMatchObject({ firstUsedAt: { S: first.startedAt } })
  })

  test('a log without spilled lines still has every request, should a function have been killed', async () => {
    const lines: string[] = []
    createLogger((line) => void lines.push(line)).request(request('killed'))
    expect(await redriveLog(Readable.from(lines), table)).toMatchObject({ written: 1 })
    expect(await sumsOfDay('killed')).toMatchObject({ requests: 1 })
  })

  const billable: Billable = {
    usage: { input: 1_000_000, output: 0 },
    provider: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    model: 'claude-haiku-4-5',
    servedModel: 'claude-haiku-4-5',
    startedAt: `${today}T00:00:00.000Z`,
    refused: false,
  }

  /** The two lines of a request whose provider was paid a dollar: what it says before its answer is whole, and when it is over. */
  function twoLines(keyId: string): [provisional: string, final: string] {
    const lines: string[] = []
    const logger = createLogger((line) => void lines.push(line))
    const { model, servedModel } = billable
    const record = request(keyId, { model, servedModel, costUsdMicros: null, costReason: null })
    logger.provisional({ record, billable: { ...billable, startedAt: record.startedAt } })
    logger.request({ ...record, costUsdMicros: 123, costSource: 'provider' })
    return lines as [string, string]
  }

  test('a request that was killed before anyone knew its price is priced now', async () => {
    const [provisional] = twoLines('unpriced')
    expect(await redriveLog(Readable.from([provisional]), table)).toMatchObject({ written: 1, unreadable: 0 })
    expect(await redriveLog(Readable.from([provisional]), table)).toMatchObject({ written: 0, existing: 1 })
    expect(await sumsOfDay('unpriced')).toMatchObject({ requests: 1, costUsdMicros: 1_000_000 })
    const [item] = await database.query(`REQ#unpriced#${today}`)
    expect(item).toMatchObject({
      costSource: { S: 'genai-prices' },
      losses: { L: [{ S: 'citations' }, { S: 'end-user' }] },
    })
  })

  test('the operator’s own prices count there too', async () => {
    const own = { ...table, prices: { 'claude-haiku-4-5': { input_mtok: 7 } } }
    await redriveLog(Readable.from([twoLines('own_prices')[0]]), own)
    expect(await sumsOfDay('own_prices')).toMatchObject({ costUsdMicros: 7_000_000 })
  })

  test.each([
    ['before', (pair: string[]) => pair],
    ['after', (pair: string[]) => pair.toReversed()],
  ])('the final line of a request counts, not the one it left %s it', async (where, order) => {
    const keyId = `pair${where}`
    const lines = Array.from({ length: 20 }, () => order(twoLines(keyId)))
    expect(await redriveLog(Readable.from(lines.flat()), table)).toMatchObject({ written: 20, existing: 0 })
    const apart = order([0, 1].map((at) => lines.map((pair) => pair[at]).join('')) as string[])
    expect(await redriveLog(Readable.from(apart), table)).toMatchObject({ written: 0, existing: 20 })
    expect(await sumsOfDay(keyId)).toMatchObject({ requests: 20, costUsdMicros: 20 * 123 })
  })

  test('does not write what may have expired, since nobody could tell whether it was counted', async () => {
    const startedAt = new Date(Date.now() - 91 * 86_400_000).toISOString()
    const line = JSON.stringify(request('old', { startedAt }))
    expect(await redriveLog(Readable.from([line]), table)).toMatchObject({ written: 0, expired: 1 })
    expect(await database.query(`USE#old#${startedAt.slice(0, 7)}`)).toEqual([])
  })

  const record = request('forms')
  const line = JSON.stringify({ level: 'error', time: 't', message: 'record not stored', spilled: true, ...record })
  const forms: [form: string, text: string][] = [
    ['as the gateway wrote it', line],
    ['of aws logs tail', `2026-05-01T00:00:00+00:00 2026/05/01/[$LATEST]0a1b ${line}`],
    ['of an export to S3', `2026-05-01T00:00:00.000Z ${line}`],
    ['of filter-log-events, on one line', JSON.stringify({ events: [{ timestamp: 1, message: `${line}\n` }] })],
    ['of filter-log-events, printed', JSON.stringify({ events: [{ timestamp: 1, message: `${line}\n` }] }, null, 4)],
    ['of get-query-results', JSON.stringify({ results: [[{ field: '@message', value: line }]] }, null, 2)],
    ['of Logs Insights as JSON', JSON.stringify([{ '@timestamp': 't', '@message': line }])],
    ['of Logs Insights as JSON, parsed', JSON.stringify([{ '@timestamp': 't', '@message': JSON.parse(line) }])],
    ['of Logs Insights as CSV', `2026-05-01 00:00:00.000,"${line.replaceAll('"', '""')}"`],
    ['of the console as CSV', `1777593600000,"${line.replaceAll('"', '""')}\n"`],
    ['of filter-log-events as text', `EVENTS\t31\t1777593600000\t2026/05/01/[$LATEST]0a1b\t${line}\t1777593600000`],
  ]
  test.each(forms)('reads a line %s', (_form, text) => {
    const found = text.split('\n').map(readLogLine)
    expect(found.flatMap(({ records }) => records)).toEqual([record])
    expect(found.reduce((sum, { unreadable }) => sum + unreadable, 0)).toBe(0)
  })

  test('a line of an older gateway is read with nulls for what it did not know', () => {
    const { costUsdMicros: _, ...older } = record
    expect(readLogLine(JSON.stringify(older)).records).toEqual([{ ...record, costUsdMicros: null }])
  })

  test.each([
    ['START RequestId: 0a1b Version: $LATEST', 0],
    ['{"level":"warn","message":"no answer could be written","requestId":"k1-1"}', 0],
    [line.slice(0, -40), 1],
    ['    "startedAt": "2026-05-01T00:00:00.000Z",', 1],
    [JSON.stringify({ ...record, startedAt: 'yesterday' }), 1],
    [JSON.stringify({ ...record, keyId: 'other' }), 1],
    [JSON.stringify({ ...record, provisional: true }), 1],
    [JSON.stringify({ ...record, provisional: true, billable: { usage: {} } }), 1],
    [JSON.stringify({ ...record, keyId: 'a#b', requestId: 'a#b-1' }), 1],
  ])('%s: no record, %d unreadable', (text, unreadable) => {
    expect(readLogLine(text)).toEqual({ records: [], provisional: [], unreadable })
  })

  test('is a command that says what it did', async () => {
    const file = join(folder, 'log.txt')
    const text = `nothing\n${JSON.stringify(request('command'))}\n`
    await writeFile(file, text)
    expect(await usage(['redrive', file])).toEqual({
      status: 0,
      stdout: '1 written, 0 already there, 0 unreadable, 0 too old\n',
      stderr: '',
    })
    expect(await usage(['redrive', '-'], `${text}${text.slice(0, -30)}`)).toEqual({
      status: 1,
      stdout: '0 written, 1 already there, 1 unreadable, 0 too old\n',
      stderr: '',
    })
  })
})

describe('rebuild', () => {
  const differ = (name: string, stored: number, computed: number) => ({ name, stored, computed })
  const update = (sk: string, UpdateExpression: string, value: string) =>
    database.client.send(
      new UpdateItemCommand({
        TableName: database.settings.table,
        Key: { pk: { S: `USE#sums#${today.slice(0, 7)}` }, sk: { S: sk } },
        UpdateExpression,
        ExpressionAttributeValues: { ':v': { N: value } },
      }),
    )

  test('finds what differs, mends it once asked to, and is content then', async () => {
    const records = Array.from({ length: 12 }, (_, at) => request('sums', { model: at < 10 ? 'gpt-4o' : 'o3' }))
    await redriveLog(Readable.from(records.map((each) => `${JSON.stringify(each)}\n`)), table)
    expect(await rebuildDay(table, today, false)).toMatchObject({ differences: [], unsettled: 0 })

    const dd = today.slice(8, 10)
    const provider = sampleRecord.provider
    await update(`D#${dd}#${provider}#gpt-4o`, 'ADD outputTokens :v', '-5')
    await update(`H#${dd}T00#${provider}#ghost`, 'SET requests = :v', '3')
    const Key = { pk: { S: `USE#sums#${today.slice(0, 7)}` }, sk: { S: `D#${dd}#${provider}#o3` } }
    await database.client.send(new DeleteItemCommand({ TableName: database.settings.table, Key }))

    const { differences } = await rebuildDay(table, today, false)
    expect(differences).toContainEqual(expect.objectContaining(differ('outputTokens', 3445, 3450)))
    expect(differences).toContainEqual(expect.objectContaining(differ('requests', 3, 0)))
    expect(differences).toContainEqual(expect.objectContaining(differ('requests', 0, 2)))
    expect(differences).toContainEqual(expect.objectContaining(differ('costUsdMicros', 0, 14)))

    const said = await usage(['rebuild', '--day', today])
    expect(said.status).toBe(1)
    expect(said.stdout).toMatch(
      /KEY +WHEN +PROVIDER +MODEL +SUM +STORED +RECORDS SAY\nsums +day +anthropic +gpt-4o +outputTokens +3445 +3450\n/,
    )
    expect(said.stdout).toMatch(/\d+ sums differ\. To mend them, add --write\.\n$/)

    expect(await usage(['rebuild', '--day', today, '--write'])).toMatchObject({ status: 0, stderr: '' })
    expect(await usage(['rebuild', '--day', today])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /^\d{4}-\d\d-\d\d: \d+ records of \d+ keys\nEvery sum is what the records say\.\n$/,
      ),
    })
    expect(await sumsOfDay('sums')).toMatchObject({ requests: 10, outputTokens: 3450 })
  })

  test('sums of all shards are one', async () => {
    const spread = { ...table, settings: { ...table.settings, usageShards: { spread: 4 } } }
    const records = Array.from({ length: 12 }, () => request('spread'))
    await redriveLog(Readable.from(records.map((each) => `${JSON.stringify(each)}\n`)), spread)
    expect(await database.query(`USE#spread#${today.slice(0, 7)}#3`)).not.toEqual([])
    // Also for a reader that knows of no shards any more.
    expect(await rebuildDay(table, today, false)).toMatchObject({ differences: [], unsettled: 0 })
  })

  test('leaves days alone whose records have begun to expire', async () => {
    const { status, stderr } = await usage(['rebuild', '--day', '2020-01-01', '--write'])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^The records of 2020-01-01 have begun to expire/),
    })
  })
})

describe('mistakes are told in a line or two', () => {
  const mistakes: [name: string, args: string[], stderr: RegExp][] = [
    ['a word every object has', ['toString'], /^There is no command toString\./],
    ['an unknown option', ['redrive', '--all'], /^Unknown option '--all'.*\nSay: npm run usage -- redrive <file/s],
    ['no file', ['redrive'], /^Say: npm run usage -- redrive <file/],
    ['a file that is not there', ['redrive', '/nowhere/log'], /^The log cannot be read: ENOENT/],
    ['no day', ['rebuild'], /^Say: npm run usage -- rebuild --day <yyyy-mm-dd> \[--write\]\n$/],
    ['a day no month has', ['rebuild', '--day', '2026-02-30'], /^2026-02-30 is no day: say yyyy-mm-dd \(UTC\)\.\n$/],
    [
      'a table that is not there',
      ['rebuild', '--day', today, '--table', 'gone'],
      /^ResourceNotFoundException: .*\nCheck --table/,
    ],
    ['both places', ['rebuild', '--day', today, '--local', '--deployed'], /^--local excludes --deployed\.\n$/],
  ]
  test.concurrent.each(mistakes)('%s', async (_name, args, stderr) => {
    expect(await usage(args)).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(stderr) })
  })
})
