import { createLogger } from '../../lambda/log.ts'
import { addSums, sumsOf } from '../../lambda/metrics/aggregate.ts'
import { type Item, itemOf } from '../../lambda/metrics/item.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { sampleRecord } from '../metrics/sample-record.ts'
import { prices } from './prices.ts'
import type { Results } from './report.ts'
import { streamFrames } from './streams.ts'

/** Dollars per million requests, from list prices, the bench's figures and the gateway's own records. */

const seconds = 30
const eventsPerSecond = 50
const events = seconds * eventsPerSecond
const million = 1e6
const gb = 1e9
/** Lambda gives memory / 1769 of a core. */
const megabytesOfCore = 1_769
const sizes = [128, 256, 512, 1024, 1769]
const hoursOfMonth = 730
/** Of the record, as deployed by default. */
const recordMonths = 3
/** START, END and REPORT of the platform: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html */
const platformLogBytes = 350

/** @throws when the bench has not measured it */
function measured(results: Results, name: string): number {
  const row = results.rows.find((each) => each.name === name)
  if (!row) throw new Error(`results.json has no row "${name}": run npm run bench`)
  return row.value
}

const record: UsageRecord = {
  ...sampleRecord,
  costUsdMicros: 12_345,
  costSource: 'genai-prices',
  costReason: null,
  priceVersion: 'genai-prices@0.1.8',
  serverToolCounts: null,
  durationMs: seconds * 1000,
  frames: events,
}

/** Bytes as DynamoDB counts them: names and values; a number takes half its digits and one. */
function itemBytes(item: Item): number {
  const sizes = Object.entries(item).map(([name, { S, N, L, M }]) => {
    const list = L?.reduce((sum, each) => sum + 1 + (each.S?.length ?? 0), 3) ?? 0
    const map = M ? itemBytes(M) + 3 : 0
    return name.length + (S?.length ?? 0) + (N ? Math.ceil(N.length / 2) + 1 : 0) + list + map + 1
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The sums of a busy day: answers of 0.5 to 60 seconds fill its histograms. */
function daySums(): Item {
  const sums: Record<string, number> = {}
  for (let at = 1; at <= 120; at++) {
    addSums(sums, sumsOf({ ...record, durationMs: at * 500, ttftMs: 200 + at * 25, cacheReadTokens: 1_000 }))
  }
  return Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, { N: String(value * 1_000) }]))
}

/** In a transaction, each kilobyte begun of each item takes two write units. */
function writeUnits(bytes: number): number {
  return 2 * Math.ceil(bytes / 1024)
}

/** The line before an answer is whole, the one with its cost, and the platform's. */
function logBytes(): number {
  let bytes = platformLogBytes
  const logger = createLogger((text) => {
    bytes += Buffer.byteLength(text)
  })
  const { provider, model, servedModel, startedAt } = record
  const usage = { input: 176, cacheRead: 1_024, cacheWrite5m: 0, output: events }
  const baseUrl = 'https://api.anthropic.com'
  logger.provisional({
    record: { ...record, costUsdMicros: null, costReason: null },
    billable: { usage, refused: false, baseUrl, provider, model, servedModel, startedAt },
  })
  logger.request(record)
  return bytes
}

interface Costs {
  writes: number
  storage: number
  logs: number
  transfer: number
}

/** Dollars a million requests that no memory size changes. */
function fixedCosts(): Costs & { units: number; recordBytes: number; logLineBytes: number } {
  const recordBytes = itemBytes(itemOf(record, 90))
  const aggregateBytes = itemBytes(daySums()) + 100
  const spend = writeUnits(100)
  const units = writeUnits(recordBytes) + 2 * writeUnits(aggregateBytes) + spend
  const bytesOut = streamFrames('anthropic-messages', events).join('').length
  const logLineBytes = logBytes()
  return {
    units,
    recordBytes,
    logLineBytes,
    writes: million * units * prices.dynamoWriteUnit,
    storage: ((million * recordBytes) / gb) * recordMonths * (prices.dynamoGbMonth + prices.dynamoBackupGbMonth),
    logs: ((million * logLineBytes) / gb) * prices.logsGb,
    // Below 6 MB an answer streams without charge; leaving the region is charged like that of any server.
    transfer: ((million * bytesOut) / gb) * prices.internetGb,
  }
}

/** Milliseconds of a core that one stream takes. */
function streamCpuMs(results: Results, way: string): number {
  const event = measured(results, `CPU an event, paced, ${way}`)
  return measured(results, `CPU a request, ${way}`) + (events * event) / 1000
}

const dollars = (value: number) => `$${value.toFixed(2)}`
/** What a stream takes of the function. */
interface Load {
  cpuMs: number
  rss: number
}

function sizeRow(memoryMb: number, fixed: Costs, { cpuMs, rss }: Load): string {
  const duration = million * seconds * (memoryMb / 1024) * prices.lambdaGbSecond
  const requests = million * prices.lambdaRequest
  const total = duration + requests + fixed.writes + fixed.storage + fixed.logs
  const busy = cpuMs / (seconds * 1000 * (memoryMb / megabytesOfCore))
  const fits = rss < memoryMb * 0.9 ? 'fits' : 'too small'
  const cells = [duration, requests, fixed.writes, fixed.storage, fixed.logs, total].map(dollars)
  return `| ${memoryMb} MB | ${cells.join(' | ')} | ${Math.round(busy * 100)} % | ${fits} |`
}

/** Two tasks of a core and 2 GB behind a balancer, each busy to 60 %: dollars a month, and the streams they hold. */
function otherRuntime({ cpuMs }: Load): string {
  const task = prices.fargateCoreHour + 2 * prices.fargateGbHour
  const month = hoursOfMonth * (2 * task + prices.balancerHour)
  const perRequest = seconds * 0.5 * prices.lambdaGbSecond + prices.lambdaRequest
  const concurrent = Math.floor((2 * 0.6 * seconds * 1000) / cpuMs)
  const requests = Math.round(month / perRequest / 1000)
  const average = (month / perRequest / (hoursOfMonth * 3600)) * seconds
  return (
    `Two Fargate tasks (one arm64 core and 2 GB each) behind a load balancer cost ${dollars(month)} a month, used or not, ` +
    `and at 60 % load hold about ${concurrent} streams at a time. Lambda at 512 MB costs as much at ${requests},000 requests ` +
    `of ${seconds} s a month, ${average.toFixed(1)} streams at a time on average: with more than that, steadily, the tasks are cheaper.`
  )
}

/** What compressing the answers changes, where the bench has measured it: the reason for which it is off is speed. */
function gzipText(results: Results): string[] {
  const texts = ['M', 'C'].flatMap((letter) => {
    const answer = results.rows.find(({ name }) => name === `an answer, gzip ${letter}`)
    if (!answer?.beside) return []
    const saved = ((answer.beside.value - answer.value) * 1000 * million * prices.internetGb) / gb
    const cpu = (events * measured(results, `CPU a frame, gzip ${letter}`)) / 1000
    return `${dollars(saved)} and take ${Math.round(cpu)} ms of a core a stream for ${letter}`
  })
  return texts.length === 0
    ? []
    : ['', `Compressed frame by frame, answers save ${texts.join(', ')} (\`compress\` in \`infra/config.ts\`).`]
}

/** The table and its explanation, as README.md has them. */
export function costPage(results: Results): string {
  const fixed = fixedCosts()
  const cpuMs = Math.max(streamCpuMs(results, 'relay M'), streamCpuMs(results, 'convert C←M'))
  const load = { cpuMs, rss: measured(results, 'RSS, gateway') }
  return [
    `Per million requests, each a stream of ${seconds} s with ${events} events; us-east-1, arm64, list prices.`,
    '',
    '| memory | duration | requests | DynamoDB writes | records kept | logs | sum | core in use | RSS |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---|',
    ...sizes.map((size) => sizeRow(size, fixed, load)),
    '',
    `A record is ${fixed.recordBytes} bytes and takes ${fixed.units} write units with its sums; its log lines and the ` +
      `platform's are ${fixed.logLineBytes} bytes. The gateway used ${Math.round(load.rss)} MB, and ${Math.round(cpuMs)} ms ` +
      `of a core a stream on the machine of the bench. Transfer to clients outside AWS adds ${dollars(fixed.transfer)}, ` +
      'as from any server.',
    '',
    otherRuntime(load),
    ...gzipText(results),
  ].join('\n')
}
