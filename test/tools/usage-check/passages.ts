import type { FormatId } from '../../../lambda/formats/codec.ts'
import type { Metrics } from '../../../lambda/metrics/collector.ts'
import { createPricing } from '../../../lambda/metrics/pricing.ts'
import type { Recording } from '../conform/recording.ts'
import { formatIds, letters } from '../formats.ts'
import type { Usage } from '../independent-reader.ts'
import { runPipeline } from '../pipeline.ts'
import { type Bill, readBill } from './bill.ts'

/** What a record says of an answer: tokens in the reader's buckets, or null if nobody counted, and micro-dollars. */
export interface Account {
  usage: Usage | null
  micros: number | null
}

/** A way to the client on which the record says something else. */
export interface Difference {
  /** `C streamed`, `M buffered`, … */
  way: string
  found: Account
  /** Why the cost is null. */
  reason: string | null
}

export interface Verdict {
  bill: Bill
  expected: Account
  ways: number
  differences: Difference[]
}

const pricing = createPricing()
const ways = [
  { name: 'streamed' },
  { name: 'streamed, not asked for usage', asksForUsage: false },
  { name: 'buffered', buffered: true },
] as const

/** Sends a recording to clients of every format, streamed and buffered, and compares what would be recorded. */
export async function checkUsage({ bytes, format: from, expected: read }: Recording): Promise<Verdict> {
  const bill = readBill(from, bytes.toString(), read)
  const expected = { usage: read.usage, micros: bill.micros }
  const differences: Difference[] = []
  for (const to of formatIds) {
    for (const { name, ...way } of waysTo(to, from, read)) {
      const { metrics } = await runPipeline({ from, to, body: [bytes], ...way })
      const { reason, ...found } = await accountOf(metrics, bill, from)
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        differences.push({ way: `${letters[to]} ${name}`, found, reason })
      }
    }
  }
  return { bill, expected, ways: formatIds.length * ways.length, differences }
}

/** Behind an event that is no JSON only a streamed relay goes on: it counts what the provider says there, as no other way does. */
function waysTo(to: FormatId, from: FormatId, { error }: Recording['expected']) {
  return error === 'not JSON' && to === from ? ways.filter(({ name }) => name === 'buffered') : ways
}

async function accountOf({ usage, servedModel }: Readonly<Metrics>, { provider }: Bill, from: FormatId) {
  const { costUsdMicros, costReason } = await pricing.price({
    usage,
    // One that the price table does not know bills like nobody.
    provider: provider ?? from,
    model: null,
    servedModel: servedModel || null,
    startedAt: new Date().toISOString(),
    baseUrl: null,
    refused: false,
  })
  const counted = usage?.input !== undefined || usage?.output !== undefined
  const buckets = {
    input: usage?.input ?? 0,
    cacheRead: usage?.cacheRead ?? 0,
    cacheWrite: (usage?.cacheWrite5m ?? 0) + (usage?.cacheWrite1h ?? 0),
    output: usage?.output ?? 0,
    reasoning: usage?.reasoning ?? 0,
  }
  return { usage: counted ? buckets : null, micros: costUsdMicros, reason: costReason }
}
